"""Compiled functions that all databases of one schema share.

A database per test, a connection per request, forks: such programs compile the same statements again and again for
databases that differ in their rows alone. What a compilation gives depends on the schema, which is shared by what it
says (:mod:`mantisdb_sql.cache`), on the statement, on the classes of its parameters, on a few settings, and on what
ANALYZE has found; all of these are the key (:func:`plan_key`). It never depends on rows for being right: what it
assumes of them it checks when it runs, and raises StalePlan.

Two things in the namespace of a generated function belong to one database or statement: the schema tree that it knows
itself current by (``SCHEMA``), and ``elsewhere``, which takes parameters of other types. A function is made another's
by giving its code a copy of the namespace with these two replaced, and the functions that are wrapped around it
(foreign keys, AUTOINCREMENT) new cells. :func:`_maker` follows every reference there is, and what it does not
know to be part of the schema, a constant or a plain function is not shared: functions and collations of the user's, the
connection's changes() and last_insert_rowid(), queries that are compiled when they are first needed.

The store holds no tree, so that it keeps no database alive. It is bounded, drops what was put in first, and what was
compiled for a catalog goes with it.
"""

from __future__ import annotations

import re
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import fields
from functools import _lru_cache_wrapper, partial
from itertools import chain
from operator import attrgetter, itemgetter, methodcaller
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

import msgspec

from mantisdb_engine.keys import TOP
from mantisdb_engine.nodes import MISSING
from mantisdb_engine.tree import Tree
from mantisdb_sql.binding.bound import Frame
from mantisdb_sql.catalog.definitions import (
    SCHEMA_TREE,
    Catalog,
    CheckDef,
    ColumnDef,
    IndexColumn,
    IndexDef,
    TableDef,
    TriggerDef,
    ViewDef,
)
from mantisdb_sql.changes.bulk import BulkInsert
from mantisdb_sql.changes.bulk_update import BulkUpdate
from mantisdb_sql.changes.change import CompiledChange
from mantisdb_sql.changes.computed_indexes import IndexProgram
from mantisdb_sql.changes.foreign_keys import WatchedBulk
from mantisdb_sql.changes.key_relations import ForeignKey, Links, Manner, Relations
from mantisdb_sql.changes.triggers import RowShape
from mantisdb_sql.codegen.triggers import Fires
from mantisdb_sql.context import CompileContext, Compiled
from mantisdb_sql.planning.statistics import analyzed_rows
from mantisdb_sql.values.storage import Affinity

__all__ = ["SharedPlans", "plan_key", "shared_plans"]

MAX_KEYS = 2048
MAX_ALTERNATIVES = 4

Elsewhere = Callable[..., Any]
Make = Callable[[Any, "Elsewhere | None"], Any]
"""Makes a value another database's, given its schema tree and what takes parameters of other types."""

_CONSTANTS = frozenset((
    bool, int, float, str, bytes, type(None), type(...), type(TOP), type(MISSING), type, range, re.Pattern, ModuleType,
    MethodDescriptorType, itemgetter, attrgetter, methodcaller, msgspec.json.Decoder, Affinity, Catalog, ColumnDef,
    CheckDef, TriggerDef, ViewDef, IndexColumn, Relations, Links, ForeignKey, Manner, Frame,
))  # fmt: skip


class _Tied(Exception):
    """A function holds something that cannot be another's."""


def plan_key(identity: Hashable, context: CompileContext) -> Hashable | None:
    """What tells a compilation from others that would give something else; None: not to be shared.

    ``identity`` stands for the statement: its text, or its shape with the literals that are constants.
    """
    functions = context.functions
    if context.authorizer is not None or context.progress is not None:
        return None
    if not functions.is_built_in or context.schema.databases or context.mentions is not None:
        return None
    return (
        identity, tuple(context.parameter_classes), context.double_quoted_strings,
        context.case_sensitive_like, context.foreign_keys, context.keys_in_triggers, context.fires_triggers,
        context.recursive_triggers, context.stored_triggers_fire, context.opens_stored_views, context.ignores_checks,
        context.in_trigger, context.result_names, context.elsewhere is None,
        tuple(analyzed_rows(context.catalog, context.trees)),
    )  # fmt: skip


