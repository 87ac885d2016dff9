"""PEP 249, section by section (https://peps.python.org/pep-0249/).

Where sqlite3 departs from the PEP, so does MantisDB: fetching without a result gives nothing, no error.
"""

from __future__ import annotations

import datetime
import time

import pytest

import mantisdb_dbapi as db


@pytest.fixture
def connection():
    connection = db.connect(":memory:")
    connection.execute("CREATE TABLE booze (name VARCHAR(20), price INTEGER)")
    yield connection
    connection.close()


SAMPLES = ["Carlton Cold", "Carlton Draft", "Mountain Goat", "Redback", "Victoria Bitter", "XXXX"]


def _filled(connection):
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO booze (name) VALUES (?)", [(name,) for name in SAMPLES])
    return cursor


def test_the_module_declares_its_interface():
    assert db.apilevel == "2.0"
    assert db.threadsafety in (0, 1, 2, 3)
    assert db.paramstyle == "qmark"
    assert callable(db.connect)


def test_the_exceptions_form_the_tree():
    assert issubclass(db.Warning, Exception)
    assert issubclass(db.Error, Exception)
    assert issubclass(db.InterfaceError, db.Error)
    assert issubclass(db.DatabaseError, db.Error)
    for cls in (
        db.DataError,
        db.OperationalError,
        db.IntegrityError,
        db.InternalError,
        db.ProgrammingError,
        db.NotSupportedError,
    ):
        assert issubclass(cls, db.DatabaseError)
    assert not issubclass(db.Warning, db.Error)


def test_the_constructors_make_their_types():
    assert db.Date(2026, 11, 23) == datetime.date(2026, 11, 23)
    assert db.Time(21, 5, 9) == datetime.time(21, 5, 9)
    assert db.Timestamp(2026, 11, 23, 21, 5, 9) == datetime.datetime(2026, 11, 23, 21, 5, 9)
    ticks = time.mktime((2026, 11, 23, 21, 5, 9, 0, 0, -1))
    assert db.DateFromTicks(ticks) == db.Date(2026, 11, 23)
    assert db.TimeFromTicks(ticks) == db.Time(21, 5, 9)
    assert db.TimestampFromTicks(ticks) == db.Timestamp(2026, 11, 23, 21, 5, 9)
    assert bytes(db.Binary(b"\x00\xff")) == b"\x00\xff"


def test_cursors_of_a_connection_see_each_others_changes(connection):
    first, second = connection.cursor(), connection.cursor()
    first.execute("INSERT INTO booze VALUES ('Victoria Bitter', 1)")
    second.execute("SELECT name FROM booze")
    assert second.fetchall() == [("Victoria Bitter",)]


def test_description_has_seven_items_per_column(connection):
    cursor = connection.cursor()
    cursor.execute("INSERT INTO booze VALUES ('x', 1)")
    assert cursor.description is None
    cursor.execute("SELECT name, price FROM booze")
    assert [len(column) for column in cursor.description] == [7, 7]
    assert [column[0] for column in cursor.description] == ["name", "price"]


def test_rowcount_is_unknown_until_rows_were_changed(connection):
    cursor = connection.cursor()
    assert cursor.rowcount == -1
    cursor.execute("INSERT INTO booze VALUES ('x', 1)")
    assert cursor.rowcount == 1
    cursor.execute("SELECT * FROM booze")
    assert cursor.rowcount in (-1, 1)


def test_fetchone_gives_rows_and_then_none(connection):
    cursor = _filled(connection)
    cursor.execute("SELECT name FROM booze WHERE name = 'Redback'")
    assert cursor.fetchone() == ("Redback",)
    assert cursor.fetchone() is None


def test_fetchmany_gives_arraysize_rows_unless_told(connection):
    cursor = _filled(connection)
    cursor.execute("SELECT name FROM booze")
    assert len(cursor.fetchmany()) == cursor.arraysize == 1
    assert len(cursor.fetchmany(3)) == 3
    assert len(cursor.fetchmany(10)) == 2
    assert cursor.fetchmany(10) == []
    cursor.arraysize = 4
    cursor.execute("SELECT name FROM booze ORDER BY name")
    assert cursor.fetchmany() == [(name,) for name in SAMPLES[:4]]


def test_fetchall_gives_the_rest(connection):
    cursor = _filled(connection)
    cursor.execute("SELECT name FROM booze ORDER BY name")
    cursor.fetchone()
    cursor.fetchmany(2)
    assert cursor.fetchall() == [(name,) for name in SAMPLES[3:]]
    assert cursor.fetchall() == []


def test_a_cursor_is_an_iterator(connection):
    cursor = _filled(connection)
    cursor.execute("SELECT name FROM booze ORDER BY name")
    assert [name for (name,) in cursor] == SAMPLES


def test_input_and_output_sizes_may_be_set(connection):
    cursor = connection.cursor()
    cursor.setinputsizes((25,))
    cursor.setoutputsize(1000)
    cursor.setoutputsize(2000, 0)
    cursor.execute("INSERT INTO booze VALUES (?, 1)", ("x",))


def test_null_is_none(connection):
    cursor = connection.cursor()
    cursor.execute("INSERT INTO booze VALUES (NULL, ?)", (None,))
    cursor.execute("SELECT * FROM booze")
    assert cursor.fetchone() == (None, None)


def test_changes_are_lost_without_a_commit(tmp_path):
    first = db.connect(tmp_path / "x.db")
    first.execute("CREATE TABLE t (a)")
    first.commit()
    first.execute("INSERT INTO t VALUES (1)")
    first.close()
    second = db.connect(tmp_path / "x.db")
    assert second.execute("SELECT * FROM t").fetchall() == []
    second.close()


def test_a_closed_connection_raises_an_error():
    connection = db.connect(":memory:")
    cursor = connection.cursor()
    connection.close()
    for call in (lambda: cursor.execute("SELECT 1"), connection.commit, connection.cursor):
        with pytest.raises(db.Error):
            call()
