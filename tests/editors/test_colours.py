"""Editors colour what the compiler reads, word for word."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name

from editors.vscode_files import GRAMMAR, textmate_text
from snnc.editors.pygments import SnnLexer
from snnc.editors.rules import SWITCHES, Category, value_words
from snnc.language import tree
from snnc.language.keywords import (
    CLAUSES,
    HEADERS,
    KEYS,
    KINDS,
    REFUSED,
    RESERVED,
    UNITS,
)
from snnc.language.readers import flag
from snnc.source import SourceFile, Span
from tests.rules.checking import assert_accepted
from tests.support import ROOT, SPECS, sound

CASES = sorted((ROOT / "tests" / "rules" / "cases").glob("*/valid.snn"))
FILES = [*SPECS, *CASES]
Places = list[Category | None]


def by_pygments(text: str) -> Places:
    """Return the category of each character by the lexer."""
    by_token = {f"Token.{category.token}": category for category in Category}
    found: Places = [None] * len(text)
    lexer = SnnLexer(stripnl=False, ensurenl=False)
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        found[start : start + len(value)] = [by_token.get(str(kind))] * len(value)
    return found


def by_textmate(text: str) -> Places:
    """Return the category of each character by the committed grammar."""
    by_scope = {category.scope: category for category in Category}
    patterns = json.loads(GRAMMAR.read_text(encoding="utf-8"))["patterns"]
    compiled = [(re.compile(pattern["match"]), pattern) for pattern in patterns]
    found: Places = []
    for line in text.splitlines(keepends=True):
        places: Places = [None] * len(line)
        at = 0
        while matches := [(m, p) for r, p in compiled if (m := r.search(line, at))]:
            match, pattern = min(matches, key=lambda pair: pair[0].start())
            groups = pattern.get("captures") or {"0": pattern}
            for group, capture in groups.items():
                start, end = match.span(int(group))
                places[start:end] = [by_scope[capture["name"]]] * (end - start)
            at = match.end()
        found += places
    return found


def by_compiler(text: str) -> Iterator[tuple[Span, Category]]:
    """Give the places that the compiler can classify, each with its category."""
    document = sound(text, "parse")
    yield from ((comment.span, Category.COMMENT) for comment in document.comments)
    assert document.network is not None
    yield document.network.span, Category.DECLARED
    for statement in document.statements:
        yield statement.kind.span, Category.KIND
        if statement.variant is not None:
            yield statement.variant.span, Category.VARIANT
        if statement.name is not None:
            yield statement.name.span, Category.DECLARED
        for value in (statement.shape, statement.within, statement.mapped):
            if value is not None:
                yield from of_value(value)
        if statement.text is not None:
            yield statement.text.span, Category.TEXT
        for item in statement.properties or ():
            yield from of_property(item)


def of_property(item: tree.Property) -> Iterator[tuple[Span, Category]]:
    kind = Category.KIND if item.key.text in KINDS else Category.KEY
    yield item.key.span, kind
    if kind is Category.KEY:
        yield from of_value(item.value)


NUMERALS = {
    tree.Number: Category.NUMBER,
    tree.Dims: Category.DIMS,
    tree.Text: Category.TEXT,
}


def of_value(value: tree.Value) -> Iterator[tuple[Span, Category]]:
    if (kind := NUMERALS.get(type(value))) is not None:
        yield value.span, kind
    if isinstance(value, tree.Word) and value.text in value_words() - KINDS:
        yield value.span, Category.VALUE
    if isinstance(value, tree.Group):
        for item in value.properties:
            yield from of_property(item)
    if isinstance(value, tree.List):
        for part in value.items:
            yield from of_value(part)
    if isinstance(value, (tree.Quantity, tree.Range)) and value.unit is not None:
        yield value.unit.span, Category.UNIT
    if isinstance(value, tree.Range):
        start = Span(value.span.source, value.span.start, value.span.start + 1)
        yield start, Category.RANGE


def case_name(path: Path) -> str:
    return path.stem if path in SPECS else path.parent.name


@pytest.mark.parametrize("path", FILES, ids=case_name)
def test_every_token_has_a_colour(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lexer = SnnLexer(stripnl=False, ensurenl=False)
    assert "".join(value for _, value in lexer.get_tokens(text)) == text
    found = by_pygments(text)
    assert Category.WRONG not in found
    assert by_textmate(text) == found
    for span, category in by_compiler(text):
        assert set(found[span.start : span.end]) == {category}, (span.text, category)


def only(text: str, word: str) -> Category | None:
    """Return the one category that a word of a text has in both."""
    start = text.index(word)
    found = {
        *by_pygments(text)[start : start + len(word)],
        *by_textmate(text)[start : start + len(word)],
    }
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("text", "word", "category"),
    [
        ('about "a # \\" kernel 3"', '"a # \\" kernel 3"', Category.TEXT),
        ('about "open', '"open', Category.WRONG),
        ("in -1..1 as 0..1", "as", Category.CLAUSE),
        ("kernel 3x3x3 stride 2", "stride", Category.KEY),
        ("dt 5ms", "5ms", Category.WRONG),
        ("  lstm { window 2 }", "lstm", Category.REFUSED),
        ("  dense d { activation softmax }", "softmax", Category.REFUSED),
        ("snn 1", "snn", Category.HEADER),
        ("network s {", "s", Category.DECLARED),
        ("conv2d kernel { filters 2 }", "kernel", Category.DECLARED),
        ("encode conv filters { bias on }", "filters", Category.DECLARED),
        ("avgpool from c0", "from", Category.CLAUSE),
        ("add from ms, c1", "ms", Category.NAME),
        ("{ neuron relu place chip }", "place", Category.KEY),
        ("classes [katze, größe]", "größe", Category.NAME),
        ("= 3", "=", Category.WRONG),
    ],
)
def test_a_word_has_the_colour_of_what_it_is(
    text: str, word: str, category: Category
) -> None:
    assert only(text, word) is category


SETS = {
    Category.KIND: KINDS,
    Category.HEADER: HEADERS,
    Category.REFUSED: REFUSED & RESERVED,
    Category.CLAUSE: CLAUSES,
    Category.KEY: KEYS - KINDS,
    Category.VALUE: value_words() - KINDS - KEYS,
}


@pytest.mark.parametrize("category", SETS, ids=lambda category: category.name)
def test_each_word_of_the_language_has_a_colour(category: Category) -> None:
    for word in SETS[category]:
        assert only(f"( {word} )", word) is category
        assert only(f"( {word}_ )", f"{word}_") is Category.NAME


def test_each_unit_has_a_colour_behind_a_number() -> None:
    assert {only(f"3 {unit}", unit) for unit in UNITS} == {Category.UNIT}


def test_each_switch_is_one() -> None:
    for word in SWITCHES:
        source = SourceFile("x.snn", word)
        assert isinstance(flag(tree.Word(word, source.whole)), bool)


def test_the_committed_grammar_is_that_of_the_rules() -> None:
    assert_accepted(GRAMMAR, textmate_text())


# Oniguruma and Python read these in the same way: groups, lookarounds, classes.
COMMON = re.compile(r"\(\?(?!:|!|=|<!|<=)|\\[^wWdDsSnt.{}\[\]()\"\\+*?|^$/-]")


def test_the_patterns_are_in_the_common_dialect() -> None:
    patterns = json.loads(GRAMMAR.read_text(encoding="utf-8"))["patterns"]
    assert [p["match"] for p in patterns if COMMON.search(p["match"])] == []


def test_pygments_finds_the_lexer_by_its_entry_point() -> None:
    assert isinstance(get_lexer_by_name("snn"), SnnLexer)
