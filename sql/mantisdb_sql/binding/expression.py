"""Binding expressions: sqlglot's nodes -> :mod:`mantisdb_sql.binding.bound`, names resolved, types decided.

Left-deep chains of binary operators, which may have hundreds of operands, are bound in a loop; other nesting
recurses as deep as the text nests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding import bound
from mantisdb_sql.binding.bound import Expr
from mantisdb_sql.binding.comparisons import (
    all_of,
    compare,
    compare_rows,
    in_list,
    in_query,
    in_registers,
    negate,
    null_of,
    outward_affinity,
    refuse_unequal_rows,
    refuse_unequal_widths,
    reject_row_values,
    without_parentheses,
)
from mantisdb_sql.binding.compound_types import keep_equal_rows, take_any_row
from mantisdb_sql.binding.function import bind_call, bind_filter, bind_special_call, is_allowed, with_arguments_first
from mantisdb_sql.binding.json_arguments import json_kind, marked
from mantisdb_sql.binding.late_mistakes import LateMistakes, Misuse, no_such_collation
from mantisdb_sql.binding.operator_types import (
    BOOLEAN,
    cast_classes,
    inherit_explicit_collation,
    operation_classes,
    unary_classes,
)
from mantisdb_sql.binding.scope import CHECKS, PARTIAL_INDEX, ROW_PLACES, Scope, note_outer, spell
from mantisdb_sql.binding.window import WindowMisuse, bind_window
from mantisdb_sql.context import CompileContext
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.syntax.parsed_constants import chained, decided, is_false, number_value
from mantisdb_sql.values.ascii_case import lower_ascii, upper_ascii
from mantisdb_sql.values.storage import ANY, INT_MIN, INTEGER, NULL, Affinity, SqlValue, affinity_of_type, class_of

if TYPE_CHECKING:
    from mantisdb_sql.binding.plan import Query

_BINARY: dict[type, str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.DPipe: "||",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
}
_COMPARE: dict[type, str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.NullSafeEQ: "IS",
    exp.NullSafeNEQ: "IS NOT",
}
_CONDITIONS = (
    bound.And, bound.Or, bound.Not, bound.IsNull, bound.Between, bound.InList, bound.InQuery, bound.Like, bound.Compare,
)  # fmt: skip



@dataclass(slots=True)
class RowPart:
    """Which column of a subquery a node means (``meta["part"]``) that stands for one place of a row value; the nodes
    of all its ``width`` columns share ``bound``, and so one query."""

    bound: list[Expr]
    width: int
    position: int


class ExpressionBinder:
    """Binds expressions in a scope. ``bind_query(ast, parent scope) -> Query`` is called for subqueries; ``origin()``
    tells where they are from (see :meth:`mantisdb_sql.binding.query.SelectBinder.origin`)."""

    def __init__(
        self, context: CompileContext, bind_query: Callable[[exp.Expression, Scope | None], Query],
        origin: Callable[[], str | None],
    ) -> None:
        self.context = context
        self.bind_query, self.origin = bind_query, origin
        self.told: SqlError | None = None  # the error of a call whose arguments were looked at
        self._collates = False  # whether there was a COLLATE
        self.later: LateMistakes | None = None  # None where they are told at once
        self._whole: exp.Expression | None = None  # the condition of a clause that is being bound
        self.late: SqlError | None = None  # the last one of a call, where binding goes on after it

    def bind(self, node: exp.Expression, scope: Scope) -> Expr:
        """The bound form of ``node``; a grouping key becomes the group's column."""
        bare = scope.bare
        try:
            kind = type(node)
            if kind in _BINARY:
                result = self._chain(node, scope)
            else:
                method = _METHODS.get(kind)
                if method is None:
                    raise NotSupported(kind.__name__)
                result = method(self, node, scope)
                if self._collates:
                    self._pass_collation_on(result)
        except Misuse as error:
            if self.later is None:
                raise
            self.later.tell(error)
            return literal(None)
        grouping = scope.grouping
        if scope.grouped and grouping is not None and grouping.keys and not isinstance(result, bound.Column):
            key = grouping_key(result, scope)
            if key is not result:
                scope.bare = bare
            return key
        return result

    def _pass_collation_on(self, result: Expr) -> None:
        if not result.explicit and isinstance(result, _CONDITIONS):
            is_of_rows = isinstance(result, bound.And | bound.Or) and not result.is_written  # which knows by itself
            parts = [] if is_of_rows else bound.children(result)
            inherit_explicit_collation(result, parts[:1] if isinstance(result, bound.InQuery) else parts)
        if self.later is not None:
            self.later.note(result)

    def bind_apart(self, node: exp.Expression, scope: Scope) -> Expr:
        """The bound form of what is no part of the expression in which its name stands."""
        return self.bind(node, scope)

    def conjuncts(self, node: exp.Expression, scope: Scope) -> list[Expr]:
        """The terms of a condition that is a conjunction."""
        self._whole = without_parentheses(node)
        condition = self.one_value(self.bind(node, scope))
        return list(condition.terms) if isinstance(condition, bound.And) else [condition]

    # ------------------------------------------------------------------------------------- literals and names

    def _literal(self, node: exp.Expression, scope: Scope) -> Expr:
        slot = node.meta.get("slot")
        if slot is not None:
            return self._slot(slot)
        text = node.args["this"]
        return literal(text if node.args.get("is_string") else number_value(text))

    def _hex_string(self, node: exp.Expression, scope: Scope) -> Expr:
        return literal(bytes.fromhex(node.args["this"]))

    def _null(self, node: exp.Expression, scope: Scope) -> Expr:
        return literal(None)

    def _boolean(self, node: exp.Expression, scope: Scope) -> Expr:
        return literal(int(node.args["this"]))

    def _placeholder(self, node: exp.Expression, scope: Scope) -> Expr:
        scope.refuse("parameters")
        column = node.meta.get("column")  # it is of a table that is called NEW or OLD, if that has such a column
        if column is not None:
            if scope.origin(column.name, column.args["table"].name, None) is not None:
                return self._column(column, scope)
            if node.meta["note"] is not None:
                node.meta["note"]()
        expr = self._slot(node.meta["index"] - 1)
        expr.collation, expr.affinity = node.meta.get("collation"), node.meta.get("affinity")  # of a trigger's NEW
        return expr

    def _slot(self, slot: int) -> Expr:
        known = self.context.parameter_classes
        return bound.Parameter(index=slot, classes=known[slot] if slot < len(known) else ANY)

    def _column(self, node: exp.Expression, scope: Scope) -> Expr:
        identifier = node.args["this"]
        if isinstance(identifier, exp.Star):
            raise SqlError('near "*": syntax error')
        name: str = identifier.args["this"]
        table, database = _text(node.args.get("table")), _text(node.args.get("db"))
        if scope.within in (CHECKS, PARTIAL_INDEX):
            database = None  # as in SQLite, whatever it is
        if identifier.meta.get("quote") == "'" and table is None:
            return literal(name)
        found, mentions = self.resolve(name, table, database, scope), self.context.mentions
        if found is not None:
            if table is not None and scope.within in ROW_PLACES:
                scope.refuse('the "." operator')
            if mentions is not None:
                mentions.note_column(node, scope)
            return found
        if table is None:
            if identifier.meta.get("quote", '"' if identifier.args.get("quoted") else "") == '"':
                if self.context.double_quoted_strings or (scope.is_stored and mentions is None):
                    if mentions is not None:
                        mentions.note_string(identifier)
                    return bound.Literal(name, is_name=True, classes=class_of(name))
                raise SqlError(
                    f'no such column: "{name}" - should this be a string literal in single-quotes?'
                )
            if lower_ascii(name) in ("true", "false") and not identifier.args.get("quoted"):
                return literal(int(lower_ascii(name) == "true"))
        raise SqlError("no such column: " + spell(name, table, database))

    def _hidden_rowid(self, node: exp.Expression, scope: Scope) -> Expr:
        """The rowid of a table, by its alias, whatever its columns are called: see changes/change_limits.py."""
        alias = lower_ascii(node.args["table"].name)
        return scope.rowid(next(source for source in scope.sources if lower_ascii(source.alias) == alias))

    def resolve(self, name: str, table: str | None, database: str | None, scope: Scope) -> Expr | None:
        """What a name means: a column here, a result alias, or the same one scope further out."""
        owner: Scope | None = scope
        while owner is not None:
            found = owner.find(name, table, database)
            if found is not None:
                if owner is not scope:
                    note_outer(scope, owner, found)
                return found
            if table is None:
                aliased = self._alias(lower_ascii(name), owner)
                if aliased is not None:
                    if owner is not scope:
                        note_outer(scope, owner, aliased)
                    return aliased
            owner = owner.parent
        return None

    def _alias(self, name: str, scope: Scope) -> Expr | None:
        node = scope.aliases.get(name)
        if node is None or not scope.sees_aliases or name in scope.resolving:
            return None
        scope.resolving.add(name)
        try:
            result = self.bind_apart(node, scope)
            result.aliased = result.explicit
            return result
        except AggregateMisuse as misuse:
            raise SqlError(f"misuse of aggregate: {misuse.name}()") from None
        except WindowMisuse:
            raise SqlError(f"misuse of aliased window function {name}") from None
        finally:
            scope.resolving.discard(name)

    # ---------------------------------------------------------------------------------------------- operators

    def _chain(self, node: exp.Expression, scope: Scope) -> Expr:
        """Fold a left-deep chain of binary operators without recursion."""
        spine: list[exp.Expression] = []
        while type(node) in _BINARY:
            spine.append(node)
            node = node.args["this"]
        result = self.bind(node, scope)
        for link in reversed(spine):
            right = self.bind(link.args["expression"], scope)
            result, right = self.one_value(result), self.one_value(right)
            op = _BINARY[type(link)]
            if op in ("->", "->>") and not is_allowed(self, op):
                result = literal(None)
                continue
            classes = operation_classes(op, result, right, result.classes, right.classes)
            folded = bound.Binary(op=op, left=result, right=right, classes=classes)
            inherit_explicit_collation(folded, [result, right])
            result = folded
        return result

    def one_value(self, operand: Expr) -> Expr:
        """An operand; NULL in the place of a row value, which is told later."""
        if not isinstance(operand, bound.RowValue):
            return operand
        self.tell_late(Misuse(operand.misuse))
        return literal(None)

    def tell_late(self, error: SqlError) -> None:
        """Tell of a mistake that is found once all names are known."""
        if self.later is None:
            raise error
        self.later.tell(error)

    def end_late(self) -> None:
        """All names are known; from now on, mistakes are told at once."""
        later, self.later = self.later, None
        if later is not None:
            later.finish()

    def _and(self, node: exp.Expression, scope: Scope) -> Expr:
        return self._logical(node, exp.And, bound.And, scope)

    def _or(self, node: exp.Expression, scope: Scope) -> Expr:
        return self._logical(node, exp.Or, bound.Or, scope)

    def _logical(
        self,
        node: exp.Expression,
        kind: type[exp.Expression],
        result: type[bound.And] | type[bound.Or],
        scope: Scope,
    ) -> Expr:
        nodes = list(chained(node, kind))
        if kind is exp.And and self.context.mentions is None and is_false(nodes):
            return literal(0)  # nobody looks at the other terms
        before = None if self.later is None else self.later.begin()
        terms = [self.one_value(self.bind(term, scope)) for term in nodes]
        if self.later is not None:
            mistake = self.later.end(before)
            are_conditions = scope.in_outer_on or (kind is exp.And and node is self._whole)  # each by itself
            if mistake is not None and (are_conditions or decided(node) is None):
                mistake.tell()
        return result(terms=terms, is_written=True, classes=BOOLEAN | null_of(*terms))

    def _not(self, node: exp.Expression, scope: Scope) -> Expr:
        inner = node.args["this"]
        operand = self.bind(inner, scope)
        if node.meta.get("infix") and isinstance(
            operand, bound.InList | bound.InQuery | bound.Between | bound.Like | bound.IsNull
        ):
            operand.negated = not operand.negated
            return operand
        return negate(operand)

    def _neg(self, node: exp.Expression, scope: Scope) -> Expr:
        inner = without_parentheses(node.args["this"])
        if isinstance(inner, exp.Literal) and not inner.args.get("is_string") and "slot" not in inner.meta:
            text = "-" + inner.args["this"]
            if not lower_ascii(inner.args["this"]).startswith("0x"):
                return literal(number_value(text))
            if number_value(inner.args["this"]) == INT_MIN:
                raise SqlError(f"hex literal too big: {text}")
        return self._unary("-", inner, scope)

    def _bitwise_not(self, node: exp.Expression, scope: Scope) -> Expr:
        return self._unary("~", node.args["this"], scope)

    def _unary(self, op: str, operand_node: exp.Expression, scope: Scope) -> Expr:
        operand = self.bind(operand_node, scope)
        reject_row_values(operand)
        result = bound.Unary(op=op, operand=operand, classes=unary_classes(op, operand.classes))
        result.explicit = operand.explicit and not operand.aliased
        result.collation = operand.collation if result.explicit or op == "+" else None
        return result

    def _paren(self, node: exp.Expression, scope: Scope) -> Expr:
        while isinstance(node, exp.Paren):
            node = node.args["this"]
        return self.bind(node, scope)

    def _tuple(self, node: exp.Expression, scope: Scope) -> Expr:
        return bound.RowValue(items=[self.bind(item, scope) for item in node.args["expressions"]])

    # -------------------------------------------------------------------------------------------- comparisons

    def _compare(self, node: exp.Expression, scope: Scope) -> Expr:
        op = _COMPARE[type(node)]
        truth = self._truth_test(op, node, scope)
        if truth is not None:
            return truth
        left_node, right_node = node.args["this"], node.args["expression"]
        try:
            refuse_unequal_rows(left_node, right_node)
            left = self.bind(left_node, scope)
        except SqlError:
            word = word_of_test(node)
            if word is not None:
                self.bind(word, scope)  # SQLite looks at it first: it might be TRUE
            raise
        right = self.bind(right_node, scope)
        refuse_unequal_widths(left, right)
        if isinstance(left, bound.RowValue) or isinstance(right, bound.RowValue):
            return compare_rows(op, left, right)
        return compare(op, left, right)

    def _truth_test(self, op: str, node: exp.Expression, scope: Scope) -> Expr | None:
        """``x IS [NOT] TRUE | FALSE``, unless a column has that name; ``y [NOT] IN ()`` is one of these words."""
        word = node.args["expression"]
        while isinstance(word, exp.Paren):
            word = word.args["this"]
        decided = decided_membership(word)
        if op not in ("IS", "IS NOT") or (decided is None and not isinstance(word, exp.Column | exp.Boolean)):
            return None
        if decided is not None:
            value = int(decided)
        elif isinstance(word, exp.Column):
            name = lower_ascii(word.name)
            if (
                name not in ("true", "false")
                or word.args.get("table")
                or word.args["this"].args.get("quoted")
            ):
                return None
            if self.resolve(name, None, None, scope) is not None:
                return None
            value = int(name == "true")
        else:
            value = int(word.args["this"])
        operand = self.bind(node.args["this"], scope)
        truth = bound.Not(
            operand=bound.Not(operand=operand, classes=BOOLEAN | null_of(operand)),
            classes=BOOLEAN | null_of(operand),
        )
        inherit_explicit_collation(truth, [operand])
        test = compare(op, truth, literal(value))
        test.using = "BINARY"  # of numbers, for which SQLite looks no collation up
        return test

    def _is(self, node: exp.Expression, scope: Scope) -> Expr:
        right = node.args["expression"]
        if not isinstance(right, exp.Null):
            return self._compare(exp.NullSafeEQ(this=node.args["this"], expression=right), scope)
        operand = self.bind(node.args["this"], scope)
        reject_row_values(operand)
        return bound.IsNull(operand=operand, classes=BOOLEAN)

    def _between(self, node: exp.Expression, scope: Scope) -> Expr:
        refuse_unequal_rows(node.args["this"], node.args["low"], node.args["high"])
        operand = self.bind(node.args["this"], scope)
        low = self.bind(node.args["low"], scope)
        high = self.bind(node.args["high"], scope)
        refuse_unequal_widths(operand, low, high)
        if isinstance(operand, bound.RowValue):
            operand = in_registers(operand)
            bounds = [compare_rows(">=", operand, low), compare_rows("<=", operand, high)]
            within = all_of(bounds)
            inherit_explicit_collation(within, bounds)
            return within
        reject_row_values(low, high)
        return bound.Between(
            low=compare(">=", operand, low),
            high=compare("<=", operand, high),
            classes=BOOLEAN | null_of(operand, low, high),
        )

    def _in(self, node: exp.Expression, scope: Scope) -> Expr:
        if decided_membership(node) is not None:
            return literal(0)  # the operand is not even looked at
        subquery = node.args.get("query")
        if subquery is None and node.args.get("field") is not None:
            field = node.args["field"]
            subquery = exp.Select(expressions=[exp.Star()], from_=exp.From(this=field))
        nodes = node.args.get("expressions") or []
        if subquery is None and len(nodes) == 1 and isinstance(without_parentheses(nodes[0]), exp.Subquery):
            subquery = without_parentheses(nodes[0])  # IN ((SELECT …)) is IN (SELECT …)
        if subquery is not None:
            while isinstance(subquery, exp.Subquery):
                subquery = subquery.args["this"]
            return self._in_query(node.args["this"], subquery, scope)
        if isinstance(without_parentheses(node.args["this"]), exp.Tuple):
            rows = exp.Values(expressions=[without_parentheses(row).copy() for row in nodes])
            return self._in_query(node.args["this"], rows, scope)
        operand = self.bind(node.args["this"], scope)
        items = [self.bind(item, scope) for item in nodes]
        wide = [item for item in items if isinstance(item, bound.RowValue)]
        if len(items) > 1:
            reject_row_values(operand, *sorted(wide, key=lambda row: not row.is_query))
        reject_row_values(*wide, operand)
        return in_list(operand, items)

    def _in_query(self, operand_node: exp.Expression, subquery: exp.Expression, scope: Scope) -> Expr:
        scope.refuse("subqueries")
        try:
            operand = self.bind(operand_node, scope)
        except SqlError:
            self.bind_query(subquery, scope)  # SQLite tells of mistakes in there first
            raise
        return in_query(operand, self.bind_query(subquery, scope))

    def _like(self, node: exp.Expression, scope: Scope) -> Expr:
        return self._pattern(node, None, scope)

    def _escape(self, node: exp.Expression, scope: Scope) -> Expr:
        return self._pattern(node.args["this"], node.args["expression"], scope)

    def _pattern(self, node: exp.Expression, escape_node: exp.Expression | None, scope: Scope) -> Expr:
        names: dict[type, str] = {exp.Like: "like", exp.Glob: "glob", exp.RegexpLike: "regexp", exp.Match: "match"}
        name = names[type(node)]
        if not is_allowed(self, name):
            return literal(None)
        pattern = self.bind(node.args["expression"], scope)
        operand = self.bind(node.args["this"], scope)
        escape = self.bind(escape_node, scope) if escape_node is not None else None
        reject_row_values(operand, pattern)
        args = [pattern, operand] + ([escape] if escape is not None else [])
        if name in ("regexp", "match"):
            return bind_call(self, node.meta["word"], args, scope)
        if self.context.functions.is_overridden(name, len(args)):
            return bind_call(self, upper_ascii(name), args, scope)
        return bound.Like(
            op=upper_ascii(name),
            operand=operand,
            pattern=pattern,
            escape=escape,
            case_sensitive=name == "glob" or self.context.case_sensitive_like,
            classes=BOOLEAN | null_of(*args),
        )

    # --------------------------------------------------------------------------------------- other constructs

    def _case(self, node: exp.Expression, scope: Scope) -> Expr:
        base_node = node.args.get("this")
        base = self.bind(base_node, scope) if base_node is not None else None
        branches = [[self.bind(b.args[name], scope) for name in ("this", "true")] for b in node.args["ifs"]]
        default_node = node.args.get("default")
        default = self.bind(default_node, scope) if default_node is not None else None
        whens: list[tuple[Expr, Expr]] = []
        for condition, value in branches:
            if isinstance(base, bound.RowValue):
                condition = compare_rows("=", in_registers(base), condition)
            elif base is not None:
                condition = compare("=", base, condition)
            whens.append((condition, value))
        reject_row_values(*[part for pair in whens for part in pair], *([default] if default is not None else []))
        classes = default.classes if default is not None else NULL
        for _, value in whens:
            classes |= value.classes
        case = bound.Case(
            whens=whens, default=default, base=None if isinstance(base, bound.RowValue) else base, classes=classes
        )
        parts = [part for pair in whens for part in pair]
        inherit_explicit_collation(case, parts + ([default] if default is not None else []))
        return case

    def _cast(self, node: exp.Expression, scope: Scope) -> Expr:
        operand = self.bind(node.args["this"], scope)
        reject_row_values(operand)
        target = node.args["to"]
        kind = target.args.get("kind")
        declared = kind if isinstance(kind, str) else target.sql(dialect="sqlite")
        affinity = affinity_of_type(declared) if declared.strip() else Affinity.NUMERIC
        return bound.Cast(
            operand=operand,
            to=affinity,
            affinity=affinity,
            collation=operand.collation,
            explicit=operand.explicit and not operand.aliased,
            classes=cast_classes(operand.classes, affinity),
        )

    def _collate(self, node: exp.Expression, scope: Scope) -> Expr:
        return self.collated(self.bind(node.args["this"], scope), node)

    def collated(self, operand: Expr, node: exp.Expression | None) -> Expr:
        """``operand`` under the collation that ``node``, a COLLATE or nothing, names."""
        if node is None:
            return operand
        operand = self.one_value(operand)
        name = self.named_collation(node)
        self._collates = True
        return bound.Collate(
            operand=operand, collation=name, explicit=True, classes=operand.classes, affinity=operand.affinity
        )

    def named_collation(self, node: exp.Expression) -> str:
        """The collation that a COLLATE names, in upper case; in queries it need not be there."""
        name_node = node.args["expression"]
        name: str = upper_ascii(name_node.args["this"] if isinstance(name_node, exp.Identifier) else name_node.name)
        if not self.context.functions.has_collation(name):
            if self.later is None:
                raise no_such_collation(name_node.name)
            self.later.name(name, name_node.name)
        return name

    def _subquery(self, node: exp.Expression, scope: Scope) -> Expr:
        scope.refuse("subqueries")
        part: RowPart | None = node.meta.get("part")
        return self._query_value(node, scope) if part is None else self._row_part(part, node, scope)

    def _row_part(self, part: RowPart, node: exp.Expression, scope: Scope) -> Expr:
        if not part.bound:
            value = self._query_value(node, scope)
            part.bound.extend(value.items if isinstance(value, bound.RowValue) else [value])
        if len(part.bound) != part.width:
            self.tell_late(SqlError(f"{part.width} columns assigned {len(part.bound)} values"))
            return literal(None)
        return part.bound[part.position]

    def _query_value(self, node: exp.Expression, scope: Scope) -> Expr:
        query = _one_row(self.bind_query(node.args["this"], scope))
        query.read_columns()
        if query.limit is None:
            take_any_row(query)
        columns: list[Expr] = [
            bound.ScalarQuery(
                query=query, column=i, classes=column.classes | NULL, affinity=outward_affinity(query, i)
            )
            for i, column in enumerate(query.columns)
        ]
        return columns[0] if len(columns) == 1 else bound.RowValue(items=columns, is_query=True)

    def _exists(self, node: exp.Expression, scope: Scope) -> Expr:
        scope.refuse("subqueries")
        inner = node.args["this"]
        while isinstance(inner, exp.Subquery):
            inner = inner.args["this"]
        inner.meta["is_tested"] = True
        query = _one_row(self.bind_query(inner, scope))
        keep_equal_rows(query)
        return bound.Exists(query=query, classes=BOOLEAN)

    def _call(self, node: exp.Expression, scope: Scope) -> Expr:
        if node.args["this"] == "+" and len(node.args["expressions"]) == 1:
            return self._unary("+", node.args["expressions"][0], scope)
        return with_arguments_first(bind_special_call, self, node, scope)

    def _filter(self, node: exp.Expression, scope: Scope) -> Expr:
        return with_arguments_first(bind_filter, self, node, scope)

    def _current(self, node: exp.Expression, scope: Scope) -> Expr:
        names: dict[type, str] = {
            exp.CurrentTime: "current_time",
            exp.CurrentDate: "current_date",
            exp.CurrentTimestamp: "current_timestamp",
        }
        if scope.within in (*ROW_PLACES, PARTIAL_INDEX):
            scope.refuse("non-deterministic functions")
        name = names[type(node)]
        return bind_call(self, name, [], scope) if is_allowed(self, name) else literal(None)

    def _window(self, node: exp.Expression, scope: Scope) -> Expr:
        return with_arguments_first(bind_window, self, node, scope)

    def _within_group(self, node: exp.Expression, scope: Scope) -> Expr:
        raise NotSupported("WITHIN GROUP")

    def _star(self, node: exp.Expression, scope: Scope) -> Expr:
        raise SqlError('near "*": syntax error')


