"""PRAGMA: settings and introspection, with SQLite's columns and values (https://www.sqlite.org/pragma.html).

Three kinds: settings of the connection, which are remembered and answered, whether or not they mean anything
here (:data:`_SETTINGS`); settings stored in the database (user_version …); and tables about the schema
(:mod:`mantisdb_sql.ddl.introspection`). A PRAGMA that nobody knows returns nothing, without an error. A PRAGMA that
sets a value returns no rows, with the exceptions that SQLite makes. A value that SQLite cannot read leaves a setting
as it is, or is 0, as SQLite has it for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlglot import exp

from mantisdb_engine.composite import SLOT_SHIFT
from mantisdb_sql.catalog.definitions import TEMP_SLOT
from mantisdb_sql.catalog.schema_tree import SETTINGS_TREE, tree_in
from mantisdb_sql.changes.key_counts import Counts
from mantisdb_sql.ddl.integrity import check
from mantisdb_sql.ddl.introspection import REPORTS, named_table
from mantisdb_sql.errors import NotSupported, SqlError
from mantisdb_sql.values.ascii_case import lower_ascii

if TYPE_CHECKING:
    from mantisdb_sql.session import Session

__all__ = ["pragma", "pragma_columns", "table_columns", "table_rows", "vacuum_mode"]

T = TypeVar("T")
Answer = tuple[tuple[str, ...] | None, list[tuple[Any, ...]]]
"""Column names (None: the statement returns no rows at all) and rows."""

NOTHING: Answer = (None, [])
PAGE_SIZE_BYTES = 4096
PAGE_SIZES_BYTES = tuple(2**n for n in range(9, 17))
DEFAULT_CACHE_SIZE = -2000  # KiB
CACHED_PAGE_SIZE_BYTES = PAGE_SIZE_BYTES + 136  # with what SQLite keeps beside each


# ---------------------------------------------------------------------------------------------- reading values

_BOOLEANS = {"on": 1, "yes": 1, "true": 1, "off": 0, "no": 0, "false": 0}
_DIGITS = tuple("0123456789")
_LEADING = re.compile(r"([+-]?0[xX][0-9a-fA-F]+|[+-]?[0-9]+)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+|0[xX][0-9a-fA-F]+")


def _boolean(value: str, otherwise: int = 0) -> int:
    """What SQLite takes for a truth value: a word, or a number; ``otherwise`` is what any other text means."""
    known = _BOOLEANS.get(lower_ascii(value))
    if known is not None:
        return known
    return int(_integer(value) != 0) if value[:1] in _DIGITS else otherwise


def _leading_integer(value: str) -> int | None:
    """The integer of 32 bits, in hexadecimal also, that a text begins with (util.c: sqlite3GetInt32)."""
    match = _LEADING.match(value)
    if match is None:
        return None
    digits = match[1]
    number = int(digits, 16 if lower_ascii(digits[:2]) == "0x" else 10)
    return number if -(2**31) <= number < 2**31 else None


def _integer(value: str) -> int:
    """The same, 0 if there is none."""
    return _leading_integer(value) or 0


def _natural(value: str) -> int | None:
    """A text that is a number from 0 on."""
    number = int(value, 0 if lower_ascii(value[:2]) == "0x" else 10) if _NUMBER.fullmatch(value) else -1
    return None if number < 0 else number


def _low_bits(value: str) -> int | None:
    """The last 31 bits of such a number."""
    number = _natural(value)
    return None if number is None else number & 0x7FFFFFFF


def _threads(value: str) -> int | None:
    """SQLite has up to 8."""
    number = _low_bits(value)
    return None if number is None else min(number, 8)


def _positive(value: str) -> int | None:
    return _natural(value) or None


def _timeout(value: str) -> int | None:
    """Milliseconds, or what is less than none."""
    number = _leading_integer(value)
    return None if number is None else max(number, 0)


def _at_least(least: int) -> Callable[[str], int]:
    return lambda value: max(_integer(value), least)


def _secure_delete(value: str) -> int:
    return 2 if lower_ascii(value) == "fast" else _boolean(value)


def _temp_store(value: str) -> int:
    return int(value[0]) if value[:1] in ("0", "1", "2") else {"file": 1, "memory": 2}.get(lower_ascii(value), 0)


def _vacuum_mode(value: str) -> int:
    named = {"none": 0, "full": 1, "incremental": 2}.get(lower_ascii(value), _integer(value))
    return named if named in (1, 2) else 0


def _locking_mode(value: str) -> str | None:
    return lower_ascii(value) if lower_ascii(value) in ("normal", "exclusive") else None


# --------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting of the connection: its value to begin with, what reads another (None: it stays), and whether setting
    it answers with what it is then."""

    default: int | str
    read: Callable[[str], int | str | None] = _boolean
    answers: bool = False
    column: str | None = None  # the answer's, where that is not the PRAGMA's name
    is_local: bool = False  # whether each database has its own, 0 in TEMP at first


