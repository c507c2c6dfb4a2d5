"""What `snnc.evaluate` returns for each example, and the iterables that it takes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.exact import make_engine
from tests.evaluate.conftest import Arrays, Case, Make

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("without_keras"),
    pytest.mark.filterwarnings("ignore"),
]


def engine_outputs(full: Case, x: np.ndarray) -> np.ndarray:
    """Return the outputs of examples from rest."""
    with make_engine(full.package, full.package.layout.load(full.weights)) as engine:
        how = full.package.network.readout.decide
        return engine.run(x, "rest", how).outputs.astype(np.float32)


@pytest.mark.parametrize("seed", [0, 1])
def test_outputs_are_in_the_order_of_the_data(
    full: Case, data: Arrays, seed: int
) -> None:
    x, y = data
    found = snnc.evaluate(
        full.folder, x, y, full.weights, seed=seed, presentation="rest"
    )
    np.testing.assert_array_equal(found.outputs, engine_outputs(full, x))
    labels = found.outputs.argmax(axis=1)
    assert found.labels.dtype == np.int64
    np.testing.assert_array_equal(found.labels, labels)
    assert found.accuracy == np.mean(labels == y)
    assert found.records == [
        {"example": i, "label": y[i], "chip": labels[i]} for i in range(len(x))
    ]


def test_drawn_examples_say_which_they_are(full: Case, data: Arrays) -> None:
    x, y = data
    found = snnc.evaluate(
        full.folder, x, y, full.weights, examples=5, presentation="rest"
    )
    places = [int(record["example"]) for record in found.records]
    assert len(places) == len(found.outputs) == 5
    np.testing.assert_array_equal(found.outputs, engine_outputs(full, x)[places])


@pytest.mark.parametrize("simulator", ["nengo", "keras"])
def test_other_simulators_give_records(
    full: Case, data: Arrays, simulator: Any
) -> None:
    x, y = data[0][:3], data[1][:3]
    found = snnc.evaluate(full.folder, x, y, full.weights, simulator=simulator)
    assert found.outputs.shape == (3, 3)
    answers = zip(y, found.labels, strict=True)
    assert found.records == [
        {"example": i, "label": label, simulator: answer}
        for i, (label, answer) in enumerate(answers)
    ]


def test_a_regression_has_a_value_per_unit(case: Make) -> None:
    full = case("regression", 4)
    found = snnc.evaluate(full.folder, full.data, weights=full.weights)
    with pytest.raises(ValueError, match="no classes"):
        print(found.labels)
    assert [*found.records[0]] == ["example", "label_0", "label_1", "chip_0", "chip_1"]
    chip = [[record["chip_0"], record["chip_1"]] for record in found.records]
    np.testing.assert_array_equal(np.array(chip, np.float32), found.outputs)


def test_iterables_give_what_arrays_give(full: Case, data: Arrays) -> None:
    import tensorflow as tf

    x, y = data
    expected = snnc.evaluate(full.folder, x, y, full.weights)
    batched = tf.data.Dataset.from_tensor_slices((x, y)).batch(6)
    for given, labels in (
        (zip(x, y, strict=True), None),
        (((x[i : i + 5], y[i : i + 5]) for i in range(0, len(x), 5)), None),
        (iter(x), y),
        (batched, None),
    ):
        found = snnc.evaluate(full.folder, given, labels, full.weights)
        np.testing.assert_array_equal(found.outputs, expected.outputs)
        assert found.confusion == expected.confusion
    spikes = found.raster(2)["c0"]
    np.testing.assert_array_equal(spikes, expected.raster(2)["c0"])


def test_what_is_no_input_is_refused(full: Case, data: Arrays) -> None:
    import tensorflow as tf

    x, y = data
    endless = tf.data.Dataset.from_tensor_slices((x, y)).repeat()
    missing = r"y is missing.*predict"  # which takes x alone
    for given, labels, said in (
        (x, None, missing),
        (iter(x), None, missing),
        (iter(()), None, "x holds no examples"),
        (iter(x[:4]), y, "x has 4 examples, y has 21"),
        (iter([(x[:2], y[:2]), (x[:2, 1:], y[:2])]), None, "x has shape"),
        (itertools.repeat(3, 2), y, "x has shape"),
        (endless, None, "x never ends"),
    ):
        with pytest.raises(ValueError, match=said):
            snnc.evaluate(full.folder, given, labels, full.weights)
