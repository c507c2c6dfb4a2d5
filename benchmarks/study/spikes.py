"""A network of spikes: on Nengo, and as Loihi computes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

import snnc
from benchmarks.study.curve import accuracy, over_time
from benchmarks.study.data import Examples
from benchmarks.study.floats import keras_outputs
from benchmarks.study.packages import Files
from snnc.exact import make_engine
from snnc.output.imported import open_package
from snnc.runtime.examples import ROW, Presentation, decide, sample_indices, spans_of
from snnc.runtime.network import Decide, Network
from snnc.tools.evaluate.measures import layer_result
from snnc.tools.scores import LayerFiring

SEED = 0  # of the order in which examples are presented
WAYS: tuple[Decide, ...] = ("mean", "last")


def nengo(files: Files, test: Examples) -> dict[str, Any]:
    """Judge the spikes of Nengo, one example after another."""
    data = test.x, test.y
    found = snnc.evaluate(files.package, *data, files.weights, simulator="nengo")
    return {
        "accuracy": found.accuracy,
        "interval": list(found.interval or ()),
        "examples": found.examples,
        "spikes": found.spikes,
    }


def loihi(files: Files, test: Examples) -> dict[str, Any]:
    """Score the spikes of nengo-loihi's emulator, for examples in rows.

    snnc's exact engine computes them faster. ``decided`` has the score of each way to
    decide. ``rest`` has the scores of examples that begin from rest, as after a reset,
    which nengo-loihi lacks.
    """
    ran = _ran(files, test, "row")
    network = open_package(files.package).network
    how = network.readout.decide
    chosen = decide(ran.outputs, how)
    in_keras = keras_outputs(files, test.x).argmax(axis=1)
    layers = [_layer(network, name, firing) for name, firing in ran.firing.items()]
    rested = decide(_ran(files, test, "rest").outputs, how)
    return {
        **accuracy(chosen, test.y),
        "agreement": float((chosen.argmax(axis=1) == in_keras).mean()),
        "decided": {
            way: accuracy(decide(ran.outputs, way), test.y)["accuracy"] for way in WAYS
        },
        "rest": accuracy(rested, test.y)["accuracy"],
        "curve": over_time(ran.outputs, test.y, how),
        "spikes": sum(layer["spikes"] for layer in layers),
        "overflows": ran.overflows.tolist(),
        "cores": ran.cores,
        "layers": layers,
    }


@dataclass(frozen=True, slots=True)
class _Ran:
    """Outputs, (examples, steps, units), and how the neurons of each layer fired."""

    outputs: NDArray[np.float64]
    firing: dict[str, LayerFiring]
    overflows: NDArray[np.int64]
    cores: int


def _ran(files: Files, test: Examples, presentation: Presentation) -> _Ran:
    package = open_package(files.package)
    network, order = package.network, sample_indices(len(test.x), None, SEED)
    firing: dict[str, list[LayerFiring]] = {name: [] for name in network.layers}
    outputs = np.empty((len(order), network.steps, network.readout.units))
    overflows = np.zeros(3, np.int64)
    with make_engine(package, files.weights) as engine:
        spans = spans_of(len(order), ROW)
        how = presentation, network.readout.decide
        for chunk in engine.stream(test.x[order], spans, *how, ("counts", "rows")):
            rows, outcome = order[chunk.start :][: len(chunk.images)], chunk.outcome
            outputs[rows] = outcome.rows
            overflows += outcome.overflows
            for name, counts in outcome.counts.items():
                firing[name].append(LayerFiring.of(counts))
        cores = engine.cores
    whole = {name: reduce(add, parts) for name, parts in firing.items()}
    return _Ran(outputs, whole, overflows, cores)


def _layer(network: Network, name: str, firing: LayerFiring) -> dict[str, Any]:
    """Return how fast a layer fired."""
    found = layer_result(network, name, firing, network.steps)
    told = ("name", "low", "high", "percentile", "rate", "spikes")
    return {**{key: asdict(found)[key] for key in told}, "holds": found.holds}
