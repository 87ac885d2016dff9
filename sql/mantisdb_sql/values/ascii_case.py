"""Upper and lower case as SQLite has them without an extension: of the 26 ASCII letters alone.

Names, keywords and types are compared so: ``É`` and ``é`` are two names, and the Kelvin sign is no ``k``. ``str.lower``
and ``str.upper`` know all of Unicode and are wrong for them.
"""

from __future__ import annotations

__all__ = ["lower_ascii", "upper_ascii"]

_LOWER = {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
_UPPER = {letter + 32: letter for letter in range(ord("A"), ord("Z") + 1)}


def lower_ascii(text: str) -> str:
    """The text with its ASCII letters in lower case."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def upper_ascii(text: str) -> str:
    """The text with its ASCII letters in upper case."""
    return text.upper() if text.isascii() else text.translate(_UPPER)
