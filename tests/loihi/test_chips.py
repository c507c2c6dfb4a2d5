"""Cores on chips: few spikes cross, as nengo-loihi's allocators count them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product
from random import Random
from typing import Any

import nengo_loihi
import numpy as np
import pytest
from nengo_loihi.hardware import allocators

from snnc.emit.package import package_modules
from snnc.ir.device import Chip
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.activity import activity_of
from snnc.loihi.profile import read_profile
from snnc.passes.route import in_order, partition
from snnc.runtime.nengo.board import Placement, hardware_options
from snnc.verbs.report.summary import report_of
from tests.agreement.built import build, import_package, simulate
from tests.api.test_builds import TWO_CHIPS
from tests.loihi.examples import DEPTH_GROUPS, SKIPPING, STRIPS, route_on
from tests.support import sound

pytestmark = pytest.mark.slow

ROOM = 3
SMALL_CHIPS = replace(read_profile(), chip=Chip("test", ROOM))
Graph = list[dict[int, float]]


def symmetric(pairs: dict[tuple[int, int], float], cores: int) -> Graph:
    found: Graph = [{} for _ in range(cores)]
    for (i, j), count in pairs.items():
        found[i][j] = found[j][i] = count
    return found


def draw_graph(random: Random, cores: int) -> Graph:
    pairs = [(i, j) for i in range(cores) for j in range(i)]
    some = {
        pair: float(random.randint(1, 9)) for pair in pairs if random.random() < 0.4
    }
    return symmetric(some, cores)


def crossing(spikes: Graph, chips: Sequence[int]) -> float:
    """Return twice the spikes between chips, in Hz."""
    pairs = ((i, j, n) for i, near in enumerate(spikes) for j, n in near.items())
    return sum(n for i, j, n in pairs if chips[i] != chips[j])


def least_crossing(spikes: Graph, room: int, chips: int) -> float:
    """Return the crossing spikes of the best cut, after trying every cut."""
    ways = product(range(chips), repeat=len(spikes))
    fair = (w for w in ways if max(map(w.count, range(chips))) <= room)
    return min(crossing(spikes, way) for way in fair)


def test_small_graphs_are_cut_nearly_as_well_as_can_be() -> None:
    random, found, least, before = Random(0), 0.0, 0.0, 0.0
    for _ in range(40):
        spikes = draw_graph(random, 7)
        chips = partition(spikes, ROOM)
        assert max(map(chips.count, chips)) <= ROOM
        assert set(chips) == {0, 1, 2}
        found += crossing(spikes, chips)
        least += least_crossing(spikes, ROOM, 3)
        before += crossing(spikes, in_order(7, ROOM))
    assert found <= 1.05 * least < 0.8 * before


def test_cores_that_only_talk_to_one_another_are_on_one_chip() -> None:
    cores = list(range(60))
    Random(1).shuffle(cores)
    groups = [cores[i : i + 10] for i in range(0, 60, 10)]
    pairs = {(i, j): 1.0 for group in groups for i in group for j in group if i < j}
    spikes = symmetric(pairs, 60)
    assert crossing(spikes, in_order(60, 10)) > 0
    assert crossing(spikes, partition(spikes, 10)) == 0


def test_thousands_of_cores_are_put_on_chips_in_few_looks() -> None:
    """A chain of 3,000 cores, whose order was lost."""
    cores = list(range(3000))
    Random(2).shuffle(cores)
    chain = symmetric(dict.fromkeys(pairwise(cores), 1.0), 3000)
    assert crossing(chain, partition(chain, 128)) <= 2 * 100
    assert crossing(chain, in_order(3000, 128)) > 2 * 2000


class Built:
    """A mapping as nengo-loihi builds it, and the budgets' rates of its blocks."""

    def __init__(self, mapping: MappedNetwork) -> None:
        with build(mapping) as network, simulate(network.net) as sim:
            self.model = sim.model
        populations = mapping.lowered.by_name
        rates = {
            ensemble: np.full(ensemble.n_neurons, populations[name].upper_rate)
            for name, ensembles in network.layers.items()
            for ensemble in ensembles
        }
        self.rates = allocators.ensemble_to_block_rates(self.model, rates)

    def chips(self, board: Any) -> list[int]:
        """Return the chip of each block, in their order."""
        on = {
            block: i
            for i, chip in enumerate(board.chips)
            for core in chip.cores
            for block in core.blocks
        }
        return [on[block] for block in self.model.blocks]

    def crossing(self, board: Any) -> float:
        """Spikes between chips in a second, as nengo-loihi estimates them."""
        activity = allocators.estimate_interchip_activity(board, self.rates)
        return float(activity["interchip"])


@pytest.mark.parametrize("text", [STRIPS, DEPTH_GROUPS, SKIPPING])
def test_boards_are_as_they_are_told(text: str) -> None:
    mapping = sound(text, "place")
    built, chips = Built(mapping), -(-mapping.cores // ROOM)
    network, dt = route_on(mapping, SMALL_CHIPS), mapping.lowered.network.timing.dt
    activity = activity_of(network)
    greedy = allocators.Greedy(cores_per_chip=ROOM)(built.model, chips)
    assert built.chips(greedy) == in_order(mapping.cores, ROOM)
    assert built.crossing(greedy) * dt == pytest.approx(activity.crossing_in_order)
    ours = [c for each in network.chips.values() for c in each]
    placed = Placement(ours)(built.model, chips)
    assert built.chips(placed) == ours
    assert built.crossing(placed) * dt == pytest.approx(activity.crossing)
    # Strips follow their neighbours.
    share = 0.7 if text == STRIPS else 1
    assert activity.crossing <= share * activity.crossing_in_order
    usual = allocators.GreedyInterchip(cores_per_chip=ROOM)(built.model, chips)
    assert activity.crossing <= built.crossing(usual) * dt


def test_a_package_puts_blocks_where_the_report_has_them() -> None:
    routed = sound(TWO_CHIPS, "route")
    built = Built(routed.mapped)
    with import_package(package_modules(routed)) as package:
        options = package.nengo.hardware_options()
    board = options["allocator"](built.model, options["n_chips"])
    layers = report_of(routed).as_dict()["layers"]
    ensembles = (ensemble for layer in layers for ensemble in layer["ensembles"])
    assert built.chips(board) == [c for each in ensembles for c in each["chips"]]
    assert board.n_cores_per_chip == [128, 41]
    one_chip = TWO_CHIPS.replace(", block 1x1x1", "")
    modules = {module.path: module.text for module in sound(one_chip, "emit")}
    assert "hardware_options" not in modules["nengo_network.py"]


def test_options_of_a_board() -> None:
    options = hardware_options("2x0 1x1\n3x0")
    assert options == {"n_chips": 2, "allocator": Placement([0, 0, 1, 0, 0, 0])}
    model = nengo_loihi.builder.Model()
    with pytest.raises(ValueError, match="0 blocks, and places for 6"):
        options["allocator"](model, 2)
