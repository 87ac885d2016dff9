"""A database that lost commits to damage: refused loudly, readable on request, and never written to.

Each kind of damage is made by flipping one bit where it matters: in either superblock, in the catalog, in the
list of free space, in a leaf, and in the log before its tail.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import mantisdb_dbapi
from mantisdb_engine import open_database
from mantisdb_engine.pages import SLOT_OFFSETS, SUPERBLOCK_BYTES, Superblock, offset_of

MALFORMED = "^database disk image is malformed: "
READ_ONLY = "^attempt to write a readonly database"


def _files(path: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in path.parent.rglob("*") if each.is_file()}


def _superblocks(path: Path) -> list[Superblock]:
    """Both superblocks, the newest first."""
    data = path.read_bytes()
    found = [Superblock.decode(data[at : at + SUPERBLOCK_BYTES]) for at in SLOT_OFFSETS]
    return sorted([block for block in found if block is not None], key=lambda block: -block.checkpoint_id)


def _flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 4
    path.write_bytes(data)


@contextmanager
def _nothing_written(path: Path) -> Iterator[None]:
    before = _files(path)
    yield
    assert _files(path) == before


def _connect_to_read(path: Path) -> mantisdb_dbapi.Connection:
    return mantisdb_dbapi.connect(f"file:{path}?mode=ro", uri=True)


def _expect_refusal_with_a_way_out(path: Path) -> None:
    with _nothing_written(path):
        for uri in (str(path), f"file:{path}", f"file:{path}?mode=rw"):
            with pytest.raises(mantisdb_dbapi.DatabaseError, match=MALFORMED) as caught:
                mantisdb_dbapi.connect(uri, uri=True)
            assert type(caught.value) is mantisdb_dbapi.DatabaseError
            assert caught.value.sqlite_errorname == "SQLITE_CORRUPT"
            assert f"open it with file:{path}?mode=ro and uri=True" in str(caught.value)


def _rows_on_request(path: Path) -> list[int]:
    """What a connection for reading shows, with exactly one warning."""
    with _nothing_written(path):
        with pytest.warns(RuntimeWarning, match="is damaged and open for reading only") as warned:
            connection = _connect_to_read(path)
        assert [each.filename for each in warned] == [__file__]
        with closing(connection):
            with pytest.raises(mantisdb_dbapi.OperationalError, match=READ_ONLY):
                connection.execute("INSERT INTO t VALUES (99)")
            return [a for (a,) in connection.execute("SELECT a FROM t")]


@pytest.fixture
def closed(tmp_path) -> Path:
    """A database of which checkpoint n holds rows 1 to n - 1, closed cleanly."""
    path = tmp_path / "shop.db"
    for number in range(5):
        with closing(mantisdb_dbapi.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY)")
            connection.execute("INSERT INTO t VALUES (?)", (number,))
    assert sorted(_files(path)) == ["shop.db"]
    return path


def test_a_damaged_newest_superblock_never_shows_the_older_state_unasked(closed):
    newest, older = _superblocks(closed)
    assert newest.lsn > older.lsn
    _flip(closed, newest.slot_offset + 50)
    _expect_refusal_with_a_way_out(closed)
    assert _rows_on_request(closed) == [0, 1, 2, 3]


def test_a_damaged_older_superblock_is_damage_for_it_may_have_been_the_newest(closed):
    _flip(closed, _superblocks(closed)[1].slot_offset + 50)
    _expect_refusal_with_a_way_out(closed)
    assert _rows_on_request(closed) == [0, 1, 2, 3, 4]


def test_two_damaged_superblocks_leave_nothing_to_read(closed):
    for block in _superblocks(closed):
        _flip(closed, block.slot_offset + 50)
    for mode in ("rwc", "ro"):
        with _nothing_written(closed), pytest.raises(mantisdb_dbapi.DatabaseError, match=MALFORMED) as caught:
            mantisdb_dbapi.connect(f"file:{closed}?mode={mode}", uri=True)
        assert "way out" not in str(caught.value)


def test_a_damaged_catalog_falls_back_to_the_checkpoint_before_on_request_only(closed):
    _flip(closed, offset_of(_superblocks(closed)[0].catalog) + 25)
    _expect_refusal_with_a_way_out(closed)
    assert _rows_on_request(closed) == [0, 1, 2, 3]


def test_a_damaged_list_of_free_space_loses_no_rows_but_is_told(closed):
    _flip(closed, offset_of(_superblocks(closed)[0].free) + 25)
    _expect_refusal_with_a_way_out(closed)
    assert _rows_on_request(closed) == [0, 1, 2, 3, 4]


def test_a_damaged_leaf_is_told_when_it_is_read_and_spares_the_other_tables(closed):
    with closing(mantisdb_dbapi.connect(closed)) as connection, connection:
        connection.execute("CREATE TABLE other (b)")
        connection.execute("INSERT INTO other VALUES ('a leaf with this text')")
    _flip(closed, closed.read_bytes().rindex(b"a leaf with this text"))
    for uri in (f"file:{closed}", f"file:{closed}?mode=ro"):
        with _nothing_written(closed), closing(mantisdb_dbapi.connect(uri, uri=True)) as connection:
            for sql in ("SELECT * FROM other", "SELECT count(b) FROM other"):
                with pytest.raises(mantisdb_dbapi.DatabaseError, match=MALFORMED) as caught:
                    connection.execute(sql).fetchall()
                assert type(caught.value) is mantisdb_dbapi.DatabaseError
                assert caught.value.sqlite_errorname == "SQLITE_CORRUPT"
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (5,)
    with _nothing_written(closed), closing(mantisdb_dbapi.connect(closed)) as connection:
        for sql in ("UPDATE other SET b = 1", "DELETE FROM other WHERE b > 'a'"):
            with pytest.raises(mantisdb_dbapi.DatabaseError, match=MALFORMED):
                connection.execute(sql)
            connection.rollback()


def _crashed(path: Path) -> Path:
    """A copy of a database as it is while commits 0 to 5 are in its log only; the log's segment."""
    original = path.with_name("original.db")
    with closing(mantisdb_dbapi.connect(original)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        for number in range(6):
            connection.execute("INSERT INTO t VALUES (?, ?)", (number, f"row {number} of six"))
            connection.commit()
        folder = path.parent / "crashed"
        folder.mkdir()
        shutil.copy(original, folder / "shop.db")
        shutil.copytree(f"{original}-wal", folder / "shop.db-wal")
    return folder / "shop.db"


def test_a_damaged_log_is_damage_before_its_tail(tmp_path):
    path = _crashed(tmp_path / "shop.db")
    (segment,) = Path(f"{path}-wal").iterdir()
    _flip(segment, segment.read_bytes().index(b"row 2 of six"))
    _expect_refusal_with_a_way_out(path)
    assert _rows_on_request(path) == [0, 1]


def test_a_torn_last_commit_is_no_damage(tmp_path):
    path = _crashed(tmp_path / "shop.db")
    (segment,) = Path(f"{path}-wal").iterdir()
    _flip(segment, segment.read_bytes().index(b"row 5 of six"))
    with closing(mantisdb_dbapi.connect(path)) as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(n,) for n in range(5)]


