"""Holds the exact engine to nengo-loihi's emulator, spike for spike."""

import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.exact import Engine, EngineResult
from snnc.output.imported import ImportedPackage
from tests.support import compile_text, write_modules

EXAMPLES = 3
OVERFLOWS = ("Overflow in q0", "Overflow in current", "Overflow in u2")


@dataclass(frozen=True)
class Run:
    """A simulator's results for examples: rows, spikes, overflowed registers."""

    rows: np.ndarray
    spikes: dict[str, np.ndarray]
    overflows: tuple[bool, ...]
    seconds: float  # without the build
    processor: float  # seconds that the process computed, whatever else ran


def write_package(text: str, folder: Path) -> Path:
    """Write the package of a sound spec; return its folder."""
    results, report = compile_text(text, "emit")
    assert not report.errors
    return write_modules(results.modules, folder / results.network.name)


def random_weights(
    package: ImportedPackage, gain: float = 1.5, bias: float = 0.1
) -> dict[str, Any]:
    """Return random weights that keep the layers firing."""
    random = np.random.default_rng(0)
    weights = {}
    for tensor in package.layout.tensors:
        values = random.normal(size=tensor.shape)
        if tensor.name.endswith(".bias"):
            values = (0 if tensor.zeros else bias) * np.abs(values)
        else:
            each = "multiplier" in tensor.axes  # channel is read by itself
            values *= gain / np.sqrt(np.prod(tensor.shape[: -1 - each]))
        weights[tensor.name] = values.astype(np.float32)
    return weights


def random_images(package: ImportedPackage, count: int = EXAMPLES) -> np.ndarray:
    """Return examples within the range that the spec says."""
    random, read = np.random.default_rng(1), package.network.input
    shape = (count, *read.shape)
    return random.uniform(read.low, read.high, shape).astype(np.float32)


def emulate(package: ImportedPackage, weights: Any, images: np.ndarray) -> Run:
    """Return what nengo-loihi's emulator gives for one run from rest."""
    import nengo
    import nengo_loihi

    nengo.rc["decoder_cache"]["enabled"] = "False"
    described = package.network
    count, steps, dt = len(images), described.steps, described.dt
    program, layers = package.module("nengo_network"), described.layers
    network = program.build_network(weights, images, probe=tuple(layers))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        simulator = nengo_loihi.Simulator(
            network.net, dt=dt, target="sim", progress_bar=False
        )
        with simulator:
            started, computed = time.perf_counter(), time.process_time()
            simulator.run_steps(count * steps)
            seconds = time.perf_counter() - started
            processor = time.process_time() - computed
    said = {str(warning.message) for warning in caught}
    spikes = {}
    for name, layer in layers.items():
        values = network.neuron_values(simulator, name) * (dt * layer.high)
        shape = layer.shape if layer.pool is None else (layer.neurons,)
        spikes[name] = np.rint(values).reshape(count, steps, *shape)
    rows = np.asarray(simulator.data[network.output]).reshape(count, steps, -1)
    overflows = tuple(text in said for text in OVERFLOWS)
    return Run(rows, spikes, overflows, seconds, processor)


def differences(run: Run, outcome: EngineResult) -> list[str]:
    """Say what differs; nothing if the engine is exact."""
    found = _wrong_outputs(run.rows, run.spikes, outcome)
    if tuple(outcome.overflows > 0) != run.overflows:
        found.append(f"overflows {outcome.overflows} for {run.overflows}")
    return found


def _wrong_outputs(
    rows: np.ndarray, trains: dict[str, np.ndarray], outcome: EngineResult
) -> list[str]:
    found = []
    for name, spikes in trains.items():
        wrong = int((spikes != outcome.spikes[name]).sum())
        if wrong:
            found.append(f"{wrong} of {int(spikes.sum())} spikes of {name}")
        if not np.array_equal(spikes.sum(axis=1), outcome.counts[name]):
            found.append(f"counts of {name}")
    assert outcome.rows is not None
    largest = max(float(np.abs(rows).max()), 1e-12)
    if np.abs(rows - outcome.rows).max() > 1e-6 * largest:
        found.append("rows of the readout")
    return found


def compare(
    engine: Engine, package: ImportedPackage, weights: Any, images: np.ndarray
) -> list[str]:
    """Say what differs in a row, and from rest.

    The emulator's first example is from rest, and the others can't be.
    """
    keep: Any = ("counts", "spikes", "rows")
    run = emulate(package, weights, images)
    found = differences(run, engine.run(images, "row", keep=keep))
    first = {name: spikes[:1] for name, spikes in run.spikes.items()}
    alone = engine.run(images[:1], "rest", keep=keep)
    wrong = _wrong_outputs(run.rows[:1], first, alone)
    found += [f"from rest: {text}" for text in wrong]
    together = engine.run(images, "rest", threads=2)
    last = engine.run(images[-1:], "rest")
    if not np.array_equal(together.outputs[-1:], last.outputs):
        found.append("an example depends on those before it")
    return found
