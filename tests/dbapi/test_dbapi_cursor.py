"""Cursors: parameters, results, counts and misuse, as the standard library has them."""

from __future__ import annotations

import collections
import datetime
import enum

from both_modules import attempt, same, table_of

import mantisdb_dbapi


@same
def test_parameters_of_every_plain_type_come_back_as_they_were(db):
    connection = db.connect(":memory:")
    values = (
        None,
        1,
        -(2**63),
        2**63 - 1,
        1.5,
        "text",
        "äöü\U0001f600",
        "",
        b"blob",
        b"",
        float("inf"),
        float("nan"),
    )
    return connection.execute(f"SELECT {', '.join('?' * len(values))}", values).fetchall()


@same
def test_subclasses_and_buffers_are_bound_as_their_plain_base(db):
    class Colour(enum.IntEnum):
        RED = 7

    class Text(str):
        __slots__ = ()

    class Number(float):
        __slots__ = ()

    connection = db.connect(":memory:")
    values = [True, Colour.RED, Text("x"), Number(0.5), bytearray(b"ab"), memoryview(b"cd")]
    return connection.execute("SELECT ?, ?, ?, ?, ?, ?", values).fetchone()


@same
def test_a_wrong_count_of_parameters_is_named(db):
    connection = db.connect(":memory:")
    return [
        attempt(connection.execute, sql, parameters)
        for sql, parameters in [
            ("SELECT ?", ()),
            ("SELECT ?", (1, 2)),
            ("SELECT 1", (1,)),
            ("SELECT ?, ?", [1]),
            ("SELECT ?2", (1,)),
            ("INSERT INTO nowhere VALUES (?)", ()),
            ("SELECT :a, :a", (1, 2)),
        ]
    ]


@same
def test_named_parameters_come_from_mappings(db):
    class Default(dict):
        def __missing__(self, key):
            return "missing " + key

    connection = db.connect(":memory:")
    run = connection.execute
    return [
        run("SELECT :a, @b, $c, :a", {"a": 1, "b": 2, "c": 3, "d": 4}).fetchone(),
        run("SELECT :1, :2", {"1": "one", "2": "two"}).fetchone(),
        run("SELECT ?2, ?1", {"1": "one", "2": "two"}).fetchone(),
        run("SELECT :a", Default()).fetchone(),
        run("SELECT :a", Default(a=5)).fetchone(),
        attempt(run, "SELECT :a, :b", {"a": 1}),
        attempt(run, "SELECT ?", {"a": 1}),
        attempt(run, "SELECT :a", {}),
    ]


@same
def test_other_sequences_serve_as_parameters(db):
    class Three:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return i * 10

    connection = db.connect(":memory:")
    run = connection.execute
    return [
        run("SELECT ?, ?, ?", Three()).fetchone(),
        run("SELECT ?, ?", "xy").fetchone(),
        run("SELECT ?, ?", collections.deque([1, 2])).fetchone(),
        run("SELECT ?, ?", range(2)).fetchone(),
    ]


@same
def test_parameters_of_a_wrong_kind_are_refused(db):
    connection = db.connect(":memory:")
    return [attempt(connection.execute, "SELECT ?", parameters) for parameters in (5, {1}, iter([1]), object)]


@same
def test_values_that_cannot_be_bound_are_refused(db):
    connection = db.connect(":memory:")
    run = connection.execute
    return [
        attempt(run, "SELECT ?", (2**63,)),
        attempt(run, "SELECT ?", (-(2**63) - 1,)),
        attempt(run, "SELECT ?, ?", (1, object)),
        attempt(run, "SELECT :a", {"a": 3j}),
        attempt(run, "SELECT ?", ("\ud800",)),
        attempt(run, "SELECT ?", (memoryview(b"abcd")[::2],)),
    ]


@same
def test_texts_that_are_no_statement_are_refused(db):
    connection = db.connect(":memory:")
    return [
        attempt(connection.execute, sql)
        for sql in (
            5,
            None,
            b"SELECT 1",
            "SELECT 1; SELECT 2",
            "SELECT 1;;",
            "SELECT 1 -- \0",
            "SELECT '\ud800'",
            "SELECT",
            "SELECT (",
            "SELEKT 1",
            "SELECT 'a",
            "SELECT * FROM nowhere",
            "SELECT nothing",
        )
    ]


@same
def test_empty_texts_run_and_give_nothing(db):
    connection = db.connect(":memory:")
    seen = []
    for sql in ("", " \n", "-- comment", "/* comment */", ";"):
        cursor = connection.execute(sql)
        seen += [(cursor.description, cursor.rowcount, cursor.fetchall())]
    return seen


@same
def test_one_statement_may_be_followed_by_blanks_and_comments(db):
    connection = db.connect(":memory:")
    return [
        connection.execute("SELECT 1" + tail).fetchall()
        for tail in (";", "; \n", "; -- c", "; /* c */ ", " --")
    ]


