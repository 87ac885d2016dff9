"""The generated tables belong to the grammar, and the generator resolves what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from mantisdb_sql.syntax.grammar import generate, tables
from mantisdb_sql.syntax.grammar.lalr import build_tables
from mantisdb_sql.syntax.grammar.notation import read_grammar

HERE = Path(generate.__file__).parent


def test_the_tables_are_those_of_the_grammar() -> None:
    text = (HERE / "sqlite.grammar").read_text("utf-8")
    assert generate.grammar_digest(text) == tables.GRAMMAR_SHA256
    assert generate.render(text) == (HERE / "tables.py").read_text("utf-8")


def test_there_are_sqlites_147_keywords_and_those_of_alter_column_type() -> None:
    assert len(tables.KEYWORDS.keys() - {"DATA", "TYPE"}) == 147


def test_an_ambiguous_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="shift or reduce"):
        build_tables(read_grammar("start: e\n%class N\ne : e '+' e => add\n  | N\n"))


def test_precedence_and_associativity_settle_ambiguity() -> None:
    build_tables(
        read_grammar(
            "start: e\n%class N\n%left '+'\n%left '*'\ne : e '+' e => add\n  | e '*' e => mul\n  | N\n"
        )
    )


def test_a_name_without_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="no rules"):
        read_grammar("start: missing ';'\n")
