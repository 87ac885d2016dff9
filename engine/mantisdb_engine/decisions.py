"""What a database decided about commits to several databases: kept by the coordinator, asked for by the others.

The coordinator's part of such a commit (two_phase.py) sets a key in its tree ``DECISIONS``, in the same run of log
entries as everything else: the run's COMMIT is the decision, and a checkpoint carries the key on. The key names a
participant, the value is the transaction's random id, so that the tree holds the last decision about each
participant and needs no clearing up: a participant is open when it takes part in the next one, and was settled
when it was opened.

`ask` looks into the coordinator's files, as they are, without opening the database: whoever has it open may go on.
That is safe because a decision, once it counts, stays in the files for as long as the participant is in doubt, and
one that does not count by then never will: who has the coordinator open now has recovered it, and what was not in
the log then is cut. It remains to read one checkpoint and its log, and not a mixture of two: the extents of a
checkpoint are left alone until the one after the next is written, so the superblock is read again afterwards, and
everything else again if it has changed.

A decision that is found is synced before it is relied on. The process that made it may have been killed before its
sync, or may have had none to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

from . import recovery
from .checkpoint import read_catalog, tree_of
from .entry import Ticket
from .errors import AccessDenied, CorruptionError, DatabaseLocked, EnvironmentFailure, ReadOnlyError
from .filesystem import File, Filesystem
from .log import DIRECTORY_SUFFIX
from .operations import CREATE_TREE, INSERT, UPDATE, Operation
from .pages import SLOT_OFFSETS, SUPERBLOCK_BYTES, PageStore, Superblock, superblocks_in
from .tree import MISSING, Tree

__all__ = ["DECISIONS", "Participant", "ask", "decision"]

DECISIONS: Final = 0
"""The tree: clients get numbers from 1 on."""

Participant = tuple[bytes, str]
"""A database id, and where the database was: copies of a file have the same id."""

_ATTEMPTS: Final = 1000
"""How many checkpoints in a row may come in between."""


def decision(trees: dict[int, Tree], participants: Iterable[Participant], transaction: bytes) -> list[Operation]:
    """The operations that note a decision in the coordinator's ``trees``."""
    operations: list[Operation] = []
    tree = trees.get(DECISIONS)
    if tree is None:
        operations.append((CREATE_TREE, DECISIONS))
    for participant in sorted(set(participants)):
        old = MISSING if tree is None else tree.get(participant, MISSING)
        if old is MISSING:
            operations.append((INSERT, DECISIONS, participant, transaction))
        else:
            operations.append((UPDATE, DECISIONS, participant, transaction, old))
    return operations


def ask(fs: Filesystem, ticket: Ticket, path: str, peers: Sequence[str], *, sync: bool) -> bool | None:
    """Whether the coordinator decided to commit; None: it was not found.

    It is looked for where it was, under its name beside the participant at ``path``, and at ``peers``; its database id
    tells whether it is the one. An EnvironmentFailure says that it is there and cannot be read.
    """
    beside = os.path.join(os.path.dirname(path), os.path.basename(ticket.path))
    answers: list[bool] = []
    for place in dict.fromkeys(map(fs.resolve, (ticket.path, beside, *peers))):
        if fs.kind(place) == "file":
            file = fs.open(place, writable=False)
            try:
                answers += _answers(fs, file, ticket, sync=sync)
            finally:
                file.close()
    return any(answers) if answers else None


def _answers(fs: Filesystem, file: File, ticket: Ticket, *, sync: bool) -> list[bool]:
    """The answer of a file; none if it is not the coordinator's."""
    for _ in range(_ATTEMPTS):
        blocks = _superblocks(file)
        if not blocks or blocks[0].database_id != ticket.coordinator:
            return []
        try:
            found, failure = _finds_any(fs, file, blocks, ticket, sync=sync), None
        except EnvironmentFailure as error:
            found, failure = False, error
        if _superblocks(file)[:1] == blocks[:1]:
            if failure is not None:
                raise failure
            return [found]
    raise DatabaseLocked(f"{file.path} is written to so often that it could not be read")


def _superblocks(file: File) -> list[Superblock]:
    try:
        return superblocks_in(file.read(SLOT_OFFSETS[1] + SUPERBLOCK_BYTES, 0))
    except CorruptionError:  # another format: not the coordinator
        return []


def _finds_any(fs: Filesystem, file: File, blocks: list[Superblock], ticket: Ticket, *, sync: bool) -> bool:
    """Look into the newest checkpoint that can be read, as recovery does."""
    for block in blocks:
        try:
            return _finds(fs, file, block, ticket, sync=sync)
        except CorruptionError:
            continue
    return False


def _finds(fs: Filesystem, file: File, block: Superblock, ticket: Ticket, *, sync: bool) -> bool:
    pages = PageStore(file)
    for each in read_catalog(pages, block):
        if each.tree_id == DECISIONS and any(
            ticket.transaction in values for _, values in tree_of(pages, each).scan()
        ):
            if sync:
                _sync(fs, file.path)
            return True
    directory = file.path + DIRECTORY_SUFFIX
    analysis = recovery.analyse(fs, directory, block.database_id, block.lsn)
    # Nothing but the operation that notes the decision holds these random bytes.
    if any(ticket.transaction in each.payload for each in recovery.committed(fs, analysis, block.lsn)):
        if sync:
            for segment in analysis.segments:
                _sync(fs, segment.path)
            fs.sync_directory(directory)
            _sync(fs, file.path)
            fs.sync_directory(os.path.dirname(file.path))
        return True
    return False


def _sync(fs: Filesystem, path: str) -> None:
    try:
        file = fs.open(path)
    except (AccessDenied, ReadOnlyError):  # most systems sync what is open for reading as well
        file = fs.open(path, writable=False)
    try:
        file.sync()
    finally:
        file.close()
