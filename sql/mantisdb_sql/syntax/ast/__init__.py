"""The AST: sqlglot's nodes, as MantisDB's parser builds them. This table is the contract with the binder.

Only sqlglot's own classes appear, never subclasses of them (so that the compiled nodes of sqlglotc work too). What has
no natural place in a node's args is in ``node.meta``; arguments that do not apply are absent or None. ``exp.`` is left
out below, ``[x]`` is a list of x, ``?`` marks what may be absent.

Spans
-----
Offsets are into the whole text given to the parser, start inclusive, end exclusive.

- Every expression, result column, Table, Identifier and statement: ``meta["span"] = (start, end)``: from its first
  token to its last, comments inside included.
- ``Select.meta["columns"]`` and ``Returning.meta["columns"]`` are lists parallel to ``expressions`` of (start, end):
  the text after which SQLite names an unaliased result column (it can reach further than the span: a comment that
  follows the expression belongs to the name).
- ``Literal.meta["token"]``: index of the literal's token in the statement (white space and comments are not counted).
  The k-th value of :func:`mantisdb_sql.syntax.lexer.shape` is that of token ``ParsedStatement.literal_tokens[k]``.

Names
-----
==================================  ==================================================================================
name                                Identifier(this=text unquoted, quoted=bool), meta["quote"]: '"', '[', '`', "'" or ''
column                              Column(this=Identifier, table?=Identifier, db?=Identifier). ``true``, ``false`` and
                                    ``rowid`` are columns too. Only quote '"' may fall back to a string (binder)
``*`` / ``t.*``                     Star() / Column(this=Star(), table=Identifier)
table in FROM, INTO, DDL …          Table(this=Identifier, db?=Identifier, alias?=TableAlias(this=Identifier),
                                    indexed?=Table(this=Identifier) for INDEXED BY, False for NOT INDEXED)
type of a column or CAST            DataType(this=DType.USERDEFINED, kind=text as typed, white space between its tokens
                                    as in the source). No type: no node (ColumnDef) or kind="" (CAST)
==================================  ==================================================================================

Expressions
-----------
==================================  ==================================================================================
``NULL``                            Null()
number                              Literal(this=text as typed, is_string=False): "1", ".5", "0x10", "1_000", "1e3"
string                              Literal(this=value, is_string=True)
``x'00ff'``                         HexString(this="00ff" as typed)
``?`` ``?5`` ``:a`` ``@a`` ``$a``   Placeholder(this=name without its sign, or None for ``?``), meta["name"]: full
                                    spelling ("?", "?5", ":a", "$a::b(c)"), meta["index"]: bind slot, 1-based, as SQLite
                                    numbers them
``CURRENT_TIME`` / DATE / TIMESTAMP CurrentTime() / CurrentDate() / CurrentTimestamp()
``(x)``                             Paren(this=x); ``(x, y)`` Tuple(expressions=[…]); ``(SELECT …)``
Subquery(this=query) ``-x`` ``~x`` ``NOT x`` ``+x``      Neg, BitwiseNot, Not (this=x); Anonymous(this="+",
expressions=[x]). ``-5`` is
                                    Neg(Literal)
``AND`` ``OR``                      And, Or (this, expression): left-deep, see :func:`flatten`
``= == <> != < <= > >=``            EQ, EQ, NEQ, NEQ, LT, LTE, GT, GTE (this, expression)
``x IS NULL``, ``x ISNULL``         Is(this=x, expression=Null())
``x IS NOT NULL``, ``x NOTNULL``,   Not(this=Is(this=x, expression=Null())), meta["infix"] = True
``x NOT NULL``
``x IS y``, ``IS NOT DISTINCT FROM``  NullSafeEQ(this, expression)
``x IS NOT y``, ``IS DISTINCT FROM``  NullSafeNEQ(this, expression)
``+ - * / % & | << >> ||``          Add, Sub, Mul, Div, Mod, BitwiseAnd, BitwiseOr, BitwiseLeftShift,
                                    BitwiseRightShift, DPipe (this, expression)
``->`` ``->>``                      JSONExtract, JSONExtractScalar (this, expression: any expression, never a JSONPath)
``x LIKE y``, GLOB, REGEXP, MATCH   Like, Glob, RegexpLike, Match (this, expression); with ``ESCAPE e``:
                                    Escape(this=that node, expression=e)
``x NOT LIKE y`` … NOT IN, BETWEEN  Not(this=the positive node), meta["infix"] = True
``x BETWEEN a AND b``               Between(this, low, high)
``x IN (a, b)``, ``x IN ()``        In(this, expressions=[…])
``x IN (SELECT …)``                 In(this, query=Subquery(this=query)); x may be a Tuple
``x IN s.t``, ``x IN s.f(a)``       In(this, field=Table(…)); Table.this is Anonymous(f, args) for a table function
``EXISTS (SELECT …)``               Exists(this=query)
``CASE b WHEN c THEN v ELSE d END`` Case(this?=b, ifs=[If(this=c, true=v)], default?=d)
``CAST(x AS type)``                 Cast(this=x, to=DataType)
``x COLLATE name``                  Collate(this=x, expression=Identifier)
``RAISE(IGNORE)``                   Anonymous(this="RAISE", expressions=[Var("IGNORE")]); else
                                    [Var("ABORT" | "FAIL" | "ROLLBACK"), message expression]
any other call ``f(a, b)``          Anonymous(this=name unquoted, expressions=[…]), meta["quote"] as an Identifier's
``f(*)`` / ``f(DISTINCT a, b)``     expressions=[Star()] / expressions=[Distinct(expressions=[a, b])] (ALL: as without)
``f(a, b ORDER BY c)``              expressions=[a, Order(this=b, expressions=[Ordered])]: the last argument (or the
                                    Distinct) is wrapped; this=None where there are no arguments
``f(…) FILTER (WHERE c)``           Filter(this=call, expression=Where(this=c))
``f(…) OVER (…)``                   Window(this=call or Filter, partition_by?=[…], order?=Order, spec?=WindowSpec,
                                    alias?=Identifier of the base window, over="OVER")
``f(…) OVER w``                     Window(this=…, alias=Identifier, over="OVER"), meta["bare"] = True
frame                               WindowSpec(kind="ROWS" | "RANGE" | "GROUPS", start, start_side, end?, end_side?,
                                    exclude?=Var("NO OTHERS" | "CURRENT ROW" | "GROUP" | "TIES")); a bound is
                                    "UNBOUNDED", "CURRENT ROW" or an expression; side "PRECEDING", "FOLLOWING", None
sort term                           Ordered(this=x, desc=bool, nulls_first=bool), meta["explicit_nulls"] = "FIRST" |
                                    "LAST" where it was written, meta["explicit_asc"] = True where ASC was written
==================================  ==================================================================================

Queries
-------
==================================  ==================================================================================
``SELECT``                          Select(with_?, distinct?=Distinct(), expressions=[result], from_?=From(this=source),
                                    joins?=[Join], where?=Where(this), group?=Group(expressions=[…]),
                                    having?=Having(this), windows?=[Window(this=Identifier, …)],
                                    order?=Order(expressions =[Ordered]), limit?=Limit(expression),
                                    offset?=Offset(expression)). The result ``LIMIT a, b`` is limit=b, offset=a. SELECT
                                    ALL: meta["all"]
result column                       the expression, Star, or Alias(this=expression, alias=Identifier)
``VALUES (…), (…)``                 Values(expressions=[Tuple]), also as an operand of UNION and in WITH;
                                    meta["behind_with"] = True where WITH was met before several rows
``UNION [ALL]``, EXCEPT, INTERSECT  Union(distinct=bool), Except, Intersect (this, expression, with_?, order?, limit?,
                                    offset?): left-deep, see :func:`flatten`
``WITH``                            With(expressions=[CTE(this=query, alias=TableAlias(this=Identifier,
                                    columns?=[Identifier]), materialized?=True | False)], recursive?=True); `this` of a
                                    CTE is always a Select, Values, Union, Except or Intersect
source in FROM                      Table; Table(this=Anonymous(f, args), …) for a table function;
                                    Subquery(this=query, alias?); Subquery(this=source, alias?) for ``(a JOIN b)``,
                                    whose further joins are in that source's ``joins`` arg
``a , b``                           Join(this=b), meta["op"] = ","  (ON/USING are possible here too)
``a JOIN b``, INNER JOIN            Join(this=b, kind="INNER"); CROSS JOIN kind="CROSS"
``a LEFT [OUTER] JOIN b``           Join(this=b, side="LEFT" | "RIGHT" | "FULL")
NATURAL                             method="NATURAL"; ON on=expression; USING using=[Identifier]
==================================  ==================================================================================

Data changes
------------
==================================  ==================================================================================
``INSERT``                          Insert(with_?, this=Table or Schema(this=Table, expressions=[Identifier]),
                                    expression=Values | query, default=True for DEFAULT VALUES,
                                    alternative?="ABORT" | "FAIL" | "IGNORE" | "REPLACE" | "ROLLBACK",
                                    conflict?=OnConflict, or [OnConflict] where there are several (:func:`upserts`),
                                    returning?=Returning(expressions=[result])). REPLACE INTO: alternative="REPLACE",
                                    meta["replace"] = True
``ON CONFLICT``                     OnConflict(conflict_keys?=[Ordered], index_predicate?=Where, action=Var("DO
                                    NOTHING" | "DO UPDATE"), expressions?=[assignment], where?=Where)
assignment                          EQ(this=Column(this=Identifier), expression); several columns: this=Tuple([Column])
``UPDATE``                          Update(with_?, this=Table, expressions=[assignment], from_?=From(this=source, whose
                                    ``joins`` arg has further sources), where?, returning?), meta["conflict"] =
                                    "IGNORE" … where OR was written
``DELETE``                          Delete(with_?, this=Table, where?, returning?)
==================================  ==================================================================================

Schema
------
Every Create has meta["sql"]: the text for sqlite_schema ("CREATE TABLE " + source from the object's name on), and
meta["temporary"] = True for TEMP.

==================================  ==================================================================================
``CREATE TABLE``                    Create(kind="TABLE", exists?=True, this=Schema(this=Table, expressions=[ColumnDef |
                                    table constraint]), properties?), meta["strict"], meta["without_rowid"]
``CREATE TABLE … AS``               Create(kind="TABLE", this=Table, expression=query)
column                              ColumnDef(this=Identifier, kind?=DataType, constraints=[ColumnConstraint(
                                    this?=Identifier its name, kind=one of the next)]); ``CONSTRAINT x`` with nothing
                                    after it: kind=None
…NOT NULL, NULL                     NotNullColumnConstraint(), …(allow_null=True); meta["conflict"] where ON CONFLICT
…PRIMARY KEY                        PrimaryKeyColumnConstraint(desc?=True), meta["autoincrement"], meta["conflict"]
…UNIQUE                             UniqueColumnConstraint(), meta["conflict"]
…CHECK (x)                          CheckColumnConstraint(this=x), meta["text"] = source between the parentheses
…DEFAULT x                          DefaultColumnConstraint(this=x), meta["text"] = source as SQLite keeps it (without
                                    parentheses); ``DEFAULT (x)`` this=x without Paren; ``DEFAULT word``: this=
                                    Literal(word, is_string=True) with meta["word"] = True; ``DEFAULT -5``: Neg(Literal)
…COLLATE c                          CollateColumnConstraint(this=Identifier)
…REFERENCES t(a)                    Reference(this=Table or Schema(this=Table, expressions=[Identifier])), meta:
                                    "on_delete", "on_update" ("CASCADE" | "SET NULL" | "SET DEFAULT" | "RESTRICT" |
                                    "NO ACTION" | None), "match", "deferrable" (True | False | None), "initially"
                                    ("DEFERRED" | "IMMEDIATE" | None)
…[NOT] DEFERRABLE … on its own      no node: meta "deferrable", "initially" of the Reference before it (as SQLite has it)
…[GENERATED ALWAYS] AS (x)          ComputedColumnConstraint(this=x, persisted=bool), meta["text"]
table constraints                   each as below, or Constraint(this=Identifier, expressions=[it]) when named
…PRIMARY KEY (a DESC, b)            PrimaryKey(expressions=[Ordered]), meta["autoincrement"], meta["conflict"]
…UNIQUE (a, b)                      UniqueColumnConstraint(this=Schema(expressions=[Ordered])), meta["conflict"]
…CHECK (x)                          CheckColumnConstraint(this=x), meta["text"], meta["conflict"]
…FOREIGN KEY (a) REFERENCES …       ForeignKey(expressions=[Identifier], reference=Reference)
``CREATE INDEX``                    Create(kind="INDEX", unique=bool, exists?=True, this=Index(this=Identifier,
                                    db?=Identifier, table=Table, params=IndexParameters(columns=[Ordered],
                                    where?=Where)))
``CREATE VIEW``                     Create(kind="VIEW", exists?, this=Table or Schema(this=Table, expressions=
                                    [Identifier]), expression=query)
``CREATE TRIGGER``                  Create(kind="TRIGGER", exists?, this=Table(this=name), properties=Properties([
                                    TriggerProperties(table=Table, timing="BEFORE" | "AFTER" | "INSTEAD OF" | "",
                                    events=[TriggerEvent(this="DELETE" | "INSERT" | "UPDATE", columns?=[Identifier])],
                                    when?=expression, execute=Block(expressions=[statement]))])), meta["for_each_row"]
``CREATE VIRTUAL TABLE``            Create(kind="VIRTUAL TABLE", exists?, this=Table), meta["module"] = name,
                                    meta["arguments"] = [text of each argument]
``DROP``                            Drop(kind="TABLE" | "INDEX" | "VIEW" | "TRIGGER", tables=[Table], exists?=True)
``ALTER TABLE t …``                 Alter(this=Table, kind="TABLE", actions=[one]): AlterRename(this=Table(new name)),
                                    RenameColumn(this=Column, to=Column), ColumnDef (meta["text"] its source),
                                    Drop(kind="COLUMN", tables=[Column]), Drop(kind="CONSTRAINT", tables=[Table(name)]),
                                    Constraint or CheckColumnConstraint (ADD CHECK), AlterColumn(this=Column,
                                    allow_null=False), meta["conflict"] (SET NOT NULL), AlterColumn(this=Column,
                                    drop=True, allow_null=True) (DROP NOT NULL), AlterColumn(this=Column,
                                    dtype=DataType) (TYPE)
==================================  ==================================================================================

Everything else
---------------
==================================  ==================================================================================
``BEGIN``                           Transaction(this?="DEFERRED" | "IMMEDIATE" | "EXCLUSIVE")
``COMMIT``, ``END``                 Commit()
``ROLLBACK [TO x]``                 Rollback(savepoint?=Identifier)
``SAVEPOINT x``, ``RELEASE x``      Command(this="SAVEPOINT" | "RELEASE", expression=Identifier)
``PRAGMA s.n = v``, ``n(v)``, ``n`` Pragma(this=Var(name)), meta["name"], meta["schema"]?, meta["value"]? (text,
unquoted,
                                    with its sign), meta["form"]: "=", "(" or ""
``EXPLAIN s``                       Command(this="EXPLAIN" | "EXPLAIN QUERY PLAN", expression=statement)
``ATTACH f AS n [KEY k]``           Attach(this=Alias(this=expression, alias=expression), key?=expression)
``DETACH n``                        Detach(this=expression)
``VACUUM [s] [INTO f]``             Command(this="VACUUM", expression?=Identifier, into?=expression)
``REINDEX [s.n]``                   Command(this="REINDEX", expression?=Table)
``ANALYZE [s.n]``                   Analyze(tables=[] or [Table])
==================================  ==================================================================================
"""