class AggregateMisuse(SqlError):
    """An aggregate where there are no groups, ``scope`` being the one that has none, or in arguments of another."""

    def __init__(self, name: str, scope: Scope, is_nested: bool = False) -> None:
        super().__init__(f"misuse of aggregate function {name}()")
        self.name, self.scope, self.is_nested = name, scope, is_nested


def _one_row(query: Query) -> Query:
    """A query of which one row is wanted: its LIMIT is not how many there may be, but whether there may be one, which
    SQLite asks by comparing it with 0, whatever it is."""
    limit = query.limit
    if limit is not None and limit.classes & ~(INTEGER | NULL):
        classes = BOOLEAN | limit.classes & NULL
        query.limit = bound.Compare("<>", limit, literal(0), left_affinity=Affinity.NUMERIC, classes=classes)
    query.is_single = True
    return query


def decided_membership(node: exp.Expression) -> bool | None:
    """What ``y [NOT] IN ()`` is, whatever y may be; None for any other expression."""
    negated = isinstance(node, exp.Not) and bool(node.meta.get("infix"))
    inner = node.args["this"] if negated else node
    if not isinstance(inner, exp.In) or inner.args.get("expressions") != []:
        return None
    return negated if inner.args.get("query") is None and inner.args.get("field") is None else None


