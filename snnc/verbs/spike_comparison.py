"""Compare a network's given and scaled weights in spikes, on the same examples."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.output.imported import ImportedPackage
from snnc.results.calibration import ComparedScore, Measure, SpikeComparison
from snnc.runtime.data import open_data, select
from snnc.runtime.examples import Array
from snnc.runtime.examples import score as score_of
from snnc.runtime.keras.model import set_model_weights
from snnc.runtime.keras.scaler import STREAMS
from snnc.runtime.keras.spiking import SpikingRun
from snnc.runtime.layout import Tensors
from snnc.runtime.network import Network
from snnc.text.arguments import FileName
from snnc.verbs.scores import difference, per_example_score

HELD_OUT = 512
"""The most examples to compare in spikes: enough to find a loss of a few points."""
SHARE = 4
"""One of this number of examples is compared instead of measured."""


@dataclass(frozen=True)
class DrawnExamples:
    """Examples to measure rates, and other examples to compare weights.

    A single example is used for both. ``y`` are the labels or values of the examples
    ``held_out``, if known.
    """

    measured: NDArray[np.float32]
    held_out: NDArray[np.float32]
    y: Array | None


def draw_examples(x: Any, y: Any, network: Network, limit: int | None) -> DrawnExamples:
    """Draw at most ``limit`` examples to measure, and others to compare, by seed 0.

    ``x`` is an array or a data file, which may contain ``y``. Raise DataError if the
    network does not accept the data.
    """
    most = None if limit is None else limit + HELD_OUT
    if isinstance(x, str | os.PathLike):
        examples = open_data(x, network, most, 0, labelled=_has_labels(x))
    else:
        examples = select(x, y, network, most, 0)
    count = len(examples)
    # Examples beyond the limit were drawn for the comparison.
    spare = 0 if limit is None else count - limit
    compared = min(HELD_OUT, max(1, spare, count // SHARE))
    measured = max(1, count - compared)
    labels = None if examples.y is None else examples.y[-compared:]
    return DrawnExamples(examples[:measured], examples[-compared:], labels)


def _has_labels(path: FileName) -> bool:
    """Return whether a data file or folder contains ``y``, without reading it."""
    place = Path(path)
    if place.is_dir():
        return (place / "y.npy").exists()
    if not zipfile.is_zipfile(place):
        return False
    with zipfile.ZipFile(place) as archive:
        return "y.npy" in archive.namelist()


def compare_in_spikes(
    package: ImportedPackage,
    unscaled: Tensors,
    scaled: Tensors,
    drawn: DrawnExamples,
) -> SpikeComparison:
    """Run the held-out examples in spikes with both weights, and compare scores.

    The outputs of the Keras model are those with the given weights.
    """
    network = package.network
    layout = package.layout
    model = package.module("keras_model").build_model()
    run = SpikingRun(network, model)
    set_model_weights(model, layout, unscaled)
    before = run.predict(drawn.held_out, STREAMS)
    count = len(before)  # a multiple of the streams
    keras = model.predict(
        drawn.held_out[:count], batch_size=network.examples_at_once, verbose=0
    )
    set_model_weights(model, layout, scaled)
    after = run.predict(drawn.held_out, STREAMS)
    classes = network.readout.classes
    scores = []
    if drawn.y is not None:
        name: Measure = "accuracy" if classes else "rmse"
        target = drawn.y[:count]
        scores.append(_compare(name, before, after, target, classes))
    name = "agreement" if classes else "difference"
    target = keras.argmax(axis=1) if classes else keras
    scores.append(_compare(name, before, after, target, classes))
    return SpikeComparison(count, tuple(scores))


def _compare(
    measure: Measure, before: Array, after: Array, target: Array, classes: bool
) -> ComparedScore:
    merits = per_example_score(before, target, classes)
    loss = difference(merits, per_example_score(after, target, classes))
    return ComparedScore(
        measure=measure,
        given=score_of(before, target, classes),
        scaled=score_of(after, target, classes),
        is_worse=loss is not None and loss[0] > 0,  # the whole interval is a loss
    )
