"""Prepared statements: what runs when the DB-API executes.

    prepared    what all statements of one shape share: the AST, and what it is compiled to
    statement   a text with its offsets, bound to a session: what can be done with any of them
    query       SELECT and VALUES
    change      INSERT, REPLACE, UPDATE and DELETE
    rows        an INSERT of many rows, each inserted as its one-row form says
    command     all else: DDL, transaction control, PRAGMA, EXPLAIN
    maker       which of these a text is
"""
