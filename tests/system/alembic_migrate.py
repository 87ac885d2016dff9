"""Runs Alembic's batch migrations through SQLAlchemy's dialect of SQLite with the DB-API module that is named; what the
database is after each step is printed as JSON, with what autogenerate finds to differ from the tables as reflected.

    python alembic_migrate.py sqlite3|mantisdb_dbapi PATH
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations


def _create(op: Operations) -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("mail", sa.String(80)),
        sa.Column("kind", sa.Enum("free", "paid", name="kinds", create_constraint=True), server_default="free"),
        sa.UniqueConstraint("mail", name="uq_mail"),
        sa.CheckConstraint("length(mail) > 2", name="ck_mail"),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id", name="fk_account", ondelete="CASCADE")),
        sa.Column("amount", sa.Numeric(10, 2), server_default=sa.text("0")),
        sa.Column("made", sa.DateTime, server_default=sa.func.current_timestamp()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entry_account", "entry", ["account_id", sa.text("amount DESC")])
    op.create_index("ix_paid", "account", ["name"], unique=True, sqlite_where=sa.text("kind = 'paid'"))


def _fill(op: Operations) -> None:
    op.execute("INSERT INTO account (name, mail) VALUES ('Ann', 'a@x'), ('Bob', NULL), ('Cy', 'c@x')")
    rows = "SELECT id, id * 1.5, '2020-01-01' FROM account ORDER BY id"
    op.execute(f"INSERT INTO entry (account_id, amount, made) {rows}")
    op.execute("DELETE FROM entry WHERE account_id = 3")


def _add(op: Operations) -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("age", sa.Integer, server_default="7"))
        batch.add_column(sa.Column("boss", sa.Integer))
        batch.create_foreign_key("fk_boss", "account", ["boss"], ["id"])
        batch.create_check_constraint("ck_age", "age >= 0")
        batch.alter_column("name", new_column_name="full_name", type_=sa.Text, existing_nullable=False)
    op.add_column("entry", sa.Column("note", sa.String(20), nullable=True))


def _alter(op: Operations) -> None:
    with op.batch_alter_table("entry", recreate="always") as batch:
        batch.alter_column("amount", type_=sa.Float, nullable=False, existing_server_default=sa.text("0"))
        batch.drop_column("note")
        batch.drop_constraint("fk_account", type_="foreignkey")
        batch.create_foreign_key("fk_owner", "account", ["account_id"], ["id"], ondelete="SET NULL")
        batch.create_unique_constraint("uq_entry", ["account_id", "made"])
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint("uq_mail", type_="unique")
        batch.drop_index("ix_paid")
        batch.create_index("ix_mail", ["mail"], unique=True)


def _rename(op: Operations) -> None:
    op.drop_index("ix_entry_account", table_name="entry")
    op.rename_table("entry", "posting")
    op.execute("CREATE VIEW totals AS SELECT account_id, sum(amount) AS total FROM posting GROUP BY account_id")
    op.execute("ALTER TABLE posting RENAME COLUMN amount TO value")
    op.execute("INSERT INTO posting (account_id, value, made) VALUES (3, 8, '2021-02-02')")


def _drop(op: Operations) -> None:
    op.execute("DROP VIEW totals")
    with op.batch_alter_table("account", table_args=(sa.CheckConstraint("id > 0", name="ck_id"),)) as batch:
        batch.drop_column("boss")
        batch.alter_column("kind", existing_type=sa.String(4), server_default=None)
    op.drop_table("posting")


STEPS: tuple[Callable[[Operations], None], ...] = (_create, _fill, _add, _alter, _rename, _drop)


def _contents(connection: Any) -> dict[str, Any]:
    found = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    # Alembic keeps constraints in sets: the order of their lines is nobody's choice.
    schema = [[*row[:3], sorted(line.rstrip(", ") for line in (row[3] or "").splitlines())] for row in found]
    rows = {
        name: sorted(repr(tuple(row)) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"'))
        for kind, name, *_ in schema if kind in ("table", "view")
    }
    metadata = sa.MetaData()
    metadata.reflect(connection)
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    rows["differences"] = list(map(repr, compare_metadata(context, metadata)))
    rows["reflected"] = [
        [
            f"{table.name}.{c.name}", repr(c.type), c.nullable, c.primary_key,
            sorted(key.target_fullname for key in c.foreign_keys),
            None if c.server_default is None else str(c.server_default.arg),
        ]
        for table in metadata.sorted_tables for c in table.columns
    ]
    problems = [list(row) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    problems += [list(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return {"schema": schema, "rows": rows, "problems": problems}


def main(module: str, path: str) -> None:
    """See the module's text."""
    engine = sa.create_engine(f"sqlite:///{path}", module=importlib.import_module(module))
    found = []
    for step in STEPS:
        with engine.begin() as connection:
            step(Operations(MigrationContext.configure(connection, opts={"render_as_batch": True})))
        with engine.connect() as connection:
            found.append(_contents(connection))
    engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
