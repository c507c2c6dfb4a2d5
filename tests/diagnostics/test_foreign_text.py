"""No word of a file leaves its line, its quotes or the terminal's state."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostic, Fix, Label
from snnc.diagnostics.diagnostic_text import render
from snnc.diagnostics.machine_formats import github_commands
from snnc.source import SourceFile, Span

HOSTILE = "a`b\n::error::c\u202e\u2028\x1b[2J##[error]"
ESCAPED = "a`b\\n::error::c\\u202e\\u2028\\x1b[2J\\x23#[error]"
QUOTED = ESCAPED.replace("`", "\\x60")


class Refused(Diagnostic):
    """A layer is refused."""

    code = "SNN999"
    title = "layer"
    message = "`{layer}` of {file} is refused"
    label = "{layer}"
    notes = ("it is {why}",)
    help = "remove `{layer}`"

    layer: str = HOSTILE
    file: str = HOSTILE
    why: str = "`lstm`"


def hostile() -> Refused:
    source = SourceFile(f"{HOSTILE}.snn", f"word\x1b {HOSTILE}")
    span = Span(source, 0, len(source.text))
    return Refused(span=span, related=(Label(span, HOSTILE),), fix=Fix(span, HOSTILE))


def test_texts_are_filled_in_as_one_line_and_stay_in_their_backticks() -> None:
    found = hostile()
    assert found.render_message() == f"`{QUOTED}` of {ESCAPED} is refused"
    assert found.render_notes() == ("it is `lstm`",)
    assert found.render_help() == f"remove `{QUOTED}`"


@pytest.mark.parametrize("help_text", ["", "remove `{layer}`"])
def test_text_shows_them_so_in_every_part(help_text: str) -> None:
    kind = type("Kind", (Refused,), {"help": help_text})
    found = hostile()
    printed = render([kind(span=found.span, related=found.related, fix=found.fix)])
    assert printed.replace("\n", "").isprintable()
    assert not any(line.startswith("::") for line in printed.splitlines())
    assert "##[" not in printed
    assert f"--> {ESCAPED}.snn:1:1" in printed


def test_an_annotation_stays_one_command() -> None:
    (line,) = github_commands([hostile()])
    assert line.isprintable()
    assert "##[" not in line
