"""MantisDB's SQL: from text to compiled Python functions over the engine's trees.

    session = Session(open_database(None))
    session.prepare("CREATE TABLE t(a)").run()
    session.prepare("INSERT INTO t VALUES (?)").run((1,))
    session.prepare("SELECT a FROM t").run()             -> [(1,)]
"""
