"""Text of a spec in generated code says what it says, and does nothing."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.emit.python import comment, docstring, module_docstring, quote


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


@pytest.mark.parametrize("character", ["\U0001f9ff", "\u00ad", "\u200b"])
def test_what_some_pythons_do_not_know_is_escaped(character: str) -> None:
    assert quote(character).isascii()
