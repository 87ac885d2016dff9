"""Statements about the schema and the database: CREATE, DROP, ALTER, PRAGMA, ATTACH, upkeep."""
