"""Row, adapters, converters, text factories, user functions: what goes in and out besides plain values."""

from __future__ import annotations

import datetime
import sqlite3
import sys
from collections.abc import Sequence

import pytest
from both_modules import MODULES, attempt, same, table_of


def _row(db, sql="SELECT 1 AS a, 'two' AS B, NULL AS \"c d\", 4 AS ä, 5 AS a"):
    connection = db.connect(":memory:")
    connection.row_factory = db.Row
    return connection.execute(sql).fetchone()


@same
def test_a_row_is_reached_by_position_name_and_slice(db):
    row = _row(db)
    keys = (
        0,
        4,
        -1,
        -5,
        5,
        -6,
        "a",
        "A",
        "b",
        "C D",
        "ä",
        "Ä",
        "x",
        "",
        slice(1, 3),
        slice(None, None, -2),
        2**80,
        True,
        1.5,
        None,
        (1,),
    )
    return [attempt(lambda key=key: row[key]) for key in keys]


@same
def test_a_row_is_a_sequence_with_keys(db):
    row = _row(db)
    return [
        row.keys(),
        len(row),
        list(row),
        tuple(row),
        dict(row),
        [*reversed(row)],
        isinstance(row, Sequence),
        isinstance(row, tuple),
        1 in row,
        list(dict(row).items()),
    ]


@same
def test_rows_are_equal_with_equal_names_and_values(db):
    row, same_row, other_value, other_name = (
        _row(db, sql) for sql in ("SELECT 1 AS a", "SELECT 1 AS a", "SELECT 2 AS a", "SELECT 1 AS b")
    )
    return [
        row == same_row,
        row != same_row,
        hash(row) == hash(same_row),
        row == other_value,
        row == other_name,
        row == (1,),
        row != (1,),
        attempt(lambda: row < same_row)[0],
        len({row, same_row, other_value}),
    ]


@same
def test_a_row_is_made_of_a_cursor_and_a_tuple(db):
    cursor = db.connect(":memory:").execute("SELECT 1 AS a, 2 AS b")

    class Mine(db.Row):
        pass

    return [
        tuple(db.Row(cursor, (1, 2))),
        db.Row(cursor, (1, 2))["b"],
        attempt(db.Row, cursor, [1, 2]),
        attempt(db.Row, None, (1,))[0],
        attempt(db.Row)[0],
        type(Mine(cursor, (1, 2))).__name__,
    ]


@same
def test_row_factories_belong_to_connections_and_cursors(db):
    connection = table_of(db, (1, "x"), (2, "y"))
    connection.row_factory = lambda cursor, row: [d[0] for d in cursor.description] + list(row)
    seen = [
        connection.execute("SELECT * FROM t").fetchall(),
        connection.cursor().row_factory is connection.row_factory,
    ]
    cursor = connection.cursor()
    cursor.row_factory = None
    seen += [cursor.execute("SELECT * FROM t").fetchone(), cursor.fetchmany(5)]
    cursor.row_factory = lambda cursor, row: row[0]
    seen += [list(cursor.execute("SELECT * FROM t")), cursor.execute("SELECT b FROM t").fetchone()]
    cursor.row_factory = lambda cursor, row: 1 / 0
    return [*seen, *[attempt(call) for call in (cursor.execute("SELECT 1").fetchone, cursor.fetchall)]]


@same
def test_text_factories_make_text(db):
    connection = db.connect(":memory:")
    seen = []
    for factory in (bytes, bytearray, str, lambda b: b.decode().upper(), len):
        connection.text_factory = factory
        seen.append(connection.execute("SELECT 'äx', NULL, 1, x'6162', ''").fetchall())
    return seen


