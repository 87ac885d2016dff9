"""ALTER TABLE … RENAME: new names in the texts of all that names what gets them.

The texts are edited as SQLite edits them (alter.c). A new name of a table stands in double quotes; one of a column as
it was typed, in double quotes where that or the name before has quotes. Where a column is renamed or dropped, strings
in double quotes get single ones first, so that none can be taken for a column afterwards. With PRAGMA
legacy_alter_table, only what belongs to a renamed table gets its new name, and REFERENCES only while foreign keys are
enforced.

Unlike SQLite, whose texts say then what they did not say before, ``excluded`` in an upsert stays ``excluded``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mantisdb_sql.binding.mentions import Mentions, Span
from mantisdb_sql.binding.query import SelectBinder
from mantisdb_sql.catalog.definitions import SCHEMA_TREE, Catalog, TableDef
from mantisdb_sql.catalog.schema_tree import define_index, define_table, tree_in
from mantisdb_sql.changes.computed_indexes import index_terms, row_source
from mantisdb_sql.changes.table_expressions import check_definition
from mantisdb_sql.codegen.dml import widen_for_row
from mantisdb_sql.context import CompileContext
from mantisdb_sql.ddl.create_drop import check_name, start_schema_change
from mantisdb_sql.ddl.schema_names import ErrorsOf, SchemaNames, SchemaRow, check_names, schema_rows
from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax.parser import parse_statement
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["check_schema", "quote_strings", "rename_column", "rename_table", "rewrite"]

Edits = dict[Span, str]
"""What comes where."""


def rewrite(txn: Any, slot: int, key: int, row: SchemaRow) -> None:
    """Put another row in the place of one of a database's sqlite_schema."""
    schema = tree_in(slot, SCHEMA_TREE)
    widen_for_row(txn, schema, row)
    txn.put(schema, key, row)


def _edited(text: str, edits: Edits) -> str:
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _renamed(sql: str, span: Span, name: str, quoted: bool) -> str:
    """A new name for the one at ``span``; what follows in double quotes must not become a part of it."""
    first = sql[span[0]]
    if not quoted and (first.isalnum() or first in "_$" or first > "\x7f"):
        return name
    return '"' + name.replace('"', '""') + '"' + (" " if sql[span[1] : span[1] + 1] == '"' else "")


def _string_edits(sql: str, mentions: Mentions) -> Edits:
    edits = {}
    for span, value in mentions.strings.items():
        after = " " if sql[span[1] : span[1] + 1] == "'" else ""
        edits[span] = "'" + value.replace("'", "''") + "'" + after
    return edits


def quote_strings(session: Session, txn: Any, whole: Catalog, database: str) -> None:
    """Give strings in double quotes single ones, in all texts of a database and of TEMP."""
    names = SchemaNames(session, txn, whole)
    start_schema_change(txn)
    for catalog in names.catalogs(database):
        for key, row in schema_rows(txn, catalog.slot):
            if row[4] is not None:
                edits = _string_edits(row[4], _known(names, catalog, row))
                if edits:
                    rewrite(txn, catalog.slot, key, (*row[:4], _edited(row[4], edits)))


def _known(names: SchemaNames, catalog: Catalog, row: SchemaRow) -> Mentions:
    """What the names in a text mean, where all mean something; that has been looked at before, but for PRAGMA
    legacy_alter_table, and SQLite has no better message then."""
    try:
        return names.of(catalog, row)
    except SqlError as error:
        if names.session.settings.get("legacy_alter_table") and type(error) is SqlError:
            raise SqlError("SQL logic error") from None
        raise


# ------------------------------------------------------------------------------------------------------ tables


def refuse_name(whole: Catalog, database: str, name: str) -> None:
    """Refuse a name that something in a database has."""
    own = whole.of(database)
    assert own is not None
    if own.table(name) is not None or own.view(name) is not None or lower_ascii(name) in own.indexes:
        raise SqlError(f"there is already another table or index with this name: {name}")


