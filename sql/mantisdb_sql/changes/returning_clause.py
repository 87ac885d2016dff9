"""RETURNING: its result columns, as those of a SELECT over the row that was changed."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError

__all__ = ["returning_select"]


def returning_select(clause: Any) -> exp.Select:
    """A SELECT of what RETURNING asks for, without FROM; a table's star is not among it
    (https://www.sqlite.org/lang_returning.html#limitations_and_caveats)."""
    for item in clause.expressions:
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            raise SqlError('RETURNING may not use "TABLE.*" wildcards')
    select = exp.Select(expressions=list(clause.expressions))
    select.meta["columns"] = clause.meta.get("columns")
    return select
