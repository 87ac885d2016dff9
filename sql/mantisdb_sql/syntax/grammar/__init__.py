"""SQLite's grammar: ``sqlite.grammar`` is the source, ``tables.py`` is made from it by ``generate.py``.

``python -m mantisdb_sql.syntax.grammar.generate`` writes the tables anew; ``tests/parser/test_tables.py`` fails when
they do not belong to the grammar. The parser loads nothing but ``tables.py``.
"""
