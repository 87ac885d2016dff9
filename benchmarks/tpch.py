"""TPC-H, 22 questions of a trading house, side by side with the standard library's sqlite3.

    python benchmarks/tpch.py                  # scale 0.1: 600,000 lines; the table and JSON of run.py
    python benchmarks/tpch.py --scale 0.01 --query 5 --query 21

The data comes from ``tpchgen-cli``, a development dependency, which makes the same rows for a scale every time. Schema
and queries are those of the tests (tests/system/data). Loading is not measured. Each query is run to its last row,
in interleaved rounds; one that takes longer than ``--limit`` seconds is interrupted, and that limit is its time.
Behind the queries stand the geometric mean of the ratios and the least of them.
"""

from __future__ import annotations

import argparse
import csv
import math
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engines import Engine
    from measure import Figure

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "tests" / "system" / "data"
TABLES = ("region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem")
SCALE = 0.1
TARGET_MEAN, TARGET_LEAST = 2.0, 0.7


def queries() -> dict[int, str]:
    """The queries by number."""
    parts = re.split(r"^-- Q(\d+)\n", (DATA / "tpch.sql").read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {int(number): sql.strip().rstrip(";") for number, sql in zip(parts[::2], parts[1::2], strict=True)}


def generate(directory: Path, scale: float) -> Path:
    """A folder with the tables as CSV files. FileNotFoundError without tpchgen-cli."""
    folder = directory / f"tpch-{scale}"
    if not folder.is_dir():
        own = Path(sysconfig.get_path("scripts")) / "tpchgen-cli"
        program = str(own) if own.exists() else shutil.which("tpchgen-cli")
        if program is None:
            raise FileNotFoundError("tpchgen-cli is not installed: pip install tpchgen-cli")
        unfinished = directory / f"unfinished-{folder.name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [program, "csv", "-s", str(scale), "--output-dir", str(unfinished)]
        subprocess.run(command, check=True, capture_output=True)
        unfinished.rename(folder)
    return folder


def rows(folder: Path, table: str) -> Iterator[list[str]]:
    """The rows of a table, every value as text: the columns' affinities make numbers of them."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def load(connection: Any, folder: Path) -> None:
    """Create the tables and fill them."""
    for statement in (DATA / "tpch_schema.sql").read_text("utf-8").split(";"):
        if statement.strip():
            connection.execute(statement)
    if hasattr(connection, "begin"):
        connection.begin()
    for table in TABLES:
        width = len(next(rows(folder, table)))
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows(folder, table))
    connection.commit()


# -- measuring -----------------------------------------------------------------------------------------------


def figures(
    engines: list[Engine],
    directory: Path,
    scale: float,
    rounds: int,
    *,
    limit_s: float = 30.0,
    only: list[int] | None = None,
) -> Iterator[Figure]:
    """A figure for each query, then the geometric mean and the least ratio."""
    import measure

    folder = generate(directory, scale)
    connections = {engine.name: engine.connect(None) for engine in engines}
    for connection in connections.values():
        load(connection, folder)
    found = []
    for number, sql in queries().items():
        if not only or number in only:
            figure = measure.measure_each(
                f"TPC-H {scale}, Q{number}", engines, rounds, _timed(connections, sql, limit_s)
            )
            found.append(figure)
            yield figure
    for connection in connections.values():
        connection.close()
    yield from _summaries(found, scale)


def _timed(connections: dict[str, Any], sql: str, limit_s: float) -> Callable[[Engine], tuple[float, Any]]:
    """A step of measure_each: (seconds, rows) of one engine; what was interrupted has no rows to compare."""

    def step(engine: Engine) -> tuple[float, Any]:
        connection = connections[engine.name]
        interrupted = threading.Event()

        def interrupt() -> None:
            interrupted.set()
            connection.interrupt()

        watchdog = threading.Timer(limit_s, interrupt)
        watchdog.start()
        started = perf_counter()
        try:
            answer = connection.execute(sql).fetchall()
            return perf_counter() - started, answer
        except Exception:
            if not interrupted.is_set():
                raise
            return limit_s, None
        finally:
            watchdog.cancel()

    return step


def _summaries(found: list[Figure], scale: float) -> Iterator[Figure]:
    """Figures whose "seconds" are such that their ratios are the mean and the least of the queries' ratios."""
    import measure

    names = {name for figure in found for name in figure.seconds}
    for title, target, combine in (
        ("geometric mean", TARGET_MEAN, lambda ratios: math.exp(sum(map(math.log, ratios)) / len(ratios))),
        ("least ratio", TARGET_LEAST, min),
    ):
        figure = measure.Figure(f"TPC-H {scale}, {title}", "query", target, 1)
        times = [figure.median("sqlite3") or 0.0 for figure in found]
        mean_s = math.exp(sum(map(math.log, times)) / len(times)) / 1e6
        for name in names:
            ratios = [figure.ratio(name) for figure in found]
            if None not in ratios:
                figure.seconds[name] = [mean_s / combine([ratio or 0.0 for ratio in ratios])]
            else:
                figure.notes[name] = f"{sum(ratio is None for ratio in ratios)} queries without an answer"
        yield figure


def main() -> int:
    """Run what the command line asks for."""
    import report
    from engines import available

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=SCALE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=30.0, help="seconds that one run of a query may take")
    parser.add_argument("--query", type=int, action="append", help="only these numbers")
    parser.add_argument("--engines", default="sqlite3,mantisdb", help="sqlite3,mantisdb,apsw,duckdb")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "tpch.json")
    options = parser.parse_args()
    engines = available(options.engines.split(","))
    found = []
    with tempfile.TemporaryDirectory() as directory:
        for figure in figures(
            engines, Path(directory), options.scale, options.rounds, limit_s=options.limit, only=options.query
        ):
            found.append(figure)
            print(f"{figure.name}: {report.verdict(figure) or 'done'}", file=sys.stderr, flush=True)
    print(report.table(found, engines))
    report.write_json(options.json, found, engines, {"scale": options.scale, "rounds": options.rounds})
    return 1 if any(figure.mismatch for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
