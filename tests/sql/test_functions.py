"""Functions by themselves: random numbers, collations, the forms of aggregates, the registry, users' functions.

Every function over awkward arguments, through SQL: test_function_grids.py.
"""

from __future__ import annotations

import itertools
import math
import random
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import apsw
import pytest

import mantisdb_dbapi
from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions import FunctionRegistry
from mantisdb_sql.functions.dates import UNIX_EPOCH_MS, current_moment
from mantisdb_sql.values.collation import BUILT_IN

SEED = 20261123
_ORACLE = apsw.Connection(":memory:")
_REGISTRY = FunctionRegistry()

VALUES: list[Any] = [
    None, 0, 1, -1, 2, 7, 100, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), 0.0, -0.0, 1.0, -1.5, 2.5, 0.1, 1e15,
    123456789012345.678, 1e16, 1e20, -1e300, 5e-324, float("inf"), float("-inf"), "", " ", "abc", "ABC ", "a", "äÖ€𝄞",
    "1", " 12", "1.5", "1e3", "1e", "-7x", "0x10", "+5", "12 ", "naïve", "x'y", "%a_", "\t5", "9223372036854775808",
    b"", b"\x00", b"abc", b"12", "äb".encode(), b"1.5x", "a\u0000b",
]  # fmt: skip


def ask(name: str, args: Sequence[Any]) -> Any:
    """SQLite's answer, or its error's text."""
    try:
        ((answer,),) = _ORACLE.execute(f"SELECT {name}({','.join('?' * len(args))})", list(args))
    except apsw.Error as error:
        return f"error: {error}"
    except UnicodeDecodeError:
        return NotImplemented  # bytes that are no text: nothing to compare with
    return answer


def answer(name: str, args: Sequence[Any]) -> Any:
    """Our answer, or our error's text."""
    definition = _REGISTRY.lookup(name, len(args))
    assert definition.call is not None
    leading: list[Any] = (
        [None] if definition.takes_key else [current_moment()] if definition.takes_now else []
    )
    try:
        return definition.call(*leading, *args)
    except SqlError as error:
        return f"error: {error}"


