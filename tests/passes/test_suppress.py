"""Comments silence the warnings that they name, there and nowhere else."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
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


def test_the_warning_is_there_without_a_comment() -> None:
    assert codes(spec(LINE)) == ["SNN309"]


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


def test_without_a_reason_it_is_silenced_and_the_reason_asked_for() -> None:
    assert codes(spec("# snnc: allow SNN309", LINE)) == ["SNN141"]


def test_a_second_allowance_is_unused() -> None:
    assert codes(spec(ALLOW, f"{LINE} {ALLOW}")) == ["SNN140"]


def test_errors_are_not_silenced() -> None:
    line = LINE.replace("filters 2", "filters 2, kernel 99")
    allow = ALLOW.replace("SNN309", "SNN206")
    bad = LINE.replace("filters 2", "filters 0")
    assert codes(spec(allow, bad)) == ["SNN143", "SNN206"]
    assert "SNN140" not in codes(spec(ALLOW, line.replace("same", "valid")))


def test_ordinary_comments_say_nothing() -> None:
    assert codes(spec("# snncs are nice, allow SNN309", LINE)) == ["SNN309"]


def test_yaml_has_the_same_comments() -> None:
    layers = "".join(
        f"  - conv2d: {{name: {name}, filters: 2, padding: same{rest}}}\n"
        for name, rest in zip("abc", ("", "", ", shortcut: a"), strict=True)
    )
    text = (
        "snn: 1\nnetwork: net\ninput: {name: image, shape: 12x12x2, in: 0..1}\n"
        f"encode: {{conv: {{name: e, filters: 2}}}}\nlayers:\n{layers}"
        "  # remark\n"
        "  - conv2d: {name: d, filters: 2, padding: same, shortcut: b}\n"
        "readout: {name: y, classes: 2}\n"
    )
    assert codes_of(text) == ["SNN309"]
    assert codes_of(text.replace("# remark", ALLOW)) == []


def codes_of(text: str) -> list[str]:
    """Return the codes of all that is reported for a YAML spec."""
    report = Diagnostics()
    compile_spec(SourceFile("net.yaml", text), report, "place")
    return [diagnostic.code for diagnostic in report.diagnostics]
