"""Benchmarks: `python -m bench [NAME ...]`; each module also runs by itself."""
