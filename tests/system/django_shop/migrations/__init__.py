"""The migrations, with rows that they have to take along."""
