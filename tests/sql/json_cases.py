"""Random JSON: documents of RFC 8259 and JSON5, spoilt in places, paths into them, and calls of every function."""

from __future__ import annotations

import random
from typing import Any

KEYS = [
    "a", "b", "c", "aa", "", "a b", "x'y", "a\\u0041", "\\n", "é", "\\u00e9", "a.b", "[0]", "😀", "\\ud83d\\ude00",
    "aaaaaaaaaaaaaaaa", "1", "\\u0000q", "A", "\\/", '\\"',
]  # fmt: skip
TEXTS = [*KEYS, "hello", "\\\\", "\\b\\f\\n\\r\\t", "x" * 300, "\x7f", "\u2028", "it''s", "null"]
TEXTS5 = [
    "\\x41",
    "\\'",
    "\\v",
    "\\0",
    "\\\n",
    "\\\r\n",
    "a\tb",
    "\\\u2028z",
    "\\q",
    "\\u12",
    "\\x4",
    "\\01",
    '"',
    "\x01",
]
NUMBERS = [
    "0", "-0", "1", "12", "-5", "1.5", "-2.50e+1", "1e5", "1E-7", "123456789012345678901", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "0.1", "100.0", "1e400", "-1e400", "3.14159265358979323846", "0e0",
    "1.7976931348623157e308", "2.5e-324", "0.0", "-0.0", "1234567.12345678", "123456789012345.6", "1e22", "1e23",
]  # fmt: skip
NUMBERS5 = [
    "0x1F", "-0X0", "+1", ".5", "5.", "-.5", "+.5e1", "1.e3", "Infinity", "-Infinity", "+inf", "NaN", "QNaN",
    "0xffffffffffffffff", "-0xffffffffffffffff", "0x8000000000000000", "01", "1.2.3", "-", "+", "0x", "1e", "1e+",
    "--1", "infinit", "nanx", ".", "-.", "1_0", "0x12345678901234567890",
]  # fmt: skip
NAMES5 = ["a", "b", "$x", "_", "a\\u0041", "é", "true", "nullx", "infx", "aa1", "1a", "a-b"]
SPACES = [""] * 6 + [" ", "\n", " \t\r"]
SPACES5 = [""] * 12 + [" ", "\n", "\t ", "/*x*/", "//c\n", "\u00a0", "\ufeff", "\v", "/**/"]
PIECES = [
    *"{}[]\",:\\'0123456789eE+-.xtrufalsn /*$\n\t\0",
    "\u2028",
    "é",
    "\x01",
    "Inf",
    "NaN",
    "\\u",
    "//",
    "/*",
    "*/",
]
VALUES: list[Any] = [
    None, 1, -5, 0.1, 1e20, "x", 'a"b\\c\n\x01', "", b"\x0b", b"abc", float("inf"), 2**63 - 1, "é😀", "[1]", "1"
]  # fmt: skip
EDITS = ["insert", "replace", "set", "array_insert"]


