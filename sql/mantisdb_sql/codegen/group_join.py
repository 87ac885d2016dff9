"""Sources that are joined before the rest: joins in parentheses, RIGHT and FULL JOIN.

The result is a list of items that the row variables of all members can be assigned from. For a RIGHT or FULL
JOIN the rows of the right side are first put into a list, which holds them while ``id`` tells which of them were
matched; with an equality between the sides, a dict finds them:

    f2 = [r1 for b1 in t6.values() for r1 in b1]
    h0 = defaultdict(list)
    for y2 in f2:
        r1 = y2
        h0[r1[0]].append(y2)
    u2, g2 = set(), []
    for b0 in t5.values():
        for r0 in b0:
            x2 = h0.get(r0[1], ())
            u2.update(map(id, x2))
            for r1 in x2 or c0:              # c0: the null row, with FULL only
                g2.append((r0, r1))
    g2 += [(c1, r1) for y2 in f2 if id(y2) not in u2 for r1 in (y2,)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mantisdb_sql.binding.plan import HashLookup, JoinGroup, Step
from mantisdb_sql.codegen.clauses import Clause, For, If, Let, comprehension
from mantisdb_sql.codegen.null_tests import is_null
from mantisdb_sql.values.storage import NULL

if TYPE_CHECKING:
    from mantisdb_sql.codegen.query import Lines, QueryWriter


class GroupJoinWriter:
    """Writes the rows of groups; ``out`` gets the lines."""

    def __init__(self, writer: QueryWriter, out: Lines) -> None:
        self.writer = writer
        self.out = out

    def rows(self, group: JoinGroup) -> str:
        """Text of the list of items."""
        from mantisdb_sql.codegen.scan import ScanWriter, variables

        names = [name for source in group.select.sources for name in variables(source)]
        clauses = ScanWriter(self.writer, self.out).steps(group.select.steps)
        if group.select.constant_filters:
            clauses = [If(self.writer.emit.true(c)) for c in group.select.constant_filters] + clauses
        if group.right_step is None:
            head = names[0] if len(names) == 1 else f"({', '.join(names)})"
            first: list[Clause] = [For("_", "(0,)")] if group.select.constant_filters else []
            return f"[{comprehension(head, [*first, *clauses])}]"
        return self._right_join(group, group.right_step, names, clauses)

    def _right_join(self, group: JoinGroup, step: Step, names: list[str], clauses: list[Clause]) -> str:
        from mantisdb_sql.codegen.scan import null_item, variables

        writer, out, source = self.writer, self.out, step.source
        found, matched, result, item = (writer.source.name(prefix) for prefix in ("f", "u", "g", "y"))
        own = variables(source)
        unpack = Let(", ".join(own), item)
        rows, matches = self._right_rows(step, item, unpack)
        tests: list[Clause] = [If(writer.flat.true(c)) for c in step.on]
        if tests:
            matches = f"[{comprehension(item, [For(item, matches), unpack, *tests])}]"
        out.line(f"{matched}, {result} = set(), []")
        pair = f"({', '.join([*names, *own])})"
        missing = f" or {writer.source.constant((null_item(source),))}" if group.full else ""
        writer.nest(
            out,
            clauses,
            f"{found} = {matches}",
            f"{matched}.update(map(id, {found}))",
            f"{result} += [{pair} for {', '.join(own)} in {found}{missing}]",
        )
        nulls = [
            writer.source.constant((None,) * member.width) if name.startswith("r") else "None"
            for member in group.select.sources
            for name in variables(member)
        ]
        lonely: list[Clause] = [For(item, rows), If(f"id({item}) not in {matched}"), unpack]
        out.line(f"{result} += [{comprehension(f'({chr(44).join([*nulls, *own])})', lonely)}]")
        return result

    def _right_rows(self, step: Step, item: str, unpack: Let) -> tuple[str, str]:
        """The name of the list of the right side's rows, and text of those among them that may match."""
        from mantisdb_sql.codegen.scan import ScanWriter, row_item

        writer, out, access = self.writer, self.out, step.access
        rows = writer.source.name("f")
        scan = ScanWriter(writer, out)
        inner = access.inner if isinstance(access, HashLookup) else access
        clauses = scan._access(Step(step.source, inner))
        out.line(f"{rows} = [{comprehension(row_item(step.source), clauses)}]")
        if not isinstance(access, HashLookup):
            return rows, rows
        table = writer.source.name("h")
        keys: list[str] = []
        guards: list[Clause] = []
        for key in access.build:
            text, classes = scan.key(key)
            keys.append(text)
            if classes & NULL:
                guards.append(If(is_null(text, False)))
        key_text = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
        out.line(f"{table} = {writer.defaultdict()}(list)")
        writer.nest(out, [For(item, rows), unpack, *guards], f"{table}[{key_text}].append({item})")
        return rows, f"{table}.get({scan._probe(access)}, ())"