class SharedPlans:
    """The store. Each catalog has what was compiled for it: by its key what was compiled last and, as databases that
    fill in the same way need the same plans one after the other, what was compiled before. The store knows in which
    order keys came."""

    def __init__(self) -> None:
        self._order: deque[tuple[weakref.ref[Catalog], Hashable]] = deque()

    def find(self, key: Hashable, number: int, context: CompileContext) -> Any:
        """The last but ``number`` of what was compiled for ``key``, made that of the context's database; None where
        there is none."""
        makers = context.schema.plans.get(key, ())
        return makers[number](context.trees[SCHEMA_TREE], context.elsewhere) if number < len(makers) else None

    def keep(self, key: Hashable, compiled: Any, context: CompileContext) -> None:
        """Have others find what was compiled, if it can be theirs."""
        try:
            make = _maker(compiled) or (lambda schema, elsewhere: compiled)
        except (_Tied, RecursionError):  # which is what functions end in that hold each other
            return
        plans = context.schema.plans
        if key not in plans:
            self._order.append((weakref.ref(context.schema), key))
        plans[key] = (make, *plans.get(key, ())[: MAX_ALTERNATIVES - 1])
        while len(self._order) > MAX_KEYS:
            with suppress(IndexError):  # another thread was here
                catalog, oldest = self._order.popleft()
                known = catalog()
                if known is not None:
                    known.plans.pop(oldest, None)


shared_plans = SharedPlans()
"""The process's."""


# ------------------------------------------------------------------------------------------------- what is held


def _maker(value: Any) -> Make | None:
    """How to make ``value`` another database's; None where it is every one's. Raises _Tied where it is one's own."""
    kind = value.__class__
    if kind in _CONSTANTS:
        return None
    if isinstance(value, Tree):
        return _schema
    if kind is FunctionType:
        return _function_maker(value)
    if kind is Compiled or kind is CompiledChange:
        run, make = value.run, _maker(value.run)
        return _CompiledMaker(value, make or (lambda schema, elsewhere: run))
    if isinstance(value, MethodType) and value.__name__ == "elsewhere":
        return _elsewhere
    if isinstance(value, type):
        return None
    if any(make is not None for make in map(_maker, _parts(value))):
        raise _Tied
    return None


def _schema(schema: Any, elsewhere: Elsewhere | None) -> Any:
    return schema


def _elsewhere(schema: Any, elsewhere: Elsewhere | None) -> Any:
    return elsewhere


def _parts(value: Any) -> Iterable[Any]:
    """What a value holds of which it is nobody's or somebody's. That a BulkInsert remembers refusals does no harm: it
    tries again."""
    if isinstance(value, tuple | frozenset):
        return value
    if isinstance(value, _lru_cache_wrapper):
        return (value.__wrapped__,)
    if isinstance(value, partial):
        return chain((value.func,), value.args, value.keywords.values())
    if isinstance(value, BuiltinFunctionType | MethodType):  # a method of a constant, if it is one
        return (value.__self__,)
    if isinstance(value, Fires):
        return value.before, value.after, value.settle
    if isinstance(value, IndexDef):
        return (value.program,)
    if isinstance(value, TableDef):
        return value.indexes
    if isinstance(value, IndexProgram):
        return value.key, value.entries, value.other, value.order
    if isinstance(value, BulkUpdate):
        return value.table, value.make, *value.touched
    if isinstance(value, BulkInsert):
        return value.table, value.defaults, value.holds, value.values, value.generated, *value.constants
    if isinstance(value, WatchedBulk):
        return (value.bulk,)
    if isinstance(value, RowShape):
        return (value.table,)
    raise _Tied


