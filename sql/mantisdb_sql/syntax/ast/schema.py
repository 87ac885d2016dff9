"""Builders of schema statements: CREATE, ALTER, DROP and what stands inside. See the package for the nodes."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.ast.context import Context, without_space
from mantisdb_sql.syntax.ast.expressions import Expr, data_type
from mantisdb_sql.syntax.ast.nodes import new
from mantisdb_sql.values.ascii_case import lower_ascii

# ----------------------------------------------------------------------------------------------------- CREATE


def schema_and_name(c: Context, db: int, _dot: int, name: int) -> list[int]:
    return [db, name]


def _object_table(c: Context, qualified: list[int]) -> Expr:
    node = new(exp.Table, this=c.identifier(qualified[-1]))
    if len(qualified) == 2:
        node.args["db"] = c.identifier(qualified[0])
    node._meta = {"span": c.span(qualified[0], qualified[-1] + 1)}
    return node


def _create(
    c: Context, kind: str, this: Expr, temp: int | None, exists: int | None, name: int, has_options: bool = False,
    **args: Any,
) -> Expr:
    """A Create node; its text for sqlite_schema starts anew at the object's name. That of an index, and of a table with
    options, goes on to the end of the statement, comments and white space included; that of a view to its white space
    there."""
    if exists is not None:
        args["exists"] = True
    node = new(exp.Create, this=this, kind=kind, **args)
    words = "CREATE UNIQUE INDEX " if args.get("unique") else f"CREATE {kind} "
    text = c.source(name, c.next)
    if kind in ("INDEX", "VIEW") or has_options:
        text = c.sql[c.offsets[2 * name + 1] : c.offsets[2 * c.next + 1]]
    node._meta = {"sql": words + (text.rstrip(" \t\n\f\r") if kind == "VIEW" else text)}
    if temp is not None:
        _refuse_qualified(kind, this)
        node._meta["temporary"] = True
        if "properties" not in args:
            node.args["properties"] = new(exp.Properties, expressions=[exp.TemporaryProperty()])
    return node


def _refuse_qualified(kind: str, this: Expr) -> None:
    """TEMP already says which database; an unknown one is found when the statement is bound."""
    table = this if isinstance(this, exp.Table) else this.args["this"]
    db = table.args.get("db")
    if db is None:
        return
    if kind == "TRIGGER":
        raise SqlError("temporary trigger may not have qualified name")
    if lower_ascii(db.this) == "main":
        raise SqlError("temporary table name must be unqualified")


def create_table(
    c: Context,
    _create_word: int,
    temp: int | None,
    _table: int,
    exists: int | None,
    name: list[int],
    _open: int,
    columns: list[Expr],
    constraints: list[Any],
    _close: int,
    options: list[str],
) -> Expr:
    this = new(exp.Schema, this=_object_table(c, name), expressions=columns + _named_constraints(c, constraints))
    node = _create(c, "TABLE", this, temp, exists, name[-1], has_options=bool(options))
    meta = node._meta
    assert meta is not None
    for option in options:
        meta[option] = True
    if "strict" in options:
        properties = node.args.get("properties") or new(exp.Properties, expressions=[])
        properties.append("expressions", exp.StrictProperty())
        node.args["properties"] = properties
    return node


def create_table_as(
    c: Context,
    _create_word: int,
    temp: int | None,
    _table: int,
    exists: int | None,
    name: list[int],
    _as: int,
    query: Expr,
) -> Expr:
    return _create(c, "TABLE", _object_table(c, name), temp, exists, name[-1], expression=query)


def create_view(
    c: Context,
    _create_word: int,
    temp: int | None,
    _view: int,
    exists: int | None,
    name: list[int],
    columns: list[int] | None,
    _as: int,
    query: Expr,
) -> Expr:
    this = _object_table(c, name)
    if columns is not None:
        this = new(exp.Schema, this=this, expressions=c.identifiers(columns))
    return _create(c, "VIEW", this, temp, exists, name[-1], expression=query)


def create_index(
    c: Context,
    _create_word: int,
    unique: int | None,
    _index: int,
    exists: int | None,
    name: list[int],
    _on: int,
    table: int,
    _open: int,
    columns: list[Expr],
    _close: int,
    where: Expr | None,
) -> Expr:
    refuse_explicit_nulls(columns)
    params = new(exp.IndexParameters, columns=columns)
    if where is not None:
        params.args["where"] = where
    on = new(exp.Table, this=c.identifier(table))
    on._meta = {"span": c.span(table, table + 1)}
    index = new(exp.Index, this=c.identifier(name[-1]), table=on, params=params)
    if len(name) == 2:
        index.args["db"] = c.identifier(name[0])
    return _create(c, "INDEX", index, None, exists, name[-1], unique=unique is not None)


def create_virtual_table(
    c: Context,
    _create_word: int,
    _virtual: int,
    _table: int,
    exists: int | None,
    name: list[int],
    _using: int,
    module: int,
    _open: int = 0,
    arguments: list[tuple[int, int]] | None = None,
    _close: int = 0,
) -> Expr:
    node = _create(c, "VIRTUAL TABLE", _object_table(c, name), None, exists, name[-1])
    texts = [c.source(first, after) if after > first else "" for first, after in arguments or []]
    assert node._meta is not None
    node._meta.update(module=c.name(module), arguments=texts)
    return node


def module_argument_start(c: Context) -> tuple[int, int]:
    return c.next, c.next


def module_argument(c: Context, argument: tuple[int, int], _token: Any) -> tuple[int, int]:
    return argument[0], c.next


def create_trigger(
    c: Context,
    _create_word: int,
    temp: int | None,
    _trigger: int,
    exists: int | None,
    name: list[int],
    timing: str | None,
    event: Expr,
    _on: int,
    table: Expr,
    for_each_row: int | None,
    when: Expr | None,
    _begin: int,
    body: list[Expr],
    _end: int,
) -> Expr:
    block = new(exp.Block, expressions=body)
    trigger = new(exp.TriggerProperties, table=table, timing=timing or "", events=[event], execute=block)
    if when is not None:
        trigger.args["when"] = when
    properties = new(exp.Properties, expressions=[trigger])
    node = _create(c, "TRIGGER", _object_table(c, name), temp, exists, name[-1], properties=properties)
    assert node._meta is not None
    node._meta["for_each_row"] = for_each_row is not None
    return node


def trigger_event(c: Context, word: int) -> Expr:
    return new(exp.TriggerEvent, this=c.word(word))


def trigger_update_of(c: Context, word: int, _of: int, columns: list[int]) -> Expr:
    return new(exp.TriggerEvent, this="UPDATE", columns=c.identifiers(columns))


# ---------------------------------------------------------------------------------------------------- columns


def column_start(c: Context, name: int, kind: str | None) -> tuple[int, str | None]:
    c.column = name
    return name, kind


def column_def(c: Context, start: tuple[int, str | None], constraints: list[Any]) -> Expr:
    name, kind = start
    args: dict[str, Any] = {"this": c.identifier(name)}
    if kind is not None:
        kind = _without_generated_always(kind)
        if kind:
            args["kind"] = data_type(c, kind)
    constraints = _column_constraints(c, constraints)
    return new(exp.ColumnDef, **args, constraints=constraints)


def _without_generated_always(kind: str) -> str:
    """The keywords of ``a INT GENERATED ALWAYS AS (…)`` are read into the type's name, and taken off again."""
    if len(kind) >= 16 and lower_ascii(kind[-6:]) == "always":
        kind = kind[:-6].rstrip(" \t\n\v\f\r")
        if lower_ascii(kind[-9:]) == "generated":
            kind = kind[:-9].rstrip(" \t\n\v\f\r")
    return kind


