"""The JSON functions (https://sqlite.org/json1.html), exactly as SQLite has them.

NULL for the JSON gives NULL. What is damaged, and a path that is none, raise SQLite's errors. A ``json_`` function
gives text, its ``jsonb_`` twin the same as JSONB; see :mod:`mantisdb_sql.functions.json_arguments` on texts that are
JSON, and :mod:`mantisdb_sql.functions.json_plain` on the quick ways around the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions import inline, json_plain
from mantisdb_sql.functions.definition import Batched, ClassRule, FunctionDef
from mantisdb_sql.functions.json_arguments import Json, argument_text, as_document, as_element, as_json, json_string
from mantisdb_sql.functions.json_batches import Follow, follow, many_texts
from mantisdb_sql.functions.json_edit_plain import plainly_changed, plainly_removed
from mantisdb_sql.functions.json_patch import patched
from mantisdb_sql.functions.json_path import Editor, PathError, Steps, abbreviated, array_count, lookup, rooted
from mantisdb_sql.functions.json_text import error_position, parsed
from mantisdb_sql.functions.jsonb import (
    ARRAY,
    TYPE_NAMES,
    Malformed,
    first_error,
    is_jsonb,
    payload,
    pretty_text,
    text_at,
    value_at,
)
from mantisdb_sql.values.rules import as_integer
from mantisdb_sql.values.storage import ANY, BLOB, INTEGER, NULL, NUMBER, SMALL, TEXT

__all__ = ["JSON_SCALARS", "extract", "extract_json", "extract_sql", "text_to_jsonb"]


def _steps(path: str) -> Steps:
    steps = rooted(path)
    if steps is None:
        raise PathError(path)
    return steps


def _find_plain(value: str, path: Any) -> bytes | None:
    """The text of the element at a path in plain JSON."""
    find = json_plain.finder(path) if path.__class__ is str else None
    if find is None:
        raise json_plain.NotPlain
    return find(value)


def text_to_jsonb(text: str) -> bytes:
    """JSON that was made here, as JSONB; where a damaged JSONB went into it, Malformed (SQLite gives another damaged
    one)."""
    return parsed(text).blob


# ------------------------------------------------------------------------------------------------- whole values


def json(value: Any) -> str | None:
    """json(x): minified and canonical."""
    if value.__class__ is str:
        try:
            json_plain.valid(value)
            return json_plain.minified(value.encode()).decode()
        except json_plain.FAILURES:
            pass
    return None if value is None else text_at(as_document(value).blob, 0)


def jsonb(value: Any) -> bytes | None:
    """jsonb(x)."""
    return None if value is None else as_document(value).blob


def json_quote(value: Any) -> str:
    """json_quote(x): an SQL value as JSON."""
    return as_json(value)


def json_array(*values: Any) -> str:
    """json_array(x, …)."""
    return f"[{','.join(map(as_json, values))}]"


def json_object(*pairs: Any) -> str:
    """json_object(label, x, …)."""
    if len(pairs) % 2:
        raise SqlError("json_object() requires an even number of arguments")
    if not all(isinstance(label, str) for label in pairs[::2]):
        raise SqlError("json_object() labels must be TEXT")
    members = [f"{json_string(label)}:{as_json(value)}" for label, value in zip(pairs[::2], pairs[1::2], strict=True)]
    return f"{{{','.join(members)}}}"


def jsonb_array(*values: Any) -> bytes:
    """jsonb_array(x, …)."""
    return text_to_jsonb(json_array(*values))


def jsonb_object(*pairs: Any) -> bytes:
    """jsonb_object(label, x, …)."""
    return text_to_jsonb(json_object(*pairs))


def json_pretty(value: Any, indent: Any = None) -> str | None:
    """json_pretty(x, indent)."""
    if value is None:
        return None
    text = "    " if indent is None else argument_text(indent).partition("\0")[0]
    return pretty_text(as_document(value).blob, text)


# --------------------------------------------------------------------------------------------------- questions


def json_valid(value: Any, flags: Any = 1) -> int | None:
    """json_valid(x, flags): 1 RFC 8259, 2 JSON5, 4 looks like JSONB, 8 is JSONB."""
    wanted = 0 if flags is None else as_integer(flags)
    if not 1 <= wanted <= 15:
        raise SqlError("FLAGS parameter to json_valid() must be between 1 and 15")
    if value is None:
        return None
    if value.__class__ is str and wanted & 3:
        try:
            json_plain.valid(value)
            return 1
        except json_plain.FAILURES:
            pass
    if value.__class__ is bytes and is_jsonb(value):
        return 1 if wanted & 4 else int(bool(wanted & 8) and not first_error(value))
    if not wanted & 3:
        return 0
    try:
        return int(not as_document(value).extended or bool(wanted & 2))
    except Malformed:
        return 0


def json_error_position(value: Any) -> int | None:
    """json_error_position(x)."""
    if value is None:
        return None
    if value.__class__ is bytes and is_jsonb(value):
        return first_error(value)
    return error_position(argument_text(value))


def json_array_length(value: Any, path: Any = "$") -> int | None:
    """json_array_length(x, path)."""
    if value.__class__ is str:
        try:
            found_text = _find_plain(value, path)
            return None if found_text is None else json_plain.array_length(found_text)
        except json_plain.FAILURES:
            pass
    place = _place(value, path)
    if place is None:
        return None
    blob, at = place
    return array_count(blob, at) if blob[at] & 15 == ARRAY else 0


def json_type(value: Any, path: Any = "$") -> str | None:
    """json_type(x, path)."""
    if value.__class__ is str:
        try:
            found_text = _find_plain(value, path)
            return None if found_text is None else json_plain.type_of(found_text)
        except json_plain.FAILURES:
            pass
    place = _place(value, path)
    if place is None:
        return None
    blob, at = place
    return TYPE_NAMES[blob[at] & 15]


def _place(value: Any, path: Any) -> tuple[bytes, int] | None:
    """The document as JSONB, and where in it the path leads; None where something is NULL or not there."""
    if value is None:
        return None
    blob = as_document(value).blob
    if path is None:
        return None
    name = argument_text(path)
    found = lookup(blob, _steps(name), name)
    return None if found is None else (blob, found.at)


# -------------------------------------------------------------------------------------------------- extraction


def extract(value: Any = None, *paths: Any) -> Any:
    """json_extract(x, path, …): the SQL value; JSON of arrays, objects and several paths."""
    if len(paths) == 1:
        path = paths[0]
        return extractor(path)(value) if path.__class__ is str else _extract_exactly(value, path)
    if value is None or not paths:
        return None
    return _extract_all(as_document(value).blob, paths)


@lru_cache(maxsize=512)
def extractor(path: str) -> Callable[[Any], Any]:
    """json_extract() with one path, as a function of the JSON."""
    return _extractor(rooted(path), json_plain.finder(path), lambda value: _extract_exactly(value, path))


@lru_cache(maxsize=512)
def abbreviated_extractor(path: str | int) -> Callable[[Any], Any]:
    """``->>`` with a path, as a function of the JSON."""
    steps = abbreviated(str(path), path.__class__ is int)
    return _extractor(steps, json_plain.abbreviated_finder(path), lambda value: _extract_sql_exactly(value, path))


def _extractor(
    steps: Steps | None, find: json_plain.Finder | None, exactly: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """The quickest function for a path that gives what ``exactly`` gives."""
    if steps is None or find is None:
        return exactly

    def by_members(value: Any) -> Any:
        if value.__class__ is str:
            try:
                content = find(value)
                return None if content is None else json_plain.sql_value(content)
            except json_plain.FAILURES:
                pass
        return exactly(value)

    return json_plain.quick_value(steps, by_members) or by_members


def _extract_exactly(value: Any, path: Any) -> Any:
    if value is None:
        return None
    blob = as_document(value).blob
    at = _find(blob, path)
    return None if at is None else value_at(blob, at)


def extract_marked(value: Any = None, *paths: Any) -> Any:
    """As :func:`extract`; what is JSON is marked."""
    if value is None or not paths:
        return None
    blob = as_document(value).blob
    if len(paths) > 1:
        text = _extract_all(blob, paths)
        return None if text is None else Json(text)
    at = _find(blob, paths[0])
    if at is None:
        return None
    result = value_at(blob, at)
    return Json(result) if blob[at] & 15 >= ARRAY else result


def jsonb_extract(value: Any = None, *paths: Any) -> Any:
    """jsonb_extract(x, path, …)."""
    if value is None or not paths:
        return None
    blob = as_document(value).blob
    if len(paths) > 1:
        text = _extract_all(blob, paths)
        return None if text is None else text_to_jsonb(text)
    at = _find(blob, paths[0])
    if at is None:
        return None
    return blob[at : payload(blob, at)[1]] if blob[at] & 15 >= ARRAY else value_at(blob, at)


def _find(blob: bytes, path: Any) -> int | None:
    if path is None:
        return None
    name = argument_text(path)
    found = lookup(blob, _steps(name), name)
    return None if found is None else found.at


def _extract_all(blob: bytes, paths: tuple[Any, ...]) -> str | None:
    texts = []
    malformed: SqlError | None = None  # told if nothing is wrong with the paths behind
    for path in paths:
        if path is None:
            return None
        at = _find(blob, path)
        try:
            texts.append("null" if at is None else text_at(blob, at))
        except SqlError as error:
            malformed = malformed or error
    if malformed is not None:
        raise malformed
    return f"[{','.join(texts)}]"


def _find_abbreviated(value: str, path: Any) -> bytes | None:
    find = json_plain.abbreviated_finder(path) if path.__class__ is str or path.__class__ is int else None
    if find is None:
        raise json_plain.NotPlain
    return find(value)


def _arrow(value: Any, path: Any) -> tuple[bytes, int] | None:
    """(JSONB, offset) of what ``->`` and ``->>`` find."""
    if value is None:
        return None
    blob = as_document(value).blob
    if path is None:
        return None
    name = argument_text(path)
    found = lookup(blob, abbreviated(name, path.__class__ is int), name)
    return None if found is None else (blob, found.at)


def extract_json(value: Any, path: Any) -> str | None:
    """``x -> path``: JSON text."""
    if value.__class__ is str:
        try:
            content = _find_abbreviated(value, path)
            return None if content is None else json_plain.minified(content).decode()
        except json_plain.FAILURES:
            pass
    found = _arrow(value, path)
    return None if found is None else text_at(*found)


def extract_sql(value: Any, path: Any) -> Any:
    """``x ->> path``: an SQL value."""
    if path.__class__ is str or path.__class__ is int:
        return abbreviated_extractor(path)(value)
    return _extract_sql_exactly(value, path)


def arrow_batch(op: str, path: Any) -> Batched | None:
    """``->`` or ``->>`` with a known path, of many texts at once."""
    if path.__class__ is not str and path.__class__ is not int:
        return None
    steps = abbreviated(str(path), path.__class__ is int)
    one = abbreviated_extractor(path) if op == "->>" else lambda value: extract_json(value, path)
    return _batched(follow(steps, op, one))


def _path_batch(name: str, call: Callable[..., Any]) -> Callable[[Sequence[Any]], Batched | None]:
    """The function ``name`` of a text and perhaps a path, of many texts at once."""

    def batch(args: Sequence[Any]) -> Batched | None:
        path = args[1] if len(args) == 2 else "$"
        if not 1 <= len(args) <= 2 or args[0] is not ... or path.__class__ is not str:
            return None
        if name == "json_valid":
            return None if len(args) == 2 else _batched(Follow((), lambda content: 1, call))
        if name == "json_extract":
            return None if len(args) == 1 else _batched(follow(rooted(path), name, extractor(path)))
        return _batched(follow(rooted(path), name, lambda value: call(value, path)))

    return batch


def _batched(wanted: Follow | None) -> Batched | None:
    return None if wanted is None else Batched(0, wanted, many_texts)


def _extract_sql_exactly(value: Any, path: Any) -> Any:
    found = _arrow(value, path)
    return None if found is None else value_at(*found)


# ----------------------------------------------------------------------------------------------------- changes


def _removed(value: Any = None, *paths: Any) -> bytes | None:
    if value is None:
        return None
    editor = Editor(as_document(value).blob)
    for path in paths:
        if path is None:
            return None
        name = argument_text(path)
        steps = _steps(name)
        if not steps:
            return None
        editor.remove(steps, name)
    return bytes(editor.blob)


def _changer(word: str, *, replaces: bool, creates: bool) -> Callable[..., bytes | None]:
    """json_insert, json_replace or json_set, giving JSONB."""

    def change(*args: Any) -> bytes | None:
        editor, pairs = _edited(word, args)
        if editor is None:
            return None
        for name, value in pairs:
            steps = _steps(name)
            new = as_element(value)
            if steps:
                editor.put(steps, name, new, replaces=replaces, creates=creates)
            elif replaces:
                editor.replace_all(new)
        return bytes(editor.blob)

    return change


def _array_inserted(*args: Any) -> bytes | None:
    """json_array_insert(x, path, value, …) giving JSONB."""
    editor, pairs = _edited("array_insert", args)
    if editor is None:
        return None
    for name, value in pairs:
        steps = _steps(name)
        new = as_element(value)
        if steps:
            editor.insert_item(steps, name, new)
    return bytes(editor.blob)


def _edited(word: str, args: tuple[Any, ...]) -> tuple[Editor | None, list[tuple[str, Any]]]:
    """What is to be edited, and (path, value) pairs; pairs with a NULL path are left out."""
    if not args:
        return None, []
    if len(args) % 2 == 0:
        raise SqlError(f"json_{word}() needs an odd number of arguments")
    if args[0] is None:
        return None, []
    editor = Editor(as_document(args[0]).blob)
    pairs = zip(args[1::2], args[2::2], strict=True)
    return editor, [(argument_text(path), value) for path, value in pairs if path is not None]


def _patched(value: Any, patch: Any) -> bytes | None:
    if value is None:
        return None
    target = as_document(value).blob
    return None if patch is None else patched(target, as_document(patch).blob)


def _plainly(*, replaces: bool, creates: bool) -> Callable[[tuple[Any, ...]], str]:
    def change(args: tuple[Any, ...]) -> str:
        if len(args) % 2 == 0:
            raise json_plain.NotPlain
        pairs = zip(args[1::2], args[2::2], strict=True)
        return plainly_changed(args[0], pairs, replaces=replaces, creates=creates)

    return change


_PLAINLY: dict[str, Callable[[tuple[Any, ...]], str]] = {
    "json_insert": _plainly(replaces=False, creates=True),
    "json_replace": _plainly(replaces=True, creates=False),
    "json_set": _plainly(replaces=True, creates=True),
    "json_remove": lambda args: plainly_removed(args[0], args[1:]),
}


def _as_text(change: Callable[..., bytes | None], name: str) -> Callable[..., str | None]:
    """The ``json_`` form of a function that gives JSONB."""
    plainly = _PLAINLY.get(name)

    def changed(*args: Any) -> str | None:
        if plainly is not None and args and args[0].__class__ is str:
            try:
                return plainly(args)
            except json_plain.FAILURES:
                pass
        blob = change(*args)
        return None if blob is None else text_at(blob, 0)

    changed.__name__ = name
    return changed


def json_subtype(value: Any) -> int:
    """subtype(x): 74 for a text that is JSON, else 0."""
    return 74 if value.__class__ is Json else 0


# ----------------------------------------------------------------------------------------------- the functions


def _nullable(classes: int) -> ClassRule:
    """``classes``, and NULL where the JSON may be NULL."""
    return lambda args: classes | (args[0] & NULL if args else NULL)


def _pair(name: str, change: Callable[..., bytes | None], least: int, most: int, *, nests: bool) -> list[FunctionDef]:
    """A function that gives JSON, in its two forms."""
    return [
        FunctionDef(
            f"json_{name}", least, most, _as_text(change, f"json_{name}"), classes=TEXT | NULL,
            gives_json=True, nests_json=nests,
        ),
        FunctionDef(f"jsonb_{name}", least, most, change, classes=BLOB | NULL, nests_json=nests),
    ]  # fmt: skip


_VALUES = NULL | NUMBER | TEXT

JSON_SCALARS: list[FunctionDef] = [
    FunctionDef("json", 1, 1, json, classes=_nullable(TEXT), gives_json=True),
    FunctionDef("jsonb", 1, 1, jsonb, classes=_nullable(BLOB)),
    FunctionDef(
        "json_array", 0, -1, json_array, classes=TEXT, gives_json=True, nests_json=True, inline=inline.json_array,
    ),
    FunctionDef("jsonb_array", 0, -1, jsonb_array, classes=BLOB, nests_json=True),
    FunctionDef(
        "json_array_length", 1, 2, json_array_length, classes=INTEGER | NULL,
        batch=_path_batch("json_array_length", json_array_length),
    ),
    FunctionDef("json_error_position", 1, 1, json_error_position, classes=_nullable(SMALL)),
    FunctionDef(
        "json_extract", 0, -1, extract, classes=_VALUES, marked=extract_marked, inline=inline.json_extract,
        batch=_path_batch("json_extract", extract),
    ),
    FunctionDef("jsonb_extract", 0, -1, jsonb_extract, classes=ANY),
    FunctionDef(
        "json_object", 0, -1, json_object, classes=TEXT, gives_json=True, nests_json=True, inline=inline.json_object,
    ),
    FunctionDef("jsonb_object", 0, -1, jsonb_object, classes=BLOB, nests_json=True),
    FunctionDef("json_pretty", 1, 2, json_pretty, classes=_nullable(TEXT)),
    FunctionDef("json_quote", 1, 1, json_quote, classes=TEXT, gives_json=True, nests_json=True),
    FunctionDef("json_type", 1, 2, json_type, classes=TEXT | NULL, batch=_path_batch("json_type", json_type)),
    FunctionDef("json_valid", 1, 2, json_valid, classes=_nullable(SMALL), batch=_path_batch("json_valid", json_valid)),
    FunctionDef("subtype", 1, 1, json_subtype, classes=SMALL, nests_json=True),
    *_pair("array_insert", _array_inserted, 0, -1, nests=True),
    *_pair("insert", _changer("insert", replaces=False, creates=True), 0, -1, nests=True),
    *_pair("replace", _changer("replace", replaces=True, creates=False), 0, -1, nests=True),
    *_pair("set", _changer("set", replaces=True, creates=True), 0, -1, nests=True),
    *_pair("remove", _removed, 0, -1, nests=False),
    *_pair("patch", _patched, 2, 2, nests=False),
]