_SETTINGS = {
    **dict.fromkeys(
        (
            "recursive_triggers", "query_only", "read_uncommitted", "legacy_alter_table", "ignore_check_constraints",
            "cell_size_check", "writable_schema", "count_changes", "full_column_names", "empty_result_callbacks",
            "checkpoint_fullfsync", "fullfsync", "reverse_unordered_selects",
        ),
        _Setting(0),
    ),
    **dict.fromkeys(("automatic_index", "trusted_schema", "short_column_names"), _Setting(1)),
    "cache_size": _Setting(DEFAULT_CACHE_SIZE, _integer, is_local=True),
    "temp_store": _Setting(0, _temp_store),
    "busy_timeout": _Setting(0, _timeout, answers=True, column="timeout"),
    "journal_size_limit": _Setting(-1, _at_least(-1), answers=True),
    "wal_autocheckpoint": _Setting(1000, _at_least(0), answers=True),
    "max_page_count": _Setting(4294967294, _positive, answers=True),
    "secure_delete": _Setting(0, _secure_delete, answers=True),
    "threads": _Setting(0, _threads, answers=True),
    "soft_heap_limit": _Setting(0, _natural, answers=True),
    "hard_heap_limit": _Setting(0, _natural, answers=True),
    "analysis_limit": _Setting(0, _low_bits, answers=True),
    "locking_mode": _Setting("normal", _locking_mode, answers=True),
}
_REPLANNING = frozenset(
    ("recursive_triggers", "full_column_names", "short_column_names", "query_only", "ignore_check_constraints")
)
"""Those that plans depend on."""
_STORED = ("user_version", "application_id", "schema_version")


def _set_or_get(session: Session, name: str, value: str | None) -> Answer:
    setting, slot = _SETTINGS[name], getattr(session, "slot", 0)
    key = f"{name} {slot}" if setting.is_local and slot else name
    if value is not None:
        read = setting.read(value)
        if read is not None:
            session.settings[key] = read
        if name in _REPLANNING:
            session.forget_plans()
        if not setting.answers:
            return NOTHING
    found = session.settings.get(key, 0 if key != name and slot == TEMP_SLOT else setting.default)
    return (setting.column or name,), [(int(found) if isinstance(found, bool) else found,)]


def _stored(session: Session, name: str, value: str | None) -> Answer:
    settings = tree_in(getattr(session, "slot", 0), SETTINGS_TREE)
    if value is None:
        return (name,), [(session.trees[settings].get(name, 0),)]
    number = _integer(value)
    session.write(lambda txn: txn.put(settings, name, number))
    return NOTHING


def _cache_spill(session: Session, value: str | None) -> Answer:
    """The number of pages from which on a cache is written out: no less than the cache has."""
    settings = session.settings
    if value is not None:
        size = _leading_integer(value)
        settings["cache_spill"] = _boolean(value, int(size != 0))
        if size:
            settings["spill_size"] = _pages(size)
        return NOTHING
    size = max(_pages(int(settings.get("cache_size", DEFAULT_CACHE_SIZE))), int(settings.get("spill_size", 1)))
    return ("cache_spill",), [(size if settings.get("cache_spill", 1) else 0,)]


