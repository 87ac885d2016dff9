"""Window functions whose arguments, frames and filters are bound parameters, beside SQLite."""

from __future__ import annotations

from typing import Any

import apsw
import pytest
from side_by_side import typed

from mantisdb_engine import open_database
from mantisdb_sql.session import Session

SCHEMA = (
    "create table t(a,b)",
    "insert into t values(1,2),(1,3),(2,5),(null,1),(2,'x'),(3,4.5)",
)

STATEMENTS: list[tuple[str, tuple[Any, ...]]] = [
    ("select sum(a+?) over (order by b) from t", (1,)),
    ("select ntile(?) over (order by b) from t", (2,)),
    ("select lag(a,?,?) over (order by b) from t", (1, "z")),
    ("select sum(a) over (order by b rows between ? preceding and ? following) from t", (1, 1)),
    ("select nth_value(a,?) over (order by b) from t", (2,)),
    ("select ? + row_number() over (partition by a order by ?) from t order by 1", (1, 5)),
    ("select sum(?) over (), ? from t", (1, 2)),
    ("select count(*) filter (where a>?) over (order by a) from t where b<>?", (1, 3)),
    ("select a, sum(b) over w from t window w as (partition by a>? order by b)", (1,)),
    ("select max(?) over (partition by a order by b) from t group by a", (1,)),
    ("select sum(sum(b)+?) over (order by a) from t group by a having a>?", (1, 0)),
    ("select * from (select sum(a) over (order by b) s from t) where s>?", (1,)),
    (
        "select first_value(b||?) over (partition by b order by a range between ? preceding and current row) from t",
        ("q", 1),
    ),
]


@pytest.mark.parametrize(("sql", "parameters"), STATEMENTS)
def test_parameters_mean_the_same_in_windows(sql: str, parameters: tuple[Any, ...]) -> None:
    session, oracle = Session(open_database(None)), apsw.Connection(":memory:")
    for statement in SCHEMA:
        session.prepare(statement).run(())
        oracle.execute(statement)
    result = session.prepare(sql).run(parameters)
    rows = result if isinstance(result, list | tuple) else [row for batch in result for row in batch]
    assert [typed(row) for row in rows] == [typed(row) for row in oracle.execute(sql, parameters)]