def _text(identifier: Any) -> str | None:
    return identifier.args["this"] if identifier is not None else None


def literal(value: SqlValue) -> bound.Literal:
    """A constant."""
    return bound.Literal(value=value, classes=class_of(value))


def refuse_unequal_operands(node: exp.Expression) -> None:
    """Refuse a comparison of row values of different lengths, whatever is in them."""
    if isinstance(node, exp.Between):
        refuse_unequal_rows(node.args["this"], node.args["low"], node.args["high"])
    elif type(node) in _COMPARE:
        refuse_unequal_rows(node.args["this"], node.args["expression"])


def word_of_test(node: exp.Expression) -> exp.Expression | None:
    """The bare word on the right of IS or IS NOT, if there is one."""
    if not isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
        return None
    word = node.args["expression"]
    while isinstance(word, exp.Paren | exp.Collate):
        word = word.args["this"]
    return word if isinstance(word, exp.Column) and word.args.get("table") is None else None


def grouping_key(expr: Expr, scope: Scope) -> Expr:
    """The group's column if ``expr`` is written like one of the grouping's keys."""
    grouping = scope.grouping
    assert grouping is not None
    i = grouping.alike_keys.position(grouping.keys, expr)
    if i is None:
        return expr
    key = grouping.keys[i]

    def as_marked() -> Expr | None:
        anew = marked(expr)
        if anew is expr:
            return None
        scope.bare = True
        return anew

    return bound.Column(
        source=grouping.source,
        position=i,
        name=expr.name if isinstance(expr, bound.Rowid) else "",
        classes=key.classes,
        affinity=key.affinity,
        collation=key.collation,
        explicit=key.explicit,
        aliased=key.explicit and expr.aliased,
        json=json_kind(key),
        as_marked=as_marked,
    )


