"""Scripts in data/*.sql give on MantisDB what they give on SQLite, statement by statement."""

from __future__ import annotations

import pytest
from side_by_side import DATA, Pair, statements_of

from mantisdb_sql.changes import bulk

SCRIPTS = sorted(DATA.glob("change_*.sql"))


@pytest.mark.parametrize("is_file", [False, True], ids=["memory, any batch", "file, large batches"])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_gives_what_sqlite_gives(path, is_file, monkeypatch, tmp_path):
    if is_file and path.stem == "change_pragma":
        pytest.skip("PRAGMAs tell of the file, which the other side has not")
    if not is_file:
        monkeypatch.setattr(bulk, "FEWEST_ROWS", 1)
    pair = Pair(str(tmp_path / "a.db") if is_file else None)
    differences = [pair.difference(sql) for sql in statements_of(path)]
    pair.check()
    found = [d for d in differences if d is not None]
    assert not found, f"{len(found)} of {len(differences)} statements differ:\n" + "\n".join(found)
