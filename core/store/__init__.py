"""The store: one DuckDB file behind one door. The only SQL of the project is in this room."""

from core.store.opening import Store

__all__ = ["Store"]
