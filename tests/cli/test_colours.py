"""Colours: where they are wanted, and what has them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner

from snnc.cli import printing, snnc
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


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    old, new = tmp_path / "old.snn", tmp_path / "new.snn"
    old.write_text(GOOD)
    new.write_text(GOOD.replace("units 64", "units  32"))
    return str(old), str(new)


def output_of(*arguments: str, **environment: str) -> str:
    environment = {"NO_COLOR": "", "FORCE_COLOR": "", **environment}
    return CliRunner().invoke(snnc, arguments, env=environment, color=True).stdout


def verbs(files: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        "diff": ("diff", *files),
        "report": ("report", files[0]),
        "fmt": ("fmt", "--diff", files[1]),
    }


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("diff", ["  \x1b[1;33m~\x1b[0m d0: units 64 -> 32", "\x1b[1mlayers\x1b[0m"]),
        ("report", ["\x1b[1mdrift: 2704 neurons on", "\x1b[33mnote: "]),
        ("fmt", ["\x1b[31m-  dense d0", "\x1b[32m+  dense d0", "\x1b[36m@@ "]),
    ],
)
def test_what_people_read_is_coloured_where_that_is_wanted(
    verb: str, shown: list[str], files: tuple[str, str]
) -> None:
    arguments = verbs(files)[verb]
    coloured = output_of(*arguments, FORCE_COLOR="1")
    for text in shown:
        assert text in coloured
    plain = output_of(*arguments)
    assert "\x1b" not in plain
    assert printing.ESCAPES.sub("", coloured) == plain
