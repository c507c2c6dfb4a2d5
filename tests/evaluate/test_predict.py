"""Outputs and labels of each example, from `snnc.evaluate` and `snnc predict`."""

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.cli import main
from snnc.exact import make_engine
from tests.evaluate.conftest import Arrays, Case, Make
from tests.support import QUIET

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_keras"), QUIET]


@pytest.fixture(scope="module")
def rows(full: Case, data: Arrays) -> np.ndarray:
    """Return the rows of the exact engine, all examples in one row."""
    with make_engine(full.package, full.package.layout.load(full.weights)) as engine:
        found = engine.run(data[0], "row", keep=("rows",)).rows
    assert found is not None
    return found


@pytest.fixture(scope="module")
def outputs(rows: np.ndarray) -> np.ndarray:
    return rows[:, rows.shape[1] // 2 :].mean(axis=1).astype(np.float32)


def test_outputs_are_the_exact_engines(
    full: Case, data: Arrays, rows: np.ndarray, outputs: np.ndarray
) -> None:
    package = snnc.Package(full.folder)
    found = package.predict(data[0], full.weights, over_time=True)
    assert found.outputs.dtype == np.float32
    assert found.labels.dtype == np.int64
    np.testing.assert_array_equal(np.asarray(found), outputs)
    np.testing.assert_array_equal(found.labels, outputs.argmax(axis=1))
    assert found.outputs_over_time is not None
    np.testing.assert_array_equal(found.outputs_over_time, rows.astype(np.float32))
    weights = full.package.layout.load(full.weights)
    again = package.predict(full.data, weights)
    np.testing.assert_array_equal(again.outputs, outputs)
    assert again.outputs_over_time is None


@pytest.mark.parametrize("simulator", ["nengo", "loihi", "keras"])
def test_other_simulators_predict_and_give_records(
    full: Case, data: Arrays, outputs: np.ndarray, simulator: Any
) -> None:
    x, y = data[0][:6], data[1][:6]
    found = snnc.Package(full.folder).predict(
        x, full.weights, simulator=simulator, over_time=simulator == "nengo"
    )
    assert found.outputs.shape == (6, 3)
    assert (found.outputs_over_time is not None) == (simulator == "nengo")
    if simulator == "loihi":
        np.testing.assert_allclose(found.outputs, outputs[:6], rtol=1e-5, atol=1e-6)
    else:
        assert np.abs(found.outputs - outputs[:6]).max() > 0
    evaluated = snnc.evaluate(full.folder, x, y, full.weights, simulator=simulator)
    assert evaluated.outputs.shape == (6, 3)
    column = "chip" if simulator == "loihi" else simulator
    assert evaluated.records == [
        {"example": i, "label": label, column: answer}
        for i, (label, answer) in enumerate(zip(y, evaluated.labels, strict=True))
    ]


def test_the_verb_writes_what_python_returns(
    full: Case, outputs: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--data", str(full.data), "--weights", str(full.weights)]
    command = ["predict", str(full.folder), *files]
    out, table = tmp_path / "out.npz", tmp_path / "out.csv"
    assert main([*command, "-o", str(out), "--over-time"]) == 0
    assert main([*command, "-o", str(table)]) == 0
    assert f"wrote {table}\n" in capsys.readouterr().err
    with np.load(out) as found:
        np.testing.assert_array_equal(found["outputs"], outputs)
        np.testing.assert_array_equal(found["labels"], outputs.argmax(axis=1))
        assert found["outputs_over_time"].shape == (21, 20, 3)
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out == table.read_text()
    head, *lines = csv.reader(table.read_text().splitlines())
    assert head == ["index", "label", "class", "output_0", "output_1", "output_2"]
    assert [int(line[0]) for line in lines] == list(range(21))
    assert [int(line[1]) for line in lines] == outputs.argmax(axis=1).tolist()
    numbers = np.array([line[3:] for line in lines], np.float32)
    np.testing.assert_array_equal(numbers, outputs)


def test_a_regression_has_values_and_no_labels(case: Make, tmp_path: Path) -> None:
    full = case("regression", 4)
    found = snnc.Package(full.folder).predict(full.data, full.weights)
    evaluated = snnc.evaluate(full.folder, full.data, weights=full.weights)
    for result in (found, evaluated):
        with pytest.raises(ValueError, match="no classes"):
            print(result.labels)
    found.write(tmp_path / "out.npz")
    assert np.load(tmp_path / "out.npz").files == ["outputs"]
    assert found.csv().startswith("index,output_0,output_1\n0,")
    columns = ["example", "label_0", "label_1", "chip_0", "chip_1"]
    assert [*evaluated.records[0]] == columns
    chip = [[record["chip_0"], record["chip_1"]] for record in evaluated.records]
    np.testing.assert_array_equal(np.array(chip, np.float32), evaluated.outputs)


@pytest.mark.parametrize(("seed", "examples"), [(0, None), (1, None), (0, 5), (1, 9)])
def test_outputs_are_in_the_order_of_the_data(
    full: Case, data: Arrays, seed: int, examples: int | None
) -> None:
    x, y = data
    options: Any = {"seed": seed, "examples": examples, "presentation": "rest"}
    found = snnc.evaluate(full.folder, x, y, full.weights, **options)
    places = [int(record["example"]) for record in found.records]
    assert len(places) == (examples or len(x))
    with make_engine(full.package, full.package.layout.load(full.weights)) as engine:
        how = full.package.network.readout.decide
        outputs = engine.run(x, "rest", how).outputs.astype(np.float32)[places]
    np.testing.assert_array_equal(found.outputs, outputs)
    labels = outputs.argmax(axis=1)
    assert found.labels.dtype == np.int64
    np.testing.assert_array_equal(found.labels, labels)
    assert found.accuracy == np.mean(labels == y[places])
    assert found.records == [
        {"example": i, "label": y[i], "chip": label}
        for i, label in zip(places, labels, strict=True)
    ]


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
    predicted = snnc.predict(full.folder, zip(x, y, strict=True), full.weights)
    alike = snnc.predict(full.folder, x, full.weights)
    np.testing.assert_array_equal(predicted.outputs, alike.outputs)


def test_what_is_no_input_is_refused(full: Case, data: Arrays) -> None:
    import tensorflow as tf

    x, y = data
    endless = tf.data.Dataset.from_tensor_slices((x, y)).repeat()
    missing = r"y is missing.*predict"  # which takes x alone
    tries: list[tuple[Any, Any, str]] = [
        (x, None, missing),
        (iter(x), None, missing),
        (iter(()), None, "x holds no examples"),
        (iter(x[:4]), y, "x has 4 examples, y has 21"),
        (iter([(x[:2], y[:2]), (x[:2, 1:], y[:2])]), None, "x has shape"),
        (itertools.repeat(3, 2), y, "x has shape"),
        (endless, None, "x never ends"),
        (3, y, "neither an array nor an iterable"),
    ]
    for given, labels, said in tries:
        with pytest.raises(ValueError, match=said):
            snnc.evaluate(full.folder, given, labels, full.weights)
    for given, said in ((x + 1, "outside 0.0..1.0"), (iter(()), "no examples")):
        with pytest.raises(ValueError, match=said):
            snnc.predict(full.folder, given, full.weights)
