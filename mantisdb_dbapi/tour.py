"""``mantisdb tour``: what MantisDB is for, shown in a terminal in a few seconds.

It loads a small bookshop into a file, asks it questions, shows the Python function that one of them was
compiled to, lets two threads hold write transactions open side by side, and kills a process in the middle of
a transaction to show what the file holds afterwards. Every figure printed is measured while it runs; the
comparison with the standard library's sqlite3 appears where that module exists. Nothing outside the package
is needed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import mantisdb_dbapi
from mantisdb_dbapi import cli, sample

PURCHASES = 20_000
QUESTIONS = {
    "Which genres bring in most?": """
        SELECT b.genre, count(*) AS lines, round(sum(l.quantity * b.price), 2) AS revenue
        FROM line l JOIN book b ON b.id = l.book_id GROUP BY b.genre ORDER BY revenue DESC""",
    "Who are the five best customers?": """
        SELECT c.name, c.city, round(sum(l.quantity * b.price), 2) AS spent
        FROM customer c JOIN purchase p ON p.customer_id = c.id JOIN line l ON l.purchase_id = p.id
        JOIN book b ON b.id = l.book_id GROUP BY c.id ORDER BY spent DESC, c.id LIMIT 5""",
    "How do sales go by year?": """
        SELECT substr(p.day, 1, 4) AS year, count(DISTINCT p.id) AS purchases, sum(l.quantity) AS books
        FROM purchase p JOIN line l ON l.purchase_id = p.id GROUP BY year ORDER BY year""",
    "Which readers from Göteborg have no e-mail address?": """
        SELECT id, name FROM customer WHERE city = 'Göteborg' AND email IS NULL ORDER BY id LIMIT 5""",
}
SHOWN_PLAN = "SELECT title, price FROM book WHERE price > ? AND genre = ? ORDER BY price DESC"
TIMING_ROUNDS = 5
CHILD_TIMEOUT_S = 60


def run(directory: Path | None = None) -> int:
    """The whole tour, on a file in ``directory`` (a temporary one by default); an exit status."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        return _run_in(directory)
    with tempfile.TemporaryDirectory(prefix="mantisdb-tour-") as temporary:
        return _run_in(Path(temporary))


def _run_in(directory: Path) -> int:
    path = directory / "bookshop.db"
    if path.exists():
        print(f"{path} exists already: choose another directory", file=sys.stderr)
        return 1
    print("MantisDB: sqlite3's API on an engine of its own. The only line a program changes:\n")
    print("    import mantisdb_dbapi as sqlite3")
    shop = sample.make_bookshop(PURCHASES)
    _load(path, shop)
    _ask(path, shop)
    _show_plan(path)
    passed = [_two_writers(path), _kill_in_the_middle(path), _check(path)]
    print("\nThat is the tour." if all(passed) else "\nSomething above did not hold: please report it.")
    return 0 if all(passed) else 1


def _heading(text: str) -> None:
    print(f"\n-- {text} " + "-" * max(2, 90 - len(text)) + "\n")


# -- 1. load -------------------------------------------------------------------------------------------------


def _load(path: Path, shop: sample.Bookshop) -> None:
    _heading("1. Load a bookshop into a file")
    started = perf_counter()
    connection = mantisdb_dbapi.connect(path)
    rows = _fill(connection, shop)
    connection.close()
    seconds = perf_counter() - started
    print(f"{rows:,} rows in 4 tables with 4 indexes, committed and on disk after {seconds:.2f} s.")
    print(f"{path} has {path.stat().st_size / 1e6:.1f} MB.")


def _fill(connection: Any, shop: sample.Bookshop) -> int:
    connection.executescript(sample.SCHEMA)
    rows = 0
    for name, sql in sample.INSERTS.items():
        table = getattr(shop, name)
        connection.executemany(sql, table)
        rows += len(table)
    connection.commit()
    return rows


# -- 2. queries ----------------------------------------------------------------------------------------------


def _ask(path: Path, shop: sample.Bookshop) -> None:
    _heading("2. Ask it questions")
    connection = mantisdb_dbapi.connect(path)
    other = _stdlib_twin(shop)
    for question, sql in QUESTIONS.items():
        print(question)
        cursor = connection.execute(sql)
        rows = cursor.fetchall()
        cli.print_rows([column[0] for column in cursor.description or ()], rows)
        print(_timing(connection, other, sql) + "\n")
    connection.close()
    if other is not None:
        other.close()


def _stdlib_twin(shop: sample.Bookshop) -> Any:
    """The same rows in the standard library's sqlite3, in memory, to measure beside; None where it is
    missing."""
    try:
        import sqlite3
    except ImportError:
        return None
    twin = sqlite3.connect(":memory:")
    _fill(twin, shop)
    return twin


def _timing(connection: Any, other: Any, sql: str) -> str:
    own = _best_ms(lambda: connection.execute(sql).fetchall())
    text = f"({own:.2f} ms once compiled"
    if other is not None:
        theirs = _best_ms(lambda: other.execute(sql).fetchall())
        text += (
            f"; sqlite3, same rows in memory, {theirs:.2f} ms, ratio {theirs / own:.1f}"
        )
    return text + ")"


