"""Random expressions over whatever a scope shows: operators, functions, JSON, dates, subqueries.

Left out is what has no one answer: functions of time and chance, and floats whose sum depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlgen_base import Base, Scope

FUNCTIONS = (
    ("length", 1), ("lower", 1), ("upper", 1), ("typeof", 1), ("coalesce", 2), ("ifnull", 2), ("nullif", 2),
    ("substr", 2), ("substr", 3), ("trim", 1), ("ltrim", 2), ("rtrim", 2), ("instr", 2), ("hex", 1), ("quote", 1),
    ("min", 2), ("max", 3), ("iif", 3), ("unicode", 1), ("round", 1), ("sign", 1), ("replace", 3),
    ("coalesce", 3), ("substring", 3), ("likely", 1), ("unlikely", 1),
)  # fmt: skip
TEXT_FUNCTIONS = (
    ("concat", 2), ("concat_ws", 3), ("octet_length", 1), ("unhex", 1), ("unhex", 2), ("char", 2), ("if", 2), ("if", 3),
    ("iif", 2), ("iif", 5), ("like", 2), ("glob", 2), ("unistr_quote", 1), ("zeroblob", 0), ("round", 2),
    ("likelihood", 1), ("abs", 1), ("unistr", 1), ("trim", 2), ("length", 1),
)  # fmt: skip
MATHEMATICS = (
    "ceil", "ceiling", "floor", "trunc", "exp", "ln", "log", "log10", "log2", "sqrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "degrees", "radians",
)  # fmt: skip
FORMATS = (
    "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%,d", "%x", "%X", "%o", "%u", "%c", "%s", "%10s|", "%-10s|", "%.2s",
    "%f", "%.2f", "%10.3f", "%e", "%.3E", "%g", "%G", "%!g", "%#x", "%q", "%Q", "%w", "%%", "%.0f", "%i", "%z", "%*d",
    "%.*f", "%*s", "%-*d|", "%lld", "%!.3s", "%,.2f", "%!q", "%+,d", "%-+5d|", "% 010d", "%#o", "%.20g",
    "%!.17g", "%+.3e", "%#.0f", "%.0s",
    "%.5d", "%012.3f", "%#X", "%5c|", "%.3c", "%10q|", "%p", "%n", "%",
)  # fmt: skip
DATES = (
    "2024-02-29", "2023-12-31 23:59:59.999", "2000-01-01T00:00:00Z", "12:34", "2024-01-01 00:00+05:30",
    "-4713-11-24 12:00:00", "9999-12-31 23:59:59", "2024-02-30", "0000-01-01", "1970-01-01", "2460000.5", "garbage",
    "2024-13-01", "2024-06-15 12:00:00.123456", "2023-03-31", "23:59:59.9995", "2024-1-1", "", "2024-01-31", "24:00",
    "2024-01-01 00:00:59.9994", "2024-01-01 00:00:00 -14:00", "-0001-05-06", " 2024-01-01", "2024-01-01T",
    "10000-01-01",
)  # fmt: skip
INSTANTS = (0, 1, -1, 1700000000, 2460000, 2460000.5, 1e10, -62135596800, 253402300799, 1721059.5, -0.5, 1700000000.5)
MODIFIERS = (
    "+1 day", "-1 month", "+1 year", "start of month", "start of year", "start of day", "weekday 0", "weekday 6",
    "unixepoch", "auto", "julianday", "localtime", "utc", "subsec", "subsecond", "floor", "ceiling", "+1.5 hours",
    "-0.25 seconds", "+0001-02-03", "-0000-01-00 12:00", "12:34:56", "+00:30", "10 minutes", "+30 days", "bad",
    "-100 years", "1 months", "+1 DAY", "weekday 7", " +1 day", "+1.5 months", "-1.5 years", "+13 months", "24:00",
    "-0001-12-31 23:59:59.999", "+0000-13-00", "+1e3 days", "weekday 0.5", "+.5 days", "-1 seconds", "+12:34:56.789",
    "5373484 days", "+11 months", "-4713 years", "+ 1 day", "start of week",
)  # fmt: skip
TIME_FORMATS = (
    "%Y-%m-%d", "%H:%M:%S", "%f", "%J", "%j", "%s", "%w", "%W", "%u", "%U", "%G-W%V", "%e", "%k", "%l", "%I %p", "%P",
    "%R", "%T", "%F", "%g", "%M%%", "%q", "%d/%m", "%C",
)  # fmt: skip
DOCUMENTS = (
    '{"a":1,"b":[1,2.5,null,"x"],"c":{"d":true}}', "[]", "{}", '[1,[2,3],{"k":"v"}]', '"text"', "12", "null", "true",
    "[1e5,-0.0,9223372036854775807,9223372036854775808,1.0]", '{"a":"\\u00e9\\ud83d\\ude00\\n\\"","a b":2,"":3}',
    "{a:1,'b':[0x1F,+1,.5,1.,Infinity,],/*c*/}", '{"a":{"a":{"a":[[]]}}}', '["é","😀","\\t"]', ' [ 1 , 2 ] ',
    '{"a":1,"a":2}', '[{"a":1,"b":"x"},{"a":2,"b":null}]', "-1.50", '"a\\u0000b"',
)  # fmt: skip
MALFORMED = ('{"a":', "[1,2", "x", "", "[1 2]", "{1:2}", "nul", "'a'b")
PATHS = (
    "$", "$.a", "$.b", "$.b[0]", "$.b[#-1]", "$.c.d", "$[0]", "$[1][1]", '$."a b"', "$.x", "$[#]", "$.a.a", "$[0].a",
    '$.""', "$[10]", "$[#-5]",
)  # fmt: skip
BAD_PATHS = ("a", "$.", "$[", "$[x]", "$a", "", "$[-1]", "$[#-x]")
PATTERNS = (
    "'a%'", "'%b%'", "'_'", "'%'", "'a*'", "'[a-c]?'", "'1%'", "'%é%'", "'[^a]*'", "'*[0-9]*'", "'A%b'", "''", "'%É'",
    "'a_%'",
    "'?b*'", "'[]a]*'", "'[^]]'", "'[a'", "'a\\_c'", "'😀%'", "'*😀'", "'9%'", "'_%_'", "'**a'", "'A%'", "'-%'",
)  # fmt: skip
ESCAPED = ("'a!_c'", "'!%'", "'%!%%'", "'a!!b'", "'!a%'", "'%!'", "'a%%b'", "'x!'", "'10%'")
CAST_TYPES = (
    "INTEGER", "REAL", "TEXT", "NUMERIC", "BLOB", "VARCHAR(5)", "DECIMAL(10,2)", "FLOAT", "CHAR(3)", "BOOLEAN", "INT",
    "DATE", "DOUBLE PRECISION", "STRING", "FLOATING POINT", '""', "CLOB", "BIGINT UNSIGNED",
)  # fmt: skip
DISTINCT = ("IS DISTINCT FROM", "IS NOT DISTINCT FROM")
COLLATION_NAMES = ("NOCASE", "RTRIM", "BINARY", "reversed")


class Expressions(Base):
    """Expressions of a limited depth."""

    def expression(self, scope: Scope, depth: int) -> str:
        """Any expression; constants and references at the ends."""
        chance = self.chance
        if depth <= 0 or chance.random() < 0.15:
            return self.leaf(scope)
        while True:
            feature, make = chance.choice(_SHAPES)
            if feature not in self.without:
                return make(self, scope, depth - 1)

    def leaf(self, scope: Scope) -> str:
        """A reference, or a constant."""
        if scope.references and self.chance.random() < 0.65:
            return self.chance.choice(scope.references)
        return self.constant()

    def exact(self, scope: Scope, depth: int = 1) -> str:
        """An expression whose equal values are the same value."""
        if scope.exact and self.chance.random() < 0.6:
            return self.chance.choice(scope.exact)
        inner = self.expression(scope, depth)
        form = self.chance.choice(("quote({})", "hex({})", "typeof({})", "length({})", "({} IS NULL)"))
        return form.format(inner)

    def tame(self, scope: Scope, depth: int = 1) -> str:
        """A number whose sums do not depend on the order of the rows."""
        inner = self.expression(scope, depth)
        form = self.chance.choice(
            ("length({})", "(CAST({} AS INTEGER) % 1000)", "((CAST({} AS INTEGER) % 1000) / 4.0)", "unicode({})")
        )
        return form.format(inner)

    def _binary(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(("+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>"))
        return f"({self.expression(scope, depth)} {operator} {self.expression(scope, depth)})"

    def _comparison(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(
            ("=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "==", "!=", *DISTINCT)
        )
        return f"({self.expression(scope, depth)} {operator} {self.expression(scope, depth)})"

    def _logic(self, scope: Scope, depth: int) -> str:
        operator = self.chance.choice(("AND", "OR"))
        terms = [self.expression(scope, depth) for _ in range(self.chance.choice((2, 2, 3)))]
        return f"({f' {operator} '.join(terms)})"

    def _flat(self, scope: Scope, depth: int) -> str:
        """Operators without parentheses, whose precedence matters."""
        operators = (" + ", " - ", " * ", " || ", " = ", " < ", " AND ", " OR ", " & ", " << ", " IS ", " <> ", " % ")
        text = self.leaf(scope)
        for _ in range(self.chance.randint(2, 4)):
            prefix = self.chance.choice(("", "", "", "- ", "~", "+"))
            text += self.chance.choice(operators) + prefix + self.leaf(scope)
        return f"({self.chance.choice(('', '', 'NOT '))}{text})"

    def _unary(self, scope: Scope, depth: int) -> str:
        return f"({self.chance.choice(('NOT ', '-', '~', '+'))}{self.expression(scope, depth)})"

    def _null_test(self, scope: Scope, depth: int) -> str:
        nulls = ("IS NULL", "IS NOT NULL", "NOTNULL", "ISNULL", "NOT NULL")
        test = self.chance.choice((*nulls, "IS TRUE", "IS NOT TRUE", "IS NOT FALSE", "IS FALSE"))
        return f"({self.expression(scope, depth)} {test})"

    def _between(self, scope: Scope, depth: int) -> str:
        negated = self.chance.choice(("", "NOT "))
        parts = [self.expression(scope, depth) for _ in range(3)]
        return f"({parts[0]} {negated}BETWEEN {parts[1]} AND {parts[2]})"

    def _in_list(self, scope: Scope, depth: int) -> str:
        operand = self.expression(scope, depth)
        make = self.constant if self.chance.random() < 0.8 else lambda: self.expression(scope, 1)
        items = ", ".join(make() for _ in range(self.chance.randint(0, 4)))
        # SQLite folds x IN () into the word "false", so that "y IS false" means another thing: + parts them
        operand = operand if items else self.leaf(scope)
        return f"({'' if items else '+'}({operand} {self.chance.choice(('IN', 'NOT IN'))} ({items})))"

    def _like(self, scope: Scope, depth: int) -> str:
        operand = self.expression(scope, depth)
        operator = self.chance.choice(("LIKE", "NOT LIKE", "GLOB", "NOT GLOB"))
        pattern = self.chance.choice((*PATTERNS, self.leaf(scope)))
        if "LIKE" in operator and self.maybe(0.25, "escape"):
            escape = self.chance.choice(("'!'", "'!'", "'a'", "'%'", "'_'", "'é'", "'\\'", self.leaf(scope)))
            return f"({operand} {operator} {self.chance.choice((*PATTERNS, *ESCAPED, *ESCAPED))} ESCAPE {escape})"
        if self.maybe(0.15, "user functions"):
            operator = self.chance.choice(("REGEXP", "NOT REGEXP", "MATCH", "NOT MATCH"))
        return f"({operand} {operator} {pattern})"

    def _case(self, scope: Scope, depth: int) -> str:
        base = self.expression(scope, depth) + " " if self.chance.random() < 0.4 else ""
        whens = " ".join(
            f"WHEN {self.expression(scope, depth)} THEN {self.expression(scope, depth)}"
            for _ in range(self.chance.randint(1, 2))
        )
        last = f" ELSE {self.expression(scope, depth)}" if self.chance.random() < 0.7 else ""
        return f"CASE {base}{whens}{last} END"

    def _cast(self, scope: Scope, depth: int) -> str:
        to = self.chance.choice(CAST_TYPES if self.chance.random() < 0.2 else CAST_TYPES[:6])
        return f"CAST({self.expression(scope, depth)} AS {to})"

    def _collate(self, scope: Scope, depth: int) -> str:
        return f"({self.expression(scope, depth)} COLLATE {self.chance.choice(self.collation_names())})"

    def collation_names(self) -> tuple[str, ...]:
        """The collations that there are."""
        return COLLATION_NAMES if "user functions" not in self.without else COLLATION_NAMES[:3]

    def _function(self, scope: Scope, depth: int) -> str:
        name, arity = self.chance.choice(FUNCTIONS)
        return f"{name}({', '.join(self.expression(scope, depth) for _ in range(arity))})"

    def _text_function(self, scope: Scope, depth: int) -> str:
        name, arity = self.chance.choice(TEXT_FUNCTIONS)
        first = self.expression(scope, depth)
        if name == "zeroblob":
            return f"zeroblob({self.chance.randint(-1, 5)})"
        if name == "char":
            return f"char({self.chance.randint(32, 1000)}, {first})"
        if name == "round":
            return f"round({first}, {self.chance.randint(-1, 15)})"
        if name == "likelihood":
            return f"likelihood({first}, 0.5)"
        return f"{name}({', '.join([first, *(self.expression(scope, depth) for _ in range(arity - 1))])})"

    def _format(self, scope: Scope, depth: int) -> str:
        chosen = [self.chance.choice(FORMATS) for _ in range(self.chance.randint(1, 3))]
        arguments = []
        for conversion in chosen:
            if "*" in conversion:
                arguments.append(str(self.chance.randint(-12, 12)))
            if conversion != "%%":
                arguments.append(self.expression(scope, depth - 1))
        name = self.chance.choice(("printf", "format"))
        arguments = arguments[: -1 if self.chance.random() < 0.05 else None]
        return f"{name}({', '.join([self.bound(' '.join(chosen)), *arguments])})"

    def _mathematics(self, scope: Scope, depth: int) -> str:
        name = self.chance.choice((*MATHEMATICS, "pow", "power", "mod", "atan2", "log", "pi"))
        if name == "pi":
            return "pi()"
        operands = [self.expression(scope, depth)]
        if name in ("pow", "power", "mod", "atan2") or (name == "log" and self.chance.random() < 0.5):
            operands.append(self.expression(scope, depth))
        return f"{name}({', '.join(operands)})"

    def _date(self, scope: Scope, depth: int) -> str:
        chance = self.chance
        when = self._when(scope)
        modifiers = [self.bound(chance.choice(MODIFIERS)) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        name = chance.choice(("date", "time", "datetime", "julianday", "unixepoch", "strftime", "strftime", "timediff"))
        if name == "strftime":
            layout = " ".join(chance.sample(TIME_FORMATS, chance.randint(1, 3)))
            return f"strftime({', '.join([self.bound(layout), when, *modifiers])})"
        if name == "timediff":
            return f"timediff({when}, {self._when(scope)})"
        return f"{name}({', '.join([when, *modifiers])})"

    def _when(self, scope: Scope) -> str:
        kind = self.chance.random()
        if kind < 0.15:
            return self.leaf(scope)
        return self.bound(self.chance.choice(DATES if kind < 0.75 else INSTANTS))

    # -- JSON ------------------------------------------------------------------------------------------------

    def document(self, scope: Scope, depth: int) -> str:
        """JSON, as text nearly always well-formed."""
        chance = self.chance
        kind = chance.random()
        if depth <= 0 or kind < 0.4:
            return self.bound(chance.choice(MALFORMED if chance.random() < 0.04 else DOCUMENTS))
        if kind < 0.55:
            return f"json_array({', '.join(self._json_value(scope, depth - 1) for _ in range(chance.randint(0, 3)))})"
        if kind < 0.7:
            pairs = [f"{chance.choice(('a', 'b', 'c d'))!r}, {self._json_value(scope, depth - 1)}" for _ in range(2)]
            return f"json_object({', '.join(pairs[: chance.randint(0, 2)])})"
        inner = self.document(scope, depth - 1)
        if kind < 0.85:
            names: tuple[str, ...] = ("json_set", "json_insert", "json_replace")
            if "jsonb" not in self.without:
                names += ("jsonb_set", "jsonb_insert", "jsonb_replace")
            if "json_array_insert" not in self.without:
                names += ("json_array_insert", *(("jsonb_array_insert",) * ("jsonb" not in self.without)))
            name = chance.choice(names)
            return f"{name}({inner}, {self._path()}, {self._json_value(scope, depth - 1)})"
        return chance.choice(
            (
                f"json({inner})",
                f"json_remove({inner}, {self._path()})",
                f"json_remove({inner}, {self._path()}, {self._path()})",
                f"json_set({inner}, {self._path()}, {self._json_value(scope, 0)}, {self._path()}, {self.bound(2)})",
                f"json_patch({inner}, {self.document(scope, depth - 1)})",
                f"json_quote({self._json_value(scope, depth - 1)})",
                f"({inner} -> {self._path()})",
                *(self._binary_documents(scope, inner) if "jsonb" not in self.without else ()),
            )
        )

    def _binary_documents(self, scope: Scope, inner: str) -> tuple[str, ...]:
        value = self._json_value(scope, 0)
        return (
            f"jsonb({inner})", f"jsonb_remove({inner}, {self._path()})", f"jsonb_array({value}, {inner})",
            f"jsonb_patch({inner}, {self.document(scope, 0)})", f"jsonb_object('a', {value}, 'b', {inner})",
        )  # fmt: skip

    def _json_value(self, scope: Scope, depth: int) -> str:
        """An argument that JSON can hold: no BLOB."""
        if self.chance.random() < 0.3:
            return self.document(scope, depth)
        inner = self.expression(scope, depth)
        return f"iif(typeof({inner}) = 'blob', NULL, {inner})" if "\0" not in inner else f"quote({inner})"

    def _path(self) -> str:
        return self.bound(self.chance.choice(BAD_PATHS if self.chance.random() < 0.04 else PATHS))

    def _json(self, scope: Scope, depth: int) -> str:
        inner = self.document(scope, depth)
        return self.chance.choice(
            (
                f"json_extract({inner}, {self._path()})",
                f"json_extract({inner}, {self._path()}, {self._path()})",
                f"({inner} ->> {self._path()})",
                f"({inner} -> {self.chance.choice((self._path(), '0', '-1', chr(39) + 'a' + chr(39)))})",
                f"json_type({inner}, {self._path()})",
                f"json_type({inner})",
                f"json_array_length({inner})",
                f"json_array_length({inner}, {self._path()})",
                f"json_valid({self.leaf(scope)})",
                f"json_valid({inner}, {self.chance.randint(1, 15)})",
                f"json_pretty({inner})",
                f"json_pretty({inner}, {self.bound(chr(9))})",
                f"json(jsonb_extract({inner}, {self._path()}))" if "jsonb" not in self.without else f"json({inner})",
                f"jsonb_array({self._json_value(scope, 0)})" if "jsonb" not in self.without else inner,
                f"json_error_position({self.bound(self.chance.choice(MALFORMED))})",
                f"json({inner})",
                inner,
            )
        )

    # -- rows and subqueries ---------------------------------------------------------------------------------

    def _row_values(self, scope: Scope, depth: int) -> str:
        width = self.chance.choice((2, 2, 3))
        rows = [f"({', '.join(self.expression(scope, depth - 1) for _ in range(width))})" for _ in range(3)]
        kind = self.chance.random()
        if kind < 0.7:
            operator = self.chance.choice(("=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT", *DISTINCT))
            if self.maybe(0.2, "row values in subqueries"):
                rows[1] = f"({self.inner_select(scope, width, min(depth, 1), one_row=True)})"
                if self.chance.random() < 0.3:
                    rows[0] = f"({self.inner_select(scope, width, min(depth, 1), one_row=True)})"
            rows = rows[:2] if self.chance.random() < 0.8 else rows[1::-1]
            return f"({rows[0]} {operator} {rows[1]})"
        if kind < 0.85 or "row values in CASE" in self.without:
            return f"({rows[0]} {self.chance.choice(('', 'NOT '))}BETWEEN {rows[1]} AND {rows[2]})"
        return f"CASE {rows[0]} WHEN {rows[1]} THEN {self.leaf(scope)} ELSE {self.leaf(scope)} END"

    def _row_in(self, scope: Scope, depth: int) -> str:
        row = f"({self.expression(scope, depth - 1)}, {self.expression(scope, depth - 1)})"
        operator = self.chance.choice(("IN", "NOT IN"))
        kind = self.chance.random()
        if kind < 0.15:
            rows = ", ".join(f"({self.constant()}, {self.leaf(scope)})" for _ in range(self.chance.randint(1, 3)))
            return f"({row} {operator} ({'VALUES ' if self.chance.random() < 0.6 else ''}{rows}))"
        # (1, NULL) IN t goes through an index of t where there is one; SQLite says 0 instead of NULL if it is DESC.
        indexed = {table.name for table in self.tables if table.indexes}
        pairs = [name for name, width in self.named_tables() if width == 2 and name not in indexed]
        if kind < 0.35 and pairs and "IN table" not in self.without:
            return f"({row} {operator} {self.chance.choice(pairs)})"
        return f"({row} {operator} ({self.inner_select(scope, 2, min(depth, 2))}))"

    def _in_table(self, scope: Scope, depth: int) -> str:
        """x IN a table, view or WITH of one column, or IN a table function."""
        operator = self.chance.choice(("IN", "NOT IN"))
        single = [name for name, width in self.named_tables() if width == 1]
        if single and self.chance.random() < 0.7:
            return f"({self.expression(scope, depth)} {operator} {self.chance.choice(single)})"
        if "generate_series" in self.without:
            return self._in_list(scope, depth)
        return f"({self.expression(scope, depth)} {operator} generate_series({self.chance.randint(-2, 2)}, 4))"

    def _subquery(self, scope: Scope, depth: int) -> str:
        """EXISTS, IN or a scalar; the inner query may refer to the outer rows."""
        kind = self.chance.choice(("exists", "in", "in", "scalar", "scalar"))
        negated = self.chance.choice(("", "NOT "))
        if kind == "exists":
            return f"{negated}EXISTS ({self.inner_select(scope, 1, min(depth, 2))})"
        if kind == "in":
            operand = self.expression(scope, depth)
            query = self.inner_select(scope, 1, min(depth, 2))
            return f"({operand} {negated}IN {'((' + query + '))' if self.maybe(0.1) else '(' + query + ')'})"
        return f"({self.inner_select(scope, 1, min(depth, 2), one_row=True)})"

    def _quoted_word(self, scope: Scope, depth: int) -> str:
        return '"no such column"'

    def inner_select(self, outer: Scope, width: int, depth: int, *, one_row: bool = False) -> str:
        """A query inside an expression, of so many columns; made by the queries' part of the generator."""
        raise NotImplementedError

    def named_tables(self) -> list[tuple[str, int]]:
        """Name and number of columns of what IN may name; made by the queries' part of the generator."""
        raise NotImplementedError


Shape = tuple[str, Callable[[Expressions, Scope, int], str]]

_SHAPES: tuple[Shape, ...] = (
    *(("", Expressions._binary),) * 3,
    *(("", Expressions._comparison),) * 4,
    *(("", Expressions._logic),) * 2,
    *(("", Expressions._function),) * 2,
    ("", Expressions._flat),
    ("", Expressions._unary),
    ("", Expressions._null_test),
    ("", Expressions._between),
    ("", Expressions._in_list),
    ("", Expressions._like),
    ("", Expressions._case),
    ("", Expressions._cast),
    ("", Expressions._collate),
    ("", Expressions._subquery),
    ("functions", Expressions._text_function),
    ("functions", Expressions._format),
    ("mathematics", Expressions._mathematics),
    ("dates", Expressions._date),
    ("json", Expressions._json),
    ("row values", Expressions._row_values),
    ("row values in subqueries", Expressions._row_in),
    ("quoted words", Expressions._quoted_word),
    ("IN table", Expressions._in_table),
)
