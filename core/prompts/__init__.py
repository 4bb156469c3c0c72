"""Prompts: templates, rendering, differences, authoring, history, exchange."""
