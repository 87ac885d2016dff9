"""ALTER TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from mantisdb_sql.errors import NotSupported

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["run_alter"]


def run_alter(session: Session, node: exp.Alter) -> None:
    """Carry out an ALTER TABLE statement."""
    raise NotSupported("ALTER TABLE")