@same
def test_declared_types_choose_converters(db):
    db.register_converter("upper", lambda value: value.upper())
    db.register_converter("Size", lambda value: ("size", value))
    connection = db.connect(":memory:", detect_types=db.PARSE_DECLTYPES)
    connection.execute("CREATE TABLE c (a UPPER, b size(10), c SIZE units, d sized, e)")
    connection.execute(
        "INSERT INTO c VALUES ('x', 5, 1.5, 'd', 'e'), (NULL, NULL, NULL, NULL, NULL), ('', 1e300, x'', 0, 0)"
    )
    return [
        connection.execute("SELECT * FROM c").fetchall(),
        connection.execute("SELECT a AS q, +a, b FROM c").fetchone(),
        connection.execute("SELECT a FROM (SELECT a FROM c)").fetchone(),
        connection.execute("SELECT max(a) FROM c").fetchone(),
    ]


@same
def test_column_names_choose_converters(db):
    db.register_converter("upper", lambda value: value.upper())
    connection = db.connect(":memory:", detect_types=db.PARSE_COLNAMES)
    cursor = connection.execute(
        "SELECT 'x' AS \"a [upper]\", 'y' AS \"b[upper]\", 'z' AS \"c [other]\", 'v' AS \"[upper]\""
    )
    seen = [cursor.description, cursor.fetchall()]
    connection = db.connect(":memory:")
    cursor = connection.execute("SELECT 'x' AS \"a [upper]\"")
    return [*seen, cursor.description, cursor.fetchall()]


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="deprecated from Python 3.12 on, and warnings are errors"
)
@same
def test_dates_and_timestamps_come_back(db):
    connection = db.connect(":memory:", detect_types=db.PARSE_DECLTYPES)
    connection.execute("CREATE TABLE d (d DATE, t TIMESTAMP)")
    rows = [
        (datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 3, 4, 5, micro)) for micro in (0, 1, 120000)
    ]
    connection.executemany("INSERT INTO d VALUES (?, ?)", rows)
    connection.execute("INSERT INTO d VALUES ('2026-01-02', '2026-01-02 03:04:05.123456789')")
    seen = connection.execute("SELECT * FROM d").fetchall()
    connection.execute("INSERT INTO d VALUES ('bad', NULL)")
    return [seen, attempt(connection.execute("SELECT d FROM d").fetchall)]


@same
def test_objects_are_adapted_by_registry_and_by_conform(db):
    class Point:
        def __init__(self, x, y):
            self.x, self.y = x, y

    class Conforming:
        def __conform__(self, protocol):
            return "conformed" if protocol is db.PrepareProtocol else None

    class Unwilling:
        def __conform__(self, protocol):
            return None

    class Failing:
        def __conform__(self, protocol):
            raise ZeroDivisionError("mine")

    db.register_adapter(Point, lambda point: f"{point.x};{point.y}")
    connection = table_of(db)
    connection.executemany("INSERT INTO t (b) VALUES (?)", [(Point(1, 2),), ("plain",), (Conforming(),)])
    return [
        connection.execute("SELECT b FROM t").fetchall(),
        connection.execute("SELECT :p", {"p": Point(3, 4)}).fetchone(),
        attempt(connection.execute, "SELECT ?", (Unwilling(),)),
        attempt(connection.execute, "SELECT ?", (Failing(),)),
        db.adapt(Point(5, 6)),
        db.adapt(1, db.PrepareProtocol, "other"),
        attempt(db.adapt, object()),
    ]


@pytest.mark.parametrize("type_", [int, str, bytes, type(None)])
def test_an_adapter_of_a_plain_type_is_used(type_):
    seen = []
    value = {int: 5, str: "x", bytes: b"y", type(None): None}[type_]
    for db in MODULES:
        connection = db.connect(":memory:")
        run = connection.execute
        run("SELECT ?", (value,))
        db.register_adapter(type_, lambda value: "adapted")
        try:
            later = db.connect(":memory:")
            seen.append(
                [run("SELECT ?", (value,)).fetchall(), later.execute("SELECT ?", (value,)).fetchall()]
            )
        finally:
            del db.dbapi2.adapters[(type_, db.PrepareProtocol)]
    # The standard library looks at None and bytes always, at int and str once any adapter for such a type
    # exists.
    assert seen[1] == seen[0] == [[("adapted",)]] * 2


