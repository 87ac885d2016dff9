"""JSON functions over random documents beside the newest SQLite: values, storage classes, JSONB bytes, error texts.

MANTISDB_SEED replays a failure, MANTISDB_LONG=1 runs thirty times as many.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from json_cases import JsonMaker

import mantisdb_dbapi

DEPTH_CALLS = [
    "json_valid(?)", "json(?)", "hex(jsonb(?))", "json_error_position(?)", "json_pretty(?)", "? -> 0",
    "json_extract(?, '$.a[0].a')", "json_type(?, '$')", "json_set(?, '$.b', 1)",
]  # fmt: skip


class Both:
    """One connection to each engine."""

    def __init__(self) -> None:
        self.ours = mantisdb_dbapi.connect(":memory:", isolation_level=None)
        self.theirs = apsw.Connection(":memory:")
        self.differences: list[str] = []

    def answer(self, engine: Any, sql: str, params: tuple[Any, ...]) -> Any:
        """Rows with their types, or the error's text."""
        try:
            rows = engine.execute(sql, params).fetchall() if engine is self.ours else list(engine.execute(sql, params))
        except (apsw.Error, mantisdb_dbapi.Error) as error:
            return str(error).removeprefix("SQLError: ")
        return [tuple((type(value).__name__, repr(value)) for value in row) for row in rows]

    def ask(self, sql: str, params: tuple[Any, ...] = ()) -> None:
        """Compare the answers to a query."""
        try:
            expected = self.answer(self.theirs, sql, params)
        except UnicodeDecodeError:
            return  # apsw cannot hand out text that is not UTF-8
        found = self.answer(self.ours, sql, params)
        if found != expected:
            self.differences.append(f"{sql} {params!r}\n  ours   {found}\n  SQLite {expected}")

    def parameter(self, value: Any) -> Any:
        """A parameter of a random call; what is to be JSONB and cannot be stays text."""
        if not isinstance(value, tuple):
            return value
        try:
            return next(iter(self.theirs.execute("SELECT jsonb(?)", (value[1],))))[0]
        except apsw.Error:
            return value[1]


@pytest.fixture
def both() -> Iterator[Both]:
    engines = Both()
    yield engines
    engines.ours.close()
    engines.theirs.close()
    assert not engines.differences, f"{len(engines.differences)} differ:\n" + "\n".join(engines.differences[:10])


@pytest.fixture
def rounds(long_mode: bool) -> int:
    return 30 if long_mode else 1


def test_functions_answer_as_sqlite_does(both: Both, seed: int, rounds: int) -> None:
    maker = JsonMaker(random.Random(seed))
    for _ in range(4000 * rounds):
        expression, arguments = maker.call()
        both.ask(f"SELECT {expression}", tuple(both.parameter(argument) for argument in arguments))


def test_paths_into_columns_answer_as_sqlite_does(both: Both, seed: int, rounds: int) -> None:
    maker = JsonMaker(random.Random(seed + 1))
    for engine in (both.ours, both.theirs):
        engine.execute("CREATE TABLE d (id INTEGER PRIMARY KEY, doc)")
    for _ in range(4 * rounds):
        documents = [(both.parameter(maker._json()),) for _ in range(150)]
        valid = [d for d in documents if not isinstance(both.answer(both.theirs, "SELECT json(?)", d), str)]
        for engine in (both.ours, both.theirs):
            engine.execute("DELETE FROM d")
            engine.executemany("INSERT INTO d (doc) VALUES (?)", valid)
        for _ in range(12):
            path = maker.path().replace("'", "''").replace("\0", "")
            both.ask(f"SELECT id, json_extract(doc, '{path}'), doc -> '{path}', doc ->> '{path}' FROM d")
            both.ask(f"SELECT json_type(doc, '{path}'), json_array_length(doc, '{path}') FROM d")
            extraction = f"json_extract(doc, '{path}')"
            both.ask(f"SELECT max({extraction}), json_group_array({extraction}) FROM d")


@pytest.mark.parametrize("function", ["json_each", "json_tree", "jsonb_each", "jsonb_tree"])
def test_table_functions_make_sqlites_rows(both: Both, seed: int, rounds: int, function: str) -> None:
    maker = JsonMaker(random.Random(seed + 2))
    for _ in range(250 * rounds):
        document = both.parameter(maker._json())
        both.ask(f"SELECT rowid, *, json, root, json_array(value) FROM {function}(?)", (document,))
        both.ask(f"SELECT * FROM {function}(?, ?)", (document, maker.path()))
        both.ask(f"SELECT key, value, type, atom FROM {function}(?)", (document,))


