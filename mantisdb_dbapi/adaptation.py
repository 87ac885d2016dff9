"""How Python objects become SQL values, and declared types become Python objects again.

Two process-wide tables, as in the standard library: ``adapters`` maps ``(type, protocol)`` to a callable that
turns an object of exactly that type into None, int, float, str or bytes; ``converters`` maps the upper-case
name of a type to a callable that turns the bytes of a stored value into an object. Programs patch both dicts,
so they are read anew each time they are needed.

Plain values (None, int, float, str, bytes) are bound without a look at ``adapters`` until an adapter is
registered for one of their types; :func:`plain_types_are_adapted` tells, and :func:`on_plain_adapter` asks to
be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mantisdb_dbapi.errors import ProgrammingError

__all__ = ["PrepareProtocol", "adapt", "adapters", "converters", "register_adapter", "register_converter"]


class PrepareProtocol:
    """The protocol that objects are adapted to when they are bound; only its identity matters."""

    __slots__ = ()


_Adapter = Callable[[Any], Any]
_Converter = Callable[[bytes], Any]

adapters: dict[tuple[type[Any], Any], _Adapter] = {}
converters: dict[str, _Converter] = {}

_PLAIN_TYPES = (int, float, str, bytes, bytearray, type(None))
_MISSING = object()
_plain_adapted = False
_listeners: list[Callable[[], None]] = []


def plain_types_are_adapted() -> bool:
    """Whether an adapter was ever registered for a type that needs none."""
    return _plain_adapted


def on_plain_adapter(listener: Callable[[], None]) -> None:
    """Call ``listener`` when an adapter is first registered for a type that needs none."""
    _listeners.append(listener)


def register_adapter(type: type[Any], adapter: _Adapter, /) -> None:
    """Have objects of exactly this type bound as what ``adapter(object)`` returns."""
    global _plain_adapted
    adapters[(type, PrepareProtocol)] = adapter
    if type in _PLAIN_TYPES and not _plain_adapted:
        _plain_adapted = True
        for listener in _listeners:
            listener()


def register_converter(typename: str, converter: _Converter, /) -> None:
    """Have ``converter(bytes)`` make the values of columns of this type, where ``detect_types`` is set."""
    if not isinstance(typename, str):
        raise TypeError(f"register_converter() argument 1 must be str, not {typename.__class__.__name__}")
    converters[typename.upper()] = converter


def adapt(obj: Any, proto: Any = PrepareProtocol, alt: Any = _MISSING, /) -> Any:
    """Adapt by the registry, ``proto.__adapt__`` or ``obj.__conform__``; else ``alt``, or an error."""
    adapter = adapters.get((type(obj), proto))
    if adapter is not None:
        return adapter(obj)
    for owner, name, argument in ((proto, "__adapt__", obj), (obj, "__conform__", proto)):
        method = getattr(owner, name, None)
        if method is not None:
            try:
                adapted = method(argument)
            except TypeError:  # the standard library takes it as "cannot"
                continue
            if adapted is not None:
                return adapted
    if alt is not _MISSING:
        return alt
    raise ProgrammingError("can't adapt")
