"""SQL text to tokens, and two questions that tokens alone answer: is a text complete, and what is its shape.

Tokens are SQLite's (https://www.sqlite.org/lang_expr.html and its tokenizer's corner cases): identifier
characters are letters, digits, ``_``, ``$`` and everything above ASCII; ``"…"``, ``[…]`` and backquotes quote
names; an unterminated ``/*`` comment ends with the text; a byte-order mark is white space.

One compiled regular expression finds (white space, token) pairs; ``findall`` does it for a whole statement in
one call. A token's kind follows from its text: :data:`KINDS` maps texts to the token numbers of the grammar
and learns words as they come. Kinds that need a look at the neighbours (WINDOW, OVER and FILTER are names
unless the next tokens say otherwise) are settled afterwards by :func:`_settle_window_words`.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate, chain

from mantisdb_sql.syntax.grammar import tables
from mantisdb_sql.values.ascii_case import upper_ascii

ILLEGAL = -1  # the kind of a text that is no token
END = -2  # the kind of what follows the last token

_NAME_START = r"[^\x00-@\[-\^`{-\x7f]"
_NAME_CHAR = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
_SPACE = r"[ \t\n\f\r][ \t\n\v\f\r]*+|\ufeff|--[^\n]*+|/\*(?=[\s\S])(?:[^*]|\*(?!/))*+(?:\*/)?"
_TOKEN = (
    rf"(?!x')(?!X'){_NAME_START}{_NAME_CHAR}*+"
    r"|[(),;*+%&~]|=={0,1}|<[=<>]?|>[=>]?|!=|\|\|?|->?>?|/|\.(?![0-9])"
    r"|'[^']*+(?:''[^']*+)*+'?"
    r'|"[^"]*+(?:""[^"]*+)*+"?'
    r"|`[^`]*+(?:``[^`]*+)*+`?"
    r"|\[[^\]]*+\]?"
    rf"|0[xX][0-9a-fA-F][0-9a-fA-F_]*+{_NAME_CHAR}*+"
    rf"|(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?+|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9][0-9_]*+)?+{_NAME_CHAR}*+"
    r"|\?[0-9]*+"
    rf"|[$@:\#](?:(?:::)*+{_NAME_CHAR}(?:{_NAME_CHAR}|::)*+(?:\([^ \t\n\v\f\r)]*+\)?)?+|(?:::)*+)"
    r"|[xX]'[^']*+'?"
    r"|[\s\S]|\Z"
)
_PAIRS = re.compile(rf"((?:{_SPACE})*+)({_TOKEN})")
_NAME = re.compile(_NAME_START)
_BLOB = re.compile(r"[xX]'(?:[0-9a-fA-F]{2})*'")
_INTEGER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]+")
_FLOAT = re.compile(r"(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?")
_SEPARATED = re.compile(r"0[xX][0-9a-fA-F_]+|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]+)?")
_MAX_LEARNT = 20_000

_T = tables.TOKENS
_SYNONYMS = {"==": "=", "!=": "<>", "->>": "->"}
_CLOSERS = {"'": "'", '"': '"', "`": "`", "[": "]"}
SEMICOLON = _T[";"]
LITERALS = frozenset(_T[name] for name in ("INTEGER", "FLOAT", "QNUMBER", "STRING"))
_WINDOW_WORDS = frozenset((_T["WINDOW"], _T["OVER"], _T["FILTER"]))
_NAME_LIKE = frozenset(
    [_T[name] for name in ("ID", "STRING", "JOIN_WORD", "WINDOW", "OVER")]
    + [_T[name] for name, fallback in tables.FALLBACK.items() if fallback == "ID"]
)


class _Kinds(dict[str, int]):
    """Token text -> kind. Operators and keywords are there from the start; other names are learnt."""

    def __missing__(self, text: str) -> int:
        kind = _kind(text)
        if kind == _T["ID"] and len(self) < _MAX_LEARNT:
            self[text] = kind
        return kind


def _kind(text: str) -> int:
    first = text[:1]
    if first in _CLOSERS:
        return _quoted_kind(text, first)
    if first.isalpha() and text[1:2] != "'":
        return _word_kind(text)
    if (first.isdecimal() and first.isascii()) or (first == "." and text != "."):
        return _number_kind(text)
    if first in "?$@:#":
        return _variable_kind(text)
    if text[1:2] == "'" and first in "xX":
        return _T["BLOB"] if _BLOB.fullmatch(text) else ILLEGAL
    return _word_kind(text) if _NAME.match(text) else ILLEGAL


def _word_kind(text: str) -> int:
    word = tables.KEYWORDS.get(text.upper()) if text.isascii() else None
    return _T["ID" if word is None else word]


def _quoted_kind(text: str, quote: str) -> int:
    terminated = text.endswith("]") if quote == "[" else text.count(quote) % 2 == 0
    if not terminated:
        return ILLEGAL
    return _T["STRING"] if quote == "'" else _T["ID"]


def _number_kind(text: str) -> int:
    if _INTEGER.fullmatch(text):
        return _T["INTEGER"]
    if _FLOAT.fullmatch(text):
        return _T["FLOAT"]
    return _T["QNUMBER"] if _SEPARATED.fullmatch(text) else ILLEGAL


def _variable_kind(text: str) -> int:
    if text[0] == "?":
        return _T["VARIABLE"]
    if not text.strip("$@:#") and "$" not in text[1:]:
        return ILLEGAL
    return ILLEGAL if "(" in text and text[-1] != ")" else _T["VARIABLE"]


KINDS = _Kinds({name: number for name, number in _T.items() if not name[0].isalpha()})
KINDS.update((text, _T[name]) for text, name in _SYNONYMS.items())
KINDS.update((word, _T[name]) for word, name in tables.KEYWORDS.items())
KINDS.update((word.lower(), _T[name]) for word, name in tables.KEYWORDS.items())
KINDS[""] = END


class Tokens:
    """The tokens of a statement: parallel lists of texts and kinds, and offsets into the text.

    Token i is ``sql[offsets[2 * i + 1] : offsets[2 * i + 2]]``. After the last token of the text stands one
    of kind END with an empty text. :meth:`more` adds the tokens up to and including the next semicolon.
    """

    __slots__ = ("is_all", "kinds", "offsets", "sql", "texts")

    def __init__(self, sql: str, offset: int = 0) -> None:
        self.sql = sql
        self.texts: list[str] = []
        self.kinds: list[int] = []
        self.offsets = [offset]
        self.is_all = False
        self.more()

    def more(self) -> None:
        """Reads on to the next semicolon, or to the end of the text."""
        sql, start = self.sql, self.offsets[-1]
        stop = sql.find(";", start) + 1
        while stop:
            pairs = _PAIRS.findall(sql, start, stop)
            texts = [text for _, text in pairs]
            if ";" in texts:
                count = texts.index(";") + 1
                self._add(pairs[:count], texts[:count])
                return
            stop = sql.find(";", min(2 * stop - start, len(sql))) + 1
        pairs = _PAIRS.findall(sql, start)
        texts = [text for _, text in pairs]
        count = texts.index(";") + 1 if ";" in texts else texts.index("") + 1
        self.is_all = texts[count - 1] == ""
        self._add(pairs[:count], texts[:count])

    def _add(self, pairs: list[tuple[str, str]], texts: list[str]) -> None:
        kinds_of = KINDS
        kinds = list(map(kinds_of.__getitem__, texts))
        if not _WINDOW_WORDS.isdisjoint(kinds):
            _settle_window_words(kinds, self.kinds[-1] if self.kinds else END)
        start = self.offsets.pop()
        self.offsets += accumulate(map(len, chain.from_iterable(pairs)), initial=start)
        self.kinds += kinds
        self.texts += texts


def _settle_window_words(kinds: list[int], previous: int) -> None:
    """WINDOW is a keyword before ``name AS``, OVER after ``)`` and before ``(`` or a name, FILTER between
    ``)`` and
    ``(``; elsewhere they are names."""
    close, open_, name = _T[")"], _T["("], _T["ID"]
    raw = [*kinds, END, END]
    for i, kind in enumerate(raw):
        if kind == _T["WINDOW"]:
            keyword = raw[i + 1] in _NAME_LIKE and raw[i + 2] == _T["AS"]
        elif kind == _T["OVER"]:
            keyword = previous == close and (raw[i + 1] == open_ or raw[i + 1] in _NAME_LIKE)
        elif kind == _T["FILTER"]:
            keyword = previous == close and raw[i + 1] == open_
        else:
            keyword = True
        if not keyword:
            kinds[i] = name
        previous = kind


# ------------------------------------------------------------------------------------------------------------
# shape

# What stands between two literals; a literal is a number or a string that is not part of anything else. Of what stands
# between them, most is told by its first character: it begins no literal, and nothing that may have one inside. A digit
# goes on with a name if there is one in front of it, and a quote behind ``x`` with a BLOB unless that ends a name. A
# byte-order mark is white space or a part of a name, which is not worth a look: it counts as a broken literal.
_RUNS = re.compile(
    rf"""((?:[^'"`\[0-9.$@:\#?/\-\ufeff]++|(?<={_NAME_CHAR})[0-9$]++
        |\.(?![0-9])|-(?:-[^\n]*+)?+|/(?:\*(?=[\s\S])(?:[^*]|\*(?!/))*+(?:\*/)?)?+
        |"[^"]*+(?:""[^"]*+)*+"?|`[^`]*+(?:``[^`]*+)*+`?|\[[^\]]*+\]?
        |\?[0-9]*+(?:[xX]'[^']*+'?)?+|[$@:\#](?:{_NAME_CHAR}|::)*+(?:\([^ \t\n\v\f\r)]*+\)?)?+
        |(?<=[xX])(?<!{_NAME_CHAR}[xX])(?<![@:\#][xX])'[^']*+'?)*+)
        ('[^']*+(?:''[^']*+)*+'?
        |0[xX][0-9a-fA-F][0-9a-fA-F_]*+{_NAME_CHAR}*+
        |(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?+|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9][0-9_]*+)?+{_NAME_CHAR}*+
        |\ufeff|)""",
    re.VERBOSE,
)


def shape(sql: str) -> tuple[str, list[int | float | str]] | None:
    """A key that texts share which differ in literals only, and the literals' values, in the order of the
    text.

    In the key an integer stands as ``\\0i``, a real as ``\\0r``, a string as ``\\0s``. The k-th value is that
    of token
    ``ParsedStatement.literal_tokens[k]``. None where a literal is broken (parse the text and report it).
    """
    parts: list[str] = []
    values: list[int | float | str] = []
    for run, literal in _RUNS.findall(sql):
        if literal.isdecimal() and len(literal) < 19 and literal.isascii():
            values.append(int(literal))
            parts += (run, "\0i")
        elif not literal:
            parts.append(run)
        elif literal[0] == "'":
            if literal.count("'") & 1:
                return None
            values.append(literal[1:-1].replace("''", "'"))
            parts += (run, "\0s")
        else:
            number = number_value(literal)
            if number is None:
                return None
            values.append(number)
            parts += (run, "\0i" if type(number) is int else "\0r")
    return "".join(parts), values


def number_value(text: str) -> int | float | None:
    """The value of a numeric literal; None where it is no proper one (``1__0``, a hexadecimal beyond 64
    bits)."""
    if "_" in text:
        if not separators_are_right(text):
            return None
        text = text.replace("_", "")
    kind = _number_kind(text)
    if kind == ILLEGAL:
        return None
    if kind == _T["FLOAT"]:
        return float(text)
    if text[1:2] in ("x", "X"):
        value = int(text, 16)
        return None if value >= 1 << 64 else value - (1 << 64) if value >= 1 << 63 else value
    text = text.lstrip("0") or "0"
    return int(text) if len(text) < 19 or (len(text) == 19 and int(text) < 1 << 63) else float(text)


def separators_are_right(text: str) -> bool:
    """Whether every ``_`` of a number stands between two digits."""
    digit = "[0-9a-fA-F]" if text[1:2] in ("x", "X") else "[0-9]"
    return re.search(rf"(?<!{digit})_|_(?!{digit})", text) is None


# ---------------------------------------------------------------------------------------------------------
# complete


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(
        rf"""[ \t\n\f\r]++|/\*(?:[^*]|\*(?!/))*+(?P<slash>\*/)?|--[^\n]*+(?P<dash>\n)?
            |(?P<quoted>'[^']*+'?|"[^"]*+"?|`[^`]*+`?|\[[^\]]*+\]?)|(?P<word>{_NAME_CHAR}++)|(?P<other>[\s\S])""",
        re.VERBOSE,
    )


def complete_statement(sql: str) -> bool:
    """Whether a text ends with a complete statement, as ``sqlite3.complete_statement`` decides it.

    It looks for the last semicolon outside of strings and comments, and for the one after END in CREATE
    TRIGGER.
    """
    state = "nothing"
    for match in _pieces().finditer(sql):
        kind = match.lastgroup
        text = match.group()
        if kind is None or kind in ("slash", "dash"):
            if text[:2] == "/*" and kind != "slash":
                return False
            if text[:2] == "--" and kind != "dash":
                return state == "start"
            continue
        if kind == "quoted" and (len(text) < 2 or text[-1] != _CLOSERS[text[0]]):
            return False
        state = _next_state(state, ";" if text == ";" else upper_ascii(text) if kind == "word" else "")
    return state == "start"


def _next_state(state: str, word: str) -> str:
    """One step; inside a trigger a statement ends only at ``; END ;``."""
    if state in ("trigger", "trigger ;", "trigger ; end"):
        if word == ";":
            return "start" if state == "trigger ; end" else "trigger ;"
        return "trigger ; end" if word == "END" and state == "trigger ;" else "trigger"
    if word == ";":
        return "start"
    if state == "create":
        return {"TEMP": "create", "TEMPORARY": "create", "TRIGGER": "trigger"}.get(word, "inside")
    if state == "inside":
        return "inside"
    if word == "CREATE":
        return "create"
    if state == "explain":
        return "inside" if word in ("EXPLAIN", "TEMP", "TEMPORARY", "TRIGGER", "END") else "explain"
    return "explain" if word == "EXPLAIN" else "inside"
