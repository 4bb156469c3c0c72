"""Prompt Workbench without its pages: records, store, engine and features. Never imports streamlit."""