def _best_ms(action: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(TIMING_ROUNDS):
        started = perf_counter()
        action()
        best = min(best, perf_counter() - started)
    return best * 1e3


# -- 3. the plan ---------------------------------------------------------------------------------------------


def _show_plan(path: Path) -> None:
    _heading("3. See what a statement became")
    connection = mantisdb_dbapi.connect(path)
    print(f"{SHOWN_PLAN}\n\nis compiled to this Python function (EXPLAIN shows it):\n")
    for row in connection.execute("EXPLAIN " + SHOWN_PLAN, (40.0, "poetry")).fetchall():
        print("    " + str(row[-1]))
    connection.close()


# -- 4. two writers ------------------------------------------------------------------------------------------


def _two_writers(path: Path) -> bool:
    _heading("4. Two writers at once")
    print("Two threads, a connection each. Both change a row, then wait until the other has done so too:")
    print(
        "both transactions are open, both have written. (SQLite lets one in and keeps the other waiting.)\n"
    )
    events: list[str] = []
    both_have_written = threading.Barrier(2, timeout=30)
    started = perf_counter()

    def say(who: str, what: str) -> None:
        events.append(f"    {1e3 * (perf_counter() - started):7.2f} ms   {who}: {what}")

    def work(who: str, book: int, stock: int) -> None:
        connection = mantisdb_dbapi.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN")
            connection.execute("UPDATE book SET stock = ? WHERE id = ?", (stock, book))
            say(who, f"has set the stock of book {book} to {stock}; not committed yet")
            both_have_written.wait()
            connection.execute("COMMIT")
            say(who, "has committed; its change is on disk")
        except (mantisdb_dbapi.Error, threading.BrokenBarrierError) as error:
            both_have_written.abort()
            say(who, f"FAILED: {type(error).__name__} {error}")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=("Anna", 1, 7)),
        threading.Thread(target=work, args=("Berk", 2, 9)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(events))
    rows = _query(path, "SELECT id, stock FROM book WHERE id IN (1, 2) ORDER BY id")
    print(f"\n    afterwards: {rows}")
    return rows == [(1, 7), (2, 9)]


def _query(path: Path, sql: str) -> list[Any]:
    connection = mantisdb_dbapi.connect(path)
    try:
        return list(connection.execute(sql).fetchall())
    finally:
        connection.close()


# -- 5. a killed process -------------------------------------------------------------------------------------


def _kill_in_the_middle(path: Path) -> bool:
    _heading("5. Kill a process in the middle of a transaction")
    before = _query(path, "SELECT count(*) FROM purchase")[0][0]
    command = [sys.executable, "-m", "mantisdb_dbapi.tour", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        guard = threading.Timer(CHILD_TIMEOUT_S, child.kill)
        guard.start()
        committed = 0
        for line in child.stdout:
            print("    child: " + line.rstrip())
            committed += line.startswith("committed")
            if line.startswith("in the middle"):
                break
        child.kill()
        guard.cancel()
    print(f"\n    killed (exit status {child.returncode}). Open the file again:")
    started = perf_counter()
    after = _query(path, "SELECT count(*) FROM purchase")[0][0]
    seconds = perf_counter() - started
    print(f"    {before} purchases before, {committed} committed by the child, {after} found: ", end="")
    held = bool(after == before + committed and committed)
    print("exactly the committed ones" if held else "NOT the committed ones")
    print(f"    (opened, recovered and counted in {seconds * 1e3:.0f} ms)")
    return held


def _be_killed(path: Path) -> None:
    """The child's part: three commits, then an open transaction that never ends."""
    connection = mantisdb_dbapi.connect(path)
    first = connection.execute("SELECT max(id) FROM purchase").fetchone()[0] + 1
    for key in range(first, first + 3):
        connection.execute("INSERT INTO purchase VALUES (?, 1, '2025-01-01')", (key,))
        connection.commit()
        print(f"committed purchase {key}", flush=True)
    connection.executemany(
        "INSERT INTO purchase VALUES (?, 1, '2025-01-02')", [(key,) for key in range(first + 3, first + 503)]
    )
    connection.execute("DELETE FROM line WHERE purchase_id < 100")
    print(
        "in the middle of a transaction: 500 rows inserted, 99 purchases emptied, nothing committed",
        flush=True,
    )
    threading.Event().wait(CHILD_TIMEOUT_S)


# -- 6. check ------------------------------------------------------------------------------------------------


def _check(path: Path) -> bool:
    _heading("6. Check every page, key, index and count")
    problems = [row[0] for row in _query(path, "PRAGMA integrity_check")]
    print("    PRAGMA integrity_check: " + "; ".join(problems))
    return problems == ["ok"]


if __name__ == "__main__":
    _be_killed(Path(sys.argv[1]))