@same
def test_execute_tells_misuse_of_its_own_signature(db):
    cursor = db.connect(":memory:").cursor()
    return [
        type(attempt(cursor.execute)).__name__,
        attempt(cursor.executemany, 1, []),
        attempt(cursor.executescript, 1),
        attempt(cursor.executescript, "SELECT 1; \0"),
        attempt(cursor.executemany, "SELECT ?", [(1,)])[1],
        attempt(cursor.executemany, "CREATE TABLE x (y)", 5)[0],
    ]


@same
def test_description_names_the_columns_of_a_result(db):
    connection = table_of(db, (1, "x"))
    seen = []
    for sql in (
        "SELECT a, b AS c, a + 1, t.b, 'x' FROM t",
        "SELECT * FROM t",
        "SELECT * FROM t WHERE 0",
        'SELECT 1 AS "q r"',
        "INSERT INTO t VALUES (2, 'y')",
        "UPDATE t SET b = 1",
        "DELETE FROM t WHERE 0",
        "CREATE TABLE u (v)",
        "BEGIN",
        "DROP TABLE u",
        "SAVEPOINT s",
        "RELEASE s",
        "COMMIT",
    ):
        seen += [(sql, attempt(lambda sql=sql: connection.execute(sql).description))]
    cursor = connection.cursor()
    seen.append(cursor.description)
    return seen


@same
def test_rowcount_counts_changed_rows(db):
    connection = table_of(db, (1, "x"), (2, "x"), (3, "y"))
    cursor = connection.cursor()
    seen = [cursor.rowcount]
    for sql in (
        "SELECT * FROM t",
        "UPDATE t SET b = 'z' WHERE b = 'x'",
        "UPDATE t SET b = 'q' WHERE 0",
        "INSERT INTO t SELECT a + 10, b FROM t",
        "DELETE FROM t WHERE a > 11",
        "CREATE TABLE u (v)",
        "DELETE FROM t",
        "REPLACE INTO t VALUES (1, 1)",
        "PRAGMA user_version",
    ):
        seen += [(sql, cursor.execute(sql).rowcount)]
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(n, n) for n in range(100, 110)])
    seen.append(cursor.rowcount)
    cursor.executemany("UPDATE t SET b = 0 WHERE a >= ?", [(105,), (108,)])
    seen.append((cursor.rowcount, connection.total_changes))
    attempt(cursor.execute, "SELECT * FROM nowhere")
    return [*seen, cursor.rowcount]


@same
def test_rowcount_with_returning_is_known_after_the_last_row(db):
    connection = table_of(db)
    cursor = connection.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y') RETURNING a, b")
    seen = [
        cursor.rowcount,
        cursor.fetchone(),
        cursor.rowcount,
        cursor.fetchone(),
        cursor.rowcount,
        cursor.fetchone(),
    ]
    cursor.execute("UPDATE t SET b = 0 WHERE 0 RETURNING a")
    seen += [cursor.rowcount, cursor.description, cursor.fetchall()]
    cursor.execute("DELETE FROM t RETURNING *")
    return [*seen, cursor.description, cursor.fetchall(), cursor.rowcount, connection.in_transaction]


def test_executemany_discards_the_rows_of_returning():
    # As the library reference says; the standard library itself fails with a misuse error from Python 3.12 on.
    connection = table_of(mantisdb_dbapi)
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO t VALUES (?, 'z') RETURNING a", [(5,), (6,)])
    assert (cursor.fetchall(), cursor.description[0][0]) == ([], "a")
    assert connection.execute("SELECT * FROM t").fetchall() == [(5, "z"), (6, "z")]


@same
def test_lastrowid_is_the_connections_last_insert(db):
    connection = table_of(db)
    cursor = connection.cursor()
    seen = [cursor.lastrowid]
    for sql in (
        "INSERT INTO t (b) VALUES ('x')",
        "INSERT INTO t VALUES (50, 'y')",
        "UPDATE t SET b = 1",
        "SELECT 1",
        "REPLACE INTO t VALUES (7, 1)",
        "DELETE FROM t",
        "INSERT INTO t (b) VALUES ('x')",
    ):
        seen += [cursor.execute(sql).lastrowid]
    attempt(cursor.execute, "INSERT INTO t VALUES (1, 2, 3)")
    cursor.executemany("INSERT INTO t VALUES (?, 1)", [(300,), (400,)])
    return [*seen, cursor.lastrowid, connection.execute("SELECT 1").lastrowid]