def rename_table(session: Session, txn: Any, whole: Catalog, table: TableDef, name: str) -> None:
    """RENAME TO."""
    own = whole.of(table.database)
    assert own is not None
    check_name(name)
    names = SchemaNames(session, txn, whole)
    after = replace(names, when="after rename")  # how SQLite words what it finds first in TEMP texts of this table
    changed = []
    for catalog in names.catalogs(table.database):
        for key, row in schema_rows(txn, catalog.slot):
            if row[4] is not None and (catalog is own or row[0] in ("view", "trigger")):
                is_own = catalog is own or lower_ascii(row[2]) != lower_ascii(table.name)
                spans = _table_names(names if is_own else after, catalog, row, table)
                edits = {span: _renamed(row[4], span, name, True) for span in spans}
                sql = _edited(row[4], edits)
            else:
                sql = row[4]
            changed.append((catalog.slot, key, (*_owned(whole, catalog, row, table, name), row[3], sql)))
    start_schema_change(txn)
    for slot, key, new in changed:
        rewrite(txn, slot, key, new)
    sequence = own.table("sqlite_sequence")
    if sequence is not None:
        for keys, rows in list(txn.trees[sequence.tree_id].scan()):
            for key, row in list(zip(keys, rows, strict=True)):
                if row[0] == table.name:
                    txn.put(sequence.tree_id, key, (name, *row[1:]))
    if session.settings.get("legacy_alter_table"):
        for has_strings in (True, False):
            check_definitions(session, txn, session.catalog(txn.trees), "after rename", has_strings=has_strings)
    check_names(session, txn, table.database, "after rename")


def _table_names(names: SchemaNames, catalog: Catalog, row: SchemaRow, table: TableDef) -> list[Span]:
    """Where a text names a table that gets a new name."""
    if not names.session.settings.get("legacy_alter_table"):
        return [span for span, found in names.of(catalog, row).tables.items() if found is table]
    created = parse_statement(row[4]).node
    assert isinstance(created, exp.Create)
    if row[0] == "trigger":
        trigger = catalog.triggers[lower_ascii(row[1])]
        is_on = trigger.table == lower_ascii(table.name) and names.whole.database_of(trigger) == table.database
        target = created.args["properties"].expressions[0].args["table"]
        return [target.this.meta["span"]] if is_on else []
    is_of_table = row[0] != "view" and lower_ascii(row[2]) == lower_ascii(table.name)
    found = [next(created.find_all(exp.Table))] if is_of_table else []
    if names.session.keys.enabled:
        targets = [node.this for node in created.find_all(exp.Reference)]
        parents = [target.this if isinstance(target, exp.Schema) else target for target in targets]
        found += [parent for parent in parents if lower_ascii(parent.name) == lower_ascii(table.name)]
    return [node.this.meta["span"] for node in found]


def _owned(whole: Catalog, catalog: Catalog, row: SchemaRow, table: TableDef, name: str) -> tuple[str, str, str]:
    """The first columns of a row of the schema once the table has its new name."""
    kind, own_name, table_name = row[:3]
    if kind == "view" or lower_ascii(table_name) != lower_ascii(table.name):
        return kind, own_name, table_name
    if catalog.name != table.database:
        trigger = catalog.triggers.get(lower_ascii(own_name))
        is_on = kind == "trigger" and trigger is not None and whole.database_of(trigger) == table.database
        return kind, own_name, name if is_on else table_name
    if kind == "trigger" and whole.database_of(catalog.triggers[lower_ascii(own_name)]) != table.database:
        return kind, own_name, table_name
    if kind == "table":
        own_name = name
    elif kind == "index" and row[4] is None:
        own_name = f"sqlite_autoindex_{name}_{own_name.rpartition('_')[2]}"
    return kind, own_name, name


# ----------------------------------------------------------------------------------------------------- columns


