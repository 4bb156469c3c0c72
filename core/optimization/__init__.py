"""Optimizing a prompt for a model, and telling whether that helped."""