def _function_maker(function: FunctionType) -> Make | None:
    defaults = function.__defaults__
    if function.__kwdefaults__ or (defaults and any(make is not None for make in map(_maker, defaults))):
        raise _Tied
    if "__name__" not in function.__globals__:  # it is in no module
        return _generated_maker(function)
    return None if function.__closure__ is None else _closure_maker(function, function.__closure__)


def _closure_maker(function: FunctionType, closure: Iterable[CellType]) -> Make | None:
    cells = [(cell, _maker(cell.cell_contents)) for cell in closure]
    if not any(make for _, make in cells):
        return None
    cells = [(cell if make is None else CellType(), make) for cell, make in cells]
    form = _Form.of(function)

    def wrap(schema: Any, elsewhere: Elsewhere | None) -> Any:
        own = tuple([cell if make is None else CellType(make(schema, elsewhere)) for cell, make in cells])
        return form.function(form.namespace, own)

    return wrap


def _generated_maker(function: FunctionType) -> Make | None:
    kept: dict[str, Any] = {}
    makers: list[tuple[str, Make]] = []
    beside: list[tuple[str, _Form]] = []
    for name, value in function.__globals__.items():
        if value.__class__ in _CONSTANTS:
            kept[name] = value
        elif isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            beside.append((name, _Form.of(value)))
        elif name == "__builtins__" or (make := _maker(value)) is None:
            kept[name] = value
        else:
            makers.append((name, make))
    return _Transplant(function.__name__, kept, tuple(makers), tuple(beside)) if makers else None


class _Transplant:
    """Makes a generated function another database's; kept for very many statements, and therefore small."""

    __slots__ = ("beside", "entry", "kept", "makers")

    def __init__(
        self, entry: str, kept: dict[str, Any], makers: tuple[tuple[str, Make], ...],
        beside: tuple[tuple[str, _Form], ...],
    ) -> None:
        self.entry, self.kept, self.makers, self.beside = entry, kept, makers, beside

    def __call__(self, schema: Any, elsewhere: Elsewhere | None) -> Any:
        own = self.kept.copy()
        for name, make in self.makers:
            own[name] = make(schema, elsewhere)
        for name, form in self.beside:
            own[name] = form.function(own)
        return own[self.entry]


class _CompiledMaker:
    """Makes what was compiled another database's, with the function that ``make`` makes. What it would explain is left
    out, which holds the plan, and the trees that it was made for."""

    __slots__ = ("kind", "make", "others")

    def __init__(self, compiled: Compiled | CompiledChange, make: Make) -> None:
        self.kind, self.make = type(compiled), make
        names = _BESIDE_RUN[self.kind]
        self.others: tuple[Any, ...] = tuple([None if n == "explain" else getattr(compiled, n) for n in names])

    def __call__(self, schema: Any, elsewhere: Elsewhere | None) -> Any:
        return self.kind(self.make(schema, elsewhere), *self.others)


_BESIDE_RUN = {kind: tuple([field.name for field in fields(kind)[1:]]) for kind in (Compiled, CompiledChange)}
"""The fields behind the function, which is the first one."""


class _Form(NamedTuple):
    """A function without what it holds. ``namespace`` is that of a module, None where it is a generated one."""

    code: CodeType
    name: str
    defaults: tuple[Any, ...] | None
    namespace: dict[str, Any] | None

    @classmethod
    def of(cls, function: FunctionType) -> _Form:
        """That of ``function``."""
        namespace = function.__globals__ if "__name__" in function.__globals__ else None
        return cls(function.__code__, function.__name__, function.__defaults__, namespace)

    def function(self, namespace: dict[str, Any] | None, closure: tuple[CellType, ...] | None = None) -> Any:
        """A function of this form."""
        assert namespace is not None, "a closure is a module's"
        return FunctionType(self.code, namespace, self.name, self.defaults, closure)
