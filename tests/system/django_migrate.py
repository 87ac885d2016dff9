"""Runs Django's own migrations, and those of django_shop, with the DB-API module that is named; what the database is
after each step is printed as JSON.

    python django_migrate.py sqlite3|mantisdb_dbapi PATH
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

STEPS = (
    ("migrate",), ("migrate", "django_shop", "0003"), ("migrate", "django_shop"), ("migrate", "auth", "0005"),
    ("migrate",), ("migrate", "redirects", "zero"), ("migrate", "django_shop", "zero"),
)


def _contents(connection: Any) -> dict[str, Any]:
    """The schema, and all rows, without the moments at which migrations were applied."""
    with connection.cursor() as cursor:
        schema = cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        rows = {}
        for kind, name, *_ in schema:
            if kind in ("table", "view") and name not in ("django_migrations", "sqlite_stat1"):
                rows[name] = sorted(map(repr, cursor.execute(f'SELECT * FROM "{name}"').fetchall()))
        rows["migrations"] = cursor.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        problems = cursor.execute("PRAGMA integrity_check").fetchall()
        problems += cursor.execute("PRAGMA foreign_key_check").fetchall()
    return {"schema": schema, "rows": rows, "problems": problems}


def main(module: str, path: str) -> None:
    """See the module's text."""
    database = importlib.import_module(module)
    if module != "sqlite3":
        database.dbapi2 = database
        sys.modules["sqlite3"] = sys.modules["sqlite3.dbapi2"] = database

    import django
    from django.conf import settings

    apps = [f"django.contrib.{name}" for name in
            ("contenttypes", "auth", "sessions", "admin", "sites", "flatpages", "redirects", "messages")]
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}},
        INSTALLED_APPS=[*apps, "django_shop"], SITE_ID=1, USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    found = []
    for step in STEPS:
        call_command(*step, verbosity=0)
        found.append(_contents(connection))
    connection.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