def same(ours: Any, theirs: Any) -> bool:
    """Equal values of equal classes."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs and math.copysign(1, ours) == math.copysign(1, theirs)
    if (
        isinstance(ours, str)
        and isinstance(theirs, str)
        and ours.startswith("error")
        and theirs.startswith("error")
    ):
        return theirs.endswith(ours.removeprefix("error: "))
    return ours.__class__ is theirs.__class__ and ours == theirs


def differences(calls: Iterator[tuple[str, Sequence[Any]]]) -> list[str]:
    """The calls that SQLite answers in another way."""
    found = []
    for name, args in calls:
        theirs = ask(name, args)
        try:
            ours = answer(name, args)
        except Exception as error:
            ours = error
        if theirs is not NotImplemented and not same(ours, theirs):
            found.append(f"{name}({', '.join(map(repr, args))}) is {theirs!r}, not {ours!r}")
            if len(found) == 20:
                break
    return found


def test_round_gives_sqlites_digits() -> None:
    rng = random.Random(SEED)
    numbers = [
        0.5,
        1.5,
        2.5,
        -0.5,
        -2.5,
        0.15,
        0.25,
        1.005,
        2.675,
        1234.5678,
        1e10,
        4503599627370497.5,
        0.05,
        0.06,
        -0.04,
    ]
    numbers += [rng.uniform(-1000, 1000) for _ in range(300)]
    assert (
        differences(
            ("round", [x, places]) for x in numbers for places in (-1, 0, 1, 2, 3, 5, 10, 15, 17, 30, 31)
        )
        == []
    )


def test_random_moments_keep_their_calendar() -> None:
    rng = random.Random(SEED)
    numbers = [rng.uniform(0, 5373484) for _ in range(1500)] + [
        rng.randint(-(2 * 10**11), 2 * 10**11) for _ in range(500)
    ]
    assert differences(("datetime", [x]) for x in numbers) == []
    assert (
        differences(("strftime", ["%Y %j %W %U %V %G %g %u %w %s %f %J", x, "auto"]) for x in numbers) == []
    )


def test_random_moments_differ_by_the_span_that_timediff_says() -> None:
    rng = random.Random(SEED)
    pairs = ([rng.uniform(1721060, 5373484), rng.uniform(1721060, 5373484)] for _ in range(1000))
    assert differences(("timediff", pair) for pair in pairs) == []


def test_now_is_the_clocks_time_and_one_moment_for_every_call() -> None:
    now = current_moment()
    datetime = _REGISTRY.lookup("datetime", 1).call
    assert datetime is not None
    ((oracle,),) = _ORACLE.execute("SELECT unixepoch('now')")
    assert abs((now - UNIX_EPOCH_MS) // 1000 - oracle) <= 2
    assert datetime(now, "now") == datetime(now)
    assert _REGISTRY.lookup("current_timestamp", 0).call(now) == datetime(now)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["max", "min", "nullif"])
@pytest.mark.parametrize("collation", ["NOCASE", "RTRIM"])
def test_comparing_functions_use_their_collation(name: str, collation: str) -> None:
    values = ["a", "A", "a ", "b", "B", 1, None, b"a", "", " "]
    call = _REGISTRY.lookup(name, 2).call
    assert call is not None
    for a, b in itertools.product(values, values):
        ((theirs,),) = _ORACLE.execute(f"SELECT {name}(? COLLATE {collation}, ?)", (a, b))
        assert same(call(BUILT_IN[collation].key, a, b), theirs), (a, b)


# ---------------------------------------------------------------------------------------------- aggregates

_AGGREGATES = ["count", "sum", "total", "avg", "min", "max", "group_concat"]


def _groups() -> Iterator[list[Any]]:
    rng = random.Random(SEED)
    pools: list[list[Any]] = [
        [1, 2, 3, -5],
        [2**62, 2**61, -(2**62), 5],
        [0.1, 0.2, 0.3, 1e16, -1e16],
        [1e308, -1e308, 1.0],
        [float("inf"), 1.0, float("-inf")],
        [None, 1, 2.5],
        [None],
        VALUES,
        [2**53 + 1, 1.0, 3],
        ["a", "b", "A"],
        [b"a", b"b"],
        [1, 1.0, 2, 2.0],
        ["1", "2.5", "x"],
        [4503599627370496, 4503599627370497, 0.5],
    ]
    for pool in pools:
        for size in (0, 1, 2, 3, 10, 50):
            yield rng.choices(pool, k=size)
    for _ in range(100):
        yield [rng.uniform(-1000, 1000) for _ in range(rng.randint(1, 300))]
        yield [rng.uniform(0, 1) * 10 ** rng.randint(-10, 10) for _ in range(rng.randint(1, 300))]
        yield [round(rng.uniform(0, 100), 2) for _ in range(rng.randint(1, 300))]
        yield [rng.randint(-(2**63), 2**63 - 1) for _ in range(rng.randint(1, 4))]


def _aggregate_of_oracle(name: str, group: list[Any]) -> Any:
    _ORACLE.execute("DROP TABLE IF EXISTS g; CREATE TABLE g(x)")
    _ORACLE.executemany("INSERT INTO g VALUES (?)", [(value,) for value in group])
    try:
        ((found,),) = _ORACLE.execute(f"SELECT {name}(x) FROM g")
    except apsw.Error as error:
        return f"error: {error}"
    return found


@pytest.mark.parametrize("name", _AGGREGATES)
def test_aggregates_answer_as_sqlite_whole_stepwise_and_for_known_classes(name: str) -> None:
    from mantisdb_sql.values.storage import BIG, SMALL, class_of

    definition = _REGISTRY.lookup(name, 1)
    assert definition.make is not None and definition.whole is not None
    for group in _groups():
        theirs = _aggregate_of_oracle(name, group)
        classes = 0
        for value in group:
            classes |= class_of(value)
        forms = [lambda g=group: _stepwise(definition.make, g), lambda g=group: definition.whole(g)]
        known_sets = {classes, classes | (SMALL | BIG if classes & (SMALL | BIG) else 0), classes | 1}
        forms += [lambda g=group, k=known: definition.whole_for(k)(g) for known in known_sets]  # type: ignore[misc]
        for i, form in enumerate(forms):
            try:
                ours = form()
            except SqlError as error:
                ours = f"error: {error}"
            assert same(ours, theirs), (i, group, theirs, ours)


def _stepwise(make: Any, group: list[Any]) -> Any:
    accumulator = make()
    for value in group:
        accumulator.step(value)
    return accumulator.final()


def test_group_concat_puts_each_separator_before_its_row() -> None:
    rows = [("a", "-"), (None, "+"), ("b", "*"), (3, None), (b"c", 4)]
    accumulator = _REGISTRY.lookup("string_agg", 2).make()  # type: ignore[misc]
    for row in rows:
        accumulator.step(*row)
    _ORACLE.execute("DROP TABLE IF EXISTS g; CREATE TABLE g(x, s)")
    _ORACLE.executemany("INSERT INTO g VALUES (?, ?)", rows)
    ((theirs,),) = _ORACLE.execute("SELECT string_agg(x, s) FROM g")
    assert accumulator.final() == theirs


# -------------------------------------------------------------------------------------------- the registry


@pytest.mark.parametrize(
    "call",
    [
        "nothing_like_it(1)",
        "abs()",
        "abs(1,2)",
        "substr('a')",
        "max()",
        "pi(1)",
        "coalesce(1)",
        "iif(1)",
        "date(1)",
        "strftime()",
        "concat()",
        "log(1,2,3)",
        "count(1,2)",
        "char()",
        "printf()",
    ],
)
def test_lookup_refuses_what_sqlite_refuses_with_its_words(call: str) -> None:
    name, _, rest = call.partition("(")
    count = 0 if rest == ")" else rest.count(",") + 1
    try:
        _ORACLE.execute(f"SELECT {call}")
        theirs = None
    except apsw.SQLError as error:
        theirs = str(error)
    try:
        _REGISTRY.lookup(name, count)
        ours = None
    except SqlError as error:
        ours = str(error)
    assert (ours is None) == (theirs is None) and (theirs or "").endswith(ours or "")


OPERANDS = [
    "a || f(b)", "f(b) || a", "a AND f(b)", "f(b) OR a", "a + f(b)", "a = f(b)", "a BETWEEN f(b) AND f(1)",
    "a IN (f(b), 1)", "a IS f(b)", "f(b) IS NULL", "NOT (a AND f(b))", "coalesce(a, f(b))", "iif(a, f(b), 1)",
    "f(a) + f(b)", "CASE a WHEN f(b) THEN 1 END", "a LIKE f(b)", "0 AND f(b)", "a AND b AND f(b)", "a OR (b AND f(a))",
]  # fmt: skip


@pytest.mark.parametrize("operand", OPERANDS)
def test_a_users_function_is_called_where_sqlite_calls_it(operand: str) -> None:
    """The rows, and the arguments of all calls in their order."""
    seen: list[list[Any]] = []
    ours, theirs = mantisdb_dbapi.connect(":memory:"), apsw.Connection(":memory:")
    for connection in (ours, theirs):
        calls: list[Any] = []

        def f(x: Any, calls: list[Any] = calls) -> Any:
            calls.append(x)
            return x

        if isinstance(connection, apsw.Connection):
            connection.create_scalar_function("f", f, 1)
        else:
            connection.create_function("f", 1, f)
        connection.execute("CREATE TABLE t (a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(None, 1), (0, 2), (1, None), (None, None), (3, 0)])
        for sql in (f"SELECT {operand} FROM t", f"SELECT a FROM t WHERE {operand}"):
            calls.extend(connection.execute(sql).fetchall())
        seen.append(calls)
    assert seen[0] == seen[1]


def test_a_users_function_replaces_a_built_in_one_and_gives_way_again() -> None:
    registry = FunctionRegistry()
    version = registry.version
    registry.create_function("ABS", 1, lambda x: True)
    assert registry.version > version
    assert registry.is_overridden("abs", 1) and not registry.is_overridden("abs", 2)
    mine = registry.lookup("Abs", 1)
    assert mine.call is not None and mine.call(5) == 1 and mine.call(5).__class__ is int
    registry.create_function("abs", 1, None)
    assert registry.lookup("abs", 1).built_in


def test_a_users_function_that_fails_or_gives_no_sql_value_is_an_error() -> None:
    registry = FunctionRegistry()
    registry.create_function("f", -1, lambda *args: 1 // len(args))
    registry.create_function("g", 0, lambda: object())
    registry.create_function("h", 0, lambda: float("nan"))
    registry.create_function("big", 0, lambda: 2**64)
    with pytest.raises(SqlError, match="user-defined function raised exception"):
        registry.lookup("f", 0).call()  # type: ignore[misc]
    with pytest.raises(SqlError, match="user-defined function raised exception"):
        registry.lookup("g", 0).call()  # type: ignore[misc]
    with pytest.raises(SqlError, match="string or blob too big"):
        registry.lookup("big", 0).call()  # type: ignore[misc]
    assert registry.lookup("h", 0).call() is None  # type: ignore[misc]


def test_a_users_aggregate_reports_which_method_failed() -> None:
    class Bad:
        def step(self, x: Any) -> None:
            raise ValueError

        def finalize(self) -> int:
            return 1

    registry = FunctionRegistry()
    registry.create_aggregate("bad", 1, Bad)
    definition = registry.lookup("bad", 1)
    assert definition.is_aggregate and definition.make is not None
    with pytest.raises(SqlError, match="user-defined aggregate's 'step' method raised error"):
        definition.make().step(1)


def test_a_users_collation_gives_an_order() -> None:
    registry = FunctionRegistry()
    registry.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    key = registry.collation("BackWards").key
    assert sorted(["a", "c", "b"], key=key) == ["c", "b", "a"]
    registry.create_collation("backwards", None)
    assert not registry.has_collation("backwards")


class _Collected:
    def step(self, *values: object) -> None:
        pass

    def finalize(self) -> int:
        return 1

    value = inverse = finalize


def test_function_list_tells_of_arguments_types_and_flags() -> None:
    sql = "SELECT * FROM pragma_function_list"
    theirs = {tuple(row) for row in apsw.Connection(":memory:").execute(sql)}
    ours = mantisdb_dbapi.connect(":memory:").execute(sql).fetchall()
    named = {row[0] for row in ours} - {"match"}  # which is that of an extension there
    assert len(named) > 130
    assert {row for row in ours if row[0] in named} == {row for row in theirs if row[0] in named}


def test_function_list_tells_of_the_connections_functions() -> None:
    found = []
    for module in (sqlite3, mantisdb_dbapi):
        connection: Any = module.connect(":memory:")
        connection.create_function("f", 2, lambda a, b: 1)
        connection.create_function("f", -1, lambda *values: 1, deterministic=True)
        connection.create_function("abs", 1, lambda value: 1)
        connection.create_aggregate("collected", 1, _Collected)
        names = "'f', 'abs', 'collected'"
        found.append(sorted(connection.execute(f"SELECT * FROM pragma_function_list WHERE name IN ({names})")))
        connection.close()
    assert found[0] == found[1]