def constraint_name(c: Context, _constraint: int, name: int) -> int:
    """A name is a constraint of its own in the list; :func:`_named` puts it to the one that follows."""
    return name


def _named(constraints: list[Any]) -> list[tuple[int | None, Expr | None]]:
    """Pairs of a name's token and a constraint; a name with nothing after it stays alone."""
    pairs: list[tuple[int | None, Expr | None]] = []
    name: int | None = None
    for item in constraints:
        if isinstance(item, int):
            if name is not None:
                pairs.append((name, None))
            name = item
        elif item is not None:
            pairs.append((name, item))
            name = None
    if name is not None:
        pairs.append((name, None))
    return pairs


def _column_constraints(c: Context, constraints: list[Any]) -> list[Expr]:
    nodes: list[Expr] = []
    reference: Expr | None = None
    for name, kind in _named(constraints):
        if isinstance(kind, exp.Var):  # [NOT] DEFERRABLE belongs to the REFERENCES before it
            if reference is not None and reference._meta is not None:
                reference._meta.update(kind.meta)
            continue
        if isinstance(kind, exp.Reference):
            reference = kind
        node = new(exp.ColumnConstraint, kind=kind)
        if name is not None:
            node.args["this"] = c.identifier(name)
        nodes.append(node)
    return nodes


