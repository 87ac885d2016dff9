"""What a database holds, as objects: tables, columns, indexes, views and triggers, read from the schema tree."""