class JsonMaker:
    """Makes random JSON and calls from one random generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def text(self) -> str:
        """A text that is JSON, or nearly."""
        rng = self.rng
        five = rng.random() < 0.35
        text = self._space(five) + self._element(rng.randrange(5), five) + self._space(five)
        return self.spoilt(text) if rng.random() < 0.2 else text

    def spoilt(self, text: str) -> str:
        """A text with a few random changes."""
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2, 3])):
            i, j = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
            text = rng.choice(
                [text[:i] + text[i + 1 :], text[:i] + rng.choice(PIECES) + text[i:], text[:i] + text[j:],
                 text[:j] + text[i:j] + text[j:], text[:i] + rng.choice(PIECES) + text[i + 1 :]]
            )  # fmt: skip
        return text

    def path(self) -> str:
        """A path, or nearly."""
        rng = self.rng
        path = "$"
        for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4])):
            kind = rng.random()
            if kind < 0.5:
                path += "." + rng.choice(["a", "b", "c", "aa", "1", "é", "A", "a b", "$x", "_"])
            elif kind < 0.65:
                path += f'."{rng.choice(KEYS)}"'
            elif kind < 0.85:
                path += f"[{rng.choice([0, 0, 1, 2, 5])}]"
            else:
                path += rng.choice(["[#]", "[#-1]", "[#-2]", "[#-9]", "[#-0]", "[99999999999999]"])
        return self.spoilt(path) if rng.random() < 0.1 else path

    def short_path(self) -> Any:
        """What ``->`` takes beside paths."""
        rng = self.rng
        short = ["a", "b", "0", "a b", "[0]", "[#-1]", "é", "", "[", "a.b", 0, 1, -1, -2, 5, 1.0, None]
        return self.path() if rng.random() < 0.5 else rng.choice(short)

    def call(self) -> tuple[str, list[Any]]:
        """(an expression with ``?``, its parameters); a parameter ("jsonb", text) is to be made JSONB first."""
        rng = self.rng
        kind = rng.randrange(12)
        binary = rng.choice(["", "b"])
        if kind == 0:
            return f"json{binary}(?)", [self._json()]
        if kind == 1:
            return self._of(f"json{binary}_array", [self._value() for _ in range(rng.randrange(4))])
        if kind == 2:
            return self._of(rng.choice(["json_array_length", "json_type"]), [self._json(), *self._paths(0, 1)])
        if kind == 3:
            return "json_error_position(?)", [self._json()]
        if kind in (4, 5):
            return self._of(f"json{binary}_extract", [self._json(), *self._paths(1, 2)])
        if kind == 6:
            pairs = [item for _ in range(rng.randrange(3)) for item in (rng.choice(KEYS), self._value())]
            return self._of(f"json{binary}_object", pairs)
        if kind == 7:
            indent = [] if rng.random() < 0.6 else [rng.choice([None, "", "\t", "  ", 3])]
            return self._of("json_pretty", [self._json(), *indent])
        if kind == 8:
            return self._of("json_valid", [self._json(), rng.choice([1, 2, 4, 5, 6, 8, 9, 10, 15, 0, 16, None, "3"])])
        if kind == 9:
            return self._of(f"json{binary}_remove", [self._json(), *self._paths(0, 3)])
        if kind == 10:
            return f"json{binary}_patch(?, ?)", [self._json(), self._json()]
        return self._edit_or_arrow(binary)

    def _edit_or_arrow(self, binary: str) -> tuple[str, list[Any]]:
        rng = self.rng
        if rng.random() < 0.4:
            return f"? {rng.choice(['->', '->>'])} ?", [self._json(), self.short_path()]
        pairs = [item for _ in range(rng.randrange(3)) for item in (*self._paths(1, 1), self._value())]
        return self._of(f"json{binary}_{rng.choice(EDITS)}", [self._json(), *pairs])

    def _of(self, name: str, arguments: list[Any]) -> tuple[str, list[Any]]:
        return f"{name}({', '.join('?' * len(arguments))})", arguments

    def _paths(self, least: int, most: int) -> list[Any]:
        rng = self.rng
        return [None if rng.random() < 0.03 else self.path() for _ in range(rng.randint(least, most))]

    def _json(self) -> Any:
        rng = self.rng
        kind = rng.random()
        if kind < 0.05:
            return rng.choice([None, 1, -7, 1.5, b"", b"[1]", b'{"a":1}', "", b"\x0b", b"123", 1e300, 0.0])
        return ("jsonb", self.text()) if kind < 0.25 else self.text()

    def _value(self) -> Any:
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice(VALUES)
        return ("jsonb", self.text()) if kind < 0.6 else self.text()[:300]

    # ---------------------------------------------------------------------------------------------- documents

    def _space(self, five: bool) -> str:
        return self.rng.choice(SPACES5 if five else SPACES)

    def _string(self, five: bool) -> str:
        rng = self.rng
        pieces = [rng.choice(TEXTS5 if five and rng.random() < 0.3 else TEXTS) for _ in range(rng.randrange(4))]
        quote = "'" if five and rng.random() < 0.4 else '"'
        return quote + "".join(pieces) + quote

    def _label(self, five: bool) -> str:
        rng = self.rng
        if five and rng.random() < 0.3:
            return rng.choice(NAMES5)
        return self._string(five) if rng.random() < 0.2 else f'"{rng.choice(KEYS)}"'

    def _element(self, depth: int, five: bool) -> str:
        rng = self.rng
        kind = rng.random()
        if depth and kind < 0.65:
            items = [
                self._space(five) + self._element(depth - 1, five) + self._space(five) for _ in range(rng.randrange(5))
            ]
            is_object = kind < 0.35
            if is_object:
                items = [f"{self._space(five)}{self._label(five)}{self._space(five)}:{item}" for item in items]
            inside = ",".join(items) + ("," if five and rng.random() < 0.15 else "") + self._space(five)
            return f"{{{inside}}}" if is_object else f"[{inside}]"
        if kind < 0.8:
            return rng.choice(NUMBERS + NUMBERS5 if five else NUMBERS)
        return rng.choice(["null", "true", "false"]) if kind < 0.88 else self._string(five)
