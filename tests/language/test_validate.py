"""Located syntax to spec: what good specs say, and what is known of broken ones."""

from collections.abc import Sequence

import pytest

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.language.model import LoihiTarget, ValidatedSpec
from snnc.passes.parse import parse
from snnc.passes.validate import validate
from snnc.source import SourceFile
from tests.support import ROOT

READOUT = "  readout direction { classes 8, decide last }\n"
DRIFT = (ROOT / "specs" / "drift.snn").read_text()


def validate_text(text: str) -> tuple[ValidatedSpec, Sequence[Diagnostic]]:
    report = Diagnostics()
    found = validate(parse(SourceFile("x.snn", text), report), report)
    return found, report.diagnostics


def validate_drift(old: str, new: str, *codes: str) -> ValidatedSpec:
    """Validate a spec with a mistake; check the codes of what is reported."""
    found, problems = validate_text(DRIFT.replace(old, new, 1))
    assert [problem.code for problem in problems] == [*codes]
    return found


def test_places() -> None:
    found = validate_drift("", "")
    assert found.broken == frozenset()
    place = found.places[1]
    assert place.span.text == "conv3d c0"
    assert place.name is not None
    assert place.name.text == "c0"
    assert {key: span.text for key, span in place.keys.items()} == {
        "filters": "8",
        "kernel": "3",
        "stride": "1x2x2",
    }
    assert found.parts["input"].keys["shape"].text == "8x16x16x1"
    assert found.parts["readout"].span.text == "readout direction"
    assert found.span.text == "drift"
    assert len(found.places) == len(found.spec.layers)


def test_what_is_not_written_has_the_place_of_the_network() -> None:
    text = "snn 1\nnetwork n {\n input x 3 in 0..1\n readout r { units 1 }\n}"
    found, problems = validate_text(text)
    assert problems == ()
    assert found.parts["target"].span.text == "n"
    assert found.spec.target == LoihiTarget()
    assert found.spec.train is None


def test_sources_and_joins() -> None:
    found = validate_drift("dense d0 {", "add s from c0, c1\n  dense d0 from s {")
    assert found.spec.layers[3].sources == ("c0", "c1")
    assert [span.text for span in found.places[3].sources] == ["c0", "c1"]
    assert found.spec.layers[4].sources == ("s",)


def test_a_name_used_twice_is_known_by_its_first_owner() -> None:
    found = validate_drift("conv3d c1", "conv3d c0", "SNN214")
    assert found.broken == frozenset()
    assert found.spec.layers[1] is not None
    assert found.spec.layers[2] is None
    assert found.places[2].name is None


@pytest.mark.parametrize(
    ("old", "new", "codes", "broken"),
    [
        ("filters 8", "filtres 8", ["SNN203"], {"c0"}),
        ("filters 8,", "filters,", ["SNN107"], {"c0"}),
        ("in 0..1", "in 1..0", ["SNN206"], {"clip"}),
        ("  readout", "  redout", ["SNN200"], {"direction", "readout"}),
        (READOUT, "", ["SNN218"], {"readout"}),
        ("rate 20", "rat 20", ["SNN203"], set()),
        (
            "dense d0 { units 64, dropout 0.2 }",
            "dense { units 0, a 1 }",
            ["SNN212", "SNN206", "SNN203"],
            set(),
        ),
        ("adam { learning_rate", "adam { adam 3, epsilon x, learning_rate",
         ["SNN203", "SNN205"], set()),
    ],
)  # fmt: skip
def test_mistakes_of_a_statement_are_all_reported_once(
    old: str, new: str, codes: list[str], broken: set[str]
) -> None:
    found = validate_drift(old, new, *codes)
    assert found.broken == broken
    lost = [i for i, layer in enumerate(found.spec.layers) if layer is None]
    assert (lost == [1]) == ("c0" in broken)
    assert found.defaults_sound == (new != "rat 20")


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("defaults { shortcut c0 }", "defaults"),
        ("defaults dense { kernel 3 }", "defaults dense"),
        ("neuron relu { tau_rc 5 ms }", "neuron relu"),
        ("about { x 1 }", "about"),
    ],
)
def test_statements_take_only_what_they_can_use(text: str, owner: str) -> None:
    body = DRIFT.replace("  defaults { rate 20..250 Hz }", f"  {text}", 1)
    if owner == "about":
        body = body.replace('about "Eight', '# "Eight')
    _, problems = validate_text(body)
    assert any(f"`{owner}`" in problem.message for problem in problems)
