"""Candidates side by side on inputs: planning, running, reading, deciding, keeping."""
