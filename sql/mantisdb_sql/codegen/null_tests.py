"""Tests for NULL in generated code: ``text is None``, and what is known without one.

Python warns of ``5 is None``, whoever compiles it. It folds literals, operators on them, tuples and subscripts of them
into one constant, and finds the literal there, too; what it folds names nothing. A text without a name is such a
constant, and never NULL, as NULL is ``None``. Elsewhere ``is`` is only written behind names.
"""

from __future__ import annotations

import re

__all__ = ["is_constant", "is_null"]

_NAMELESS = re.compile(
    r"""(?:
        b?'(?:[^'\\]|\\.)*+' | b?"(?:[^"\\]|\\.)*+"   # as repr() writes them
      | \d[\d.]*+(?:e[+-]?\d++)?+                     # 5, 2.5, 1e+300
      | [^\w'"]                                       # operators, parentheses, white space
    )++\Z""",
    re.VERBOSE | re.DOTALL,
)


def is_constant(text: str) -> bool:
    """Whether an expression consists of literals and operators, and so is a value that is not None."""
    return _NAMELESS.match(text) is not None


def is_null(text: str, null: bool = True) -> str:
    """A test of an expression for NULL, or for anything else."""
    if text == "None" or is_constant(text):
        return str((text == "None") is null)
    return f"{text} is None" if null else f"{text} is not None"
