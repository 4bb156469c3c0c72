"""Editing rubrics, shared by Evaluate, Optimize and Review."""
