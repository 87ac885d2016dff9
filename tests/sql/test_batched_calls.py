"""Functions that are called for many rows at once, beside the newest SQLite: where a call may move, and what a batch
does that is not plain throughout.

MANTISDB_SEED replays a failure, MANTISDB_LONG=1 runs twenty times as many.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import apsw
import pytest

import mantisdb_dbapi

ODD_DOCUMENTS: list[Any] = [
    None,
    '{"a":1,"a":2}',
    '{"a":{"b":1},"a":{"b":2}}',
    '{"b":{"a":7},"a":3}',
    '{"x":"\\"a\\":1","a":4}',
    '{"\\u0061":5}',
    '{"a":6,"\\u0061":5}',
    '{"a":[1,2.50,"x"],"t":"a"}',
    '{"a":1e3,"n":-0.0}',
    '{"a":123456789012345678901,"n":0.1234567890123456789}',
    '{"a":9223372036854775807,"n":-9223372036854775808}',
    '{"a":true,"n":false,"t":null}',
    '{"a":{"b":{"c":[ 1 , {"d" : 2 } ]}}}',
    ' {"a":1} ',
    '{"a":"é😀","t":"a\\nb"}',
    "[1,2,3]",
    "[]",
    "{}",
    "17",
    '"a"',
    "null",
    "{a:1}",
    '{"a":+1,}',
    12,
    2.5,
    '{"a":' + "[" * 40 + "]" * 40 + "}",
    '{"a":"' + "x" * 3000 + '"}',
    '{"a":1.0,"n":100000000000000000000.5e-3}',
]
BAD_DOCUMENTS: list[Any] = ["{", "", '{"a":1} {"a":2}', '{"a":01}', "\ufeff{}", '{"a":1}\n{', b"\xff", "{" * 1100]
PATHS = ["$.a", "$.a.b", "$.a[0]", "$.n", "$.t", "$", "$.a.b.c[1].d", "$[1]", "$.a[#-1]", '$."a"', "$.é", "$.zz"]
CALLS = [
    "json_extract(d, '{}')",
    "d ->> '{}'",
    "d -> '{}'",
    "json_type(d, '{}')",
    "json_array_length(d, '{}')",
]
DATES = ["date(at)", "strftime('%Y-%m', at)", "julianday(at, '+1 month')", "datetime(at, '+90 minutes')", "time(at)"]
FORMS = [
    "SELECT id, {0}, {1} FROM t",
    "SELECT {0} FROM t WHERE {1} > 1",
    "SELECT id, {0} FROM t WHERE id > 20 AND {1} IS NOT NULL AND {2} = 'text'",
    "SELECT rowid, {0} || {1} FROM t WHERE {0} IN (1, 2, 'x', 'integer')",
    "SELECT count({0}), max({1}), min({2}), count(*) FROM t",
    "SELECT sum({0}), total({1}) FROM t WHERE id % 3 = 0",
    "SELECT max({0}), count(DISTINCT {1}), sum({2}) FROM t",
    "SELECT min({0}), min(DISTINCT {1} COLLATE NOCASE), group_concat(DISTINCT {2}), count(*) FROM t",
    "SELECT count(DISTINCT {0}), max({1}), min({1}), count(*) FROM t WHERE id > 1000",
    "SELECT {0}, count(*), max({1}) FROM t GROUP BY 1",
    "SELECT {0}, group_concat(id), count(DISTINCT {1}) FROM t GROUP BY {0} HAVING count(*) > 1",
    "SELECT id FROM t ORDER BY {0}, id",
    "SELECT id, {0} FROM t ORDER BY {1} DESC, id LIMIT 7",
    "SELECT DISTINCT {0} FROM t ORDER BY 1",
    "SELECT id, {0} FROM t LIMIT 5",
    "SELECT CASE WHEN json_valid(d) THEN {0} END, json_valid(d) FROM t",
    "SELECT json_valid(d) AND {0} IS NOT NULL, json_valid(d) OR {0} FROM t",
    "SELECT t.id, {0}, date(at) FROM t JOIN u ON u.id = t.id",
    "SELECT u.id, (SELECT max({0}) FROM t WHERE t.id < u.id) FROM u WHERE u.id < 30",
    "SELECT id FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.id = u.id AND {0} > 1)",
    "SELECT x, count(*) FROM (SELECT {0} AS x, {1} AS y FROM t WHERE id > 3) WHERE y IS NOT NULL GROUP BY x",
    "SELECT {0} AS x, y FROM (SELECT id, d, at, {1} AS y FROM t) t WHERE y > 1 ORDER BY upper(y), id",
    "SELECT coalesce({0}, {1}), iif({0} > 1, {1}, {2}) FROM t",
    "SELECT count(*) FILTER (WHERE {0} > 1), sum({1}) FROM t",
    "SELECT id, {0}, row_number() OVER (ORDER BY id), sum(id) OVER (PARTITION BY {1}) FROM t ORDER BY id",
    "SELECT {0} COLLATE NOCASE, count(*) FROM t GROUP BY 1 ORDER BY 1",
    "SELECT id FROM t WHERE {0} BETWEEN 1 AND 5 OR {1} LIKE 'a%'",
    "SELECT {0} FROM t UNION SELECT {1} FROM t",
    "WITH c AS (SELECT {0} AS x, id FROM t) SELECT c.x, u.id FROM c JOIN u ON u.id = c.id WHERE c.x IS NOT NULL",
]


def _document(rng: random.Random) -> str:
    inner = {"b": rng.choice([1, 2.5, "x", {"c": [1, {"d": rng.randrange(9)}]}])}
    members = {"a": rng.choice([rng.randrange(9), inner, ["x", 2], "text"]), "n": rng.choice([1, 0.5, None, True])}
    if rng.random() < 0.5:
        members["t"] = rng.choice(["é", "abc", "line\nline"])
    return json.dumps(members, ensure_ascii=rng.random() < 0.5)


NUMBERS = [
    "1.5", "-0.25", "0.0", "-0.0", "0", "7", "-9223372036854775808", "9223372036854775807", "9223372036854775808",
    "1e5", "1E-7", "2.5e-3", "123456789.123456", "123456789.1234567", "0.1234567890123456789", "1e22", "1.7e308",
    "5e-324", "3e-324", "0e0", "0.0000001", "8.5e+21", "999999999999999.9", "1e400",
    "179769313486231570000000000000000000000.0",
]  # fmt: skip
TEXTS = [
    '"x"', '""', '"12:30:00"', '"a:b"', '"é"', '"\\n"', '"\\"a\\":"', '"a"', '"1e5"', '"00000000000000000000"', '"0e1"',
]  # fmt: skip


def _one_shape(rng: random.Random) -> tuple[list[str], Callable[[], str]]:
    """Paths that lead to something, and what makes documents with the same members."""
    numbers = rng.choice([NUMBERS[:7], ["1.5", "2.25", "0.125"], ["1.5", "0.0"], ["3", "4"], NUMBERS])
    mixed = [*numbers, *TEXTS, "true", "{}"]
    others = rng.choice([TEXTS[:2], TEXTS, ["true", "false"], ["null", '"x"'], numbers, mixed])
    inner, path = rng.choice(
        [('{"b"#%s}', "$.a.b"), ('{"b"#{"c"#[1,{"d"#%s}]}}', "$.a.b.c[1].d"), ("[%s,2]", "$.a[0]"), ("%s", "$.a")]
    )
    paths = {'"t"#%s': "$.t", f'"a"#{inner}': path, '"n"#%s': "$.n", '"é"#%s': "$.é", '"k"#{"l"#%s}': "$.k.l"}
    members = rng.sample(list(paths), 4)
    colon, rare = rng.choice([":", ": ", " :"]), rng.choice([0.0, 0.0, 0.002, 0.1])
    twice = rng.choice([',"a"#1', ',"n" :2', ',"z":[{"a"#[7]}]', ',"k"#{"l"#8}'])

    def make() -> str:
        text = ",".join(members) + (twice if rng.random() < rare else "")
        while "%s" in text:
            text = text.replace("%s", rng.choice(others if rng.random() < 0.5 else numbers), 1)
        return "{" + text.replace("#", colon) + "}"

    return [paths[member] for member in members], make


def _rows(rng: random.Random, odd: float, bad: float) -> list[tuple[Any, ...]]:
    rows = []
    for number in range(300):
        draw = rng.random()
        document = BAD_DOCUMENTS if draw < bad else ODD_DOCUMENTS if draw < odd else None
        day = f"20{rng.randrange(100):02d}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 32):02d}"
        at = rng.choice([day, f"{day} {rng.randrange(24):02d}:30", f"{day}T23:59:59Z"] + [None, 7, "x"] * (odd > 0))
        rows.append((number, rng.choice(document) if document else _document(rng), at))
    return rows


def _answer(connection: Any, sql: str) -> Any:
    try:
        return sorted([[(type(v).__name__, repr(v)) for v in row] for row in connection.execute(sql).fetchall()])
    except (mantisdb_dbapi.Error, apsw.Error) as error:
        return str(error).removeprefix("SQLError: ")


@pytest.fixture
def connections() -> Any:
    ours, theirs = mantisdb_dbapi.connect(":memory:", isolation_level=None), apsw.Connection(":memory:")
    for connection in (ours, theirs):
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, d, at)")
        connection.execute("CREATE TABLE u (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO u VALUES (?)", [(n,) for n in range(0, 300, 7)])
    yield ours, theirs
    ours.close()


def test_calls_in_batches_answer_as_sqlite_does(seed: int, long_mode: bool, connections: Any) -> None:
    rng = random.Random(seed)
    ours, theirs = connections
    differences = []
    for round_number in range(240 * (20 if long_mode else 1)):
        if round_number % 40 == 0:
            odd = rng.choice([0.0, 0.02, 0.3])
            rows = _rows(rng, odd, rng.choice([0.0, 0.005]) if odd else 0.0)
            for connection in (ours, theirs):
                connection.execute("DELETE FROM t")
                connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        kinds = [CALLS, CALLS, DATES] if rng.random() < 0.8 else [DATES]
        calls = [rng.choice(rng.choice(kinds)).format(rng.choice(PATHS)) for _ in range(3)]
        sql = rng.choice(FORMS).format(*calls)
        found, expected = _answer(ours, sql), _answer(theirs, sql)
        if found != expected and "malformed JSON" not in (found, expected):  # which rows are read is the planner's
            differences.append(f"{sql}\n   ours   {str(found)[:300]}\n   theirs {str(expected)[:300]}")
    assert not differences, f"{len(differences)} differ:\n" + "\n".join(differences[:10])


def test_documents_of_one_shape_give_what_sqlite_finds_in_them(seed: int, long_mode: bool, connections: Any) -> None:
    rng = random.Random(seed)
    ours, theirs = connections
    differences = []
    for _ in range(60 * (20 if long_mode else 1)):
        paths, make = _one_shape(rng)
        rows = [(number, make(), None) for number in range(300)]
        calls = [rng.choice(CALLS[:2] * 3 + CALLS).format(path) for path in rng.sample(paths, rng.randrange(1, 4))]
        sql = f"SELECT id, {', '.join(calls)} FROM t"
        for connection in (ours, theirs):
            connection.execute("DELETE FROM t")
            connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        both = zip(_answer(ours, sql), _answer(theirs, sql), strict=True)
        differences += [(sql, rows[int(found[0][1])][1], found, right) for found, right in both if found != right]
    assert not differences, f"{len(differences)} differ:\n" + "\n".join(map(str, differences[:10]))


def test_groups_of_what_is_computed_in_batches_in_a_large_table(connections: Any) -> None:
    ours, theirs = connections
    rows = [(n, json.dumps({"a": n // 100}), f"2024-{n % 12 + 1:02d}-01 12:00") for n in range(5000)]
    for connection in connections:
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    for key in ("strftime('%Y-%m', at)", "d ->> '$.a'", "rowid / 1000", "date(at), d ->> '$.a'"):
        sql = f"SELECT {key}, count(*), max(date(at)), min(d ->> '$.a'), max(id) FROM t GROUP BY {key}"
        assert _answer(ours, sql) == _answer(theirs, sql), sql


def test_an_error_comes_only_when_its_row_is_reached(connections: Any) -> None:
    """Rows of a scan are computed a batch at a time; what is malformed behind the last row that is needed is not."""
    ours, theirs = connections
    rows = [(n, '{"a":1}' if n != 50 else "{", None) for n in range(300)]
    for connection in (ours, theirs):
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        assert connection.execute("SELECT d ->> 'a' FROM t LIMIT 50").fetchall() == [(1,)] * 50
        assert connection.execute("SELECT sum(d ->> 'a') FROM t WHERE id <> 50").fetchall() == [(299,)]
        joined = "SELECT count(t.d ->> 'a') FROM t JOIN u ON u.id = t.id"
        assert connection.execute(joined).fetchall() == [(43,)]
    for connection, error in ((ours, mantisdb_dbapi.OperationalError), (theirs, apsw.SQLError)):
        with pytest.raises(error, match="malformed JSON"):
            connection.execute("SELECT d ->> 'a' FROM t").fetchall()
