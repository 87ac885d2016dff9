"""Changes of an object's own members in plain JSON text, around the exact edits of JSONB.

The members of an object without escapes are taken apart as texts, replaced, added behind the others or left out, and
joined again. All other paths and documents go the exact way, as does what is not said here about values.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from mantisdb_sql.functions.json_arguments import as_element
from mantisdb_sql.functions.json_each_plain import members_without_twins
from mantisdb_sql.functions.json_path import rooted
from mantisdb_sql.functions.json_plain import NotPlain, is_plain_label, minified
from mantisdb_sql.functions.jsonb import MAX_DEPTH, text_at

__all__ = ["plainly_changed", "plainly_removed"]


def plainly_changed(value: Any, pairs: Iterable[tuple[Any, Any]], *, replaces: bool, creates: bool) -> str:
    """json_set(), json_insert() or json_replace(); NotPlain, or one of msgspec's errors."""
    members = _members(value)
    for path, new in pairs:
        label, text = _label(path), text_at(as_element(new), 0)
        if replaces if label in members else creates:
            members[label] = text
    return _joined(members)


def plainly_removed(value: Any, paths: Iterable[Any]) -> str:
    """json_remove(), likewise."""
    members = _members(value)
    for path in paths:
        members.pop(_label(path), None)
    return _joined(members)


def _members(value: Any) -> dict[str, str]:
    if value.__class__ is not str or "\\" in value or len(value) > 2 * MAX_DEPTH:
        raise NotPlain
    labels, texts = members_without_twins(value.encode())
    return {label: minified(text).decode() for label, text in zip(labels, texts, strict=True)}


def _joined(members: dict[str, str]) -> str:
    return "{" + ",".join([f'"{label}":{text}' for label, text in members.items()]) + "}"


def _label(path: Any) -> str:
    label = _label_of(path) if path.__class__ is str else None
    if label is None:
        raise NotPlain
    return label


@lru_cache(maxsize=512)
def _label_of(path: str) -> str | None:
    """The label of a path of one plain label."""
    steps = rooted(path)
    if steps is None or len(steps) != 1:
        return None
    step = steps[0]
    if step is None or not step.is_label or not step.spelt or step.key is None or not is_plain_label(step):
        return None
    return step.label.decode("utf-8", "surrogateescape")
