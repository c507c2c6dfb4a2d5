"""Reports as people read them, compared with the texts that are committed."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.ir.mapped import MappedNetwork, block_of
from snnc.loihi.profile import read_profile
from snnc.results.report import Report
from snnc.source import DOCUMENTATION
from snnc.text.tables import dims
from snnc.verbs.report.summary import report_of
from snnc.views.html import shell
from snnc.views.report_page import line_costs
from tests.rules.checking import assert_accepted
from tests.support import ROOT, SPECS, network, sound

EXPECTED = Path(__file__).parent / "expected"
REPORTED = [*SPECS, *sorted((Path(__file__).parent / "specs").glob("*.snn"))]
WIDEST = 100


@pytest.fixture(params=REPORTED, ids=lambda spec: spec.stem, scope="module")
def summary(request: pytest.FixtureRequest) -> Report:
    return report_of(sound(request.param.read_text(encoding="utf-8"), "route"))


def shorten(report: dict[str, Any]) -> str:
    """Leave out the blocks of ensembles, which another test adds up."""
    for layer in report["layers"]:
        for ensemble in layer["ensembles"]:
            ensemble["blocks"] = len(ensemble["blocks"])
            if "chips" in ensemble:
                ensemble["chips"] = str(Counter(ensemble["chips"]))
    return f"{json.dumps(report, indent=2)}\n"


def page(summary: Report) -> str:
    title = f"{summary.network}: cores and activity"
    return shell(title, summary._repr_html_())


WRITERS: dict[str, Callable[[Report], str]] = {
    "txt": Report.text,
    "why.txt": lambda summary: summary.explained().text(),
    "json": lambda summary: shorten(summary.explained().as_dict()),
    "html": page,
    "md": lambda summary: summary.explained().markdown(),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_report_of_a_spec(summary: Report, suffix: str) -> None:
    written = WRITERS[suffix](summary)
    assert_accepted(EXPECTED / f"{summary.network}.{suffix}", written)
    if suffix == "txt":
        assert max(map(len, written.splitlines())) <= WIDEST
        assert WRITERS["why.txt"](summary).startswith(written)


def test_a_page_shows_what_report_prints() -> None:
    shown = (EXPECTED / "drift.txt").read_text(encoding="utf-8")
    assert f"```\n{shown}```" in (ROOT / "docs/report.md").read_text(encoding="utf-8")


def test_the_table_of_limits() -> None:
    assert_accepted(EXPECTED / "limits.txt", snnc.limits().text())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_limits_are_those_of_nengo_loihi() -> None:
    import inspect

    from nengo_loihi import block
    from nengo_loihi.hardware.interface import HardwareInterface

    core, traffic = read_profile().core, read_profile().traffic
    assert core.compartments == block.MAX_COMPARTMENTS
    assert core.in_axons == block.MAX_IN_AXONS
    assert core.out_axons == block.MAX_OUT_AXONS
    assert core.synapse_bits == block.MAX_SYNAPSE_BITS
    options = inspect.signature(HardwareInterface).parameters
    assert traffic.input_spikes == options["snip_max_spikes_per_step"].default


def test_the_json_report_adds_up(summary: Report) -> None:
    report = summary.as_dict()
    layers = report["layers"]
    assert not any("why" in part for part in (report, *layers))
    assert {"version", "network", "cores", "chips", "layers"} < set(report)
    assert report["cores"] == sum(layer["cores"] for layer in layers)
    assert (layers[0]["cores"], layers[-1]["cores"]) == (0, 0)
    for layer in layers:
        ensembles = layer["ensembles"]
        assert layer["cores"] == sum(len(e["blocks"]) for e in ensembles)
        if report["chips"] > 1:
            assert all(len(e["chips"]) == len(e["blocks"]) for e in ensembles)
        if ensembles:
            held = [b["compartments"] for e in ensembles for b in e["blocks"]]
            assert sum(held) == layer["neurons"]
    for key in {"spikes", "synaptic_operations", "energy_joules"} & set(report):
        parts = sum(layer.get(key, 0) for layer in layers)
        assert report[key] == pytest.approx(parts)


def test_cores_and_what_costs_them_are_set_off(summary: Report) -> None:
    cores, text = {row.name: row.cores or 0 for row in summary.layers}, page(summary)
    rows = re.findall(r"<tr><th scope=\"row\">(\w+)<small>(.*?)</tr>", text, re.S)
    binding = [name for name, cells in rows if '"use binds"' in cells]
    assert all(cores[name] > 1 for name in binding)
    titles = re.findall(r"<title>(\w+), core (\d+): .*?</title>", text)
    assert Counter(name for name, _ in titles) == Counter(cores)
    assert len(titles) == len(set(titles)) == summary.cores


def test_costs_stand_behind_the_lines_of_their_layers(summary: Report) -> None:
    lines = summary.spec.text.splitlines()
    costs = line_costs(summary)
    assert len(costs) == len(summary.layers) - 1
    for layer in summary.layers[:-1]:
        assert layer.kind.split()[0] in lines[layer.line - 1]
        assert costs[layer.line].startswith("x".join(map(str, layer.shape)))


def test_a_page_is_escaped_and_fetches_nothing(summary: Report) -> None:
    text = page(summary)
    assert "<b>" not in text
    links = re.findall(r"https?:[^\"]*", text)
    assert links == [f"{DOCUMENTATION}loihi-for-keras-users.html"]
    assert f'<a href="{links[0]}">' in text
    assert "<script" not in text


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("conv1d a { filters 16 }", "64x2"),
        ("conv2d a { filters 16 }", "16x16x2"),
        ("conv3d a { filters 16 }", "8x10x10x2"),
        ("dense a { units 40 }", "8x8x2"),
    ],
)
def test_the_block_that_is_shown_can_be_written(layer: str, shape: str) -> None:
    def place_line(line: str) -> MappedNetwork:
        head = f"input x {shape} in 0..1\n  encode conv e {{ filters 2 }}"
        text = network(f"{head}\n  {line}\n  readout y {{ classes 2 }}")
        found: MappedNetwork = sound(text, "place")
        return found

    free = place_line(layer)
    block = block_of(free.by_name["a"])
    assert block is not None
    written = place_line(layer.replace(" }", f", block {dims(block)} }}"))
    assert written.by_name["a"].ensembles == free.by_name["a"].ensembles
