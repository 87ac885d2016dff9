"""The table that a person reads and the JSON that a program reads."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from engines import Engine
from measure import Figure


def table(figures: list[Figure], engines: list[Engine]) -> str:
    """A Markdown table: medians per unit, ratios to sqlite3, targets, and whether they are reached."""
    names = [engine.name for engine in engines]
    others = [name for name in names if name != "sqlite3"]
    header = [
        "workload",
        *(f"{name} (µs)" for name in names),
        *(f"{name} ratio" for name in others),
        "target",
        "",
    ]
    lines = [header]
    for figure in figures:
        cells = [f"{figure.name} / {figure.per}"]
        cells += [_cell(figure, name) for name in names]
        cells += [_number(figure.ratio(name)) for name in others]
        cells += [_target(figure), verdict(figure)]
        lines.append(cells)
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def _target(figure: Figure) -> str:
    return _number(figure.target) if figure.limit_us is None else f"<= {figure.limit_us:g} µs"


def verdict(figure: Figure) -> str:
    """One word on MantisDB's result."""
    if figure.mismatch:
        return "WRONG ANSWER"
    ratio = figure.ratio("mantisdb")
    taken_us = figure.median("mantisdb")
    if figure.limit_us is not None and taken_us is not None:
        return "reached" if taken_us <= figure.limit_us else "missed"
    if ratio is None:
        return "not measured"
    if figure.target is None:
        return "" if ratio >= 1 else "slower"
    return "reached" if ratio >= figure.target else "missed"


def _cell(figure: Figure, name: str) -> str:
    return figure.notes.get(name) or _number(figure.median(name))


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def write_json(path: Path, figures: list[Figure], engines: list[Engine], settings: dict[str, object]) -> None:
    """All rounds, with what is needed to compare with another run."""
    document = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version,
        "machine": platform.platform(),
        "processor": _processor(),
        "engines": {engine.name: engine.version for engine in engines},
        "settings": settings,
        "figures": [
            {
                "name": figure.name,
                "per": figure.per,
                "units": figure.units,
                "unit": figure.unit,
                "target": figure.target,
                "limit_us": figure.limit_us,
                "rounds": figure.seconds,
                "notes": figure.notes,
                "mismatch": figure.mismatch,
                "verdict": verdict(figure),
                "medians": {engine.name: figure.median(engine.name) for engine in engines},
                "ratios": {engine.name: figure.ratio(engine.name) for engine in engines},
            }
            for figure in figures
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
