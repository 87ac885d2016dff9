"""executemany whose generator uses the connection itself: it meets what it meets with the standard library, where each
row is run before the next one is asked for."""

from __future__ import annotations

import threading

import pytest
from both_modules import attempt, same, table_of

import mantisdb_dbapi

INSERT = "INSERT INTO t VALUES (?, ?)"


def _one(connection, sql):
    return connection.execute(sql).fetchone()


LOOKS = [
    lambda c, n: _one(c, "SELECT count(*), max(a) FROM t"),
    lambda c, n: _one(c, "SELECT changes(), total_changes(), last_insert_rowid()"),
    lambda c, n: c.total_changes,
    lambda c, n: c.in_transaction,
    lambda c, n: c.cursor().execute("SELECT b FROM t WHERE a = ?", (n - 1,)).fetchall(),
    lambda c, n: c.commit(),
    lambda c, n: c.rollback(),
    lambda c, n: n == 4 and c.execute("DELETE FROM t WHERE a < 3").rowcount,
    lambda c, n: c.execute("INSERT INTO log VALUES (?)", (n,)).lastrowid,
    lambda c, n: c.executemany("INSERT INTO log VALUES (?)", [(n,), (n + 100,)]).rowcount,
    lambda c, n: c.executescript("INSERT INTO log SELECT count(*) FROM t"),
    lambda c, n: n == 3 and c.execute("UPDATE t SET b = 'new'"),
    lambda c, n: n == 3 and c.execute("DROP TABLE t"),
    lambda c, n: n == 3 and c.execute("ALTER TABLE t ADD COLUMN z DEFAULT 7"),
    lambda c, n: n == 3 and c.execute("CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END"),
    lambda c, n: n == 3 and c.execute("CREATE UNIQUE INDEX i ON t (b)"),
    lambda c, n: n == 3 and c.execute("INSERT INTO t VALUES (5, 'in the way')"),
    lambda c, n: n == 3 and c.execute("SAVEPOINT s"),
    lambda c, n: n == 3 and c.execute("DETACH other"),
    lambda c, n: n == 3 and attempt(c.execute, "DETACH other"),
    lambda c, n: n == 3 and attempt(c.execute, "SELECT nothing"),
    lambda c, n: n == 3 and c.execute("PRAGMA user_version = 5") and None,
    lambda c, n: c.iterdump() and sum(1 for _ in c.iterdump()),
    lambda c, n: n == 3 and c.set_authorizer(lambda *_: 1),
    lambda c, n: n == 3 and c.create_function("f", 0, lambda: 5),
    lambda c, n: n == 3 and 1 // 0,
]


@pytest.mark.parametrize("isolation_level", ["", None])
@pytest.mark.parametrize("number", range(len(LOOKS)))
def test_a_generator_that_uses_the_connection(number, isolation_level, tmp_path):
    @same
    def scenario(db):
        connection = table_of(db, (0, "zero"), isolation_level=isolation_level)
        connection.execute("CREATE TABLE log (x)")
        connection.execute("ATTACH ':memory:' AS other")
        connection.commit()
        seen = []

        def rows():
            for n in range(1, 8):
                yield (n, f"text {n % 5}")
                seen.append(LOOKS[number](connection, n))
                if isinstance(seen[-1], db.Cursor):
                    seen[-1] = seen[-1].fetchall()

        cursor = connection.cursor()
        outcome = attempt(lambda: cursor.executemany(INSERT, rows()).rowcount)
        connection.set_authorizer(None)
        state = attempt(lambda: connection.execute("SELECT * FROM t").fetchall()), connection.total_changes
        if isinstance(outcome, tuple):
            del seen[3:]  # where a row fails, the generator has been asked for more rows
        return seen, outcome, state, connection.execute("SELECT * FROM log").fetchall(), connection.in_transaction

    scenario(tmp_path)


@same
def test_rows_that_fail_while_the_generator_looks_are_told_by_executemany(db):
    connection = table_of(db, (3, "in the way"))
    seen = []

    def rows():
        for n in range(1, 8):
            yield (n, "x")
            seen.append(connection.execute("SELECT count(*) FROM t").fetchone())

    return attempt(connection.executemany, INSERT, rows()), seen, connection.execute("SELECT * FROM t").fetchall()


def _nested(connection, depth):
    for n in range(3):
        if depth:
            connection.executemany(INSERT, _nested(connection, depth - 1))
        yield (None, f"{depth} {n} {connection.execute('SELECT count(*) FROM t').fetchone()}")


@same
def test_generators_within_generators(db):
    connection = table_of(db)
    connection.executemany(INSERT, _nested(connection, 2))
    return connection.execute("SELECT * FROM t").fetchall()


@same
def test_changes_that_read_what_those_before_have_written(db):
    connection = table_of(db, *((n, n) for n in range(6)))

    def keys():
        for n in range(1, 6):
            yield (connection.execute("SELECT sum(b) FROM t").fetchone()[0], n)

    connection.executemany("UPDATE t SET b = ? WHERE a = ?", keys())
    connection.executemany("DELETE FROM t WHERE a = ?", ((connection.execute("SELECT min(a) FROM t").fetchone()[0],)
                                                         for _ in range(2)))  # fmt: skip
    connection.executemany(INSERT, ((None, str(row)) for row in connection.execute("SELECT * FROM t").fetchall()))
    return connection.execute("SELECT * FROM t").fetchall()


def test_a_generator_that_closes_the_connection():
    """With the standard library that is the end of the process."""
    connection = table_of(mantisdb_dbapi)

    def rows():
        yield (1, "one")
        connection.close()
        yield (2, "two")

    with pytest.raises(mantisdb_dbapi.ProgrammingError, match=r"^Cannot operate on a closed database\.$"):
        connection.executemany(INSERT, rows())


@same
def test_another_thread_does_not_run_the_rows(db):
    connection = table_of(db, check_same_thread=False)

    def rows():
        for n in range(4):
            yield (n, "x")
            thread = threading.Thread(target=lambda: connection.total_changes)
            thread.start()
            thread.join()

    connection.executemany(INSERT, rows())
    return connection.execute("SELECT * FROM t").fetchall()
