"""json_each(), json_tree() and their jsonb_ twins: JSON as rows (https://sqlite.org/json1.html, section 4.24).

A row has SQLite's ten columns, and behind them ``value`` once more, marked as JSON where it is an array or object:
functions that nest JSON read that one. ``id`` and ``parent`` are offsets in the JSONB, of the label where an element
has one. Columns that nobody reads are left None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mantisdb_sql.functions.json_arguments import Json, argument_text, as_document
from mantisdb_sql.functions.json_each_plain import plain_rows
from mantisdb_sql.functions.json_path import PathError, lookup, rooted
from mantisdb_sql.functions.json_plain import FAILURES
from mantisdb_sql.functions.json_plain_blob import FAILURES as BLOB_FAILURES
from mantisdb_sql.functions.json_tree_plain import plain_tree
from mantisdb_sql.functions.jsonb import ARRAY, OBJECT, TYPE_NAMES, Malformed, payload, text_at, value_at

__all__ = ["COLUMNS", "MARKED_VALUE", "json_rows"]

COLUMNS = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path", "json", "root")
KEY, VALUE, TYPE, ATOM, ID, PARENT, FULLKEY, PATH, JSON, ROOT, MARKED_VALUE = range(11)

Row = tuple[Any, ...]


class _Parent:
    """A container that the walk is inside of."""

    __slots__ = ("end", "head", "key", "path", "value")

    def __init__(self, head: int, value: int, end: int, key: int, path: bytes) -> None:
        self.head, self.value, self.end, self.key, self.path = head, value, end, key, path


def json_rows(json: Any, root: Any, recursive: bool, binary: bool, wanted: frozenset[int]) -> Iterator[Row]:
    """The rows of json_tree(json, root) if ``recursive``, else of json_each; ``wanted`` are the columns needed."""
    if json is None or root is None:
        return iter(())
    if not recursive and ID not in wanted and json.__class__ is str and root.__class__ is str:
        try:
            return iter(plain_rows(json, root, binary, wanted))
        except FAILURES:
            pass
    if recursive and root == "$" and json.__class__ is str:
        try:
            return iter(plain_tree(json, binary, wanted))
        except BLOB_FAILURES:
            pass
    blob = as_document(json).blob
    path = argument_text(root)
    steps = rooted(path)
    if steps is None:
        raise PathError(path)
    try:
        found = lookup(blob, steps, path)
    except Malformed:
        raise PathError(path) from None
    if found is None:
        return iter(())
    walk = _Walk(blob, json, path.partition("\0")[0].encode("utf-8", "surrogateescape"), binary, wanted)
    return walk.tree(found.at, found.label) if recursive else walk.each(found.at, found.label)


class _Walk:
    def __init__(self, blob: bytes, json: Any, root: bytes, binary: bool, wanted: frozenset[int]) -> None:
        self.blob, self.json, self.root, self.binary, self.wanted = blob, json, root, binary, wanted
        self.path = root
        self.parents: list[_Parent] = []
        self.kind = 0  # of the container around the current element; 0 at the root
        self.recursive = False

    def each(self, at: int, label: int) -> Iterator[Row]:
        """The children of an element, or itself where it has none."""
        blob = self.blob
        start, end = payload(blob, at)
        if blob[at] & 15 < ARRAY:
            self.kind = OBJECT if label else ARRAY if self.root != b"$" else 0
            yield self._row(label or at, at, first=True)
            return
        self.kind = blob[at] & 15
        parent = _Parent(start, at, end, 0, self.path)
        self.parents.append(parent)
        i = start
        while i < end:
            value = payload(blob, i)[1] if self.kind == OBJECT else i
            yield self._row(i, value, first=False)
            i = payload(blob, value)[1]
            parent.key += 1

    def tree(self, at: int, label: int) -> Iterator[Row]:
        """An element and all that is in it, each container before its children."""
        self.recursive = True
        blob, parents = self.blob, self.parents
        _, end = payload(blob, at)
        i = label or at
        self.kind = OBJECT if label else ARRAY if self.root != b"$" else 0
        first = True
        while i < end:
            value = payload(blob, i)[1] if self.kind == OBJECT else i
            yield self._row(i, value, first)
            first = False
            start, stop = payload(blob, value)
            kind = blob[value] & 15
            if kind in (ARRAY, OBJECT):
                path = self.path
                if parents:
                    self.path += self._name(i)
                parents.append(_Parent(i, value, stop, -1, path))
                i = start
            else:
                i = stop
            while parents and i >= parents[-1].end:
                self.path = parents.pop().path
            self.kind = blob[parents[-1].value] & 15 if parents else 0
            if self.kind == ARRAY:
                parents[-1].key += 1

    def _row(self, i: int, value: int, first: bool) -> Row:
        blob, wanted = self.blob, self.wanted
        container = blob[value] & 15 >= ARRAY
        row: list[Any] = [None] * 11
        if KEY in wanted:
            row[KEY] = self._key(i, first)
        if VALUE in wanted or MARKED_VALUE in wanted:
            content = self._content(value, container)
            row[VALUE] = content
            row[MARKED_VALUE] = Json(content) if container and content.__class__ is str else content
        if TYPE in wanted:
            row[TYPE] = TYPE_NAMES[blob[value] & 15]
        if ATOM in wanted and not container:
            row[ATOM] = value_at(blob, value)
        row[ID] = i
        if self.parents and self.recursive:
            row[PARENT] = self.parents[-1].head
        if FULLKEY in wanted:
            name = self._name(i) if self.parents else b""
            row[FULLKEY] = _text(self.path + name)
        if PATH in wanted:
            row[PATH] = _text(self.path[: self._path_length(i, first)])
        if JSON in wanted:
            json = self.json
            row[JSON] = json if json.__class__ is bytes and json == blob else argument_text(json).partition("\0")[0]
        row[ROOT] = _text(self.root)
        return tuple(row)

    def _content(self, value: int, container: bool) -> Any:
        if not container:
            return value_at(self.blob, value)
        return self.blob[value : payload(self.blob, value)[1]] if self.binary else text_at(self.blob, value)

    def _key(self, i: int, first: bool) -> Any:
        if self.parents:
            return value_at(self.blob, i) if self.kind == OBJECT else self.parents[-1].key
        if self.root == b"$":
            return None
        name = self.root[self._path_length(i, first) :]
        if not name:
            return None
        if name[:1] == b"[":
            digits = re.match(rb"[0-9]*", name[1:])
            return int(digits[0] or b"0") if digits else 0
        return _text(name[2:-1] if name[1:2] == b'"' else name[1:])

    def _name(self, i: int) -> bytes:
        """The step from the innermost container to the element."""
        if self.kind == ARRAY:
            return b"[%d]" % self.parents[-1].key
        start, stop = payload(self.blob, i)
        label = self.blob[start:stop]
        if re.fullmatch(rb"[A-Za-z][A-Za-z0-9]*", label):
            return b"." + label
        return b'."' + label.partition(b"\0")[0] + b'"'

    def _path_length(self, i: int, first: bool) -> int:
        """How much of the path leads to the container of the element; json_tree's first row has it in its root."""
        length = len(self.path)
        if not first or not self.recursive or length < 2:
            return length
        while length > 1:
            length -= 1
            if self.path[length] not in b"[.":
                continue
            prefix = _text(self.path[:length])
            steps = rooted(prefix)
            try:
                found = lookup(self.blob, steps, prefix) if steps is not None else None
            except (PathError, Malformed):
                continue
            if found is not None and payload(self.blob, found.at)[0] == i:
                break
        return length


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