def _pages(size: int) -> int:
    """A size of a cache in pages, which is in KiB where it is negative (pcache.c: numberOfCachePages)."""
    return size if size >= 0 else min(-1024 * size // CACHED_PAGE_SIZE_BYTES, 1_000_000_000)


def _is_untouched(session: Session) -> bool:
    """Whether nothing was ever written to a database, but for the size of its pages."""
    stored = session.trees[tree_in(getattr(session, "slot", 0), SETTINGS_TREE)]
    return bool(stored.count == (stored.get("page_size") is not None))


def _auto_vacuum(session: Session, value: str | None) -> Answer:
    """A mode that is remembered with the database. Of a database that holds something it changes between FULL and
    INCREMENTAL only; what else was asked for last, VACUUM puts into force (:func:`vacuum_mode`)."""
    _, found = _stored(session, "auto_vacuum", None)
    old = found[0][0]
    if value is None:
        return ("auto_vacuum",), found
    session.settings["next_auto_vacuum"] = new = _vacuum_mode(value)
    if new != old and (_is_untouched(session) or (new and old)):
        _stored(session, "auto_vacuum", str(new))
    return NOTHING


def vacuum_mode(session: Session, into: Session, slot: int = 0) -> None:
    """Have a database that was made anew the mode that ``PRAGMA auto_vacuum`` asked for last, if it did."""
    mode, settings = session.settings.get("next_auto_vacuum"), tree_in(slot, SETTINGS_TREE)
    if mode is not None and mode != into.trees[settings].get("auto_vacuum", 0):
        into.write(lambda txn: txn.put(settings, "auto_vacuum", mode))


def _page_size(session: Session, value: str | None) -> Answer:
    """The size of SQLite's pages, which is remembered where nothing has been written yet; here it means nothing."""
    settings = tree_in(getattr(session, "slot", 0), SETTINGS_TREE)
    if value is None:
        return ("page_size",), [(session.trees[settings].get("page_size", PAGE_SIZE_BYTES),)]
    if _integer(value) in PAGE_SIZES_BYTES and _is_untouched(session):
        _stored(session, "page_size", value)
    return NOTHING


def _encoding(session: Session, value: str | None) -> Answer:
    """UTF-8. Another one is refused where SQLite would set it, before the first object is made: under UTF-16, hex(),
    CAST between TEXT and BLOB, octet_length() and the order of TEXT have other answers."""
    if value is None:
        return ("encoding",), [("UTF-8",)]
    own = [_in_schema(session, name) for name in ("main", "temp") if name in session.slots]
    is_fixed = any(_stored(each, "schema_version", None)[1] != [(0,)] for each in own)
    if is_fixed or lower_ascii(value) in ("utf8", "utf-8"):
        return NOTHING
    if lower_ascii(value) in _UTF_16:
        raise NotSupported(f"PRAGMA encoding = {value}")
    raise SqlError(f"unsupported encoding: {value}")


_UTF_16 = ("utf-16le", "utf-16be", "utf16le", "utf16be", "utf-16", "utf16")

_SYNCHRONOUS = {
    "off": "OFF", "0": "OFF", "normal": "NORMAL", "1": "NORMAL", "full": "FULL", "2": "FULL", "extra": "EXTRA",
    "3": "EXTRA", "on": "NORMAL", "yes": "NORMAL", "true": "NORMAL", "no": "OFF", "false": "OFF",
}
_SYNCHRONOUS_NUMBER = {"OFF": 0, "NORMAL": 1, "FULL": 2, "EXTRA": 3}


def _synchronous(session: Session, value: str | None) -> Answer:
    database = session.database
    if value is None:
        return ("synchronous",), [(_SYNCHRONOUS_NUMBER[database.synchronous],)]
    if session.in_transaction:
        raise SqlError("Safety level may not be changed inside a transaction")
    database.synchronous = _SYNCHRONOUS.get(lower_ascii(value), "NORMAL")
    return NOTHING


def _foreign_keys(session: Session, value: str | None) -> Answer:
    if value is None:
        return ("foreign_keys",), [(int(session.keys.enabled),)]
    if not session.in_transaction and session.keys.enabled != bool(_boolean(value)):
        session.keys.enabled = not session.keys.enabled
        session.forget_plans()
    return NOTHING


def _defer_foreign_keys(session: Session, value: str | None) -> Answer:
    if value is None:
        return ("defer_foreign_keys",), [(int(session.keys.defers),)]
    session.keys.defers = bool(_boolean(value))
    if not session.keys.defers:
        session.keys.counts = Counts()  # as in SQLite, which forgets those of deferred keys as well
    return NOTHING


def _journal_mode(session: Session, value: str | None) -> Answer:
    return ("journal_mode",), [("memory" if session.database.path is None else "wal",)]


def _mmap_size(session: Session, value: str | None) -> Answer:
    """Files are not mapped; without a file there is nothing to say."""
    if value is not None:
        session.settings["mmap_size"] = max(_natural(value) or 0, 0)
    rows = [] if session.database.path is None else [(session.settings.get("mmap_size", 0),)]
    return ("mmap_size",), rows


def _case_sensitive_like(session: Session, value: str | None) -> Answer:
    if value is not None:
        session.settings["case_sensitive_like"] = _boolean(value)
        session.forget_plans()
    return NOTHING


def _constant(name: str, *answer: Any) -> Callable[[Session, str | None], Answer]:
    """A PRAGMA that answers the same whatever it is given."""
    return lambda session, value: ((name,), [answer] if answer else [])


def _data_version(session: Session, value: str | None) -> Answer:
    return ("data_version",), [(session.data_version(getattr(session, "slot", 0)),)]


def _page_count(session: Session, value: str | None) -> Answer:
    """Roughly what SQLite would need: a tree is at least a page, 50 rows a page more."""
    slot = getattr(session, "slot", 0)
    pages = sum(1 + tree.count // 50 for i, tree in session.trees.items() if i >> SLOT_SHIFT == slot)
    return ("page_count",), [(pages,)]


def _wal_checkpoint(session: Session, value: str | None) -> Answer:
    columns = ("busy", "log", "checkpointed")
    if session.database.path is None:
        return columns, [(0, -1, -1)]
    if session.in_transaction:
        raise SqlError("database table is locked", "SQLITE_LOCKED")
    session.database.checkpoint()
    return columns, [(0, 0, 0)]


def _optimize(session: Session, value: str | None) -> Answer:
    from mantisdb_sql.ddl.maintenance import run_optimize

    run_optimize(session)
    return ("optimize",), []


def _temp_store_directory(session: Session, value: str | None) -> Answer:
    return (("temp_store_directory",), []) if value is None else NOTHING


def _nothing(session: Session, value: str | None) -> Answer:
    return NOTHING


MOST_PROBLEMS = 100
"""How many an integrity check reports unless it is told otherwise."""


def _integrity(name: str) -> Callable[[Session, str | None], Answer]:
    def answer(session: Session, value: str | None) -> Answer:
        place = getattr(session, "name", None)
        most = MOST_PROBLEMS if value is None else _leading_integer(value)
        only = None
        if value is not None and most is None:
            only = named_table(session, value)
            if only is None:  # a view
                return (name,), [("ok",)]
        problems = check(session, place, only, indexes=name != "quick_check")
        told = problems[: most if most and most > 0 else MOST_PROBLEMS]
        return (name,), [(problem,) for problem in told] or [("ok",)]

    return answer


def _pragma_list(session: Session, value: str | None) -> Answer:
    names = {*REPORTS, *_SETTINGS, *_STORED, *_OTHERS}
    return ("name",), [(name,) for name in sorted(names)]


_OTHERS: dict[str, Callable[[Session, str | None], Answer]] = {
    "synchronous": _synchronous, "foreign_keys": _foreign_keys, "defer_foreign_keys": _defer_foreign_keys,
    "journal_mode": _journal_mode, "case_sensitive_like": _case_sensitive_like, "mmap_size": _mmap_size,
    "encoding": _encoding, "page_size": _page_size, "auto_vacuum": _auto_vacuum, "cache_spill": _cache_spill,
    "page_count": _page_count, "freelist_count": _constant("freelist_count", 0),
    "data_version": _data_version, "wal_checkpoint": _wal_checkpoint, "optimize": _optimize,
    "shrink_memory": _nothing, "incremental_vacuum": _nothing, "temp_store_directory": _temp_store_directory,
    "integrity_check": _integrity("integrity_check"), "quick_check": _integrity("quick_check"),
    "pragma_list": _pragma_list,
}
_COLUMNS = {
    name: (name,) for name in ("journal_mode", "mmap_size", "page_count", "freelist_count", "data_version",
                               "optimize", "integrity_check", "quick_check")
} | {"pragma_list": ("name",), "wal_checkpoint": ("busy", "log", "checkpointed")}
"""The columns of those that answer whatever they are given."""
_LONG = ("integrity_check", "quick_check", "foreign_key_check")
"""Those that go through all rows."""
_GETTERS = (
    "synchronous", "foreign_keys", "defer_foreign_keys", "encoding", "page_size", "auto_vacuum", "cache_spill",
    "temp_store_directory",
)


# -------------------------------------------------------------------------------------------------- statements


def pragma(session: Session, node: exp.Expr) -> Answer:
    """Carry out one PRAGMA statement."""
    name = lower_ascii(str(node.meta["name"]))
    schema, value = node.meta.get("schema"), node.meta.get("value")
    return _answer(_in_schema(session, schema), name, value)


class _OneDatabase:
    """A session as a PRAGMA sees it that names a database: with the catalog and the settings of that one."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self.name = session, name
        self.slot = session.slots[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def catalog(self, trees: Any = None) -> Any:
        """The database's own."""
        return self._session.catalog(trees).of(self.name)

    def whole(self) -> Any:
        """The catalog of all databases."""
        return self._session.catalog()


def _in_schema(session: Session, schema: str | None) -> Any:
    if schema is None:
        return session
    name = lower_ascii(schema)
    if name == "temp":
        session.use_temp()
    if name not in session.slots:
        raise SqlError(f"unknown database {schema}")
    return _OneDatabase(session, name)


def _answer(session: Session, name: str, value: str | None) -> Answer:
    if name in _SETTINGS:
        return _set_or_get(session, name, value)
    if name in _STORED:
        return _stored(session, name, value)
    if name in REPORTS:
        columns, rows = REPORTS[name]
        return columns, _answered(session, name, rows, value)
    handler = _OTHERS.get(name)
    return _answered(session, name, handler, value) if handler is not None else NOTHING


def _answered(session: Session, name: str, handler: Callable[[Session, str | None], T], value: str | None) -> T:
    if name in _LONG:  # may be interrupted
        return session.compute(session.interrupts, handler, session, value)
    return handler(session, value)


def pragma_columns(session: Session, node: exp.Expr) -> tuple[str, ...] | None:
    """The column names that a PRAGMA will answer with, without carrying it out."""
    return _columns_of(session, lower_ascii(str(node.meta["name"])), node.meta.get("value"))


def _columns_of(session: Session, name: str, value: str | None) -> tuple[str, ...] | None:
    if name in REPORTS:
        return REPORTS[name][0]
    setting = _SETTINGS.get(name)
    if setting is not None:
        return (setting.column or name,) if value is None or setting.answers else None
    if name in _COLUMNS:
        return _COLUMNS[name]
    return (name,) if value is None and (name in _STORED or name in _GETTERS) else None


_NO_TABLES = frozenset(("case_sensitive_like", "wal_checkpoint", "mmap_size", "wal_autocheckpoint"))


def table_columns(session: Session, name: str) -> tuple[str, ...] | None:
    """The columns of the table pragma_NAME; None where there is no such table."""
    return None if name in _NO_TABLES else _columns_of(session, name, None)


def table_rows(session: Session, name: str, value: str | None, schema: str | None) -> list[tuple[Any, ...]]:
    """The rows of the table pragma_NAME: what the PRAGMA answers."""
    if schema is not None and lower_ascii(schema) not in {*session.slots, "temp"}:
        raise SqlError(f"unknown database '{schema}'")
    return _answer(_in_schema(session, schema), name, value)[1]
