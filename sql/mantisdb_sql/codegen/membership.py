"""IN (SELECT …): the members are a set, made once where that is possible, in which a value or a row is looked up.

What the comparison does to the members (affinities, collations) is done to the whole set; what it does to the operand,
at each look-up.
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.codegen.comparison import side
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.rows import RowSet, in_set, rows_in_set
from mantisdb_sql.values.rules import compare_affinity_function
from mantisdb_sql.values.storage import NULL, REAL, TEXT, Affinity


def kind_of_members(node: bound.InQuery) -> str:
    """What the rows of the query are collected in, see ``QueryWriter.subquery``: not in a set where members that are
    equal become different texts, as 1 and 1.0 do."""
    columns = zip(node.item_affinities, node.query.columns, strict=True)
    return "list" if any(kind is Affinity.TEXT and column.classes & REAL for kind, column in columns) else "set"


def conversion_of_members(emitter: Emitter, node: bound.InQuery) -> str | None:
    """Text of a set, with a place for the members' text, that applies affinities and collations to them; None
    where there are none."""
    functions: list[str | None] = []
    for affinity, using, column in zip(node.item_affinities, node.using, node.query.columns, strict=True):
        text = "{}"
        if affinity is not None:
            text = f"{emitter.source.constant(compare_affinity_function(affinity))}({text})"
        if using != "BINARY" and column.classes & TEXT:
            text = f"{emitter.source.constant(emitter.collation(using).key)}({text})"
        functions.append(None if text == "{}" else text)
    if not any(functions):
        return None
    if len(functions) == 1:
        assert functions[0] is not None
        return "{{" + functions[0].format("x") + " for x in {}}}"
    parts = [f"x[{i}]" if f is None else f.format(f"x[{i}]") for i, f in enumerate(functions)]
    return emitter.library(RowSet) + "([(" + ", ".join(parts) + ",) for x in {}])"


def emit_membership(emitter: Emitter, node: bound.InQuery, members: str, is_test: bool = False) -> str:
    """Text of 1, 0 or None, by the text of the set; a test of whether it is true where only that ``is_test``."""
    sides = [
        side(emitter, operand, affinity)
        for operand, affinity in zip(node.operands, node.operand_affinities, strict=True)
    ]
    texts = []
    for operand, using in zip(sides, node.using, strict=True):
        text = operand.text
        if using != "BINARY" and operand.classes & TEXT:
            text = f"{emitter.source.constant(emitter.collation(using).key)}({text})"
        texts.append(text)
    found = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    members_have_null = any(column.classes & NULL for column in node.query.columns)
    if is_test and not node.negated and not (members_have_null and any(operand.classes & NULL for operand in sides)):
        return f"({found} in {members})"  # one without NULL equals nothing that has one
    if len(texts) > 1:
        function = emitter.library(rows_in_set)
        return f"{function}({found}, {members}, {node.negated})"
    if sides[0].classes & NULL or members_have_null:
        return f"{emitter.library(in_set)}({texts[0]}, {members}, {node.negated})"
    word = "not in" if node.negated else "in"
    return f"(1 if {texts[0]} {word} {members} else 0)"