_Method = Callable[[ExpressionBinder, exp.Expression, Scope], Expr]
_B = ExpressionBinder
_METHODS: dict[type, _Method] = {
    exp.Literal: _B._literal,
    exp.HexString: _B._hex_string,
    exp.Null: _B._null,
    exp.Boolean: _B._boolean,
    exp.Placeholder: _B._placeholder,
    exp.Column: _B._column,
    exp.Pseudocolumn: _B._hidden_rowid,
    exp.And: _B._and,
    exp.Or: _B._or,
    exp.Not: _B._not,
    exp.Neg: _B._neg,
    exp.BitwiseNot: _B._bitwise_not,
    exp.Paren: _B._paren,
    exp.Tuple: _B._tuple,
    exp.Is: _B._is,
    exp.Between: _B._between,
    exp.In: _B._in,
    exp.Like: _B._like,
    exp.Glob: _B._like,
    exp.RegexpLike: _B._like,
    exp.Match: _B._like,
    exp.Escape: _B._escape,
    exp.Case: _B._case,
    exp.Cast: _B._cast,
    exp.Collate: _B._collate,
    exp.Subquery: _B._subquery,
    exp.Exists: _B._exists,
    exp.Anonymous: _B._call,
    exp.Filter: _B._filter,
    exp.Window: _B._window,
    exp.WithinGroup: _B._within_group,
    exp.Star: _B._star,
    exp.CurrentTime: _B._current,
    exp.CurrentDate: _B._current,
    exp.CurrentTimestamp: _B._current,
} | dict.fromkeys(_COMPARE, _B._compare)
