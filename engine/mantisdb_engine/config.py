"""What can be set when a database is opened: sizes, and what to do with damage."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .errors import UsageError

DAMAGE_POLICIES = ("read-only", "refuse", "accept")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one open database.

    read_only             open without writing anything; others may read at the same time
    must_exist            do not create a database where there is none
    segment_bytes         a log segment is closed once it is as long as this
    checkpoint_log_bytes  a checkpoint is due when the log has grown by this much since the last one
    on_damage             what to do when part of the log was damaged: "read-only" opens what precedes it and
                          refuses writes; "refuse" does not open; "accept" drops the rest and goes on
    peers                 paths of databases that may have decided about a commit that is in doubt here, besides where
                          the coordinator was then (decisions.py)
    """

    read_only: bool = False
    must_exist: bool = False
    segment_bytes: int = 16 << 20
    checkpoint_log_bytes: int = 32 << 20
    on_damage: str = "read-only"
    peers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.on_damage not in DAMAGE_POLICIES:
            raise UsageError(f"on_damage is one of {', '.join(DAMAGE_POLICIES)}, not {self.on_damage!r}")
        if self.segment_bytes < 4096 or self.checkpoint_log_bytes < 1:
            raise UsageError("segment_bytes is at least 4096, checkpoint_log_bytes at least 1")


def settings_from(options: dict[str, Any]) -> Settings:
    """Settings from keyword arguments; an unknown name is a UsageError."""
    names = [field.name for field in fields(Settings)]
    for name in options:
        if name not in names:
            raise UsageError(f"unknown option {name!r}; there are {', '.join(names)}")
    return Settings(**options)
