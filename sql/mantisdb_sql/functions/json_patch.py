"""json_patch(): RFC 7396 over JSONB, in place.

The target's members are changed where they stand and new ones go to the end; the sizes of the containers around a
change are corrected on the way out (see :mod:`mantisdb_sql.functions.json_path` on why the bytes come out as
SQLite's).
"""

from __future__ import annotations

from mantisdb_sql.errors import SqlError
from mantisdb_sql.functions.json_path import Editor, resize
from mantisdb_sql.functions.jsonb import MAX_DEPTH, NULL, OBJECT, TEXT, TEXTRAW, Malformed, label_key, payload

__all__ = ["patched"]


class _Merge:
    """An object of the target into which an object of the patch is being merged."""

    __slots__ = ("at", "cursor", "end", "grown", "patch_end", "start")

    def __init__(self, at: int, start: int, end: int, patch: bytes, patch_at: int) -> None:
        self.at, self.start, self.end = at, start, end
        self.cursor, self.patch_end = payload(patch, patch_at)
        self.grown = 0


def patched(target: bytes, patch: bytes) -> bytes:
    """The target after the patch."""
    editor = _Patcher(target, patch)
    editor.run()
    return bytes(editor.blob)


class _Patcher(Editor):
    def __init__(self, target: bytes, patch: bytes) -> None:
        super().__init__(target)
        self.patch = patch
        self._open: list[_Merge] = []

    def run(self) -> None:
        """Merge the whole patch."""
        self._enter(0, 0)
        while self._open:
            merge = self._open[-1]
            if merge.cursor < merge.patch_end:
                self._member(merge)
                continue
            self._open.pop()
            if merge.grown:
                merge.grown += resize(self.blob, merge.at, merge.grown)
            if self._open:
                self._open[-1].grown += merge.grown

    def _enter(self, at: int, patch_at: int) -> None:
        """Merge one element of the patch into one of the target."""
        start, end = payload(self.blob, at)
        if self.patch[patch_at] & 15 != OBJECT:
            _, patch_end = payload(self.patch, patch_at)
            grown = self.splice(at, end, self.patch[patch_at:patch_end])
            if self._open:
                self._open[-1].grown += grown
            return
        if len(self._open) > MAX_DEPTH:
            raise SqlError("JSON nested too deep")
        merge = _Merge(at, start, end, self.patch, patch_at)
        if self.blob[at] & 15 != OBJECT:
            merge.grown = self.splice(start, end, None)
            self.blob[at] = self.blob[at] & 0xF0 | OBJECT
        self._open.append(merge)

    def _member(self, merge: _Merge) -> None:
        """Merge the next member of the patch."""
        patch = self.patch
        label = merge.cursor
        kind = patch[label] & 15
        if not TEXT <= kind <= TEXTRAW:
            raise Malformed
        start, value = payload(patch, label)
        if value >= merge.patch_end:
            raise Malformed
        _, end = payload(patch, value)
        if end > merge.patch_end:
            raise Malformed
        merge.cursor = end
        found = self._find(merge, kind, patch[start:value])
        target_end = merge.end + merge.grown
        is_null = patch[value] & 15 == NULL
        if found is not None:
            at, its_value, after = found
            if is_null:
                merge.grown += self.splice(at, after, None)
            else:
                self._enter(its_value, value)
        elif not is_null and patch[value] & 15 != OBJECT:
            merge.grown += self.splice(target_end, target_end, patch[label:end])
        elif not is_null:
            merge.grown += self.splice(target_end, target_end, patch[label:value] + bytes((NULL,)))
            self._enter(target_end + value - label, value)

    def _find(self, merge: _Merge, kind: int, label: bytes) -> tuple[int, int, int] | None:
        """(label, value, end) of the member of that label."""
        at, end = merge.start, merge.end + merge.grown
        raw = kind in (TEXT, TEXTRAW)
        key = label_key(kind, label)
        while at < end:
            its_kind = self.blob[at] & 15
            if not TEXT <= its_kind <= TEXTRAW:
                raise Malformed
            start, value = payload(self.blob, at)
            if value >= end:
                raise Malformed
            _, after = payload(self.blob, value)
            if after > end:
                raise Malformed
            its_label = bytes(self.blob[start:value])
            if raw and its_kind in (TEXT, TEXTRAW):
                equal = its_label == label
            else:
                equal = label_key(its_kind, its_label).partition(b"\0")[0] == key.partition(b"\0")[0]
            if equal:
                return at, value, after
            at = after
        return None
