"""Text of a spec in generated code says what it says, and does nothing."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.emit import Origin
from snnc.emit.python import comment, docstring, module_docstring, quote
from tests.emit.networks import conv3d_relu
from tests.emit.packages import own_modules

ATTACKS = [
    '"""\nraise SystemExit\n"""',
    '"',
    '""',
    'a"""',
    '"""a',
    "\\",
    'ends with a backslash\\"""',
    "{{ 7 * 7 }} {% raw %}",
    "'''\nraise SystemExit\n'''",
    "\x00\x1b[31m\r\nraise SystemExit",
    "\u202e\u2028raise SystemExit",
    "\\u0022\\u0022\\u0022",
    "\\N{QUOTATION MARK}" * 3,
]


@given(st.text())
def test_a_quoted_text_is_a_literal_of_itself(text: str) -> None:
    assert ast.literal_eval(quote(text)) == text


@given(st.text())
def test_a_quoted_text_is_one_visible_line(text: str) -> None:
    assert quote(text).isprintable()


@given(st.text())
def test_a_docstring_says_the_words_of_the_text(text: str) -> None:
    literal = module_docstring("Summary.", "", text)
    said = ast.literal_eval(literal).split()
    assert ["Summary.", *docstring_words(text)] == said


def docstring_words(text: str) -> list[str]:
    """Return the words with their escapes read: invisible characters stay so."""
    escaped = docstring(text).replace("\n", " ")
    return ast.literal_eval(f'"""{escaped}"""').split() if escaped else []


@given(st.text(alphabet='"\\ua ', max_size=12))
def test_no_mixture_of_quotes_and_backslashes_ends_a_docstring(text: str) -> None:
    said = ast.literal_eval(module_docstring("Summary.", "", text))
    assert said.split() == ["Summary.", *text.split()]


def test_the_mark_that_saves_escapes_is_chosen() -> None:
    assert quote("cat") == '"cat"'
    assert quote('a "cat"') == "'a \"cat\"'"
    assert quote("it's") == '"it\'s"'


def test_letters_stay_readable() -> None:
    assert quote("Größe 数字") == '"Größe 数字"'


def test_a_comment_has_one_line() -> None:
    assert comment("a\nimport os") == "a\\nimport os"


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_spec_becomes_code(attack: str) -> None:
    harmless, hostile = conv3d_relu(), replace(conv3d_relu(), about=attack)
    origins = Origin("specs/a.snn", "models"), Origin(f"specs/{attack}", attack)
    both = zip(own_modules(harmless), own_modules(hostile), strict=True)
    for plain, attacked in both:
        texts = (
            plain.with_header(origins[0]).text,
            attacked.with_header(origins[1]).text,
        )
        assert _code(texts[0]) == _code(texts[1])


def _code(text: str) -> str:
    tree = ast.parse(text)
    first = tree.body[0]
    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Constant)
    return ast.dump(ast.Module(tree.body[1:], []))


@pytest.mark.parametrize("character", ["\U0001f9ff", "\u00ad", "\u200b"])
def test_what_some_pythons_do_not_know_is_escaped(character: str) -> None:
    assert quote(character).isascii()