@same
def test_rows_are_fetched_one_some_and_all(db):
    connection = table_of(db, *[(n, n * n) for n in range(1, 11)])
    cursor = connection.execute("SELECT * FROM t ORDER BY a")
    seen = [cursor.arraysize, cursor.fetchone(), next(cursor), cursor.fetchmany(), cursor.fetchmany(3)]
    cursor.arraysize = 2
    seen += [cursor.fetchmany(), cursor.fetchall(), cursor.fetchall(), cursor.fetchone(), cursor.fetchmany(5)]
    cursor.execute("SELECT a FROM t ORDER BY a")
    seen += [cursor.fetchmany(size=100), list(cursor)]
    cursor.execute("SELECT a FROM t ORDER BY a")
    seen += [cursor.fetchmany(-1), list(cursor.execute("SELECT a FROM t WHERE a < 3"))]
    return [*seen, iter(cursor) is cursor, type(attempt(next, cursor)).__name__]


@same
def test_fetching_without_a_result_gives_nothing(db):
    connection = table_of(db)
    cursor = connection.cursor()
    seen = [cursor.fetchone(), cursor.fetchmany(3), cursor.fetchall(), list(cursor)]
    cursor.execute("INSERT INTO t VALUES (1, 1)")
    return [*seen, cursor.fetchone(), cursor.fetchmany(3), cursor.fetchall(), list(cursor)]


@same
def test_an_open_result_survives_other_statements_and_commits(db):
    connection = table_of(db, *[(n, n) for n in range(1, 6)])
    reading = connection.execute("SELECT a FROM t ORDER BY a")
    seen = [reading.fetchone()]
    connection.execute("UPDATE t SET b = 0 WHERE a = 1")
    connection.commit()
    return [*seen, reading.fetchall()]


@same
def test_a_failed_statement_leaves_the_cursor_without_a_result(db):
    connection = table_of(db, (1, "x"), (2, "y"))
    cursor = connection.execute("SELECT a FROM t")
    attempt(cursor.execute, "SELECT * FROM nowhere")
    return [cursor.fetchall(), cursor.description, cursor.rowcount]


@same
def test_executemany_without_rows_tells_what_is_wrong_with_its_statement(db):
    connection = table_of(db)
    return [
        attempt(connection.executemany, "INSERT INTO nowhere VALUES (?)", []),
        attempt(connection.executemany, "UPDATE t SET nothing = ?", iter(())),
        connection.executemany("INSERT INTO t VALUES (?, ?)", []).rowcount,
    ]


@same
def test_executemany_takes_iterators_and_mappings(db):
    connection = table_of(db)
    connection.executemany("INSERT INTO t VALUES (?, ?)", ((n, str(n)) for n in range(3)))
    connection.executemany("INSERT INTO t VALUES (:a, :b)", [{"a": 10, "b": None}, {"a": 11, "b": b"x"}])
    connection.executemany("INSERT INTO t VALUES (?, ?)", [[20, 1.5], (21, True)])
    connection.executemany("INSERT INTO t VALUES (?, ?)", [])
    return connection.execute("SELECT * FROM t ORDER BY a").fetchall()


@same
def test_executemany_keeps_what_came_before_a_failure(db):
    connection = table_of(db)

    def rows(bad):
        yield (1, "one")
        yield (2, "two")
        yield bad
        yield (4, "four")

    seen = []
    for bad in ((1, "again"), (3,), (3, object), 5):
        seen += [attempt(connection.executemany, "INSERT INTO t VALUES (?, ?)", rows(bad))]
        seen += [connection.execute("SELECT * FROM t ORDER BY a").fetchall()]
        connection.rollback()
    return seen


@same
def test_an_iterator_that_fails_stops_executemany_with_its_own_exception(db):
    connection = table_of(db)

    def rows():
        yield (1, "one")
        raise ZeroDivisionError("mine")

    return [
        attempt(connection.executemany, "INSERT INTO t VALUES (?, ?)", rows()),
        connection.execute("SELECT * FROM t").fetchall(),
    ]


@same
def test_a_cursor_cannot_be_used_while_it_runs(db):
    connection = table_of(db)
    cursor = connection.cursor()

    def rows():
        yield (1, 1)
        cursor.execute("SELECT 1")

    return attempt(cursor.executemany, "INSERT INTO t VALUES (?, ?)", rows())


@same
def test_a_closed_cursor_is_refused(db):
    cursor = table_of(db).execute("SELECT 1")
    cursor.close()
    cursor.close()
    return [
        attempt(call, *args)
        for call, args in [
            (cursor.execute, ("SELECT 1",)),
            (cursor.executemany, ("SELECT 1", [])),
            (cursor.executescript, ("",)),
            (cursor.fetchone, ()),
            (cursor.fetchmany, ()),
            (cursor.fetchall, ()),
            (next, (cursor,)),
        ]
    ]


