"""``getconfig()`` and ``setconfig()``: boolean options of a connection
(https://www.sqlite.org/c3ref/c_dbconfig_defensive.html).

Those that say what SQL may do have their effect here; some are PRAGMAs as well. The others concern SQLite's C library
or its files, and are remembered: NO_CKPT_ON_CLOSE, ENABLE_QPSG, TRIGGER_EQP, DEFENSIVE (the schema's tables are never
written to), WRITABLE_SCHEMA (likewise), TRUSTED_SCHEMA, LEGACY_FILE_FORMAT, ENABLE_FTS3_TOKENIZER and
ENABLE_LOAD_EXTENSION.
"""

from __future__ import annotations

import operator
from typing import Final

from mantisdb_dbapi import constants
from mantisdb_sql.session import Session

__all__ = ["get_option", "set_option"]

_FOREIGN_KEYS: Final = "foreign_keys"
_NAMES: Final = {
    constants.SQLITE_DBCONFIG_ENABLE_FKEY: _FOREIGN_KEYS,
    constants.SQLITE_DBCONFIG_ENABLE_TRIGGER: "enable_trigger",
    constants.SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER: "enable_fts3_tokenizer",
    constants.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION: "enable_load_extension",
    constants.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE: "no_ckpt_on_close",
    constants.SQLITE_DBCONFIG_ENABLE_QPSG: "enable_qpsg",
    constants.SQLITE_DBCONFIG_TRIGGER_EQP: "trigger_eqp",
    constants.SQLITE_DBCONFIG_RESET_DATABASE: "reset_database",
    constants.SQLITE_DBCONFIG_DEFENSIVE: "defensive",
    constants.SQLITE_DBCONFIG_WRITABLE_SCHEMA: "writable_schema",
    constants.SQLITE_DBCONFIG_LEGACY_ALTER_TABLE: "legacy_alter_table",
    constants.SQLITE_DBCONFIG_DQS_DML: "dqs_dml",
    constants.SQLITE_DBCONFIG_DQS_DDL: "dqs_ddl",
    constants.SQLITE_DBCONFIG_ENABLE_VIEW: "enable_view",
    constants.SQLITE_DBCONFIG_LEGACY_FILE_FORMAT: "legacy_file_format",
    constants.SQLITE_DBCONFIG_TRUSTED_SCHEMA: "trusted_schema",
}


def _name_of(op: int) -> str:
    number = operator.index(op)
    if not -(2**31) <= number < 2**31:
        raise OverflowError("Python int too large to convert to C int")
    if number not in _NAMES:
        raise ValueError(f"unknown config 'op': {number}")
    return _NAMES[number]


def get_option(session: Session, op: int) -> bool:
    """Whether an option is on. ValueError: there is no such option."""
    name = _name_of(op)
    return session.keys.enabled if name == _FOREIGN_KEYS else session.is_on(name)


def set_option(session: Session, op: int, enable: object) -> None:
    """Turn an option on or off, also within a transaction."""
    name, is_on = _name_of(op), bool(enable)
    if name == _FOREIGN_KEYS:
        session.keys.enabled = is_on
    else:
        session.settings[name] = int(is_on)
    session.forget_plans()
