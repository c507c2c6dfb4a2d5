"""Colours: where they are wanted, and what has them."""

import io
import re
from pathlib import Path

import pytest

from snnc.cli import printing
from tests.commands import run
from tests.support import ROOT

GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "file"),
    [
        ({}, True, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
    ],
)
def test_the_environment_decides_before_the_stream(
    environment: dict[str, str],
    terminal: bool,
    file: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert printing.wants_colour(Terminal()) is terminal
    assert printing.wants_colour(io.StringIO()) is file


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (
            "diff old.snn new.snn",
            ["  \x1b[1;33m~\x1b[0m d0: units 64 -> 32", "\x1b[1mlayers\x1b[0m"],
        ),
        ("report old.snn", ["\x1b[1mdrift: 2704 neurons on", "\x1b[33mnote: "]),
        (
            "fmt --diff new.snn",
            ["\x1b[31m-  dense d0", "\x1b[32m+  dense d0", "\x1b[36m@@ "],
        ),
        ("check none.snn", ["\x1b[1;31merror"]),
    ],
)
def test_what_people_read_is_coloured_where_that_is_wanted(
    command: str, shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old.snn").write_text(GOOD)
    (tmp_path / "new.snn").write_text(GOOD.replace("units 64", "units  32"))
    monkeypatch.setenv("NO_COLOR", "")
    outputs = []
    for colour in ("1", ""):
        monkeypatch.setenv("FORCE_COLOR", colour)
        done = run(*command.split(), cwd=tmp_path)
        outputs.append(done.stdout + done.stderr)
    coloured, plain = outputs
    assert [text for text in shown if text not in coloured] == []
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
