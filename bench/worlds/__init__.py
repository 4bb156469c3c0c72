"""Simulated models with an exact truth, for measuring optimizers. No language model is in here."""
