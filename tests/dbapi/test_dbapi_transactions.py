"""Transactions: when one begins and ends by itself, in legacy control and with ``autocommit``."""

from __future__ import annotations

import pytest
from both_modules import attempt, same, table_of

import mantisdb_dbapi


def _steps(connection, *statements):
    """Whether a transaction is open after each statement."""
    return [
        (sql, attempt(lambda sql=sql: connection.execute(sql).fetchall()), connection.in_transaction)
        for sql in statements
    ]


_STATEMENTS = (
    "SELECT * FROM t", "CREATE TABLE u (v)", "PRAGMA user_version", "INSERT INTO t VALUES (1, 1)",
    "SELECT * FROM t", "COMMIT", "UPDATE t SET b = 2", "ROLLBACK", "DELETE FROM t WHERE 0",
    "CREATE TABLE w (v)", "COMMIT", "REPLACE INTO t VALUES (1, 5)", "SAVEPOINT s", "DELETE FROM t",
    "ROLLBACK TO s", "RELEASE s", "SELECT * FROM t", "COMMIT", "/* c */ INSERT INTO t VALUES (3, 3)",
    "ROLLBACK", "BEGIN", "BEGIN", "INSERT INTO t VALUES (4, 4)", "COMMIT", "COMMIT", "ROLLBACK",
    "SAVEPOINT s", "INSERT INTO t VALUES (9, 9)", "RELEASE s", "RELEASE s",
    "WITH x AS (SELECT 70) INSERT INTO t SELECT *, 0 FROM x", "INSERT INTO nowhere VALUES (1)",
    "INSERT INTO t VALUES (1, 1)", "SELECT * FROM t",
)  # fmt: skip


@same
def test_legacy_control_begins_before_changes_of_rows_only(db):
    return _steps(table_of(db), *_STATEMENTS)


@same
def test_without_an_isolation_level_nothing_is_begun(db):
    return _steps(table_of(db, isolation_level=None), *_STATEMENTS)


@same
def test_executescript_commits_first(db):
    connection = table_of(db)
    connection.execute("INSERT INTO t VALUES (1, 1)")
    connection.executescript("SELECT 1;")
    seen = [connection.in_transaction]
    connection.executescript("BEGIN; INSERT INTO t VALUES (2, 2);")
    seen.append(connection.in_transaction)
    connection.rollback()
    return [*seen, connection.execute("SELECT a FROM t").fetchall()]


@same
def test_a_rollback_undoes_rows_and_schema(db):
    connection = table_of(db, (1, "x"))
    connection.execute("UPDATE t SET b = 'y'")
    connection.execute("CREATE TABLE u (v)")
    connection.rollback()
    return [connection.execute("SELECT * FROM t").fetchall(), attempt(connection.execute, "SELECT * FROM u")]


@same
def test_the_context_manager_commits_or_rolls_back(db):
    connection = table_of(db)
    seen = []
    with connection as entered:
        seen.append(entered is connection)
        connection.execute("INSERT INTO t VALUES (1, 1)")
    seen.append(connection.in_transaction)

    def fail():
        with connection:
            connection.execute("INSERT INTO t VALUES (2, 2)")
            raise ZeroDivisionError("mine")

    seen.append(attempt(fail))
    return [*seen, connection.in_transaction, connection.execute("SELECT a FROM t").fetchall()]


@same
def test_a_failed_statement_leaves_the_transaction_as_it_was_before_it(db):
    connection = table_of(db, (1, "x"))
    connection.execute("INSERT INTO t VALUES (2, 'y')")
    seen = [
        attempt(connection.execute, "INSERT INTO t VALUES (3, 'z'), (1, 'again')"),
        connection.in_transaction,
    ]
    connection.commit()
    return [*seen, connection.execute("SELECT * FROM t").fetchall()]


