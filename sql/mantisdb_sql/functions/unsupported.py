"""Functions of SQLite that MantisDB does not have: a call is "not supported", not "no such function".

They are those of the reference build (https://www.sqlite.org/fts5.html, fts3.html, rtree.html,
geopoly.html); all belong to virtual tables that there are none of here.
"""

from __future__ import annotations

__all__ = ["is_known_to_sqlite"]

_NAMES = frozenset(
    [
        "bm25", "fts3_tokenizer", "fts5", "fts5_get_locale", "fts5_insttoken", "fts5_locale", "fts5_source_id",
        "highlight", "matchinfo", "offsets", "optimize", "snippet",
        "rtreecheck", "rtreedepth", "rtreenode",
        *(f"geopoly_{name}" for name in (
            "area", "bbox", "blob", "ccw", "contains_point", "debug", "group_bbox", "json", "overlap", "regular",
            "svg", "within", "xform",
        )),
    ]
)  # fmt: skip


def is_known_to_sqlite(name: str) -> bool:
    """Whether SQLite has a function of this (lower-case) name that is missing here."""
    return name in _NAMES