def default_literal(c: Context, _default: int, value: Expr) -> Expr:
    return _default_of(c, value, c.first + 1)


def default_plus(c: Context, _default: int, _sign: int, value: Expr) -> Expr:
    return _default_of(c, new(exp.Anonymous, this="+", expressions=[value]), c.first + 1)


def default_minus(c: Context, _default: int, _sign: int, value: Expr) -> Expr:
    return _default_of(c, new(exp.Neg, this=value), c.first + 1)


def default_word(c: Context, _default: int, word: int) -> Expr:
    if c.word(word) in ("TRUE", "FALSE"):
        return _default_of(c, new(exp.Boolean, this=c.word(word) == "TRUE"), c.first + 1)
    node = new(exp.Literal, this=c.name(word), is_string=True)
    node._meta = {"word": True, "span": c.span(word, word + 1)}
    return _default_of(c, node, c.first + 1)


def default_expr(c: Context, _default: int, _open: int, value: Expr, _close: int) -> Expr:
    node = new(exp.DefaultColumnConstraint, this=value)
    node._meta = {"text": _inside(c, c.first + 1, c.next - 1)}
    return node


def _default_of(c: Context, value: Expr, first: int) -> Expr:
    node = new(exp.DefaultColumnConstraint, this=value)
    node._meta = {"text": c.source(first, c.next)}
    return node


def _inside(c: Context, opening: int, closing: int) -> str:
    """The source between two parentheses, white space around it left out."""
    return without_space(c.sql[c.offsets[2 * opening + 2] : c.offsets[2 * closing + 1]])


def _with_conflict(node: Expr, conflict: int | None, c: Context) -> Expr:
    node._meta = {**(node._meta or {}), "conflict": None if conflict is None else c.word(conflict)}
    return node


def column_null(c: Context, _null: int, conflict: int | None) -> Expr:
    return _with_conflict(new(exp.NotNullColumnConstraint, allow_null=True), conflict, c)


def column_not_null(c: Context, _not: int, _null: int, conflict: int | None) -> Expr:
    return _with_conflict(exp.NotNullColumnConstraint(), conflict, c)


def column_primary_key(
    c: Context,
    _primary: int,
    _key: int,
    direction: int | None,
    conflict: int | None,
    autoincrement: int | None,
) -> Expr:
    node = exp.PrimaryKeyColumnConstraint()
    if direction is not None and c.word(direction) == "DESC":
        node.args["desc"] = True
    node._meta = {"autoincrement": autoincrement is not None}
    return _with_conflict(node, conflict, c)


def column_unique(c: Context, _unique: int, conflict: int | None) -> Expr:
    return _with_conflict(exp.UniqueColumnConstraint(), conflict, c)


def column_check(c: Context, _check: int, opening: int, condition: Expr, closing: int) -> Expr:
    node = new(exp.CheckColumnConstraint, this=condition)
    node._meta = {"text": _inside(c, opening, closing)}
    return node


def column_collate(c: Context, _collate: int, name: int) -> Expr:
    return new(exp.CollateColumnConstraint, this=c.identifier(name))


def column_generated(
    c: Context, _as: int, opening: int, value: Expr, closing: int, storage: int | None = None
) -> Expr:
    word = "VIRTUAL" if storage is None else c.word(storage)
    if word not in ("VIRTUAL", "STORED"):
        raise SqlError(f'error in generated column "{c.name(c.column)}"')
    node = new(exp.ComputedColumnConstraint, this=value, persisted=word == "STORED")
    node._meta = {"text": _inside(c, opening, closing)}
    return node


def column_generated_always(
    c: Context,
    _generated: int,
    _always: int,
    _as: int,
    opening: int,
    value: Expr,
    closing: int,
    storage: int | None = None,
) -> Expr:
    return column_generated(c, 0, opening, value, closing, storage)


# ----------------------------------------------------------------------------------------------- foreign keys


