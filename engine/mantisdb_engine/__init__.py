"""MantisDB engine."""
