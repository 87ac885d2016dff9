"""MantisDB accepts what SQLite accepts, and stops where SQLite stops, with SQLite's words (oracle: apsw)."""

# ruff: noqa: E501
from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from parser_corpus import corpus_statements, mutants, statement_shape
from parser_oracle import Comparison, Oracle, mantis
from parser_sentences import Sentences, load_grammar

from mantisdb_sql.errors import SqlError
from mantisdb_sql.syntax import parser

LONG_MUTANTS = 100_000
SHORT_MUTANTS = 4_000


def settle(comparison: Comparison, what: str) -> None:
    """Prints the summary, and fails with the first differences."""
    print(f"\n{what}: {comparison.summary()}")
    assert not comparison.differences, "\n".join(comparison.differences[:10])


def test_corpus_statements_are_accepted_or_refused_as_sqlite_does(
    shared: Path, seed: int, long_mode: bool
) -> None:
    statements = corpus_statements(shared)
    assert len(statements) > 100_000
    if not long_mode:
        statements = random.Random(seed).sample(statements, 4_000)
    comparison = Comparison()
    for sql in statements:
        comparison.compare(sql)
    settle(comparison, "corpus")


def test_mutants_of_the_corpus_are_accepted_or_refused_as_sqlite_does(
    shared: Path, seed: int, long_mode: bool
) -> None:
    rng = random.Random(seed)
    shapes = {statement_shape(sql): sql for sql in corpus_statements(shared) if len(sql) < 600}
    bases = list(shapes.values())
    comparison = Comparison()
    for _ in range(LONG_MUTANTS // 2 if long_mode else SHORT_MUTANTS):
        comparison.compare(mutants(rng.choice(bases), rng, 1)[0])
    settle(comparison, "mutants of the corpus")


def test_sentences_of_every_rule_and_their_mutants(seed: int, long_mode: bool) -> None:
    rng = random.Random(seed)
    grammar = load_grammar()
    sentences = Sentences(grammar, rng)
    plain, mutated = Comparison(), Comparison()
    rounds = 45 if long_mode else 2
    for rule in grammar.rules:
        for _ in range(rounds):
            sql = sentences.using(rule, rng.randint(2, 6))
            if len(sql) > 800:
                continue
            plain.compare(sql)
            for mutant in mutants(sql, rng, 3):
                mutated.compare(mutant)
    settle(plain, "sentences of each rule")
    settle(mutated, "mutants of sentences")


REFUSALS = """
DELETE t|SELECT ;|FROM t|foo bar|UPDATE t SET a+1=2|45|SELECT ,|SELECT 1, , 2|SELECT 1 LIMIT|CREATE x(a)|VALUES(1) (2)
SELECT char(65|MERGE INTO t|TRUNCATE t|SELECT 1 FETCH FIRST 1 ROW ONLY|SELECT a::int|SELECT 1e|SELECT 123abc|SELECT 0xg
SELECT x'1'|SELECT x'0g'|SELECT 1.2.3|SELECT 'abc|SELECT "abc|SELECT [abc|SELECT `abc|SELECT 1__0|SELECT 1_|SELECT 0x_1
SELECT @|SELECT $|SELECT :|SELECT #|SELECT #1|SELECT $a(b|SELECT $a::|SELECT ^|SELECT !|SELECT \\|SELECT {|SELECT \x01
SELECT 1 \x0b|SELECT ?0|SELECT ?32767|SELECT ?99999999999|EXPLAIN|EXPLAIN ;|EXPLAIN QUERY|/*|/* x|--|;;|SELECT /|SELECT /*
SELECT 1 FROM a NATURAL FOO JOIN b|SELECT 1 FROM a LEFT INNER JOIN b|SELECT 1 FROM a OUTER JOIN b|SELECT 1 FROM a ON 1
SELECT 1 FROM a USING (x)|SELECT 1 FROM a CROSS LEFT JOIN b|VALUES (1), (1, 2)
SELECT 1 FROM a NATURAL LEFT OUTER JOIN b|SELECT 1 FROM a LEFT RIGHT JOIN b|SELECT 1 FROM a NATURAL NATURAL JOIN b
SELECT 1 FROM a NATURAL OUTER JOIN b|SELECT 1 FROM a LEFT LEFT JOIN b|SELECT 1 FROM a INNER OUTER JOIN b
SELECT 1 FROM a CROSS INNER JOIN b|SELECT 1 FROM a NATURAL CROSS JOIN b|SELECT 1 FROM a FULL JOIN b|SELECT 1 FROM a b c JOIN d
SELECT 1 ORDER BY 1 UNION SELECT 2|SELECT 1 LIMIT 1 UNION ALL SELECT 2|WITH a AS (SELECT 1), A AS (SELECT 2) SELECT 1
SELECT sum(DISTINCT 1) OVER ()|SELECT sum(1) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING)
SELECT sum(1) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND 1 PRECEDING)|SELECT sum(1) OVER (ROWS 1 FOLLOWING)
CREATE TABLE x(a) FOO|CREATE TABLE x(a) WITHOUT FOO|CREATE TABLE x(a AS (1) FOO)|CREATE VIEW v(a ASC) AS SELECT 1
CREATE INDEX i ON mantis_trigger_target(a NULLS FIRST)|CREATE TABLE x(a, PRIMARY KEY (a NULLS LAST))
CREATE TEMP TABLE main.x(a)|CREATE TEMP TRIGGER main.x AFTER INSERT ON t BEGIN SELECT 1; END
UPDATE mantis_trigger_target SET (a, a) = 1|UPDATE mantis_trigger_target SET (a) = (1, 2)|PRAGMA x = -a|PRAGMA x = ?
""".strip().replace("\n", "|").split("|")  # fmt: skip


@pytest.mark.parametrize("sql", REFUSALS)
def test_broken_texts_get_sqlites_message(sql: str) -> None:
    assert mantis(sql) == Oracle().ask(sql)


ACCEPTED = """
SELECT 1 /*|SELECT 1 /* open|SELECT 1 --|\ufeffSELECT 1|SELECT\ufeff1|SELECT 1_000, 0x1_0, 1_0.0_1e1_0|SELECT 'a' 'b'|SELECT [a]]b]
SELECT 1;;|;;SELECT 1|SELECT $a::b(c d)|SELECT 1 window|SELECT 1 filter|SELECT 1 over|SELECT count(*) filter (where 1) over ()
SELECT 1 WHERE 1 IN ()|SELECT x'' , X'00'|SELECT ~~1, - - 1, +1, NOT NOT 1|SELECT CAST(1 AS), CAST(1 AS "a b" c)|SELECT 1 é
SELECT 1 IS NOT DISTINCT FROM 2|SELECT 1 ISNULL NOTNULL|SELECT (((1)))|SELECT 1 'x', 2 "y", 3 [z], 4 AS left
SELECT 1 AS window, 2 AS over|SELECT a$b FROM (SELECT 1 a$b)|BEGIN EXCLUSIVE TRANSACTION x|SAVEPOINT 'x'|ANALYZE|VACUUM INTO 'x' || 'y'
""".strip().replace("\n", "|").split("|")  # fmt: skip


@pytest.mark.parametrize("sql", ACCEPTED)
def test_odd_but_legal_texts_are_accepted(sql: str) -> None:
    theirs = Oracle().ask(sql)
    assert mantis(sql)[0] == ("syntax" if theirs[0] == "syntax" else "ok"), theirs


@pytest.mark.parametrize("count", [900, 998, 999, 1000, 1001, 2300, 2400, 2493, 2494, 2550, 5000, 100_000])
@pytest.mark.parametrize("nest", [("(", ")"), ("- ", "")])
def test_nesting_meets_no_recursion_limit_but_sqlites(nest: tuple[str, str], count: int) -> None:
    sql = f"SELECT {nest[0] * count}1{nest[1] * count}"
    assert mantis(sql) == Oracle().ask(sql)


@pytest.mark.parametrize("count", [998, 999, 1000, 1001, 1500])
@pytest.mark.parametrize(
    "link", [" + 1", " OR 1", " || 'a'", " IS NULL", " COLLATE binary", " IN (1)", " IN (1, 2)"]
)
def test_expressions_have_sqlites_depth_limit(count: int, link: str) -> None:
    sql = f"SELECT x{link * count} FROM (SELECT 1 AS x)"
    assert mantis(sql) == Oracle().ask(sql)


WORDS = ("SAVEPOINT", "release", "ROLLBACK", "TO", "TRANSACTION", "x", '"a b"', "'s'", "left", "over", "[q]", "5", "é")
ENDS = ("", ";", " ; SELECT 1", " -- note", ".x")


def _parsed(sql: str) -> object:
    try:
        parsed = parser.parse_statement(sql)
    except SqlError as error:
        return str(error)
    assert parsed.node is not None
    metas = [(node.key, node.args.get("this"), node.meta) for node in parsed.node.walk()]
    return repr(parsed.node), metas, parsed.kind, parsed.start, parsed.tail, parsed.parameters


@pytest.mark.parametrize("first", ["SAVEPOINT", "release", "ROLLBACK"])
def test_savepoint_statements_are_what_the_automaton_makes_of_them(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        " ".join([first, *rest]) + end
        for count in range(4)
        for rest in itertools.product(WORDS, repeat=count)
        for end in (ENDS if count < 3 else ("",))
    ]
    short = [_parsed(sql) for sql in texts]
    monkeypatch.setattr(parser, "_SHORT", {})
    for sql, found in zip(texts, short, strict=True):
        assert found == _parsed(sql), sql
