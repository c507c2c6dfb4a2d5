"""Comments silence the warnings that they name, there and nowhere else."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.yaml.printer import print_yaml
from tests.support import codes, network

ALLOW = "# snnc: allow SNN309 the paths are meant to cross"
BEFORE = """
  input image 12x12x2 in 0..1
  encode conv e { filters 2 }
  conv2d a { filters 2, padding same }
  conv2d b { filters 2, padding same }
  conv2d c { filters 2, padding same, shortcut a }
"""
LINE = "  conv2d d { filters 2, padding same, shortcut b }"
BLOCK = "  conv2d d {\n    filters 2\n    padding same\n    shortcut b\n  }"
AFTER = "  readout y { classes 2 }"


def spec(*lines: str) -> str:
    return network("\n".join([BEFORE, *lines, AFTER]))


@pytest.mark.parametrize(
    "lines",
    [
        (ALLOW, LINE),
        (f"{LINE} {ALLOW}",),
        (ALLOW, "# another remark", "", LINE),
        (ALLOW, BLOCK),
        (f"{BLOCK} {ALLOW}",),
        (BLOCK.replace("d {", f"d {{ {ALLOW}"),),
        (BLOCK.replace("    short", f"    {ALLOW}\n    short"),),
        (BLOCK.replace("shortcut b", f"shortcut b {ALLOW}"),),
        (ALLOW.replace("# snnc: ", "#snnc:"), LINE),
    ],
)
def test_it_is_silenced_on_its_statement(lines: tuple[str, ...]) -> None:
    assert codes(spec(*lines)) == []


@pytest.mark.parametrize(
    "lines",
    [
        (LINE, ALLOW),
        (BLOCK.replace("    padding", f"    {ALLOW}\n    padding"),),
        (BLOCK.replace("\n  }", f"\n    {ALLOW}\n  }}"),),
        (ALLOW, "  conv2d f { filters 2, padding same }", LINE),
    ],
)
def test_elsewhere_it_is_not(lines: tuple[str, ...]) -> None:
    assert sorted(codes(spec(*lines))) == ["SNN140", "SNN309"]


def test_a_second_allowance_is_unused() -> None:
    assert codes(spec(ALLOW, f"{LINE} {ALLOW}")) == ["SNN140"]


def test_errors_are_not_silenced() -> None:
    line = LINE.replace("filters 2", "filters 2, kernel 99")
    allow = ALLOW.replace("SNN309", "SNN206")
    bad = LINE.replace("filters 2", "filters 0")
    assert codes(spec(allow, bad)) == ["SNN143", "SNN206"]
    assert "SNN140" not in codes(spec(ALLOW, line.replace("same", "valid")))


def test_without_a_comment_and_with_ordinary_ones_it_is_there() -> None:
    assert codes(spec(LINE)) == ["SNN309"]
    assert codes(spec("# snncs are nice, allow SNN309", LINE)) == ["SNN309"]


def test_yaml_has_the_same_comments() -> None:
    snn = SourceFile("net.snn", spec("# remark", LINE))
    text = print_yaml(parse(snn, Diagnostics()))
    for remark, expected in (("# remark", ["SNN309"]), (ALLOW, [])):
        report = Diagnostics()
        source = SourceFile("net.yaml", text.replace("# remark", remark))
        compile_spec(source, report, "place")
        assert [diagnostic.code for diagnostic in report.diagnostics] == expected
