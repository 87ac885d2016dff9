"""The ``mantisdb`` command does what its help says, and its exit status tells how it went."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mantisdb_dbapi import cli


def test_the_tour_holds_what_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tour", "--directory", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "exactly the committed ones" in shown
    assert "afterwards: [(1, 7), (2, 9)]" in shown
    assert "def run(trees, params):" in shown
    assert "integrity_check: ok" in shown
    assert cli.main(["check", str(tmp_path / "bookshop.db")]) == 0


def test_the_tour_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bookshop.db").write_bytes(b"mine")
    assert cli.main(["tour", "--directory", str(tmp_path)]) == 1
    assert (tmp_path / "bookshop.db").read_bytes() == b"mine"


def test_sql_runs_statements_and_prints_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "a.db")
    script = "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x;y'), (NULL, x'ff'); SELECT * FROM t -- a; b"
    assert cli.main(["sql", path, script]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["a", "b"],
        ["----", "-----"],
        ["1", "x;y"],
        ["NULL", "x'ff'"],
    ]


def test_sql_reads_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 + 1 AS two;\n"))
    assert cli.main(["sql", str(tmp_path / "a.db")]) == 0
    assert capsys.readouterr().out.split() == ["two", "---", "2"]


def test_an_error_goes_to_standard_error_with_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", str(tmp_path / "a.db"), "SELECT * FROM missing"]) == 1
    assert "no such table: missing" in capsys.readouterr().err


def test_check_does_not_create_what_it_should_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path / "missing.db")]) == 1
    assert not (tmp_path / "missing.db").exists()


def test_check_refuses_a_file_that_is_not_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000)
    assert cli.main(["check", str(path)]) == 1
    assert "not a database" in capsys.readouterr().err
