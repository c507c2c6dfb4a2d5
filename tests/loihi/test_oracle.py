"""A build of nengo-loihi counts what snnc predicts: blocks, and where axons lead."""

from dataclasses import replace
from typing import Any

import nengo_loihi
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from snnc.ir.device import Chip
from snnc.ir.mapped import MappedNetwork
from snnc.loihi.profile import read_profile
from tests.agreement.built import build, count_of, predicted_blocks, simulate
from tests.fuzz.harness import TIMES
from tests.loihi import examples
from tests.loihi.drawing import mappings
from tests.support import sound

pytestmark = pytest.mark.slow
SLOW_BUILDS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
CORES = 2
FEW_CORES = replace(read_profile(), chip=Chip("test", CORES))
Joins = dict[tuple[str, str], tuple[int, ...]]
"""Weights reached and spikes sent, if every neuron spikes once; those between chips.

The keys are names of source and target; all sources on the host have the name ``""``.
"""


def predicted_joins(mapping: MappedNetwork) -> Joins:
    found: Joins = {}
    for each in examples.route_on(mapping, FEW_CORES).routes:
        on_chip = mapping.lowered.by_name[each.source].on_chip
        counts = each.operations, each.messages, each.crossing_in_order
        _add(found, (each.source if on_chip else "", each.target), counts)
    return found


def built_joins(model: nengo_loihi.builder.Model, names: list[str]) -> Joins:
    """Follow every axon of a build to the weights it reaches."""
    where = {id(s): i for i, b in enumerate(model.blocks) for s in b.synapses}
    blocks = ((names[i], i // CORES, block) for i, block in enumerate(model.blocks))
    found: Joins = {}
    for name, chip, source in (*(("", None, x) for x in model.inputs), *blocks):
        for axon in source.axons:
            target = where[id(axon.target)]
            weights, spikes = _follow(axon, source.n_neurons)
            crossing = spikes if chip not in (None, target // CORES) else 0
            _add(found, (name, names[target]), (weights, spikes, crossing))
    return found


def _add(found: Joins, key: tuple[str, str], counts: tuple[int, ...]) -> None:
    before = found.get(key, (0, 0, 0))
    found[key] = tuple(a + b for a, b in zip(before, counts, strict=True))


def _follow(axon: Any, neurons: int) -> tuple[int, int]:
    """Return the weights that one spike of each neuron reaches, and the spikes sent."""
    weights = spikes = 0
    for spike in axon.map_spikes(np.arange(neurons)):
        if spike is None or axon.target.axon_compartment_base(spike.axon_idx) is None:
            continue
        spikes += 1
        reached, _ = axon.target.axon_weights_indices(spike.axon_idx, spike.atom)
        weights += reached.size
    return weights, spikes


def check_build(mapped: MappedNetwork) -> None:
    with build(mapped) as network, simulate(network.net) as sim:
        blocks = [count_of(block) for block in sim.model.blocks]
        assert blocks == predicted_blocks(mapped, network.layers)
        levels = (level for name in network.layers for level in mapped.of_layer(name))
        names = [p.population.name for p in levels for _ in range(p.cores)]
        assert built_joins(sim.model, names) == predicted_joins(mapped)


@settings(max_examples=20 * TIMES, suppress_health_check=SLOW_BUILDS)
@given(mapped=mappings())
def test_any_cut_costs_what_nengo_loihi_counts(mapped: MappedNetwork) -> None:
    check_build(mapped)


@pytest.mark.parametrize(
    ("name", "cores"),
    [
        ("DRIFT", 5),
        ("KERAS_TO_LOIHI", 11),
        ("CIFAR10", 68),
        ("RESIDUAL", 9),
        ("WIDE_FAN_IN", 11),
        ("POOLED_DENSE", 4),
        ("HOST_AFTER_CHIP", 2),
        ("MAXIMUM", 4),
        ("DEPTH_GROUPS", 11),
        ("SKIPPING", 3),
        ("STRIPS", 11),
        ("GROUPED", 2),
    ],
)
def test_examples_build_on_the_cores_that_were_found(name: str, cores: int) -> None:
    mapped = sound(getattr(examples, name), "place")
    assert mapped.cores == cores
    check_build(mapped)
