"""ORDER BY and LIMIT on UPDATE and DELETE, as conditions on the rows.

The statement means the rows that ``SELECT`` with the same WHERE, ORDER BY and LIMIT would give
(https://www.sqlite.org/lang_update.html#optional_limit_and_order_by_clauses), so it becomes the one without these
clauses and with ``WHERE rowid IN (SELECT rowid …)``; a WITHOUT ROWID table's key takes the rowid's place, and where
columns have all of the rowid's names, nodes stand for it (``exp.Pseudocolumn``) that mean no name. Of an UPDATE
FROM, which may find a row several times, the query has one group for each row, as SQLite's has.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.binding.scope import ROWID_NAMES
from mantisdb_sql.catalog.definitions import TableDef
from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.parser import parse_statement

__all__ = ["among_chosen"]


def among_chosen(node: Any, table: TableDef) -> Any:
    """The statement with ORDER BY and LIMIT, if it has them, moved into a query for the rows that are meant."""
    if node.args.get("limit") is None:
        if node.args.get("order") is not None:
            raise SqlError(f"ORDER BY without LIMIT on {type(node).__name__.upper()}")
        return node
    named = node.this.args.get("alias") or node.this
    listed = ", ".join(f"{_quoted(named.this.name)}.{_quoted(name)}" for name in _key_names(table))
    inner = f"SELECT {listed} FROM t WHERE 1 GROUP BY {listed} ORDER BY 1 LIMIT 1 OFFSET 1"
    text = f"SELECT 1 FROM t WHERE ({listed}) IN ({inner})"
    query: Any = parse_statement(text).node
    if _hides_rowid(table):
        query = _without_names(query)
    condition = query.args["where"].this
    chosen = condition.args["query"]
    while not isinstance(chosen, exp.Select):
        chosen = chosen.this
    chosen.args["from_"].args["this"] = node.this
    if node.args.get("from_") is None:
        chosen.args.pop("group")
    else:
        others = node.args["from_"].this
        chosen.args["joins"] = [exp.Join(this=exp.Subquery(this=others) if others.args.get("joins") else others)]
    for part in ("where", "order", "limit", "offset"):
        chosen.args.pop(part)
        if node.args.get(part) is not None:
            chosen.args[part] = node.args[part]
    changed = type(node)(**{k: v for k, v in node.args.items() if k not in ("order", "limit", "offset")})
    if node.args.get("from_") is not None and node.args.get("where") is not None:
        condition = exp.And(this=condition, expression=node.args["where"].this.copy())
    changed.args["where"] = exp.Where(this=condition)
    changed.meta.update(node.meta)
    return changed


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _key_names(table: TableDef) -> list[str]:
    """The columns that tell a table's rows apart."""
    index = table.key_index
    if index is not None:
        return list(dict.fromkeys(table.columns[column.position].name for column in index.columns))
    if table.rowid_alias is not None:
        return [table.columns[table.rowid_alias].name]
    names = [name for name in ROWID_NAMES if table.position(name) is None]
    return names[:1] or ["rowid"]


def _hides_rowid(table: TableDef) -> bool:
    """Whether all names of its rowids are those of other columns."""
    is_hidden = all(table.position(name) is not None for name in ROWID_NAMES)
    return is_hidden and table.key_index is None and table.rowid_alias is None


def _without_names(item: Any) -> Any:
    """A query whose columns, wherever they stand, are all to mean the rowid."""
    if isinstance(item, exp.Column):
        return exp.Pseudocolumn(**item.args)
    if isinstance(item, list):
        return [_without_names(each) for each in item]
    if isinstance(item, exp.Expr):
        for key, value in item.args.items():
            item.args[key] = _without_names(value)
    return item
