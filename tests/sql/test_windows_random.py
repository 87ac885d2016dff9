"""Random window queries on MantisDB and on SQLite (apsw): rows, their order, types, and errors must be equal.

The columns hold ties, NULLs, REALs whose sums are rounded, large integers, text under NOCASE, and everything mixed.
MANTISDB_SEED=n replays a failure, MANTISDB_LONG=1 runs thousands of queries.
"""

from __future__ import annotations

import math
import os
import random
from typing import Any

import pytest
from side_by_side import Pair

from mantisdb_sql.codegen import windows

SEED = int(os.environ.get("MANTISDB_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
QUERIES = 400 if os.environ.get("MANTISDB_LONG") else 40
BATCHES = 20 if os.environ.get("MANTISDB_LONG") else 3

SCHEMA = (
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, r REAL, s TEXT, n TEXT COLLATE NOCASE, m, big INT)",
    "CREATE TABLE one(id INTEGER PRIMARY KEY, a INT, r REAL NOT NULL)",
)
COLUMNS = ("id", "a", "b", "r", "s", "n", "m", "big")
AGGREGATES = ("sum", "total", "avg", "count", "min", "max", "group_concat")
ERRORS = ("integer overflow",)


def a_row(chance: random.Random, number: int) -> tuple[Any, ...]:
    return (
        number,
        chance.choice([None, 1, 2, 2, 3, 5]),
        chance.randrange(4),
        chance.choice([None, 0.1, 0.2, 0.3, -0.7, 1e10, 1e-7, 2.5, 1e300]),
        chance.choice(["x", "y", "Y", "zz", "", None]),
        chance.choice(["ab", "AB", "b", "B", "c", None]),
        chance.choice([None, 1, 1.0, 2, "1", "1.5x", "a", b"1", 2.5, -3]),
        chance.choice([None, 2**62, -(2**62), 5, 2**53 + 1, -1]),
    )


def filled(chance: random.Random) -> Pair:
    pair = Pair()
    for sql in SCHEMA:
        assert pair.difference(sql) is None
    for n in range(1, chance.choice((3, 12, 40))):
        row = a_row(chance, n)
        assert pair.difference(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row) is None
    for n in range(1, 25):
        row = (n, chance.randrange(6), round(chance.uniform(-3, 9), 1))
        assert pair.difference("INSERT INTO one VALUES (?, ?, ?)", row) is None
    return pair


class Maker:
    """Makes the text of queries."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.table = chance.choice(["t", "t", "one"])
        self.columns = COLUMNS if self.table == "t" else ("id", "a", "r")
        self.grouped = chance.random() < 0.15
        self.named = chance.random() < 0.3

    def term(self) -> str:
        chance = self.chance
        if self.grouped:
            return chance.choice(["a", "count(*)", "max(r)", "a % 2"])
        column = chance.choice(self.columns)
        return chance.choice([column] * 6 + [f"{column} || ''", "a % 2", "-id", f"{column} IS NULL"])

    def call(self) -> str:
        chance = self.chance
        kind = chance.randrange(10)
        if kind == 0:
            return chance.choice(["row_number()", "rank()", "dense_rank()", "percent_rank()", "cume_dist()"])
        if kind == 1:
            return f"ntile({chance.choice(['1', '2', '3', '7'])})"
        if kind == 2:
            extra = chance.choice(["", ", 1", ", 2", ", 0", ", -1", ", -2", ", a", f", 2, {self.term()}", ", 1.0, 9"])
            return f"{chance.choice(['lag', 'lead'])}({self.term()}{extra})"
        if kind == 3:
            return f"{chance.choice(['first_value', 'last_value'])}({self.term()})"
        if kind == 4:
            return f"nth_value({self.term()}, {chance.choice(['1', '2', '3'])})"
        name = chance.choice(AGGREGATES)
        if name == "count" and chance.random() < 0.5:
            text = "count(*)"
        elif name == "group_concat" and chance.random() < 0.5:
            separator = "a" if self.grouped else chance.choice(["s", "'-'"])
            text = f"group_concat({self.term()}, {separator})"
            if self.table != "t":
                text = "group_concat(a, id)" if not self.grouped else "group_concat(a)"
        elif name == "total" and chance.random() < 0.5:
            # Only numbers: where frames are empty, whether SQLite meets the error hangs on the other calls.
            text = f"median({'a' if self.grouped else chance.choice(['id', 'a', 'r'])})"
        elif name == "max" and chance.random() < 0.5:
            text = f"json_group_array({'a' if self.grouped else chance.choice(['id', 'a', 'r'])})"
        else:
            text = f"{name}({self.term()})"
        if chance.random() < 0.15:
            text += f" FILTER (WHERE {self.term()} > {chance.choice(['1', '0', chr(39) + 'b' + chr(39)])})"
        return text

    def window(self, base: str = "") -> str:
        chance = self.chance
        parts = [base] if base else []
        if not base and chance.random() < 0.5:
            parts.append("PARTITION BY " + ", ".join(self.term() for _ in range(chance.choice([1, 1, 2]))))
        terms = 0
        if chance.random() < 0.75:
            terms = chance.choice([1, 1, 1, 2])
            parts.append("ORDER BY " + ", ".join(self.sort_term() for _ in range(terms)))
        if chance.random() < 0.6:
            parts.append(self.frame(terms))
        return " ".join(parts)

    def sort_term(self) -> str:
        chance = self.chance
        return self.term() + chance.choice(["", "", " DESC", " ASC NULLS LAST", " DESC NULLS FIRST"])

    def frame(self, terms: int) -> str:
        chance = self.chance
        units = chance.choice(["ROWS", "GROUPS", "RANGE"])
        offsets = ["0", "1", "2", "3", "10"] + (["0.5", "1e10"] if units == "RANGE" else [])
        simple = units == "RANGE" and terms != 1
        starts = ["UNBOUNDED PRECEDING", "CURRENT ROW"]
        ends = ["CURRENT ROW", "UNBOUNDED FOLLOWING"]
        if not simple:
            starts += [f"{chance.choice(offsets)} PRECEDING", f"{chance.choice(offsets)} FOLLOWING"] * 2
            ends += [f"{chance.choice(offsets)} PRECEDING", f"{chance.choice(offsets)} FOLLOWING"] * 2
        text = f"{units} BETWEEN {chance.choice(starts)} AND {chance.choice(ends)}"
        if chance.random() < 0.1:
            text = f"{units} {chance.choice([s for s in starts if not s.endswith('FOLLOWING')])}"
        return text + chance.choice([""] * 5 + [f" EXCLUDE {x}" for x in ("NO OTHERS", "CURRENT ROW", "GROUP", "TIES")])

    def query(self) -> str:
        chance = self.chance
        outputs = ["a" if self.grouped else "id"]
        windows = ""
        if self.named:
            windows = f" WINDOW w AS ({self.window()})"
            first = f"PARTITION BY {self.term()}"
            windows += f", v AS ({first}), u AS ({self.window('v')})"
        for _ in range(chance.choice([1, 1, 2, 3])):
            over = f"({self.window()})"
            if self.named:
                over = chance.choice(["w", "u", "v", f"({self.window('v')})"])
            outputs.append(f"{self.call()} OVER {over}")
        text = f"SELECT {', '.join(outputs)} FROM {self.table}"
        if chance.random() < 0.2:
            text += " WHERE id % 3 <> 1"
        if self.grouped:
            text += " GROUP BY a"
        text += windows
        if chance.random() < 0.2:
            # With several windows SQLite orders by a second evaluation of the column: its ties lie otherwise.
            text += f" ORDER BY {chance.choice(['1', '2', '2 DESC', outputs[-1]] if len(outputs) == 2 else ['1'])}"
            if chance.random() < 0.5:
                text += " LIMIT 5"
        return text


def outcome(pair: Pair, sql: str) -> tuple[Any, Any]:
    return pair.ours(sql), pair.theirs(sql)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_window_queries_give_sqlites_rows(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    print("MANTISDB_SEED =", SEED, "batch", batch)
    monkeypatch.setattr(windows, "_LARGE_PARTITION", (0, 100)[batch % 2])  # 0: one partition at a time
    chance = random.Random(SEED * 1000 + batch)
    pair = filled(chance)
    for _ in range(QUERIES):
        sql = Maker(chance).query()
        ours, theirs = outcome(pair, sql)
        assert ours == theirs, sql


def test_integers_leave_a_frame_as_they_do_in_sqlite() -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    assert pair.difference("CREATE TABLE n(id INTEGER PRIMARY KEY, g INT, x)") is None
    values = (2**62, -(2**62), -1, 1, 2**53 + 1, 2**63 - 1, -(2**63), 5, 3, 2.5, "7", "1.5x", None)
    for _ in range(QUERIES):
        pair.difference("DELETE FROM n")
        for number in range(chance.randrange(2, 8)):
            row = (number, chance.randrange(3), chance.choice(values))
            assert pair.difference("INSERT INTO n VALUES (?, ?, ?)", row) is None
        frame = chance.choice(
            ("g GROUPS 0 PRECEDING", "id ROWS 2 PRECEDING", "id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
             "g GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW", "id ROWS 2 PRECEDING EXCLUDE NO OTHERS")
        )  # fmt: skip
        sql = f"SELECT id, {chance.choice(('total', 'avg', 'sum'))}(x) OVER (ORDER BY {frame}) FROM n"
        assert pair.ours(sql) == pair.theirs(sql), (sql, pair.theirs("SELECT * FROM n"))


@pytest.mark.parametrize("descending", ["", "DESC"])
@pytest.mark.parametrize("start", ["CURRENT ROW", "UNBOUNDED PRECEDING", "0.5 PRECEDING", "0.5 FOLLOWING"])
@pytest.mark.parametrize("end", ["CURRENT ROW", "0.5 FOLLOWING", "0 FOLLOWING", "1 FOLLOWING", "UNBOUNDED FOLLOWING"])
def test_ranges_of_integers_that_are_no_reals_end_behind_the_current_row(descending: str, start: str, end: str) -> None:
    pair = Pair()
    assert pair.difference("CREATE TABLE k(k INT)") is None
    assert pair.difference(f"INSERT INTO k VALUES {', '.join(f'({2**53 + i})' for i in range(6))}") is None
    sql = f"SELECT k, group_concat(k) OVER (ORDER BY k {descending} RANGE BETWEEN {start} AND {end}) FROM k"
    assert pair.ours(sql) == pair.theirs(sql), sql


SUMMED = (0.1, -0.7, 2.5, 1e10, 1e16, -1e16, 1e300, -1e300, 1e308, 1.7976931348623157e308, -0.0, 5e-324)


@pytest.mark.parametrize("partitions", [1, 7, 300])
def test_sums_over_many_rows_are_sqlites_to_the_last_bit(partitions: int) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    rows = [
        (i, chance.randrange(partitions), chance.choice((*SUMMED, *[chance.uniform(-9, 9)] * 20)), i % 9)
        for i in range(1500)
    ]  # fmt: skip
    assert pair.difference("CREATE TABLE p(id INTEGER PRIMARY KEY, g INT, r REAL, i INT)") is None
    pair.session.prepare("INSERT INTO p VALUES (?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", rows)
    for function in ("sum(r)", "avg(r)", "total(r)", "sum(i)", "max(r)", "count(*)", "lag(r)", "row_number()"):
        for frame in ("", "ROWS 5 PRECEDING", "ROWS 0 PRECEDING", "ROWS 9999 PRECEDING", "ROWS UNBOUNDED PRECEDING"):
            for order in ("id", "r, id", "i DESC, id", "id DESC, r", "id, r"):
                sql = f"SELECT id, {function} OVER (PARTITION BY g ORDER BY {order} {frame}), g FROM p"
                assert pair.ours(sql) == pair.theirs(sql), sql


SLID = (
    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", "ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING",
    "ROWS BETWEEN 9 PRECEDING AND 7 PRECEDING", "RANGE BETWEEN 10 PRECEDING AND 5 FOLLOWING",
    "RANGE BETWEEN 0.5 FOLLOWING AND 1e300 FOLLOWING", "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
)  # fmt: skip
EXCLUDED = ("", "EXCLUDE NO OTHERS", "EXCLUDE CURRENT ROW", "EXCLUDE GROUP", "EXCLUDE TIES")
SLIDING = (
    "sum(r)", "avg(r)", "total(r)", "min(r)", "max(t)", "sum(i)", "avg(i)", "total(big)", "avg(big)", "sum(big)",
    "sum(i * i * i)", "count(*)", "count(n)", "sum(n)", "avg(n)", "total(n)", "min(n)", "max(r) FILTER (WHERE i < 4)",
    "group_concat(t)", "count(*) FILTER (WHERE i < 4)", "total(i) FILTER (WHERE i < 4)", "group_concat(i, t)",
    "first_value(n)", "last_value(t)", "nth_value(r, 2)",
)  # fmt: skip


@pytest.mark.parametrize("partitions", [1, 30, 300])
def test_sliding_frames_of_many_partitions_give_sqlites_values_to_the_last_bit(partitions: int) -> None:
    print("MANTISDB_SEED =", SEED)
    chance = random.Random(SEED)
    pair = Pair()
    rows = [
        (
            number, chance.randrange(partitions), chance.choice((*SUMMED, math.inf, -math.inf, 1.5, -2.25, 0.3)),
            chance.randrange(9), chance.choice((2**62, -(2**62), 3, -8)) if partitions > 30 else number,
            f"k{number % 7}",
            chance.choice((None, 0.1, 7.7, -3.3)),
        )
        for number in range(400)
    ]  # fmt: skip
    columns = "id INTEGER PRIMARY KEY, g INT, r REAL, i INT, big INT, t TEXT, n REAL"
    assert pair.difference(f"CREATE TABLE p({columns})") is None
    pair.session.prepare("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    for function in SLIDING:
        for frame in SLID:
            order, exclude = chance.choice(("i", "i DESC", "r", "n", "id")), chance.choice(EXCLUDED)
            sql = f"SELECT id, {function} OVER (PARTITION BY g ORDER BY {order} {frame} {exclude}), r FROM p"
            assert pair.ours(sql) == pair.theirs(sql), sql


DISTANCES = (
    "", ", 1", ", 1, id", ", 2", ", 3, t", ", 0", ", -1", ", -2, 9", ", 2.0", ", 1.5, 8", ", '2'", ", 999", ", NULL, 7",
    ", g % 3, 5",
)  # fmt: skip


@pytest.mark.parametrize("partitions", [1, 30, 300])
def test_values_at_a_distance_do_not_come_from_other_partitions(partitions: int) -> None:
    pair = Pair()
    assert pair.difference("CREATE TABLE p(id INTEGER PRIMARY KEY, g INT, t TEXT)") is None
    rows = [(number, number * 7 % partitions, f"k{number % 11}") for number in range(400)]
    pair.session.prepare("INSERT INTO p VALUES (?, ?, ?)").run_batch(rows)
    pair.sqlite.executemany("INSERT INTO p VALUES (?, ?, ?)", rows)
    for name in ("lag", "lead"):
        for rest in DISTANCES:
            sql = f"SELECT id, {name}(t{rest}) OVER (PARTITION BY g ORDER BY t) FROM p"
            assert pair.ours(sql) == pair.theirs(sql), sql
