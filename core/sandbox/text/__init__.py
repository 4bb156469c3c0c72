"""The text engine: pure functions from a prompt to an answer."""
