"""Another `decide` or `synapse` fixes a presentation that is too short."""

from __future__ import annotations

import pytest

from snnc.source import SourceFile
from snnc.tools.autofix import Fixed, autofix
from tests.support import ROOT

CASES = ROOT / "tests/rules/cases"
MEAN = (CASES / "SNN509/invalid.snn").read_text(encoding="utf-8")
LAST = (CASES / "SNN509-synapse/invalid.snn").read_text(encoding="utf-8")
YAML = (CASES / "SNN509/twin.yaml").read_text(encoding="utf-8")

BLOCK = YAML.replace("{name: digit, classes: 10}", "\n  name: digit\n  classes: 10")


def fix(text: str, name: str = "x.snn", unsafe: bool = True) -> Fixed:
    return autofix(SourceFile(name, text), unsafe)


@pytest.mark.parametrize(
    ("text", "name", "old", "new"),
    [
        (MEAN, "x.snn", "classes 10", "classes 10, decide last"),
        (YAML, "x.yaml", "classes: 10", "classes: 10, decide: last"),
        (LAST, "x.snn", "present 45 ms", "present 45 ms, synapse 2 ms"),
    ],
)
def test_a_setting_is_added(text: str, name: str, old: str, new: str) -> None:
    result = fix(text, name)
    assert result.source.text == text.replace(old, new)
    assert result.report.diagnostics == ()


def test_a_setting_that_is_written_is_replaced() -> None:
    mean = MEAN.replace("classes 10", "classes 10, decide mean")
    assert fix(mean).source.text == mean.replace("mean", "last")
    slow = LAST.replace("45 ms", "45 ms, synapse 6 ms")
    assert fix(slow).source.text == slow.replace("6 ms", "2 ms")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MEAN.replace("60 ms", "20 ms"), "x.snn"),
        (BLOCK, "x.yaml"),
    ],
    ids=["neither is enough", "block of YAML"],
)
def test_what_has_no_fix_is_left_alone(text: str, name: str) -> None:
    result = fix(text, name)
    assert (result.source.text, result.count) == (text, 0)
    found = [(d.code, d.fix) for d in result.report.diagnostics]
    assert found == [("SNN509", None)]


def test_it_is_not_mended_unless_asked_for() -> None:
    assert fix(MEAN, unsafe=False).count == 0


def test_a_spec_with_an_error_is_not_judged() -> None:
    fast = LAST.replace("45 ms }", "45 ms }\n  defaults { rate ..400 Hz }")
    assert fix(fast).report.diagnostics == ()
    broken = fix(fast.replace("..400", "400..0"), unsafe=False)
    assert [d.code for d in broken.report.diagnostics] == ["SNN206"]
