"""Text that is not UTF-8 (SQLite lets CAST make it of any blob) is stored, logged and read back; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import mantisdb_dbapi


def test_text_that_is_no_utf8_survives_commit_recovery_and_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    for _ in range(2):  # created and closed, then opened from the checkpoint
        con = mantisdb_dbapi.connect(path)
        con.execute("CREATE TABLE IF NOT EXISTS t(a, b TEXT)")
        con.execute("CREATE INDEX IF NOT EXISTS tb ON t(b)")
        con.execute("INSERT INTO t VALUES(1, 'plain'), (2, CAST(x'61ff62' AS TEXT))")
        con.commit()
        found = con.execute("SELECT a, typeof(b), hex(CAST(b AS BLOB)) FROM t ORDER BY a LIMIT 1 OFFSET 1").fetchall()
        assert found in ([(1, "text", "706C61696E")], [(2, "text", "61FF62")])
        con.close()
    con = mantisdb_dbapi.connect(path)
    rows = con.execute("SELECT a, hex(CAST(b AS BLOB)) FROM t ORDER BY a, b").fetchall()
    assert rows == [(1, "706C61696E")] * 2 + [(2, "61FF62")] * 2
    assert con.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    con.close()


def test_a_left_join_keeps_null_rows_that_not_like_accepts() -> None:
    con = mantisdb_dbapi.connect(":memory:")
    con.executescript("CREATE TABLE t(a); CREATE TABLE u(a, c); INSERT INTO t VALUES(x'41')")
    # apsw 3.54: LIKE beside a BLOB is 0 even if the other side is NULL, so NOT LIKE keeps the row
    assert con.execute("SELECT t.a, u.c FROM t LEFT JOIN u ON u.a = t.a WHERE u.c NOT LIKE t.a").fetchall() == [
        (b"A", None)
    ]
    con.close()