@same
def test_isolation_level_can_be_changed_at_any_time(db):
    connection = table_of(db)
    seen = [connection.isolation_level]
    connection.execute("INSERT INTO t VALUES (1, 1)")
    connection.isolation_level = "IMMEDIATE"
    seen += [connection.isolation_level, connection.in_transaction]
    connection.isolation_level = None
    seen += [connection.isolation_level, connection.in_transaction]
    connection.execute("INSERT INTO t VALUES (2, 1)")
    seen += [connection.in_transaction]
    connection.isolation_level = "exclusive"
    seen += [connection.isolation_level]
    for bad in ("whenever", 5, b"", "DEFERRED\0", " DEFERRED"):
        seen.append(attempt(setattr, connection, "isolation_level", bad))
        seen.append(attempt(db.connect, ":memory:", isolation_level=bad))
    return [*seen, attempt(delattr, connection, "isolation_level"), connection.isolation_level]


@pytest.mark.filterwarnings("ignore:Binding ")  # Python 3.12.1's library takes ?1 for a name, later ones do not
@same
def test_begin_commit_and_rollback_are_traced_as_they_are_sent(db):
    seen = []
    for level in ("", "DEFERRED", "immediate", None):
        connection = table_of(db, isolation_level=level)
        connection.set_trace_callback(seen.append)
        connection.execute("INSERT INTO t VALUES (?, ?)", (1, "it's"))
        connection.commit()
        connection.execute("SELECT ?, 'a?b', ?2, ?1", (None, 1.5))
        connection.executemany("DELETE FROM t WHERE a = ?", [(1,), (2,)])
        connection.rollback()
        connection.set_trace_callback(None)
        connection.execute("SELECT 'not traced'")
    return seen


@same
def test_commit_and_rollback_without_a_transaction_do_nothing(db):
    connection = table_of(db)
    connection.commit()
    connection.rollback()
    return connection.in_transaction


@same
def test_closing_undoes_what_was_not_committed(db, directory):
    path = str(directory / "x.db")
    connection = db.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    connection.execute("INSERT INTO t VALUES (2)")
    connection.close()
    again = db.connect(path)
    seen = again.execute("SELECT * FROM t").fetchall()
    again.close()
    return seen


def test_autocommit_true_begins_nothing_and_ignores_commit():
    connection = table_of(mantisdb_dbapi, autocommit=True)
    connection.execute("INSERT INTO t VALUES (1, 1)")
    assert not connection.in_transaction
    connection.execute("BEGIN")
    connection.commit()
    assert connection.in_transaction
    with connection:
        pass
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    connection.rollback()


def test_autocommit_false_keeps_a_transaction_open():
    connection = table_of(mantisdb_dbapi, autocommit=False)
    assert connection.in_transaction
    connection.execute("INSERT INTO t VALUES (1, 1)")
    connection.rollback()
    assert connection.in_transaction
    assert connection.execute("SELECT * FROM t").fetchall() == []
    connection.execute("INSERT INTO t VALUES (2, 2)")
    connection.commit()
    connection.rollback()
    assert connection.execute("SELECT * FROM t").fetchall() == [(2, 2)]
    with pytest.raises(
        mantisdb_dbapi.OperationalError, match="cannot start a transaction within a transaction"
    ):
        connection.execute("BEGIN")
    connection.executescript("INSERT INTO t VALUES (3, 3)")
    assert connection.in_transaction
    connection.rollback()
    assert connection.execute("SELECT a FROM t").fetchall() == [(2,)]


def test_autocommit_can_be_changed():
    connection = table_of(mantisdb_dbapi)
    assert connection.autocommit == mantisdb_dbapi.LEGACY_TRANSACTION_CONTROL
    connection.autocommit = False
    assert connection.in_transaction
    connection.execute("INSERT INTO t VALUES (1, 1)")
    connection.autocommit = True
    assert not connection.in_transaction
    assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    with pytest.raises(ValueError, match="autocommit must be True, False, or"):
        connection.autocommit = 5


