"""IN (SELECT …): the members are a set, made once where that is possible, in which a value or a row is looked up.

What the comparison does to the members (affinities, collations) is done to the whole set; what it does to the operand,
at each look-up.
"""

from __future__ import annotations

from mantisdb_sql.binding import bound
from mantisdb_sql.codegen.comparison import side
from mantisdb_sql.codegen.expressions import Emitter
from mantisdb_sql.codegen.rows import in_set, rows_in_set
from mantisdb_sql.values.rules import compare_affinity_function
from mantisdb_sql.values.storage import NULL, REAL, TEXT, Affinity


def kind_of_members(node: bound.InQuery) -> str:
    """What the rows of the query are collected in, see ``QueryWriter.subquery``: not in a set where members that are
    equal become different texts, as 1 and 1.0 do."""
    columns = zip(node.item_affinities, node.query.columns, strict=True)
    return "list" if any(kind is Affinity.TEXT and column.classes & REAL for kind, column in columns) else "set"


def conversion_of_members(emitter: Emitter, node: bound.InQuery) -> str | None:
    """A set comprehension, with a place for the members' text, that applies affinities and collations to them; None
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
    return "{{(" + ", ".join(parts) + ",) for x in {}}}"


def emit_membership(emitter: Emitter, node: bound.InQuery, members: str) -> str:
    """Text of 1, 0 or None, by the text of the set."""
    sides = [
        side(emitter, operand, affinity)
        for operand, affinity in zip(node.operands, node.operand_affinities, strict=True)
    ]
    texts = []
    for found, using in zip(sides, node.using, strict=True):
        text = found.text
        if using != "BINARY" and found.classes & TEXT:
            text = f"{emitter.source.constant(emitter.collation(using).key)}({text})"
        texts.append(text)
    if len(texts) > 1:
        function = emitter.library(rows_in_set)
        return f"{function}(({', '.join(texts)}), {members}, {node.negated})"
    if sides[0].classes & NULL or node.query.columns[0].classes & NULL:
        return f"{emitter.library(in_set)}({texts[0]}, {members}, {node.negated})"
    word = "not in" if node.negated else "in"
    return f"(1 if {texts[0]} {word} {members} else 0)"
