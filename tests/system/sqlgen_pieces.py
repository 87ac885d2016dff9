"""Names, values and expressions of random scripts of changes.

Nothing here fails by itself or depends on the order of rows, which SQLite leaves open: the expressions have no errors,
and queries inside them only count or ask whether there is a row. Values come from a small set, so that keys collide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlgen_base import Base
from sqlgen_world import Relation, World

TABLE_NAMES = ("t1", "t2", "t3", "T four", "sélect", "order", "漢字", "x'y", 'q"t', "a.b", "Ünï", "-", "123")
COLUMN_NAMES = ("a", "b", "c", "d", "E f", "Group", "ÿ", "new", "k", "x", "rowid ", "default")
TYPES = ("INTEGER", "INTEGER", "TEXT", "TEXT", "REAL", "NUMERIC", "BLOB", "", "VARCHAR(3)", "INT", "BOOLEAN", "DOUBLE")
STRICT_TYPES = ("INTEGER", "INT", "TEXT", "REAL", "BLOB", "ANY")
COLLATIONS = ("NOCASE", "RTRIM", "BINARY", "nocase")
TEXTS = ("a", "A", "b", "ab ", "ab", "1", "2.0", "x'y", "", "é", "É", "1e1", " 3", "zz\n")
REALS = (1.0, 2.5, -0.5, 3.0, 1e15, 0.0)
BIG = (2**31, -(2**31) - 1, 2**53, 2**62, -(2**62))
BLOBS = (b"", b"a", b"1", b"\x01z")
KEYWORDS = {"order", "group", "default", "select"}
_PLAIN = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*")


class Pieces(Base):
    """What statements are made of.

    grows  texts may be longer than what they are made of: not in triggers, which may fire each other a thousand times
    """

    grows = True

    def __init__(self, seed: object, world: World, without: frozenset[str] = frozenset()) -> None:
        super().__init__(seed, without)
        self.world = world
        self.share = 0.4

    # -- names -----------------------------------------------------------------------------------------------

    def spelled(self, name: str) -> str:
        """A name in one of its spellings."""
        style = self.chance.random()
        if style < 0.75 and _PLAIN.fullmatch(name) and name.lower() not in KEYWORDS:
            return name if style < 0.6 else name.swapcase() if name.isascii() else name
        if style < 0.8 and "]" not in name:
            return f"[{name}]"
        if style < 0.85:
            return "`" + name.replace("`", "``") + "`"
        return '"' + name.replace('"', '""') + '"'

    def path(self, relation: Relation) -> str:
        """A table's name, with its database where it has to be there, or may."""
        name = self.spelled(relation.name)
        if relation.shadowed or self.chance.random() < 0.1:
            return f"{self.spelled(relation.database)}.{name}"
        return name

    def fresh(self, names: Sequence[str]) -> str:
        """A name for something new, which may be taken."""
        return self.chance.choice(names)

    # -- values ----------------------------------------------------------------------------------------------

    def value(self) -> object:
        """A value of any class, of few."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.12:
            return None
        if kind < 0.5:
            return chance.randint(-1, 6) if kind < 0.47 else chance.choice(BIG)
        if kind < 0.6:
            return chance.choice(REALS)
        if kind < 0.94:
            return chance.choice(TEXTS)
        return chance.choice(BLOBS)

    def value_of(self, kind: str) -> object:
        """A value that a column of a type takes without more ado, most of the time."""
        chance = self.chance
        kind = kind.upper()
        if chance.random() < 0.08:
            return None
        if "INT" in kind:
            return chance.randint(-1, 9)
        if kind in ("TEXT", "VARCHAR(3)"):
            return chance.choice(TEXTS)
        if kind in ("REAL", "DOUBLE"):
            return chance.choice(REALS)
        return chance.choice(BLOBS) if kind == "BLOB" and chance.random() < 0.5 else self.value()

    # -- expressions -----------------------------------------------------------------------------------------

    def expression(self, references: Sequence[str], depth: int = 2, *, queries: Sequence[Relation] = ()) -> str:
        """A value of some references, or of none."""
        chance = self.chance
        if depth == 0 or chance.random() < 0.35 or not references:
            return chance.choice(references) if references and chance.random() < 0.65 else self.constant()
        a, b = (self.expression(references, depth - 1, queries=queries) for _ in range(2))
        kind = chance.choice(("TEXT", "INTEGER", "REAL"))
        forms = [
            f"{a} + {b}", f"{a} || {b}", f"coalesce({a}, {b})", f"CASE WHEN {a} THEN {b} ELSE 1 END",
            f"typeof({a})", f"length({a})", f"lower({a})", f"({a} = {b})", f"({a} IS NOT {b})", f"min({a}, {b}, 3)",
            f"nullif({a}, {b})", f"({a} IN ({b}, 1, 'a'))", f"CAST({a} AS {kind})",
            f"-{a}", f"{a} * 2", f"substr({a}, 1, 2)", f"iif({a} > {b}, {a}, {b})", f"quote({a})",
        ]  # fmt: skip
        if not self.grows:
            forms = [form for form in forms if "||" not in form and "quote(" not in form] or [a]
        if queries and chance.random() < 0.12:
            return self.counted(chance.choice(queries), references)
        return chance.choice(forms)

    def counted(self, relation: Relation, references: Sequence[str]) -> str:
        """A query of one row that the order of rows does not matter to."""
        condition = self.condition([*references, *self.columns_of(relation)], 1)
        path = self.path(relation)
        forms = (f"(SELECT count(*) FROM {path} WHERE {condition})", f"EXISTS (SELECT 1 FROM {path} WHERE {condition})")
        return self.chance.choice(forms)

    def condition(self, references: Sequence[str], depth: int = 2, *, queries: Sequence[Relation] = ()) -> str:
        """Something to filter with."""
        chance = self.chance
        a = chance.choice(references) if references else self.constant()
        b = self.expression(references, max(depth - 1, 0), queries=queries)
        forms = [
            f"{a} = {b}", f"{a} < {b}", f"{a} >= {b}", f"{a} IS {b}", f"{a} IS NOT NULL", f"{a} IN ({b}, 2, 'b')",
            f"{a} BETWEEN 1 AND {b}", f"typeof({a}) = 'integer'", f"{a} <> {b}", f"{a} LIKE 'a%'", "1", f"{a} > 2",
        ]  # fmt: skip
        text = chance.choice(forms)
        if depth > 1 and chance.random() < 0.3:
            other = self.condition(references, depth - 1, queries=queries)
            text = f"({text} {chance.choice(('AND', 'OR'))} {other})"
        return text

    def columns_of(self, relation: Relation, prefix: str = "") -> list[str]:
        """References to its columns."""
        names = [prefix + self.spelled(column.name) for column in relation.columns]
        return [*names, prefix + relation.rowid] if relation.rowid else names

    def whole(self, text: str) -> str:
        """A text without bound parameters, for what is kept in the schema: their values written in it."""
        return re.sub("\0([0-9]+)\0", lambda mark: self.literal(self._pool[int(mark[1])]), text)
