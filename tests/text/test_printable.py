"""Foreign text is shown as one line that commands nothing."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snnc.text.tables import cells, printable, quote_code

ANY = st.text(st.characters(codec=None), max_size=40)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Größe 数字 🧿", "Größe 数字 🧿"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\u202eb\u2028c\u200b", "a\\u202eb\\u2028c\\u200b"),
        ("a\n::error::x\r\t", "a\\n::error::x\\r\\t"),
        ("::error::x", "\\x3a:error::x"),
        (" \t::error::x", " \\t\\x3a:error::x"),
        ("a ::b", "a ::b"),
        ("see ##[error]x and ##vso[task]", "see \\x23#[error]x and \\x23#vso[task]"),
        ("##[section]", "\\x23#[section]"),
        ("## [section]", "## [section]"),
        ("caf\udce9.snn", "caf\\udce9.snn"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_what_does_not_print_or_would_command_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY)
@example("###[x]")
def test_it_is_one_line_that_no_ci_server_obeys(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert not shown.strip().startswith("::")
    assert "##[" not in shown
    assert "##vso[" not in shown


@given(ANY)
def test_printing_twice_is_printing_once(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANY)
def test_the_escapes_are_those_of_python(text: str) -> None:
    escaped = [c.replace("\\", "\\\\") if c == "\\" else c for c in cells(text)]
    literal = "".join(escaped).replace('"', '\\"')
    assert ast.literal_eval(f'"{literal}"') == text


def test_younger_scripts_are_escaped_where_all_versions_write_the_same() -> None:
    assert cells("🧿") == ["🧿"]
    assert cells("🧿", on_every_python=True) == ["\\U0001f9ff"]


def test_no_text_ends_its_backticks() -> None:
    assert quote_code("a`b\n") == "`a\\x60b\\n`"
