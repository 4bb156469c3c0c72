"""Computation-based metrics, one family a file; `registry.make` is the way in."""
