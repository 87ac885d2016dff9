"""The ON CONFLICT clauses of an INSERT: what DO UPDATE assigns, under which condition, and what it reads.

``excluded`` is the row that was to be inserted, as it is when the conflict is found. SQLite looks for the rowid before
the values have got their columns' affinities, and for the keys of indexes afterwards; CHECK constraints and generated
columns, which come first of all, read converted values too. So ``excluded.x`` of a clause that meets a rowid is the
value as it was given (:func:`shows_given`), except that integers of REAL columns are REAL. Whether anybody can tell is
decided by the classes of the values (:func:`given_source`): mostly the row to be inserted is what ``excluded`` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.late_mistakes import LateMistakes
from mantisdb_sql.binding.plan import Source
from mantisdb_sql.binding.scope import Scope
from mantisdb_sql.catalog.definitions import IndexDef, TableDef
from mantisdb_sql.changes.computed_indexes import row_source
from mantisdb_sql.changes.generated_columns import with_computed
from mantisdb_sql.changes.set_clauses import bound_assignments, set_names
from mantisdb_sql.codegen.dml import emit_stored
from mantisdb_sql.codegen.insert import UpsertCode
from mantisdb_sql.codegen.source import Source as Code
from mantisdb_sql.codegen.update import Assignment
from mantisdb_sql.values.storage import INTEGER, NULL, REAL, SMALL, Affinity

if TYPE_CHECKING:
    from mantisdb_sql.changes.change import Change

__all__ = ["bound_upserts"]


def bound_upserts(
    change: Change, clauses: Sequence[Any], constraints: Sequence[IndexDef | str | None], target: Source,
    inserted: Source, given: Sequence[int], gives_rowid: bool,
) -> list[UpsertCode]:
    """The ON CONFLICT clauses. One that can meet no row, or only those that an earlier one is for, is not even looked
    at; the first that is looked at is the one for rowids, as in SQLite, which tells of the first mistake.

    constraints  what each of them is for
    target    the row that is in the way
    inserted  the row that was to be inserted
    given     the classes of its values before they were converted
    gives_rowid  whether the statement says which rowid it is to have
    """
    found: dict[int, UpsertCode] = {}
    for_rowid = next((i for i, constraint in enumerate(constraints) if constraint in ("rowid", None)), 0)
    order = sorted(range(len(clauses)), key=lambda i: (i != for_rowid, i)) if gives_rowid else range(len(clauses))
    for i in order:
        clause, constraint = clauses[i], constraints[i]
        does_nothing = clause.args["action"].name == "DO NOTHING"
        if does_nothing or not _may_meet(change.table, constraint, constraints[:i], gives_rowid):
            found[i] = UpsertCode(constraint, None)
            continue
        excluded = inserted
        if _shows_given(change, constraint, i):
            excluded = _given_source(change, inserted, given)
        found[i] = _bound_upsert(change, i + 1, clause, constraint, target, excluded)
    return [found[i] for i in range(len(clauses))]


def _may_meet(
    table: TableDef, constraint: IndexDef | str | None, earlier: Sequence[IndexDef | str | None], gives_rowid: bool
) -> bool:
    """Whether a row may be in the way of what a clause is for, and of nothing that an earlier clause is for."""
    keys: list[IndexDef | str] = [index for index in table.indexes if index.unique]
    if gives_rowid and not table.without_rowid:
        keys.append("rowid")
    return any(constraint in (None, key) and key not in earlier for key in keys) and None not in earlier


def _shows_given(change: Change, constraint: IndexDef | str | None, i: int) -> bool:
    """Whether ``excluded`` of the clause number ``i`` may be a row whose values have not been converted yet."""
    is_checked = bool(change.table.checks) and not change.context.ignores_checks
    meets_rowid = constraint is None or (constraint == "rowid" and i == 0)
    return meets_rowid and not (change.table.without_rowid or is_checked or change.table.has_generated)


def _given_source(change: Change, inserted: Source, given: Sequence[int]) -> Source:
    """A source for the row as it was given, or ``inserted`` where the two cannot differ."""
    table, scratch, classes = change.table, Code(), []
    differs = False
    for position, column in enumerate(table.columns):
        if position == table.rowid_alias:
            classes.append(INTEGER)
            continue
        stored, kinds = inserted.columns[position].classes, given[position]
        is_real = column.affinity is Affinity.REAL
        if emit_stored("x", kinds, column.affinity, scratch).code != "x":
            differs = differs or not is_real or bool(kinds & ~(INTEGER | NULL))
        hard = kinds & ~INTEGER | REAL if is_real and kinds & INTEGER else kinds
        classes.append(hard | stored)
    return row_source(change.binder.next_source(), table, "excluded", classes) if differs else inserted


def _bound_upsert(
    change: Change, number: int, clause: Any, constraint: IndexDef | str | None, target: Source, excluded: Source
) -> UpsertCode:
    with _told_late(change):
        assignments = _assigned(change, clause, target, excluded)
        condition = _condition(change, clause, target, excluded)
    fires = change.fires("UPDATE", "ABORT", set_names(clause.expressions))
    if fires is not None:
        fires.name = f"UPDATE_{number}"
    changed = with_computed(change.binder, change.table, [a.position for a in assignments])
    checks = change.checks(target, changed)
    code = UpsertCode(
        constraint, assignments, condition, fires, checks=checks, changed=changed, excluded_number=excluded.number)
    aliases = [change.alias, "excluded"]
    if condition is not None and bound.has_query(condition):
        code.late_where = change.late(aliases, lambda again, *sources: [_truth(_condition(again, clause, *sources))])
    if any(a.expr is not None and bound.has_query(a.expr) for a in assignments):
        code.late = change.late(aliases, lambda again, *sources: [
            a.expr for a in _assigned(again, clause, *sources)
        ])
        code.assignments = [Assignment(a.position, None, f"x{i}") for i, a in enumerate(assignments)]
    return code


def _assigned(change: Change, clause: Any, target: Source, excluded: Source) -> list[Assignment]:
    with change.guarding(target), _told_late(change):
        return bound_assignments(change, clause.expressions, _scope(change, target, excluded))


@contextmanager
def _told_late(change: Change) -> Iterator[None]:
    """Tell mistakes that are none of names at the end; those in what a later assignment of a column takes the place of
    are none."""
    expressions = change.binder.expressions
    if expressions.later is not None:
        yield
        return
    expressions.later = later = LateMistakes()
    try:
        yield
    finally:
        expressions.later = None
    later.finish()


def _condition(change: Change, clause: Any, target: Source, excluded: Source) -> Expr | None:
    condition = clause.args.get("where")
    with change.guarding(target):
        return None if condition is None else change.bind(condition.this, _scope(change, target, excluded))


def _scope(change: Change, target: Source, excluded: Source) -> Scope:
    """Names by themselves mean the target's columns, the other row's are reached with ``excluded.`` and bring no
    affinity and no collation into a comparison, as they are registers to SQLite."""
    columns = [replace(column, affinity=None, collation=None) for column in excluded.columns]
    excluded = replace(excluded, columns=columns)
    return Scope(query=change.binder.new_query(), sources=[target, excluded], qualified={excluded.number})


def _truth(expr: Expr | None) -> Expr:
    """1, 0 or NULL: whether a condition holds."""
    assert expr is not None
    return bound.Not(bound.Not(expr, classes=SMALL | NULL), classes=SMALL | NULL)
