"""Tables and plots show what the file of numbers holds, and nothing else."""

import copy
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from benchmarks.fidelity import table
from benchmarks.study import plots, results, tables
from benchmarks.study.curve import accuracy, over_time
from snnc.runtime.examples import decide
from tests.support import ROOT

WRITTEN = ROOT / "docs" / "accuracy"
KNOWN = results.read(WRITTEN)


def test_every_network_is_studied() -> None:
    assert [network["name"] for network in KNOWN] == ["mnist", "fashion", "drift"]


@pytest.mark.parametrize("network", KNOWN, ids=lambda network: network["name"])
def test_written_tables_are_those_of_the_numbers(network: dict[str, Any]) -> None:
    path = WRITTEN / f"{network['name']}.md"
    assert path.read_text(encoding="utf-8") == f"{tables.page(network)}\n"


def test_kinds_of_networks_have_the_tables_of_their_numbers() -> None:
    cells = json.loads((WRITTEN / "fidelity.json").read_text(encoding="utf-8"))
    written = (WRITTEN / "fidelity.md").read_text(encoding="utf-8")
    assert written == f"{table.page(cells)}\n"


def test_a_table_shows_a_number_and_a_breach() -> None:
    network = copy.deepcopy(KNOWN[0])
    columns = network["columns"]
    columns["smooth"]["keras"]["accuracy"] = 0.9
    columns["spikes"]["loihi"].update(accuracy=0.8765, interval=[0.85, 0.89])
    columns["spikes"]["loihi"]["layers"][1].update(rate=234.4, holds=False)
    page = tables.page(network)
    assert "87.65 %" in page
    assert "| 85.0 to 89.0 % |" in page
    assert "2.4 |" in page.split("below Keras, smooth, points")[1].splitlines()[0]
    assert "234 Hz, not held" in page


def test_numbers_of_a_network_replace_its_own_alone(tmp_path: Path) -> None:
    for network in (KNOWN[1], KNOWN[0], {**KNOWN[1], "test": 7}):
        results.keep(tmp_path, network)
    found = results.read(tmp_path)
    assert [network["name"] for network in found] == ["mnist", "fashion"]
    assert [network["test"] for network in found] == [KNOWN[0]["test"], 7]


@pytest.mark.slow
def test_plots_are_the_same_bytes_for_the_same_numbers(tmp_path: Path) -> None:
    other = copy.deepcopy(KNOWN)
    other[0]["columns"]["spikes"]["loihi"]["curve"][10] = 0.5
    found = []
    for name, known in (("a", KNOWN), ("b", KNOWN), ("c", other)):
        folder = tmp_path / name
        folder.mkdir()
        plots.write(folder, known)
        found.append({path.name: path.read_bytes() for path in folder.iterdir()})
    first, again, changed = found
    assert first == again
    assert first["time.svg"] != changed["time.svg"]


@pytest.mark.parametrize(("decided", "later"), [("last", None), ("mean", 2)])
def test_accuracy_over_time_is_that_of_the_last_row_or_the_later_half(
    decided: Literal["mean", "last"], later: int | None
) -> None:
    random = np.random.default_rng(0)
    rows, y = random.normal(size=(40, 9, 3)), random.integers(3, size=40)
    found = over_time(rows, y, decided)
    for steps in range(1, 10):
        first = steps // later if later else steps - 1
        outputs = rows[:, first:steps].sum(axis=1)
        assert found[steps - 1] == np.mean(outputs.argmax(axis=1) == y)
    assert accuracy(decide(rows, decided), y)["accuracy"] == found[-1]