@pytest.mark.parametrize("depth", [999, 1000, 1001, 5000])
@pytest.mark.parametrize("document", ["[{}]", '{{"a":{}}}'])
def test_depth_has_sqlites_limit(both: Both, depth: int, document: str) -> None:
    opening, closing = document.format("\0").split("\0")
    text = opening * depth + "1" + closing * depth
    for expression in DEPTH_CALLS:
        both.ask(f"SELECT {expression}", (text,))
    both.ask("SELECT count(*) FROM json_tree(?)", (text,))
    both.ask("SELECT json_patch(?, ?)", (text, text))


def test_quick_paths_see_labels_that_occur_twice(both: Both) -> None:
    documents = [
        '{"a":1,"a":2}',
        '{"x":{"a":1},"a":2}',
        '{"x":["a"],"a":2,"a":3}',
        '{"\\u0061":1,"a":2}',
        '{"x":"a","a":2}',
        '{"a":{"b":1,"b":2}}',
        '{"b":0,"a":{"b":1}}',
        '{"a":[1,2],"a":[3]}',
        '{"a":"\\u0061","a\\u0000":2}',
        '{"a":null}',
        '{"a":1.5,"x":1e400}',
        '{"a":12345678901234567.5}',
        '{"a":18446744073709551616}',
        '{"a":-0}',
        '{"a":-0.0}',
        '{"a":true}',
        '{"a":[]}',
        '{"a": { "b" : [ 1 , "x y" ] } }',
        '{"x":"\\"a\\":5","a":1}',
        "{}",
        "[]",
        '"a"',
    ]
    for engine in (both.ours, both.theirs):
        engine.execute("CREATE TABLE d (doc TEXT)")
        engine.executemany("INSERT INTO d VALUES (?)", [(document,) for document in documents])
    for path in ("$.a", "$.a.b", "$.a[0]", "$.a[1]", "$.a.b[1]", "$.x", "$.x.a", "$"):
        both.ask(f"SELECT json_extract(doc, '{path}'), doc ->> '{path}', doc -> '{path}' FROM d")
    both.ask("SELECT doc ->> 'a', doc ->> 0, doc -> 'a', json(doc), json_valid(doc) FROM d")


def test_paths_into_many_rows_at_once_see_what_is_not_plain(both: Both) -> None:
    plain = [f'{{"a":{n},"b":{{"c":"{n}"}},"d":[{n},"x"]}}' for n in range(40)]
    odd = [
        '{"a":1}{"a":2}',
        "",
        '{"a":1,"a":2}',
        '{"b":1}',
        '{"a":1.0e5}',
        '{"a":12345678901234567890}',
        '{"a":[1]}',
        "[1]",
        '{"a":1.12345678901234567}',
        '{"a":true}',
        '{"a":\n1}',
        '{"a":',
        '{"b":1}}',
        '{"x":"a","a":"y"}',
        '{"a":"\\u0041"}',
        '{"b":{"c":1,"c":2}}',
        '{"d":[]}',
        '{"d":7}',
        ' {"a":1}',
        '{"a":1} ',
        '{"a":"é"}',
        None,
        b'{"a":1}',
        5,
        '{"b":null}',
    ]
    for engine in (both.ours, both.theirs):
        engine.execute("CREATE TABLE d (doc)")
    for documents in ([], *[[document] for document in odd], odd[:2], odd[11:13], [odd[0], odd[11], odd[12], odd[3]]):
        for engine in (both.ours, both.theirs):
            engine.execute("DELETE FROM d")
            engine.executemany("INSERT INTO d VALUES (?)", [(document,) for document in [*plain, *documents, *plain]])
        for path in ("$.a", "$.b.c", "$.d[0]", "$.d[1]", "$.x"):
            both.ask(f"SELECT sum(json_extract(doc, '{path}')), max(doc ->> '{path}'), count(doc ->> '{path}') FROM d")
            both.ask(f"SELECT doc, json_extract(doc, '{path}') FROM d")


def test_results_that_are_json_on_some_rows_are_nested_nowhere():
    connection = mantisdb_dbapi.connect(":memory:")
    for query in ("SELECT json('[1]') UNION ALL SELECT '[2]'", "SELECT json('[1]') EXCEPT SELECT 2"):
        with pytest.raises(mantisdb_dbapi.NotSupportedError, match="JSON or not"):
            connection.execute(f"SELECT json_array(({query}))")
    connection.close()
