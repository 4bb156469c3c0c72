"""Datasets: reading files, checking rows, versions, splits and slices."""