@same
def test_user_functions_give_and_take_plain_values(db):
    connection = db.connect(":memory:")
    seen = []

    def kinds(*args):
        seen.append(args)
        return len(args)

    connection.create_function("kinds", -1, kinds)
    for name, value in {
        "n": None,
        "i": 7,
        "f": 1.5,
        "t": "x",
        "b": b"y",
        "y": True,
        "m": memoryview(b"ab"),
    }.items():
        connection.create_function(name, 0, lambda value=value: value)
    seen.append(
        connection.execute(
            "SELECT kinds(1, 2.5, 'x', x'61', NULL), kinds(), n(), i(), f(), t(), b(), y(), m()"
        ).fetchall()
    )
    connection.create_function("kinds", -1, None)
    return [*seen, attempt(connection.create_function, "f", -100, len)]


@same
def test_exceptions_of_user_functions_become_errors(db):
    connection = db.connect(":memory:")
    connection.create_function("fail", 1, lambda x: 1 / 0)
    connection.create_function("big", 0, lambda: 2**70)
    connection.create_function("odd", 0, lambda: object())
    return [
        attempt(connection.execute, sql)
        for sql in ("SELECT fail(1)", "SELECT big()", "SELECT odd()", "SELECT fail()")
    ]


@same
def test_user_aggregates_step_and_finalize(db):
    class Longest:
        def __init__(self):
            self.value = ""

        def step(self, value):
            self.value = max(self.value, value, key=len)

        def finalize(self):
            return self.value

    class NoStep:
        def finalize(self):
            return 1

    class Broken(Longest):
        def step(self, value):
            raise ValueError

    connection = table_of(db, (1, "x"), (2, "yyy"), (3, "zz"))
    for name, cls in {"longest": Longest, "nostep": NoStep, "broken": Broken}.items():
        connection.create_aggregate(name, 1, cls)
    return [
        attempt(lambda sql=sql: connection.execute(sql).fetchall())
        for sql in (
            "SELECT longest(b) FROM t",
            "SELECT a > 1, longest(b) FROM t GROUP BY a > 1",
            "SELECT longest(b) FROM t WHERE 0",
            "SELECT nostep(b) FROM t",
            "SELECT broken(b) FROM t",
        )
    ]


@same
def test_user_collations_order_text(db):
    connection = table_of(db, (1, "b"), (2, "a"), (3, "C"))
    connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    return [
        connection.execute("SELECT b FROM t ORDER BY b COLLATE backwards").fetchall(),
        attempt(connection.create_collation, "x", 5),
        attempt(connection.create_collation, 5, None),
    ]


def test_a_dump_makes_the_database_again():
    for db in MODULES:
        connection = table_of(db, (1, "it's"), (2, None), (3, 1.5), (4, b"\x00\xff"), (5, "ä"))
        connection.execute('CREATE TABLE "odd ""name" ("a b" TEXT)')
        connection.execute('INSERT INTO "odd ""name" VALUES (\'q"q\')')
        connection.execute("CREATE INDEX i ON t (b)")
        connection.execute('CREATE TABLE g (k PRIMARY KEY, v AS (k + 1), w AS (k * 2) STORED) WITHOUT ROWID')
        connection.execute("CREATE TABLE s (a INTEGER PRIMARY KEY AUTOINCREMENT, b ANY DEFAULT 'it''s') STRICT")
        connection.execute("INSERT INTO s VALUES (7, 1e300), (9, x'00')")
        connection.execute("CREATE TRIGGER r AFTER INSERT ON g BEGIN UPDATE s SET b = new.k; END")
        connection.execute("ANALYZE")
        dump = list(connection.iterdump())
        copy = db.connect(":memory:")
        copy.executescript("\n".join(dump))
        assert copy.execute("SELECT * FROM t").fetchall() == connection.execute("SELECT * FROM t").fetchall()
        assert list(copy.iterdump()) == dump
        if db is sqlite3:
            wanted = dump
    assert dump == wanted
