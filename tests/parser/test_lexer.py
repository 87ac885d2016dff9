"""Complete statements as the stdlib decides, shapes that differ in literals only, multi-statement texts."""

from __future__ import annotations

import random
import sqlite3

import pytest
from parser_sentences import Sentences, load_grammar

from mantisdb_sql.syntax.lexer import ILLEGAL, LITERALS, Tokens, complete_statement, number_value, shape
from mantisdb_sql.syntax.parser import parse_statement

PIECES = [
    "create",
    "TEMP",
    "temporary",
    "trigger",
    "end",
    "explain",
    "select",
    ";",
    ";",
    " ",
    "\n",
    "'a'",
    "'",
    '"b;"',
    "[",
    "]",
    "/*",
    "*/",
    "--",
    "x",
    "`;`",
    "é",
    "$",
    "1",
]


def test_complete_statement_decides_as_sqlite_does(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(20_000):
        text = rng.choice(("", " ")).join(rng.choices(PIECES, k=rng.randint(0, 12)))
        assert complete_statement(text) == sqlite3.complete_statement(text), text


def test_texts_that_differ_in_literals_only_have_one_shape() -> None:
    first = shape("SELECT a, 'x' FROM t1 WHERE b = 5 AND c >= 1.5 -- 7\n AND \"9\" = [8]")
    second = shape("SELECT a, 'y''z' FROM t1 WHERE b = 77 AND c >= 2e3 -- 7\n AND \"9\" = [8]")
    assert first is not None and second is not None
    assert first[0] == second[0]
    assert (first[1], second[1]) == (["x", 5, 1.5], ["y'z", 77, 2000.0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("SELECT 1", "SELECT 1.0"), ("SELECT 1", "SELECT '1'"), ("SELECT a1", "SELECT a2"), ("?1", "?2")],
)
def test_other_differences_give_other_shapes(one: str, other: str) -> None:
    first, second = shape(one), shape(other)
    assert first is not None and second is not None and first[0] != second[0]


def test_shape_finds_the_literal_tokens_of_the_parser(seed: int) -> None:
    rng = random.Random(seed)
    grammar = load_grammar()
    sentences = Sentences(grammar, rng)
    for rule in grammar.rules:
        sql = sentences.using(rule, 4)
        found = shape(sql)
        try:
            statement = parse_statement(sql)
        except Exception:
            continue
        assert found is not None, sql
        texts = [statement.tokens.texts[i] for i in statement.literal_tokens]
        assert all(statement.tokens.kinds[i] in LITERALS for i in statement.literal_tokens)
        assert len(texts) == len(found[1]), sql
        for text, value in zip(texts, found[1], strict=True):
            assert isinstance(value, str) == text.startswith("'"), sql


LITERAL_PIECES = [
    *"xX''\"`[]0123459.$@:#?/-*abeE_ (),=<|\\{}é",
    *("\n", "\x7f", "\ufeff", "--", "/*", "*/", "/* 5 */", "--5\n", "x'", "X'ab'", "0x1f", "1e5", ":x", "::"),
    *("$a(", "1.5", ".5", "''", "SELECT ", "::a", "٣", " ", " ", " "),
]


def test_the_literals_of_a_shape_are_those_of_the_tokens(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40_000):
        sql = "".join(rng.choices(LITERAL_PIECES, k=rng.randint(1, 10)))
        tokens = Tokens(sql)
        found = shape(sql)
        if ILLEGAL in tokens.kinds or found is None:
            continue
        texts = [text for text, kind in zip(tokens.texts, tokens.kinds, strict=True) if kind in LITERALS]
        wanted = [text[1:-1].replace("''", "'") if text[0] == "'" else number_value(text) for text in texts]
        assert found[1] == wanted, sql


def test_statements_of_a_script_follow_each_other() -> None:
    script = ";; SELECT ';' ; /* ; */ CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 3 -- ;"
    offset, found = 0, []
    while offset < len(script):
        statement = parse_statement(script, offset)
        found.append((statement.kind, script[statement.start : statement.tail]))
        offset = statement.tail
    assert found == [
        ("SELECT", "SELECT ';' ;"),
        ("CREATE TRIGGER", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;"),
        ("SELECT", "SELECT 3 -- ;"),
    ]


def test_a_string_full_of_semicolons_is_one_token() -> None:
    text = ";" * 100_000
    assert parse_statement(f"SELECT '{text}'; SELECT 2").tail == len(text) + 10
