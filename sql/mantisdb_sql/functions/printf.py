"""printf() and format() (https://www.sqlite.org/printf.html)."""
from __future__ import annotations
from typing import Any
def format_text(*args: Any) -> Any:
    raise NotImplementedError
