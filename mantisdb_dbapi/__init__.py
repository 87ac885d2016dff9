"""MantisDB DB-API."""
