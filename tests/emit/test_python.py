"""Expressions, statements, names and quoted texts of generated code.

Text of a spec says what it says, and does nothing.
"""

import ast

import black
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.emit.keras_model import dims
from snnc.emit.python import (
    WIDTH,
    Bracket,
    call,
    comment,
    docstring,
    items,
    module_docstring,
    number,
    quote,
    variables,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5e-5, "5e-5"),
        (1.5e-10, "1.5e-10"),
        (1e22, "1e22"),
        (0.2, "0.2"),
        (150.0, "150.0"),
        (3, "3"),
        (True, "True"),
    ],
)
def test_numbers_are_written_as_a_person_does(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert ast.literal_eval(number(value)) == value


def test_tuples_and_dims() -> None:
    assert items([3]) == "(3,)"
    assert items([3, 4]) == "(3, 4)"
    assert dims((2, 2, 2)) == "2"
    assert dims((1, 2, 2)) == "(1, 2, 2)"


def test_a_call_that_fits_stays_on_its_line() -> None:
    assert call("f", "a" * 37, "b" * 33).at(4) == f"f({'a' * 37}, {'b' * 33})"


def test_a_call_that_does_not_fit_is_exploded() -> None:
    text = call("f", "a" * 37, "b" * 34).at(4)
    assert text == f"f(\n        {'a' * 37},\n        {'b' * 34},\n    )"


def test_what_follows_a_bracket_counts() -> None:
    assert "\n" not in Bracket("x = f(", ["a" * 60], ")(y)").at(4)
    assert "\n" in Bracket("x = f(", ["a" * 66], ")(y)").at(4)


def test_a_table_of_one_row_is_a_tuple() -> None:
    for length in (1, 68, 69, 70, 71, 80):
        text = Bracket("T = (", [repr("a" * length)]).at(0)
        assert ast.literal_eval(text.removeprefix("T = ")) == ("a" * length,)


def test_calls_are_laid_out_as_black_does() -> None:
    mode = black.Mode(line_length=WIDTH)
    for length in range(1, 80):
        inner = call("g", "a" * length)
        for arguments in ([inner], [inner, "b" * 30], [call("h", inner, "b" * 9)]):
            text = f"if True:\n    {call('x = f', *arguments, 'y').at(4)}\n"
            assert black.format_str(text, mode=mode) == text


def test_variables_hide_nothing() -> None:
    found = variables(["keras", "keras_", "sum", "c0"], {"keras"})
    assert found == {"keras": "keras__", "keras_": "keras_", "sum": "sum_", "c0": "c0"}


@given(st.lists(st.sampled_from(["a", "a_", "a__", "b", "int"]), unique=True))
def test_variables_differ(names: list[str]) -> None:
    found = variables(names, {"a", "b_"})
    assert len(set(found.values())) == len(names)
    assert not {"a", "b_", "int"} & set(found.values())


@given(st.text())
def test_a_quoted_text_is_a_visible_literal_of_itself(text: str) -> None:
    assert ast.literal_eval(quote(text)) == text
    assert quote(text).isprintable()


@given(st.text() | st.text(alphabet='"\\ua ', max_size=12))
def test_a_docstring_says_the_words_of_the_text(text: str) -> None:
    literal = module_docstring(f"Summary.\n\n{text}", "")
    said = ast.literal_eval(literal).split()
    assert ["Summary.", *docstring_words(text)] == said


def docstring_words(text: str) -> list[str]:
    """Return the words with their escapes read: invisible characters stay so."""
    escaped = docstring(text).replace("\n", " ")
    return ast.literal_eval(f'"""{escaped}"""').split() if escaped else []


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("cat", '"cat"'),
        ('a "cat"', "'a \"cat\"'"),
        ("it's", '"it\'s"'),
        ("Größe 数字", '"Größe 数字"'),
    ],
)
def test_quoted_texts_stay_readable(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_a_comment_has_one_line() -> None:
    assert comment("a\nimport os") == "a\\nimport os"


@pytest.mark.parametrize("character", ["\U0001f9ff", "\u00ad", "\u200b"])
def test_what_some_pythons_do_not_know_is_escaped(character: str) -> None:
    assert quote(character).isascii()
