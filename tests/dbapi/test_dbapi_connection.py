"""Connections: opening, threads, subclasses, closing, and the module's own names."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import threading
import warnings
from contextlib import closing

import pytest
from both_modules import attempt, same, table_of

import mantisdb_dbapi


@same
def test_paths_may_be_text_bytes_or_pathlike(db, directory):
    seen = []
    for path in (str(directory / "a.db"), os.fsencode(directory / "a.db"), directory / "a.db"):
        connection = db.connect(path)
        connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        seen += [connection.execute("SELECT count(*) FROM t").fetchone()]
        connection.close()
    return [*seen, attempt(db.connect, 5), attempt(db.connect, "a\0b"), attempt(db.connect)[0]]


@same
def test_a_private_database_in_memory_is_each_connections_own(db):
    for name in (":memory:", ""):
        first, second = db.connect(name), db.connect(name)
        first.execute("CREATE TABLE t (a)")
        attempt(second.execute, "SELECT * FROM t")
    return attempt(second.execute, "SELECT * FROM t")


@same
def test_a_shared_database_in_memory_lives_while_a_connection_is_open(db):
    uri = "file:shared_by_name?mode=memory&cache=shared"
    first, second = db.connect(uri, uri=True), db.connect(uri, uri=True)
    first.execute("CREATE TABLE t (a)")
    first.execute("INSERT INTO t VALUES (1)")
    first.commit()
    seen = [second.execute("SELECT * FROM t").fetchall()]
    first.close()
    seen.append(second.execute("SELECT * FROM t").fetchall())
    second.close()
    third = db.connect(uri, uri=True)
    seen.append(attempt(third.execute, "SELECT * FROM t"))
    third.close()
    return seen


@same
def test_uris_choose_the_way_of_access(db, directory):
    path = directory / "with space%.db"
    quoted = f"file:{directory}/with%20space%25.db"
    seen = []
    for mode in ("rw", "ro"):  # MantisDB adds what is wrong after a colon
        kind, text = attempt(db.connect, f"{quoted}?mode={mode}", uri=True)
        seen += [(kind, text.partition(":")[0])]
    writer = db.connect(quoted + "?mode=rwc", uri=True)
    writer.execute("CREATE TABLE t (a)")
    writer.execute("INSERT INTO t VALUES (1)")
    writer.commit()
    seen.append(path.exists())
    reader = db.connect(quoted + "?mode=ro#fragment", uri=True)
    seen.append(reader.execute("SELECT * FROM t").fetchall())
    for sql in ("INSERT INTO t VALUES (2)", "DELETE FROM t", "CREATE TABLE u (v)", "DROP TABLE t"):
        seen += [attempt(reader.execute, sql)]
        reader.rollback()
    reader.close()
    writer.close()
    for uri in (
        f"file:{path.parent}/x.db?mode=wild",
        f"file:{path.parent}/x.db?mode=ro&cache=none",
        "file://elsewhere/x.db",
    ):
        seen += [attempt(db.connect, uri, uri=True)]
    return seen


@same
def test_names_that_cannot_be_opened(db, directory):
    (directory / "folder").mkdir()
    seen = [
        attempt(db.connect, directory / "missing" / "x.db")[0],
        attempt(db.connect, directory / "folder")[0],
    ]
    assert "unable to open database file" in attempt(db.connect, directory / "folder")[1]
    return seen


@same
def test_a_connection_refuses_other_threads(db):
    connection = table_of(db, (1, "x"))
    cursor = connection.execute("SELECT * FROM t")
    seen = []

    def use():
        for call in (
            connection.cursor,
            connection.commit,
            connection.rollback,
            connection.close,
            cursor.fetchone,
            cursor.fetchall,
            cursor.fetchmany,
            cursor.close,
            lambda: next(cursor),
            lambda: cursor.execute("SELECT 1"),
            lambda: cursor.executemany("SELECT 1", []),
            lambda: connection.execute("SELECT * FROM t"),
        ):
            kind, text = attempt(call)
            text = text.replace(str(threading.main_thread().ident), "CREATOR")
            seen.append((kind, text.replace(str(threading.get_ident()), "USER")))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return seen


@same
def test_other_threads_may_look_at_a_connection_and_copy_into_it(db):
    connection = table_of(db, (1, "x"))
    seen = []

    def use():
        source = table_of(db, (2, "y"))
        seen.extend(
            attempt(look)
            for look in (
                lambda: connection.total_changes,
                lambda: connection.in_transaction,
                lambda: connection.isolation_level,
                lambda: connection.__enter__() is connection,
                lambda: type(connection.iterdump()).__name__,
                lambda: source.backup(connection),
                source.close,
            )
        )

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    return seen, connection.execute("SELECT * FROM t").fetchall()


@same
def test_the_timeout_is_the_busy_timeout(db):
    seen = [attempt(db.connect, ":memory:", timeout="5"), attempt(db.connect, ":memory:", timeout=None)]
    for options in ({}, {"timeout": 3}, {"timeout": 0.0625}, {"timeout": -1}, {"timeout": True}):
        with closing(db.connect(":memory:", **options)) as connection:
            seen.append(connection.execute("PRAGMA busy_timeout").fetchall())
            seen.append(connection.execute("PRAGMA busy_timeout = 77").fetchall())
    return seen


def test_a_connection_serves_all_threads_if_it_is_told_to():
    # Not beside the standard library, whose threads may meet at one cached statement and fail.
    connection = table_of(mantisdb_dbapi, check_same_thread=False)

    def use(first):
        for n in range(first, first + 100):
            connection.execute("INSERT INTO t VALUES (?, ?)", (n, n)).fetchall()
            connection.execute("SELECT b FROM t WHERE a = ?", (n,)).fetchone()

    threads = [threading.Thread(target=use, args=(n * 1000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.commit()
    every = [first * 1000 + n for first in range(4) for n in range(100)]
    assert connection.execute("SELECT count(*), sum(b) FROM t").fetchall() == [(400, sum(every))]


@same
def test_a_closed_connection_is_refused(db):
    connection = table_of(db)
    cursor = connection.execute("SELECT 1 UNION SELECT 2")
    cursor.fetchone()
    connection.close()
    connection.close()
    return [
        attempt(call)
        for call in (
            connection.cursor,
            connection.commit,
            connection.rollback,
            lambda: connection.execute("SELECT 1"),
            lambda: connection.executemany("", []),
            lambda: connection.executescript(""),
            cursor.fetchone,
            cursor.fetchall,
            lambda: cursor.execute("SELECT 1"),
            lambda: connection.in_transaction,
            lambda: connection.total_changes,
            lambda: connection.isolation_level,
            lambda: connection.__enter__(),
            lambda: connection.create_function("f", 0, int),
            lambda: connection.set_trace_callback(None),
            lambda: connection.interrupt(),
            lambda: connection("SELECT 1"),
            lambda: db.Cursor(connection).execute("SELECT 1"),
        )
    ]


@same
def test_a_connection_subclass_may_add_and_override(db):
    class Mine(db.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.opened = True

        def cursor(self, *args, **kwargs):
            return super().cursor(*args, **kwargs)

    class Forgetful(db.Connection):
        def __init__(self, *args, **kwargs):
            pass

    mine = db.connect(":memory:", factory=Mine)
    forgetful = Forgetful(":memory:")
    return [
        type(mine).__name__,
        mine.opened,
        mine.execute("SELECT 1").fetchall(),
        db.Connection(":memory:").total_changes,
        attempt(forgetful.cursor),
        attempt(forgetful.execute, "SELECT 1"),
        attempt(forgetful.close),
        attempt(lambda: forgetful.in_transaction),
    ]


@same
def test_connections_carry_the_exceptions(db):
    names = (
        "Warning",
        "Error",
        "InterfaceError",
        "DatabaseError",
        "DataError",
        "OperationalError",
        "IntegrityError",
        "InternalError",
        "ProgrammingError",
        "NotSupportedError",
    )
    connection = db.connect(":memory:")
    return [getattr(connection, name) is getattr(db, name) for name in names]


@same
def test_result_codes_are_told(db):
    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE, c NOT NULL, d CHECK (d > 0))")
    connection.execute("INSERT INTO t VALUES (1, 1, 1, 1)")
    seen = []
    for sql in (
        "INSERT INTO t VALUES (1, 2, 1, 1)",
        "INSERT INTO t VALUES (2, 1, 1, 1)",
        "INSERT INTO t VALUES (2, 2, NULL, 1)",
        "INSERT INTO t VALUES (2, 2, 2, 0)",
        "INSERT INTO t VALUES ('x', 2, 2, 1)",
        "SELECT",
        "SELECT * FROM nowhere",
        "CREATE TABLE t (x)",
        "BEGIN",
    ):
        try:
            connection.execute(sql)
        except db.Error as error:
            seen += [(type(error).__name__, str(error), error.sqlite_errorcode, error.sqlite_errorname)]
    return [*seen, attempt(lambda: db.Error("x").sqlite_errorcode)[0]]


@same
def test_statements_can_be_told_complete(db):
    return [
        db.complete_statement(text)
        for text in (
            "",
            ";",
            "SELECT 1",
            "SELECT 1;",
            "SELECT 1; --",
            "SELECT 1; /* ",
            "SELECT ';",
            "SELECT 1; x",
            "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1;",
            "CREATE TEMP TRIGGER t BEGIN SELECT 1; END;",
            "CREATE TABLE t (a);",
            "EXPLAIN CREATE TRIGGER x BEGIN SELECT 1; END",
            "CREATE TRIGGER x; END;",
            "`;`",
            "[;",
        )
    ]


@same
def test_limits_can_be_read_and_lowered(db):
    connection = db.connect(":memory:")
    seen = [
        connection.setlimit(db.SQLITE_LIMIT_SQL_LENGTH, 20) > 1000,
        connection.getlimit(db.SQLITE_LIMIT_SQL_LENGTH),
    ]
    seen.append(attempt(connection.execute, "SELECT 'a long text indeed'"))
    connection.setlimit(db.SQLITE_LIMIT_LENGTH, 8)
    seen += [attempt(connection.execute, "SELECT ?", ("123456789",)), attempt(connection.getlimit, 1111)]
    return [*seen, attempt(connection.execute, "SELECT ?", (b"123456789",)), connection.setlimit(1, -5)]


@same
def test_module_attributes_have_the_standard_librarys_values(db):
    return [
        db.apilevel,
        db.paramstyle,
        db.threadsafety in (1, 3),
        db.Binary is memoryview,
    ]


@same
def test_deprecated_names_warn_as_the_standard_librarys(db):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values = [attempt(getattr, db, name, None) for name in ("version", "version_info")]
    return values, [(each.category, str(each.message)) for each in caught]


def test_every_public_name_of_the_standard_library_is_there():
    public = {name for name in dir(sqlite3) if not name.startswith("_")} - {"collections", "datetime", "time"}
    assert {name for name in public if not hasattr(mantisdb_dbapi, name)} == set()
    constants = {name for name in public if name.startswith(("SQLITE_", "PARSE_"))}
    assert {name for name in constants if getattr(sqlite3, name) != getattr(mantisdb_dbapi, name)} == set()


def test_signatures_take_the_arguments_of_the_standard_library():
    import inspect

    for owner in ("Connection", "Cursor"):
        theirs, ours = getattr(sqlite3, owner), getattr(mantisdb_dbapi, owner)
        for name in dir(theirs):
            method = getattr(theirs, name)
            if name.startswith("_") or not getattr(method, "__text_signature__", None):
                continue
            try:
                wanted = inspect.signature(method)
            except ValueError:  # a default that has no text
                wanted = None
            offered = inspect.signature(getattr(ours, name))
            if wanted is not None:
                kinds = [(p.name, p.kind) for p in wanted.parameters.values()][1:]
                assert [(p.name, p.kind) for p in offered.parameters.values()][1 : len(kinds) + 1] == kinds, (
                    name
                )


def test_exceptions_are_caught_as_the_standard_librarys():
    connection = mantisdb_dbapi.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT ?", ())
    for name in ("Error", "OperationalError", "IntegrityError", "NotSupportedError"):
        assert getattr(mantisdb_dbapi, name).__module__.split(".")[0] == "mantisdb_dbapi"


def test_connections_to_one_file_share_one_database(tmp_path):
    os.symlink(tmp_path / "x.db", tmp_path / "link.db")
    first = mantisdb_dbapi.connect(tmp_path / "x.db")
    second = mantisdb_dbapi.connect(tmp_path / "link.db")
    third = mantisdb_dbapi.connect(f"file:{tmp_path}/x.db?mode=ro", uri=True)
    assert first._shared is second._shared is third._shared
    for connection in (first, second):
        connection.close()
        assert third._shared.database.is_closed is False
    database = third._shared.database
    third.close()
    assert database.is_closed


def test_a_dropped_connection_lets_go_of_its_database(tmp_path):
    gc.collect()  # what other tests dropped is not counted here
    connection = mantisdb_dbapi.connect(":memory:")
    database = connection._shared.database
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del connection
        gc.collect()
    assert database.is_closed
    expected = [ResourceWarning] if sys.version_info >= (3, 13) else []
    assert [each.category for each in caught if "mantisdb" in str(each.message)] == expected


def test_a_fork_cuts_off_the_childs_connections_to_files(tmp_path):
    connection = mantisdb_dbapi.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (a)")
    memory = table_of(mantisdb_dbapi, (1, "x"))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            refused = attempt(connection.execute, "SELECT 1")
            copied = memory.execute("SELECT b FROM t").fetchall()
            status = 0 if refused[0] == "ProgrammingError" and copied == [("x",)] else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    connection.close()
