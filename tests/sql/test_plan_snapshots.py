"""The plans of data/plans.txt: what must be chosen, written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mantisdb_engine import open_database
from mantisdb_sql.errors import SqlError
from mantisdb_sql.session import Session

PLANS = Path(__file__).parent / "data" / "plans.txt"

SCHEMA = (
    "CREATE TABLE book(id INTEGER PRIMARY KEY, author INT, title TEXT COLLATE NOCASE, isbn TEXT UNIQUE, year INT, "
    "price REAL, status TEXT, note)",
    "CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT, country TEXT)",
    "CREATE INDEX book_author_year ON book(author, year)",
    "CREATE INDEX book_title ON book(title)",
    "CREATE INDEX book_year ON book(year)",
    "CREATE INDEX book_open ON book(price) WHERE status = 'open'",
    "CREATE INDEX book_lower ON book(lower(isbn))",
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, shop INT NOT NULL, day INT, amount INT, note)",
    "CREATE INDEX sale_shop ON sale(shop, amount, day)",
    "CREATE INDEX sale_day ON sale(day DESC)",
)


def cases() -> Iterator[tuple[str, str]]:
    """(query, its plan)."""
    query, plan = "", []
    for line in [*PLANS.read_text().splitlines(), "# end"]:
        if line.startswith("  "):
            plan.append(line[2:])
            continue
        if plan:
            yield query, "\n".join(plan)
            query, plan = "", []
        if line and not line.startswith("#"):
            query = f"{query} {line}".strip()


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session(open_database(None))
    for sql in SCHEMA:
        session.prepare(sql).run(())
    books = [
        (
            i, i * 7 % 200, f"title {i % 900}", f"i{i}", 1920 + i // 7 % 100, i % 1000 / 4,
            "open" if i % 50 == 0 else "shut", None,
        )
        for i in range(1, 5001)
    ]
    session.prepare("INSERT INTO book VALUES (?,?,?,?,?,?,?,?)").run_many(books)
    session.prepare("INSERT INTO author VALUES (?,?,?)").run_many([(i, f"n{i}", f"c{i % 10}") for i in range(200)])
    sales = [(i, i * 7919 % 20, i * 31 % 1000, i * 17 % 500, None) for i in range(1, 10001)]
    session.prepare("INSERT INTO sale VALUES (?,?,?,?,?)").run_many(sales)
    return session


def plan_of(session: Session, sql: str, params: tuple[object, ...] = ()) -> str:
    """The rows of EXPLAIN QUERY PLAN as an indented text."""
    depths, lines = {0: -1}, []
    for number, parent, _, detail in session.prepare(f"EXPLAIN QUERY PLAN {sql}").run(params):
        depths[number] = depths[parent] + 1
        lines.append("  " * depths[number] + detail)
    return "\n".join(lines)


@pytest.mark.parametrize(("sql", "plan"), list(cases()))
def test_plan(session: Session, sql: str, plan: str) -> None:
    assert plan_of(session, sql) == plan


def test_explain_tells_the_plan_for_the_parameters(session: Session) -> None:
    sql = "SELECT * FROM book WHERE status = ? AND price > 10"
    assert plan_of(session, sql, ("open",)) == "SEARCH book USING INDEX book_open (price>?)"
    assert plan_of(session, sql, ("shut",)) == "SCAN book"


def test_a_plan_for_one_value_is_not_used_for_another(session: Session) -> None:
    statement = session.prepare("SELECT count(*) FROM book WHERE status = ? AND price > 10")
    assert list(statement.run(("open",))) == [(95,)]
    shut = sum(1 for i in range(1, 5001) if i % 50 and i % 1000 / 4 > 10)
    assert list(statement.run(("shut",))) == [(shut,)]
    assert list(statement.run(("open",))) == [(95,)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM book INDEXED BY nosuch", "no such index: nosuch"),
        ("SELECT * FROM book INDEXED BY book_open WHERE price > 10", "no query solution"),
        ("DELETE FROM book INDEXED BY book_open WHERE price > 10", "no query solution"),
        ("UPDATE book INDEXED BY nosuch SET price = 1", "no such index: nosuch"),
    ],
)
def test_an_index_that_cannot_be_used_is_an_error(session: Session, sql: str, message: str) -> None:
    with pytest.raises(SqlError, match=f"^{message}$"):
        list(session.prepare(sql).run(()))
