"""SQLite's rules for values: storage classes, affinities, comparison, collations, numbers as text, LIKE."""
