"""Scripts in data/*.sql give on MantisDB what they give on SQLite, statement by statement."""

from __future__ import annotations

import pytest
from side_by_side import DATA, Pair, statements_of

from mantisdb_sql.changes import bulk

SCRIPTS = sorted(DATA.glob("change_*.sql"))


@pytest.mark.parametrize("fewest", [1, bulk.FEWEST_ROWS], ids=["batches of any size", "large batches"])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_gives_what_sqlite_gives(path, fewest, monkeypatch):
    monkeypatch.setattr(bulk, "FEWEST_ROWS", fewest)
    pair = Pair()
    differences = [pair.difference(sql) for sql in statements_of(path)]
    pair.check()
    found = [d for d in differences if d is not None]
    assert not found, f"{len(found)} of {len(differences)} statements differ:\n" + "\n".join(found)