# ruff: noqa: E501
from __future__ import annotations

from sqlglot import exp


def flatten(node: exp.Expr, cls: type[exp.Expr]) -> list[exp.Expr]:
    """The operands of a left-deep chain of ``cls`` nodes (And, Or, Add, DPipe, Union …), from left to right.

    Iterative, for chains of any length; a right operand of the same class is one operand. For compound queries pass
    the class of the outermost operator: a chain ends where the operator (or Union's ``distinct``) changes.
    """
    operands: list[exp.Expr] = []
    distinct = node.args.get("distinct")
    while type(node) is cls and node.args.get("distinct") == distinct:
        operands.append(node.args["expression"])
        node = node.args["this"]
    operands.append(node)
    operands.reverse()
    return operands


def upserts(insert: exp.Insert) -> list[exp.OnConflict]:
    """The ON CONFLICT clauses of an INSERT, in order."""
    conflict = insert.args.get("conflict")
    if conflict is None:
        return []
    return conflict if isinstance(conflict, list) else [conflict]


def known_as(table: exp.Table) -> str:
    """What a statement calls a table that it changes: its alias, else its name as the statement gives it."""
    alias = table.args.get("alias")
    return written_name(table) if alias is None else str(alias.this.name)


def written_name(table: exp.Table) -> str:
    """A table's name as the statement gives it, with its database where that is there."""
    database = table.args.get("db")
    return table.name if database is None else f"{database.name}.{table.name}"
