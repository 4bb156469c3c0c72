"""Prompt Workbench without its pages: records, store, engine, features. No streamlit."""
