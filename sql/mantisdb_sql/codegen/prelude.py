"""The first lines of a generated query: is the plan still right, and what do its names mean?

A plan holds for one schema, for the column profiles that it was specialised to, and, where a choice depended
on sizes, for tables that have not grown beyond eight times what they were. Where it meets parameters of other
types than those it was compiled for, it hands them to the statement, which has or makes another function.
"""

from __future__ import annotations

from mantisdb_sql.catalog.definitions import SCHEMA_TREE
from mantisdb_sql.catalog.schema_tree import tree_in
from mantisdb_sql.codegen.dml import emit_parameters
from mantisdb_sql.codegen.source import Source
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import StalePlan

_GROWTH, _SMALL_TABLE = 8, 512


def most_rows(count: int) -> int:
    """How many rows a table that has ``count`` may have for a plan to be good."""
    return max(_SMALL_TABLE, count * _GROWTH)


def emit_schema_check(code: Source, context: CompileContext, trees: str) -> None:
    """Check that the schemas are those that the plan was made for; ``trees`` is the code of all trees."""
    stale = code.constant(StalePlan, "StalePlan")
    for catalog in context.schema.in_order():
        tree_id = tree_in(catalog.slot, SCHEMA_TREE)
        name = "SCHEMA" if not catalog.slot else f"SCHEMA_{catalog.slot}"
        code.line(f"if {trees}[{tree_id}] is not {code.constant(context.trees[tree_id], name)}: raise {stale}")


def emit_prelude(
    code: Source,
    context: CompileContext,
    trees: set[int],
    profiled: set[int],
    sized: set[int],
    parameters: set[int],
    guarded: bool,
) -> None:
    """Write the checks and the names of trees and parameters; ``guarded``: those of the parameters' types, too."""
    if SCHEMA_TREE in context.trees:  # also for views that read no table
        stale = code.constant(StalePlan, "StalePlan")
        emit_schema_check(code, context, "trees")
    for tree_id in sorted(trees):
        code.line(f"t{tree_id} = trees[{tree_id}]")
        checks = []
        if tree_id in profiled:
            checks.append(f"t{tree_id}.flags != {context.trees[tree_id].flags}")
        if tree_id in sized:
            checks.append(f"t{tree_id}.count > {most_rows(context.trees[tree_id].count)}")
        if checks:
            code.line(f"if {' or '.join(checks)}: raise {stale}")
    elsewhere = ""
    if guarded and context.elsewhere is not None:
        elsewhere = f"{code.constant(context.elsewhere, 'elsewhere')}(trees, params)"
    emit_parameters(code, context.parameter_classes, sorted(parameters), elsewhere)