def references(
    c: Context, _references: int, table: int, columns: list[int] | None, options: list[tuple[str, str]]
) -> Expr:
    to: Expr = new(exp.Table, this=c.identifier(table))
    if columns is not None:
        to = new(exp.Schema, this=to, expressions=c.identifiers(columns))
    node = new(exp.Reference, this=to)
    meta: dict[str, Any] = dict.fromkeys(("on_delete", "on_update", "match", "deferrable", "initially"))
    meta.update(options)
    node._meta = meta
    return node


def reference_match(c: Context, _match: int, name: int) -> tuple[str, str]:
    return "match", c.name(name)


def reference_on(c: Context, _on: int, event: int, action: str) -> tuple[str, str]:
    return f"on_{lower_ascii(c.word(event))}", action


def is_deferrable(c: Context, _word: int, initially: int | None) -> Expr:
    return _deferrable(c, True, initially)


def not_deferrable(c: Context, _not: int, _word: int, initially: int | None) -> Expr:
    return _deferrable(c, False, initially)


def _deferrable(c: Context, is_deferrable: bool, initially: int | None) -> Expr:
    """A carrier for two meta entries: they end up on the Reference."""
    node = new(exp.Var, this="DEFERRABLE")
    node._meta = {"deferrable": is_deferrable, "initially": None if initially is None else c.word(initially)}
    return node


def foreign_key(
    c: Context,
    _foreign: int,
    _key: int,
    _open: int,
    columns: list[int],
    _close: int,
    _references: int,
    table: int,
    to: list[int] | None,
    options: list[tuple[str, str]],
    deferrable: Expr | None,
) -> Expr:
    reference = references(c, 0, table, to, options)
    if deferrable is not None and reference._meta is not None:
        reference._meta.update(deferrable.meta)
    return new(exp.ForeignKey, expressions=c.identifiers(columns), reference=reference)


# ------------------------------------------------------------------------------------------ table constraints


def more_constraints(c: Context, items: list[Any], _comma: int, item: Any) -> list[Any]:
    items.append(item)
    return items


def _named_constraints(c: Context, constraints: list[Any]) -> list[Expr]:
    nodes: list[Expr] = []
    for name, constraint in _named(constraints):
        if name is None:
            assert constraint is not None
            nodes.append(constraint)
        else:
            inside = [] if constraint is None else [constraint]
            nodes.append(new(exp.Constraint, this=c.identifier(name), expressions=inside))
    return nodes


def primary_key(
    c: Context,
    _primary: int,
    _key: int,
    _open: int,
    columns: list[Expr],
    autoincrement: int | None,
    _close: int,
    conflict: int | None,
) -> Expr:
    refuse_explicit_nulls(columns)
    node = new(exp.PrimaryKey, expressions=columns)
    node._meta = {"autoincrement": autoincrement is not None}
    return _with_conflict(node, conflict, c)


def unique(
    c: Context, _unique: int, _open: int, columns: list[Expr], _close: int, conflict: int | None
) -> Expr:
    refuse_explicit_nulls(columns)
    return _with_conflict(new(exp.UniqueColumnConstraint, this=new(exp.Schema, expressions=columns)), conflict, c)


def table_check(
    c: Context, _check: int, opening: int, condition: Expr, closing: int, conflict: int | None
) -> Expr:
    return _with_conflict(column_check(c, 0, opening, condition, closing), conflict, c)


def table_option(c: Context, word: int, name: int | None = None) -> str:
    """``strict`` or ``without_rowid``."""
    if name is None:
        if c.word(word) == "STRICT":
            return "strict"
        raise SqlError(f"unknown table option: {c.texts[word]}")
    if c.word(name) != "ROWID":
        raise SqlError(f"unknown table option: {c.texts[name]}")
    return "without_rowid"


def refuse_listed_order(c: Context, name: int, *_: Any) -> int:
    raise SqlError(f'syntax error after column name "{c.texts[name]}"')


def refuse_explicit_nulls(columns: list[Expr]) -> None:
    """NULLS FIRST and LAST mean nothing in an index."""
    for term in columns:
        nulls = term.meta.get("explicit_nulls")
        if nulls:
            raise SqlError(f"unsupported use of NULLS {nulls}")


# ------------------------------------------------------------------------------------------------ DROP, ALTER


