"""One network, one data set, one seed: plain Keras, snnc's Keras model, the chip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.study.curve import accuracy
from benchmarks.study.data import Examples, Split
from snnc.exact import make_engine
from snnc.exact.package import ImportedPackage, open_package
from snnc.runtime.examples import ROW, drawn, spans_of
from snnc.runtime.measures import layer_result
from snnc.runtime.results import Decide
from snnc.runtime.scores import Reader, decide, ways_of
from snnc.runtime.statistics import Firing

# Times as long as the spec presents an example: as the spec is, and spread.
LONGER, SPREAD_LONGER = (1, 2, 3), (1, 2)
WAYS: tuple[Decide, ...] = ("last", "mean")
SLOWER = "last, slower"  # behind a filter twice as long as the readout's


def measure(
    folder: Path, spread_folder: Path, weights: Path, split: Split, seed: int
) -> dict[str, Any]:
    """Return accuracies, and layers whose rates are not held.

    The package in ``spread_folder`` differs in the voltages that its encoder begins
    with alone: the same weights are judged in it.
    """
    package, spread = open_package(folder), open_package(spread_folder)
    plain = _plain(package, split, seed)
    _train(package, weights, split.train, seed)
    test = split.test
    chip = {str(times): _chip(package, weights, test, times) for times in LONGER}
    return {
        "plain": plain,
        "smooth": _keras(package, weights, test, aware=False),
        "aware": _keras(package, weights, test, aware=True),
        "decide": package.network.readout.decide,
        "chip": {
            times: {way: shares[way] for way in WAYS}
            for times, (shares, _) in chip.items()
        },
        "spread": {
            str(times): _chip(spread, weights, test, times)[0]
            for times in SPREAD_LONGER
        },
        "missed": chip["1"][1],
    }


def _plain(package: ImportedPackage, split: Split, seed: int) -> float:
    """Train the layers as a user of Keras does, and judge them."""
    from tensorflow import keras

    program = package.module("keras_model")
    training = package.module("train").TRAINING
    keras.utils.set_random_seed(seed + 1)
    model = program.build_model(seed=seed)
    program.compile_model(model)
    train, settings = split.train, {"epochs": training.epochs, "verbose": 0}
    model.fit(train.x, train.y, batch_size=training.batch, **settings)
    return _judged(model.predict(split.test.x, verbose=0), split.test)


def _train(package: ImportedPackage, weights: Path, train: Examples, seed: int) -> None:
    trainer = package.module("train").TRAINER
    # Plain Keras sees all examples as well.
    whole = replace(trainer.training, validation=0.0)
    replace(trainer, training=whole).train(train.x, train.y, weights, seed=seed)


def _keras(
    package: ImportedPackage, weights: Path, test: Examples, aware: bool
) -> float:
    program = package.module("keras_model")
    model = program.build_model(aware=aware)
    program.import_weights(model, weights)
    return _judged(model.predict(test.x, verbose=0), test)


def _chip(
    package: ImportedPackage, weights: Path, test: Examples, times: int
) -> tuple[dict[str, float], list[str]]:
    """Return the accuracy of examples in rows, and layers whose rates are not held.

    Of the same spikes it is that of each way to decide.
    """
    network, order = package.network, drawn(len(test), None, 0)
    steps, counts = times * network.steps, []
    shape = len(order), network.readout.units
    outputs = {way: np.empty(shape) for way in (*WAYS, SLOWER)}
    synapse = network.readout.synapse
    assert synapse is not None
    slower = [way.synapse for way in ways_of(network.readout)].index(2 * synapse)
    with make_engine(package, weights, steps) as engine:
        spans, kept = spans_of(len(order), ROW), ("counts", "rows")
        readers = {span: Reader(network, carries=True) for span in spans}
        for chunk in engine.stream(test.x[order], spans, "row", "last", kept):
            rows = order[chunk.start :][: len(chunk.images)]
            for way in WAYS:
                outputs[way][rows] = decide(chunk.outcome.rows, way)
            others = readers[chunk.span].read(chunk.outcome.rows)
            outputs[SLOWER][rows] = others[slower]
            counts.append(chunk.outcome.counts)
    missed = []
    for name in network.layers:
        firing = [Firing.of(part[name]) for part in counts]
        whole = firing[0]
        for part in firing[1:]:
            whole = whole + part
        if not layer_result(network, name, whole, steps).holds:
            missed.append(name)
    return {way: _judged(given, test) for way, given in outputs.items()}, missed


def _judged(outputs: Any, test: Examples) -> float:
    share: float = accuracy(np.asarray(outputs), test.y)["accuracy"]
    return share
