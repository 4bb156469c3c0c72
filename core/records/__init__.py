"""Frozen records, one file per noun. They import nothing but the standard library."""
