"""``python -m benchmarks.tape``: two gradients of the phase ``spikes``, at equal cost.

Tandem learning, which snnc uses, runs an example in spikes and computes the gradient
from means. The other method records the steps of the second half of each example on a
tape and follows the gradient back through filters and layers, step by step; a neuron
has the slope of its rate curve, as in tandem learning. Both begin with the weights that
the phases smooth and scale gave. The tape makes as many updates as take the processor
time of the tandem training. The table has the accuracy on the exact engine, for 1,000
images of MNIST: in a row, by the last output and by the mean, and each from rest. About
10 minutes per network and seed on two free cores (an estimate).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

from benchmarks.fidelity.networks import spec_of  # noqa: E402
from benchmarks.study.data import Examples, mnist  # noqa: E402
from benchmarks.study.packages import build  # noqa: E402
from snnc.exact import make_engine  # noqa: E402
from snnc.output.imported import ImportedPackage, open_package  # noqa: E402
from snnc.runtime.examples import decide  # noqa: E402
from snnc.runtime.keras.spiking import reading_weights  # noqa: E402

NETWORKS = ("relu", "lif", "relu + batch norm")
IMAGES = 1000  # of a test
PROBE = 50  # updates to measure the time of an update
CHUNK = 10  # steps at once


@contextmanager
def taped(package: ImportedPackage) -> Iterator[None]:
    """Make the package's phase spikes use a tape through time."""
    keras = "_runtime.keras."
    training = package.module(f"{keras}spike_training").SpikeTraining
    layer = package.module(f"{keras}spiking_neurons").SpikingLayer
    numba: Any = package.module(f"{keras}numba_neurons")
    before = training.train_step, layer._fire, numba.numba
    training.train_step, layer._fire, numba.numba = _train_step, _fire, None
    try:
        yield
    finally:
        training.train_step, layer._fire, numba.numba = before


def _fire(self: Any, drive: Any, state: Any) -> Any:
    """Advance neurons; the gradient is the slope of their rate curve."""
    import tensorflow as tf

    current = self.kept * state.current + (1 - self.kept) * drive
    still = tf.stop_gradient(current)
    output, *rest = self._advance(still, state.voltage, state.wait)
    change = tf.stop_gradient(self.slope(still)) * (current - still)
    rest = map(tf.stop_gradient, rest)
    return type(state)(tf.stop_gradient(output) + change, current, *rest)


def _train_step(self: Any, data: Any) -> Any:
    """Present a batch, record its second half, and update the weights."""
    import tensorflow as tf

    module = sys.modules[type(self).__module__]
    x, y = data[:2]
    x = tf.ensure_shape(x, [self._streams, *x.shape[1:]])
    stored, each = self._state(), tf.nest.map_structure
    state = self._rested(each(lambda kept: kept.read_value(), stored))
    run, steps = self._run, self._network.steps
    half = steps // 2 // CHUNK * CHUNK

    def fixed() -> dict[str, Any]:
        """Return the currents that depend on the input only."""
        firsts = (layer for layer in run.layers if not layer.stage.sources)
        return {layer.name: layer.stage(x, {}) for layer in firsts}

    def advance(first: Any, state: Any) -> Any:
        return first + CHUNK, run._advance(x, fixed(), state, None)[2]

    state = tf.while_loop(lambda first, _: first < half, advance, (0, state))[1]
    with tf.GradientTape() as tape:
        given, parts, reads = fixed(), [], []
        for _ in range(half, steps, CHUNK):
            values, read, state = run._advance(x, given, state, None)
            reads.append(read)
            parts.append(values[0])
        excess = 0.0
        for layer, counts in zip(run.layers, zip(*parts, strict=True), strict=True):
            rate = tf.add_n(counts) / (steps - half) * layer.scale
            over = tf.nn.relu(rate - module.ALLOWED) ** 2
            excess += tf.reduce_sum(over) / self._streams
        weights = reading_weights(self._network)[:, half:]
        readings = tf.tensordot(tf.constant(weights, "float32"), tf.concat(reads, 0), 1)
        outputs = tf.map_fn(run.decide, readings)
        loss = self._loss(y, outputs, None)
        total = loss + module.EXCESS * excess + sum(self.trained.losses, 0.0)
    each(lambda kept, value: kept.assign(value), stored, state)
    variables = self.trainable_variables
    gradients, _ = tf.clip_by_global_norm(tape.gradient(total, variables), module.CLIP)
    self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    self._loss_mean.update_state(loss)
    for metric in self._kinds[1:]:
        metric.update_state(y, outputs[0])
    return {metric.name: metric.result() for metric in self._kinds}


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and print the table; return the exit status."""
    parser = argparse.ArgumentParser("benchmarks.tape", description=__doc__)
    parser.add_argument("--networks", nargs="*", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--seeds", nargs="*", type=int, default=(0, 1, 2))
    options = parser.parse_args(arguments)
    print("| network | seed | gradient | updates | seconds | last | mean | from rest |")
    print("|---|--:|---|--:|--:|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            for seed in options.seeds:
                _race(network, seed, Path(folder) / f"{seed}")
    return 0


def _race(network: str, seed: int, folder: Path) -> None:
    """Print two rows of the table."""
    folder.mkdir(exist_ok=True)
    name, text = spec_of(f"{network}, synapse 5 ms")
    spec = folder / f"{name}.snn"
    spec.write_text(text, encoding="utf-8")
    package, start = open_package(build(spec, folder)), folder / "start"
    train, split = package.module("train").train, mnist()
    x, y = split.train.x, split.train.y
    weights = folder / "weights"

    def run(**settings: Any) -> float:
        """Train on spikes from the start; return seconds of the processor."""
        before = time.process_time()
        with redirect_stdout(sys.stderr):
            named = {"initial": start, "seed": seed, "phases": ("spikes",)}
            train(x, y, weights, **named, **settings)
        return time.process_time() - before

    def show(gradient: str, updates: int, seconds: float) -> None:
        cells = _score(package, weights, split.test.first(IMAGES))
        row = [network, seed, gradient, updates, f"{seconds:.0f}", *cells]
        print(f"| {' | '.join(map(str, row))} |", flush=True)

    with redirect_stdout(sys.stderr):
        train(x, y, start, seed=seed, phases=("smooth", "scale"))
    updates = package.module("_runtime.keras.spike_training").UPDATES
    seconds = run(spike_updates=updates)
    show("tandem", updates, seconds)
    with taped(package):
        few, more = (run(spike_updates=count * PROBE) for count in (1, 3))
        one = (more - few) / (2 * PROBE)
        affordable = int((seconds - few) / one) + PROBE
        show("tape", affordable, run(spike_updates=affordable))


def _score(package: ImportedPackage, weights: Path, test: Examples) -> list[str]:
    with make_engine(package, weights) as engine:
        rows = engine.run(test.x, "row", "last", keep=("rows",)).rows
        rest = engine.run(test.x, "rest", "last").outputs
    assert rows is not None
    decided = [decide(rows, way) for way in ("last", "mean")]
    right = [outputs.argmax(axis=1) == test.y for outputs in (*decided, rest)]
    return [f"{100 * each.mean():.1f} %" for each in right]


if __name__ == "__main__":
    sys.exit(main())
