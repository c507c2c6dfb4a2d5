"""Another `decide` or `synapse` fixes a presentation that is too short."""

import pytest

from tests.autofix.test_fix import fix
from tests.support import ROOT

CASES = ROOT / "tests/rules/cases"
MEAN = (CASES / "SNN509/invalid.snn").read_text(encoding="utf-8")
LAST = (CASES / "SNN509-synapse/invalid.snn").read_text(encoding="utf-8")
YAML = (CASES / "SNN509/twin.yaml").read_text(encoding="utf-8")

BLOCK = YAML.replace("{name: digit, classes: 10}", "\n  name: digit\n  classes: 10")
WRITTEN = MEAN.replace("classes 10", "classes 10, decide mean")
SLOW = LAST.replace("45 ms", "45 ms, synapse 6 ms")


@pytest.mark.parametrize(
    ("text", "name", "old", "new"),
    [
        (MEAN, "x.snn", "classes 10", "classes 10, decide last"),
        (YAML, "x.yaml", "classes: 10", "classes: 10, decide: last"),
        (LAST, "x.snn", "present 45 ms", "present 45 ms, synapse 2 ms"),
        (WRITTEN, "x.snn", "mean", "last"),
        (SLOW, "x.snn", "6 ms", "2 ms"),
    ],
)
def test_setting_is_added_or_replaced_on_request(
    text: str, name: str, old: str, new: str
) -> None:
    assert fix(text, name).count == 0
    result = fix(text, name, unsafe=True)
    assert result.source.text == text.replace(old, new)
    assert result.report.diagnostics == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MEAN.replace("60 ms", "20 ms"), "x.snn"),
        (BLOCK, "x.yaml"),
    ],
    ids=["neither is enough", "block of YAML"],
)
def test_problem_without_a_fix_is_left_alone(text: str, name: str) -> None:
    result = fix(text, name, unsafe=True)
    assert (result.source.text, result.count) == (text, 0)
    found = [(d.code, d.fix) for d in result.report.diagnostics]
    assert found == [("SNN509", None)]


def test_present_is_not_judged_in_a_spec_with_errors() -> None:
    fast = LAST.replace("45 ms }", "45 ms }\n  defaults { rate ..400 Hz }")
    assert fix(fast, unsafe=True).report.diagnostics == ()
    broken = fix(fast.replace("..400", "400..0"))
    assert [d.code for d in broken.report.diagnostics] == ["SNN206"]