def test_a_missing_log_segment_that_the_superblock_cannot_do_without_is_told(tmp_path):
    path = _crashed(tmp_path / "shop.db")
    newest = _superblocks(path)[0]
    _flip(path, newest.slot_offset + 50)
    shutil.rmtree(f"{path}-wal")
    with _nothing_written(path), pytest.raises(mantisdb_dbapi.DatabaseError, match=MALFORMED):
        mantisdb_dbapi.connect(path)


def test_a_sound_file_without_a_schema_cannot_be_opened_for_reading_only(tmp_path):
    """A crash between the file's creation and the first commit leaves that."""
    path = tmp_path / "shop.db"
    open_database(path).close()
    with _nothing_written(path), pytest.raises(mantisdb_dbapi.OperationalError, match="is empty"):
        _connect_to_read(path)
    with closing(mantisdb_dbapi.connect(path)) as connection:
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() == []


def test_the_engine_tells_what_recovery_found(closed):
    assert open_database().recovery_report is None
    sound = open_database(closed)
    assert sound.recovery_report is not None and sound.recovery_report.damage is None
    sound.close()
    _flip(closed, _superblocks(closed)[0].slot_offset + 50)
    damaged = open_database(closed)
    assert "superblock" in (damaged.recovery_report.damage or "")
    damaged.close()


def test_a_warning_that_is_an_error_leaves_no_lock_behind(closed):
    _flip(closed, _superblocks(closed)[0].slot_offset + 50)
    with pytest.raises(RuntimeWarning):
        _connect_to_read(closed)
    accepted = open_database(closed, on_damage="accept")  # refused while anybody has the file
    accepted.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("what", ["all", "the log", "the file"])
def test_a_connection_whose_files_were_removed_closes_and_is_collected_in_silence(tmp_path, what):
    """As with SQLite; programs remove the directory of a test's database before they let go of it."""
    for ends in (mantisdb_dbapi.Connection.close, mantisdb_dbapi.Connection.__del__):
        folder = tmp_path / ends.__name__
        folder.mkdir()
        path = folder / "shop.db"
        connection = mantisdb_dbapi.connect(path)
        connection.execute("CREATE TABLE t (a)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
        if what == "all":
            shutil.rmtree(folder)
        elif what == "the log":
            shutil.rmtree(f"{path}-wal")
        else:
            path.unlink()
        ends(connection)
        if what == "the log":
            with closing(mantisdb_dbapi.connect(path)) as again:
                assert again.execute("SELECT a FROM t").fetchall() == [(1,)]
