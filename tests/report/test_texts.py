"""Reports as people read them, compared with the texts that are committed.

``make accept`` writes the texts anew; read the difference before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snnc.loihi.profile import load_profile
from snnc.report.json import document
from snnc.report.limits import limits
from snnc.report.text import table
from tests.support import SPECS, sound

EXPECTED = Path(__file__).parent / "expected"


def same_as_committed(name: str, text: str) -> bool:
    path = EXPECTED / name
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(text + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8") == text + "\n"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_report_of_a_spec(spec: Path) -> None:
    mapped = sound(spec.read_text(encoding="utf-8"), "map")
    assert same_as_committed(f"{spec.stem}.txt", table(mapped))


def test_the_table_of_limits() -> None:
    assert same_as_committed("limits.txt", limits(load_profile()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_limits_are_those_of_nengo_loihi() -> None:
    from nengo_loihi import block

    core = load_profile().core
    assert core.compartments == block.MAX_COMPARTMENTS
    assert core.in_axons == block.MAX_IN_AXONS
    assert core.out_axons == block.MAX_OUT_AXONS
    assert core.synapse_bits == block.MAX_SYNAPSE_BITS


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_json_report_adds_up(spec: Path) -> None:
    report = document(sound(spec.read_text(encoding="utf-8"), "map"))
    layers = report["layers"]
    assert set(report) == {"version", "network", "cores", "chips", "layers"}
    assert report["cores"] == sum(layer["cores"] for layer in layers)
    for layer in layers:
        ensembles = layer["ensembles"]
        assert layer["cores"] == sum(len(e["blocks"]) for e in ensembles)
        if ensembles:
            held = [b["compartments"] for e in ensembles for b in e["blocks"]]
            assert sum(held) == layer["neurons"]
    assert (layers[0]["cores"], layers[-1]["cores"]) == (0, 0)
