"""Readouts that learn: in Nengo as on the chip, within the limits of both."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from nengo_loihi.builder.discretize import scale_pes_errors

from snnc.ir.logical import USUAL_RATE
from snnc.loihi.activity import Activity, activity_of
from snnc.runtime.nengo.simulators import SimulatorRun
from snnc.runtime.pes import LEAST, LEVELS, Learning, PesError, on_chip
from tests.agreement.built import import_package
from tests.support import compile_text, network, sound

LABELS = np.arange(30) % 3
IMAGES = np.random.default_rng(1).random((30, 4, 4, 1)) / 2
IMAGES[np.arange(30), LABELS] += 0.5


def spec(start: str = "trained", target: str = "loihi") -> str:
    # Trained weights are smaller than those to come, and so is the chip's range.
    rate = "0.1" if start == "trained" else "0.5"
    return network(f"""
        target {target}
        timing {{ present 60 ms }}
        input image 4x4x1 in 0..1
        encode conv {{ filters 2 }}
        dense a {{ units 40, rate 20..250 Hz }}
        readout y {{ classes 3, learn pes {{ rate {rate}, from {start} }} }}
    """)


def weights(layout: Any) -> dict[str, Any]:
    random = np.random.default_rng(0)
    drawn = {t.name: random.normal(0.05, 0.2, t.shape) for t in layout.TENSORS}
    return {name: values.astype(np.float32) for name, values in drawn.items()}


@pytest.fixture(scope="module")
def learner() -> Iterator[Any]:
    with import_package(sound(spec(), "emit")) as package:
        yield package


@pytest.fixture(scope="module")
def chip(learner: Any) -> Iterator[Any]:
    """Return the emulator before it learns, without its warnings."""
    tensors = weights(learner.layout)
    built = learner.nengo.build_network(tensors, IMAGES, targets=LABELS)
    run = SimulatorRun("loihi", built)
    yield run, built, tensors
    run.sim.close()


def test_the_report_has_the_cores_of_nengo_loihi(chip: Any) -> None:
    mapped = sound(spec(), "place")
    assert mapped.learned is not None
    blocks = list(chip[0].sim.model.blocks)
    assert len(blocks) == mapped.cores
    (block,) = mapped.learned.blocks
    counted = (blocks[-1].n_neurons, blocks[-1].synapses[0].n_axons)
    assert (block.compartments, block.in_axons) == counted
    assert block.synapse_bits == blocks[-1].synapses[0].bits()
    (source,) = mapped.by_name["a"].ensembles[0].blocks
    assert source.out_axons == sum(axon.axon_slots() for axon in blocks[0].axons)


def test_the_report_has_the_activity_of_the_core_that_learns() -> None:
    """40 neurons spike 15 times each in 60 steps; each has weights to 2 x 3 units."""
    routed = sound(spec(), "route")
    assert activity_of(routed).by_name["y"] == Activity(
        "y",
        spikes=0,
        operations=40 * 15 * 6,
        arrivals=40 * 15,
        updates=6 * 60,
        learned=40 * 6 * 60 // 4,
    )
    assert routed.chips == {"a": (0,), "y": (0,)}


@pytest.mark.parametrize("units", [4, 20, 150, 2000])
@pytest.mark.parametrize("start", ["trained", "zero"])
def test_the_usual_rate_follows_the_network(units: int, start: str) -> None:
    text = network(f"""
        timing {{ present 40 ms }}
        input image 4x4x1 in 0..1
        encode conv {{ filters 2 }}
        dense a {{ units {units} }}
        readout y {{ classes 3, learn pes {{ from {start} }} }}
    """)
    results, report = compile_text(text, "place")
    assert not report.errors
    logical = results.network
    assert logical is not None
    learning = logical.learning_from(logical.by_name["a"])
    assert 0 < learning.rate <= USUAL_RATE
    assert LEAST <= learning.increment() <= learning.most_increment
    highest = learning.rate_of(learning.most_increment)
    assert min(USUAL_RATE, 0.9 * highest) <= learning.rate <= highest


def test_traces_grow_by_the_increment_of_the_report(chip: Any) -> None:
    run, built, _ = chip
    (synapse,) = list(run.sim.model.blocks)[-1].synapses
    learning, numbers = built.learning.learning, built.learning.chip
    increment = learning.increment(numbers.reach)
    assert LEAST / 2 <= increment <= learning.most_increment
    # The chip stores seven bits below one, cut off.
    assert 0 <= increment - synapse.tracing_mag < 1 / 128 + 1e-6
    assert synapse.tracing_tau == learning.trace_steps == 10


def test_learning_begins_with_the_weights_that_were_given(chip: Any) -> None:
    run, built, tensors = chip
    level = 2 * built.learning.chip.reach / LEVELS
    found = built.learning.weights(run.sim)
    assert found == pytest.approx(tensors["y.kernel"], abs=level / 2 + 1e-6)


@pytest.mark.parametrize("start", ["trained", "zero"])
def test_nengo_learns_as_the_chip_does(start: str) -> None:
    with (
        import_package(sound(spec(start), "emit")) as package,
        warnings.catch_warnings(),
    ):
        # Warnings of clipped errors, traces and weights, and of spikes lost for traces.
        for message in ("Clipping", "Received PES", "Synaptic", "Trace"):
            warnings.filterwarnings("error", message)
        tensors = weights(package.layout)
        first = 0 * tensors["y.kernel"] if start == "zero" else tensors["y.kernel"]
        changes: list[Any] = []
        spikes: dict[str, Any] = {}
        for simulator in ("nengo", "loihi"):
            build = package.nengo.build_network
            built = build(tensors, IMAGES, probe=("a",), targets=LABELS)
            run = SimulatorRun(simulator, built)
            _, spikes = run.present(len(IMAGES))
            changes.append(built.learning.weights(run.sim) - first)
            run.sim.close()
    # The chip rounds each update at random: outputs average over neurons.
    nengo, emulator = (spikes["a"] @ change for change in changes)
    assert np.corrcoef(nengo.ravel(), emulator.ravel())[0, 1] > 0.9
    assert np.linalg.norm(emulator) == pytest.approx(np.linalg.norm(nengo), rel=1 / 3)


def test_without_targets_the_readout_is_on_the_host(learner: Any) -> None:
    built = learner.nengo.build_network(weights(learner.layout), IMAGES)
    assert built.learning is None


@pytest.mark.parametrize(
    ("targets", "mode", "said"),
    [
        (np.zeros((30, 4)), "spiking", r"targets have shape \(30, 4\)"),
        (np.zeros(30), "spiking", r"targets have shape \(30,\)"),
        (np.array([0, 3]), "spiking", r"not all in 0..2"),
        (LABELS, "rate", "mode is 'spiking'"),
    ],
)
def test_targets_that_do_not_fit_and_rates_are_refused(
    learner: Any, targets: Any, mode: str, said: str
) -> None:
    build, tensors = learner.nengo.build_network, weights(learner.layout)
    with pytest.raises(ValueError, match=said):
        build(tensors, IMAGES, mode=mode, targets=targets)


LEARNING = Learning(0.5, 1.0, 150.0, 99.9, 100, 1e-3, 100, 0.01)


@pytest.mark.parametrize("error", [0.2, 1.0, 3.0])
def test_the_chip_gets_errors_of_which_it_loses_nothing(error: float) -> None:
    """It divides the product of trace and error by four, and rounds down."""
    learning = replace(LEARNING, error=error)
    errors = np.linspace(-1.5 * error, 1.5 * error, 1001)
    coarse = learning.coarse(errors)
    sent = scale_pes_errors(coarse, scale=learning.error_scale)
    assert not (sent % 4).any()
    assert sent.max() == 124
    clipped = errors.clip(-error, error) * 124 / 127
    assert np.abs(coarse - clipped).max() <= 0.501 * 4 / 127 * error


@pytest.mark.parametrize(
    ("rate", "largest", "said", "works"),
    [
        (0.5, 1e-3, r"at most 0\.014", {"rate": 0.014}),
        (0.05, 10.0, r"`rate` of at least 0\.19", {"rate": 0.19}),
        # Specs may not have the rates that these weights need.
        (0.5, 1e-5, r"0\.5: write `from zero` in", {"largest": 0.0}),
        (0.5, 100.0, r"0\.5: write `from zero` in", {"largest": 0.0}),
    ],
)
def test_weights_too_small_or_large_name_what_works(
    rate: float, largest: float, said: str, works: dict[str, float]
) -> None:
    def plan(rate: float, largest: float) -> None:
        on_chip(replace(LEARNING, rate=rate), largest)

    with pytest.raises(PesError, match=said):
        plan(rate, largest)
    plan(**{"rate": rate, "largest": largest, **works})


def test_the_network_of_nengo_alone_learns() -> None:
    with import_package(sound(spec("zero", "nengo"), "emit")) as package:
        tensors = weights(package.layout)
        build = package.nengo.build_network
        built = build(tensors, IMAGES, targets=LABELS)
        assert built.learning.chip is None
        run = SimulatorRun("nengo", built)
        run.present(len(IMAGES))
        assert np.abs(built.learning.weights(run.sim)).max() > 0.01
        run.sim.close()