def drop(c: Context, _drop: int, kind: int, exists: int | None, table: Expr) -> Expr:
    node = new(exp.Drop, kind=c.word(kind), tables=[table])
    if exists is not None:
        node.args["exists"] = True
    return node


def _alter(table: Expr, action: Expr) -> Expr:
    return new(exp.Alter, this=table, kind="TABLE", actions=[action])


def _column_node(c: Context, name: int) -> Expr:
    return new(exp.Column, this=c.identifier(name))


def alter_rename(
    c: Context, _alter_word: int, _table: int, table: Expr, _rename: int, _to: int, name: int
) -> Expr:
    return _alter(table, new(exp.AlterRename, this=new(exp.Table, this=c.identifier(name))))


def alter_rename_column(
    c: Context, _a: int, _t: int, table: Expr, _rename: int, _column: int | None, old: int, _to: int, name: int
) -> Expr:
    return _alter(table, new(exp.RenameColumn, this=_column_node(c, old), to=_column_node(c, name)))


def alter_add(c: Context, _a: int, _t: int, table: Expr, _add: int, _word: int | None, column: Expr) -> Expr:
    assert column._meta is not None
    start, end = column._meta["span"]
    column._meta["text"] = c.sql[start:end]
    return _alter(table, column)


def alter_drop(c: Context, _a: int, _t: int, table: Expr, _drop: int, _word: int | None, name: int) -> Expr:
    return _alter(table, new(exp.Drop, kind="COLUMN", tables=[_column_node(c, name)]))


def alter_drop_constraint(
    c: Context, _a: int, _t: int, table: Expr, _drop: int, _word: int, name: int
) -> Expr:
    return _alter(table, new(exp.Drop, kind="CONSTRAINT", tables=[new(exp.Table, this=c.identifier(name))]))


def alter_add_named(c: Context, _a: int, _t: int, table: Expr, _add: int, _word: int, name: int, item: Expr) -> Expr:
    constraint = new(exp.Constraint, this=c.identifier(name), expressions=[item])
    constraint.meta["text"] = c.source(_add + 1, c.next)
    return _alter(table, constraint)


def alter_add_constraint(c: Context, _a: int, _t: int, table: Expr, _add: int, constraint: Expr) -> Expr:
    constraint.meta["text"] = c.source(_add + 1, c.next)
    return _alter(table, constraint)


def alter_set_default(
    c: Context, _a: int, _t: int, table: Expr, _alter_column: int, _word: int | None, name: int, _set: int, value: Expr
) -> Expr:
    action = new(exp.AlterColumn, this=_column_node(c, name), default=value.this)
    action.meta["text"] = c.source(_set + 1, c.next)
    return _alter(table, action)


def alter_drop_default(
    c: Context, _a: int, _t: int, table: Expr, _alter_column: int, _word: int | None, name: int, *_: int
) -> Expr:
    return _alter(table, new(exp.AlterColumn, this=_column_node(c, name), drop=True))


def alter_set_not_null(
    c: Context,
    _a: int,
    _t: int,
    table: Expr,
    _alter_column: int,
    _word: int | None,
    name: int,
    _set: int,
    _not: int,
    _null: int,
    conflict: int | None,
) -> Expr:
    action = new(exp.AlterColumn, this=_column_node(c, name), allow_null=False)
    action.meta["text"] = c.source(_set + 1, c.next)
    return _alter(table, _with_conflict(action, conflict, c))


def alter_drop_not_null(
    c: Context, _a: int, _t: int, table: Expr, _alter_column: int, _word: int | None, name: int, *_: int
) -> Expr:
    return _alter(table, new(exp.AlterColumn, this=_column_node(c, name), drop=True, allow_null=True))


def alter_type(
    c: Context, _a: int, _t: int, table: Expr, _alter_column: int, _word: int | None, name: int, _type: int,
    kind: str | None,
) -> Expr:
    if kind is None:
        raise SqlError(f'near "{c.texts[c.next]}": syntax error' if c.texts[c.next] else "incomplete input")
    return _alter(table, new(exp.AlterColumn, this=_column_node(c, name), dtype=data_type(c, kind)))


def alter_set_type(
    c: Context, _a: int, _t: int, table: Expr, _alter_column: int, _word: int | None, name: int, _set: int, _data: int,
    _type: int, kind: str | None,
) -> Expr:
    return alter_type(c, _a, _t, table, _alter_column, _word, name, _type, kind)