def rename_column(session: Session, txn: Any, whole: Catalog, table: TableDef, action: exp.RenameColumn) -> None:
    """RENAME COLUMN."""
    target = action.args["to"].this
    name: str = target.name
    position = table.position(action.this.name)
    assert position is not None
    check_names(session, txn, table.database, "")
    names, context = SchemaNames(session, txn, whole), _context(session, txn, whole)
    changed = []
    for catalog in names.catalogs(table.database):
        for key, row in schema_rows(txn, catalog.slot):
            if row[4] is None:
                continue
            mentions = _known(names, catalog, row)
            edits = _string_edits(row[4], mentions)
            if edits and row[0] == "index" and lower_ascii(row[2]) == lower_ascii(table.name):
                _check_definition(context, _edited(row[4], edits), row, {lower_ascii(row[2]): table}, "")
            for span, meaning in mentions.columns.items():
                if meaning == (table, position):
                    edits[span] = _renamed(row[4], span, name, bool(target.args.get("quoted")))
            if edits:
                changed.append((catalog.slot, key, (*row[:4], _edited(row[4], edits))))
    start_schema_change(txn)
    for slot, key, new in changed:
        rewrite(txn, slot, key, new)
    check_schema(session, txn, names.catalogs(table.database), "after rename")


def check_schema(session: Session, txn: Any, catalogs: Sequence[Catalog], when: str) -> None:
    """Refuse texts that say nothing any more, once some in ``catalogs``, a database's and TEMP's, are others: a column
    may be gone, a name be there twice, and a string that was indexed is none when it has single quotes. As in SQLite,
    which reads tables and indexes again and then looks at all there is, these are looked at twice; the second time,
    nothing in double quotes is a string."""
    for catalog in catalogs:
        check_definitions(session, txn, catalog, when, has_strings=True)
    names = SchemaNames(session, txn, session.catalog(txn.trees), when)
    for catalog in names.catalogs(catalogs[0].name):
        check_definitions(session, txn, catalog, when, names=names)


def check_definitions(
    session: Session, txn: Any, catalog: Catalog, when: str, *, has_strings: bool = False,
    names: SchemaNames | None = None,
) -> None:
    """As :func:`check_schema`, of the tables and indexes of a database; with ``names``, of its views and triggers too.
    """
    tables: dict[str, TableDef] = {}
    context = _context(session, txn, catalog, has_strings)
    if session.settings.get("legacy_alter_table"):
        names = None
    for _, row in schema_rows(txn, catalog.slot):
        if row[0] in ("table", "index") and row[4] is not None:
            _check_definition(context, row[4], row, tables, when)
        if row[0] == "table":
            with ErrorsOf("table", row[1], when):
                check_definition(session, txn.trees, catalog, tables[lower_ascii(row[1])], has_strings)
        if names is not None and row[0] in ("view", "trigger"):
            names.of(catalog, row)


def _context(session: Session, txn: Any, catalog: Catalog, has_strings: bool = False) -> CompileContext:
    """What definitions are bound in; without ``has_strings``, nothing in double quotes is a string."""
    return CompileContext(
        catalog, txn.trees, session.functions, double_quoted_strings=has_strings, mentions=Mentions()
    )


def _check_definition(
    context: CompileContext, sql: str, row: SchemaRow, tables: dict[str, TableDef], when: str
) -> None:
    """Refuse the text of a table, or of an index of one of ``tables``, to which the table is added."""
    created = parse_statement(sql).node
    assert isinstance(created, exp.Create)
    kind, name, table_name = row[:3]
    with ErrorsOf(kind, name, when):
        if kind == "table":
            tables[lower_ascii(name)] = define_table(created, name, 0)
        else:
            table = tables[lower_ascii(table_name)]
            index, binder = define_index(created, table, name, 0), SelectBinder(context)
            index_terms(binder, index, row_source(binder.next_source(), table, table.name, []))