def test_the_later_of_two_writers_of_a_row_is_told_to_run_again(tmp_path):
    first, second = (mantisdb_dbapi.connect(tmp_path / "x.db") for _ in range(2))
    first.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    first.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    first.commit()
    first.execute("UPDATE t SET b = 1 WHERE a = 1")
    second.execute("UPDATE t SET b = 2 WHERE a = 1")
    first.commit()
    with pytest.raises(
        mantisdb_dbapi.ConflictError, match="roll back and run the transaction again"
    ) as caught:
        second.commit()
    assert caught.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
    assert isinstance(caught.value, mantisdb_dbapi.OperationalError)
    assert not second.in_transaction
    second.execute("UPDATE t SET b = b + 1 WHERE a = 1")
    second.commit()
    assert first.execute("SELECT b FROM t WHERE a = 1").fetchall() == [(2,)]
    first.close()
    second.close()


def test_writers_of_different_rows_work_side_by_side(tmp_path):
    first, second = (mantisdb_dbapi.connect(tmp_path / "x.db") for _ in range(2))
    first.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    first.execute("INSERT INTO t VALUES (1, 0), (2, 0)")
    first.commit()
    first.execute("UPDATE t SET b = 1 WHERE a = 1")
    second.execute("UPDATE t SET b = 2 WHERE a = 2")
    second.commit()
    first.commit()
    assert second.execute("SELECT b FROM t ORDER BY a").fetchall() == [(1,), (2,)]
    first.close()
    second.close()


def test_a_query_does_not_see_what_a_function_that_it_calls_changes():
    connection = mantisdb_dbapi.connect(":memory:")
    connection.execute("CREATE TABLE few (id INTEGER PRIMARY KEY, other)")
    connection.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, x)")
    connection.executemany("INSERT INTO few VALUES (?, ?)", [(n, n * 3 % 3000) for n in range(1, 301)])
    connection.executemany("INSERT INTO many VALUES (?, ?)", [(n, n) for n in range(3000)])

    def remove(number):
        connection.execute("DELETE FROM many WHERE id BETWEEN ? + 1 AND ? + 40", (number, number))
        return 1

    connection.create_function("remove", 1, remove)
    found = connection.execute(
        "SELECT few.other, many.x FROM few CROSS JOIN many ON many.id = few.other WHERE remove(many.x)"
    ).fetchall()
    assert found == [(n * 3, n * 3) for n in range(1, 301)]
    assert connection.execute("SELECT count(*) FROM many WHERE id < 900").fetchall() == [(4,)]
    connection.close()


_CHANGES_THAT_CALL = (
    "UPDATE t SET b = f(a)", "DELETE FROM t WHERE f(a) > 2", "INSERT INTO t VALUES (f(11), 1), (f(12), 1), (f(13), 1)",
    "INSERT INTO t SELECT f(a) + 20, b FROM t ORDER BY f(a)", "UPDATE t SET b = 1 WHERE f(a) RETURNING f(a)",
)  # fmt: skip


def _calling(db, command, statement):
    """What becomes of a statement a function of which does something about the transaction at its second call."""
    connection = table_of(db, (1, "x"), (2, "y"), (3, "z"))
    connection.execute("INSERT INTO t VALUES (4, 'not committed')")
    calls, seen = [], []

    def function(value):
        calls.append(value)
        if len(calls) == 2:
            seen.append(attempt(connection.execute, command) if command != "commit()" else attempt(connection.commit))
        return value

    connection.create_function("f", 1, function)
    outcome = attempt(lambda: connection.execute(statement).fetchall())
    told = [each for each in seen if isinstance(each, tuple)]
    return [outcome, told, connection.in_transaction, connection.execute("SELECT * FROM t").fetchall()]


@same
def test_a_function_cannot_commit_half_of_the_statement_that_calls_it(db):
    commands = ("commit()", "COMMIT", "SAVEPOINT s")
    return [_calling(db, command, statement) for command in commands for statement in _CHANGES_THAT_CALL]


@same
def test_a_change_whose_transaction_its_function_rolls_back_is_aborted(db):
    return [_calling(db, "ROLLBACK", statement) for statement in _CHANGES_THAT_CALL[:3]]