@same
def test_a_cursor_subclass_may_override_execute(db):
    class Wrapper(db.Cursor):
        def execute(self, sql, params=None):
            sql = sql.replace("%s", "?")
            return super().execute(sql) if params is None else super().execute(sql, params)

    connection = table_of(db, (1, "x"))
    cursor = connection.cursor(factory=Wrapper)
    return [
        cursor.execute("SELECT b FROM t WHERE a = %s", (1,)).fetchall(),
        cursor.execute("SELECT 1").fetchone(),
    ]


@same
def test_a_cursor_subclass_must_call_the_base_init(db):
    class Forgetful(db.Cursor):
        def __init__(self, connection):
            pass

    cursor = Forgetful(db.connect(":memory:"))
    return [attempt(cursor.execute, "SELECT 1"), attempt(cursor.fetchone), attempt(cursor.close)]


@same
def test_cursors_are_made_of_connections_only(db):
    connection = db.connect(":memory:")
    return [
        attempt(db.Cursor, 5)[0],
        attempt(connection.cursor, lambda c: 5)[0],
        attempt(connection.cursor, None)[0],
        db.Cursor(connection).execute("SELECT 1").fetchall(),
        connection.cursor().connection is connection,
    ]


@same
def test_results_are_read_only_attributes(db):
    cursor = db.connect(":memory:").execute("SELECT 1")
    return [
        attempt(setattr, cursor, name, 1)[0]
        for name in ("description", "rowcount", "lastrowid", "connection")
    ]


@same
def test_dates_are_adapted_as_text(db):
    if not db.connect(":memory:").execute("SELECT 1").fetchone():
        return None
    import sys

    if sys.version_info >= (3, 12):  # deprecated there, and warnings are errors here
        return None
    values = (datetime.date(2026, 11, 23), datetime.datetime(2026, 11, 23, 21, 5, 9, 120000))
    return db.connect(":memory:").execute("SELECT ?, ?", values).fetchone()


@same
def test_scripts_run_all_their_statements(db):
    connection = db.connect(":memory:")
    cursor = connection.executescript(
        """
        CREATE TABLE t (a, b); -- a comment; with a semicolon
        INSERT INTO t VALUES (1, 'x;y');
        /* another; comment */ INSERT INTO t VALUES (2, "z");
        SELECT * FROM t;
        """
    )
    seen = [cursor.fetchall(), connection.in_transaction, connection.execute("SELECT * FROM t").fetchall()]
    seen.append(
        attempt(connection.executescript, "INSERT INTO t VALUES (3, 3); INSERT INTO nowhere VALUES (1);")
    )
    return [
        *seen,
        connection.execute("SELECT count(*) FROM t").fetchall(),
        attempt(connection.executescript, "SELEC"),
    ]


@same
def test_returning_of_a_view_gives_tuples_also_behind_with(m):
    connection = m.connect(":memory:")
    connection.executescript(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2); CREATE VIEW v AS SELECT a FROM t;"
        "CREATE TRIGGER r INSTEAD OF DELETE ON v BEGIN SELECT 1; END;"
    )
    sql = "DELETE FROM v RETURNING a, 6"
    return [connection.execute(text).fetchall() for text in (sql, f"WITH w AS (SELECT 1) {sql}")]


@same
def test_a_change_that_is_refused_before_it_begins_leaves_the_count_of_changes(m):
    connection = m.connect(":memory:", isolation_level=None)
    connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
    seen = []
    for sql, parameters in (
        ("UPDATE t SET a = nosuch WHERE a IS ?", (1,)),
        ("UPDATE t SET a = nosuch WHERE a IS ?", (float("nan"),)),
        ("DELETE FROM nosuch WHERE a IS ?", (datetime.date(2024, 1, 1),)),
    ):
        seen.append(attempt(connection.execute, sql, parameters)[0])
        seen.append(connection.execute("SELECT changes(), total_changes()").fetchall())
    return seen


@same
def test_executemany_leaves_what_its_last_row_leaves(m):
    connection = m.connect(":memory:")
    connection.executescript(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE); PRAGMA foreign_keys = 1;"
        "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p);"
    )
    seen = []
    for sql, rows in (
        ("INSERT INTO t (b) VALUES (?)", [(n,) for n in range(40)]),
        ("INSERT INTO t (b) VALUES (?)", [(n,) for n in (100, 101, 5, 102)]),
        ("INSERT OR IGNORE INTO t (b) VALUES (?)", [(n,) for n in (200, 5, 201, 6)]),
        ("INSERT INTO c VALUES (?)", [(n,) for n in range(40)]),
        ("DELETE FROM t WHERE b < ?", [(3,), (10,), (10,)]),
    ):
        cursor = connection.cursor()
        outcome = attempt(cursor.executemany, sql, rows)
        seen.append((outcome if isinstance(outcome, tuple) else cursor.rowcount, connection.total_changes))
        seen.append(connection.execute("SELECT changes(), last_insert_rowid(), count(*) FROM t").fetchall())
    return seen
