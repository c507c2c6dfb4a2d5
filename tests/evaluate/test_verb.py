"""`snnc evaluate`, in this process."""

import csv
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.runtime.layout import smooth_path
from snnc.verbs.scores import difference
from tests.evaluate.conftest import Case, Make, Tell, Told, approximately

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("without_keras", "short_rows"),
]


KERAS = pytest.mark.usefixtures("with_keras")


def told_examples(
    told: Tell, made: Case, *options: str
) -> tuple[Told, list[dict[str, str]]]:
    """Return what the verb tells, and the rows that it writes for examples."""
    path = made.data.with_name("each.csv")
    found = told(made, *options, "--examples-out", str(path))
    with path.open(newline="") as file:
        return found, [*csv.DictReader(file)]


@KERAS
@pytest.mark.parametrize(
    ("name", "presentation"),
    [("small", "row"), ("small", "rest"), ("regression", "row")],
)
def test_the_emulator_gives_the_same(
    case: Make, told: Tell, name: str, presentation: str
) -> None:
    made = case(name, 6)
    exact = told(made, "--presentation", presentation)
    emulator = told(made, "--simulator", "loihi", "--presentation", presentation)
    # Only the exact engine estimates the time on the chip.
    assert emulator["time"] is None
    least, most = exact["time"]["example_seconds_range"]
    assert 0 < least < exact["time"]["example_seconds"] < most
    for key in ("overflows", "simulator", "time"):
        assert exact.pop(key) != emulator.pop(key)
    assert exact == approximately(emulator)
    assert exact["energy_joules"] > 0
    assert all(layer["correlation"] is not None for layer in exact["layers"])


def test_the_package_finds_the_same_accuracy_and_rates(
    case: Make, told: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    made = case(count=6)
    exact = told(made)
    files = [*made.arguments[2:], "--simulator", "loihi", "--format", "json"]
    assert made.package.module("evaluate").main(files) == 0
    own = json.loads(capsys.readouterr().out)
    assert own["accuracy"] == exact["accuracy"]
    assert own["cores"] == exact["cores"]
    assert own["rates"] == {x["name"]: x["rate"] for x in exact["layers"]}


def test_the_file_of_an_image_readout_has_its_errors(
    case: Make, told: Tell, tmp_path: Path
) -> None:
    made = case("image", 12)
    output = tmp_path / "out.jsonl"
    found = told(made, "-o", str(output))
    _, line = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    assert np.sqrt(np.mean(np.square(line["errors"]))) == pytest.approx(
        found["rmse"], abs=1e-5
    )
    assert (len(line["errors"]), len(line["sums"])) == (12, 144)
    assert line["outputs"] == []
    assert output.stat().st_size < 12 * 2500


@KERAS
def test_weights_that_were_imported_are_compared_with_what_was_imported(
    case: Make, told: Tell
) -> None:
    made = case(count=6)
    assert told(made)["keras_model"] == "smooth"
    tensors = made.package.layout.load(made.weights)
    made.package.layout.save(made.weights, tensors, "imported")
    for simulator in ("exact", "loihi", "nengo", "keras"):
        found = told(made, "--simulator", simulator)
        assert found["keras_model"] == "imported"


def retrain(made: Case) -> np.ndarray:
    """Write other weights, as the phase `spikes` of those that were there.

    Return what the network has decided for before: in Keras, (examples, units).
    """
    entered = smooth_path(made.weights)
    entered.write_bytes(made.weights.read_bytes())
    digest = hashlib.sha256(entered.read_bytes()).hexdigest()
    tensors = {
        n: 0.7 * t[..., ::-1] for n, t in made.package.layout.load(entered).items()
    }
    made.package.layout.save(made.weights, tensors, smooth_sha256=digest)
    program = made.package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, entered)
    x = np.load(made.data)["x"]
    return np.asarray(model(x))


@KERAS
@pytest.mark.parametrize("name", ["small", "regression"])
def test_a_loss_is_relative_to_keras_before_the_phase_spikes(
    case: Make, told: Tell, name: str
) -> None:
    made = case(name)
    keras = retrain(made)
    found, rows = told_examples(told, made)
    there = told(made, "--simulator", "loihi")
    same = [key for key in found if key.startswith(("keras_", "loss_"))]
    assert [found[key] for key in same] == approximately([there[key] for key in same])
    y = np.load(made.data)["y"]
    if name == "small":
        chip = np.array([int(row["chip"]) for row in rows])
        right = keras.argmax(axis=1) == y
        assert found["keras_accuracy_before"] == right.mean()
        assert found["loss_interval"] == list(difference(right, chip == y) or ())
        assert found["keras_accuracy_before"] != found["keras_accuracy"]
    else:
        rmse = np.sqrt(np.mean((keras - y) ** 2))
        assert found["keras_rmse_before"] == pytest.approx(rmse, rel=1e-5)
        assert found["keras_rmse_before"] != found["keras_rmse"]
        middle = sum(found["loss_interval"]) / 2
        assert middle == pytest.approx(found["rmse"] - rmse, rel=1e-4)


@KERAS
def test_weights_that_are_not_those_before_the_phase_spikes_are_named(
    case: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    made = case(count=6)
    retrain(made)
    keras = ["Keras with these weights", "agreement with Keras"]
    name, unknown = "Keras before spikes", "unknown: w.smooth.safetensors is"

    def score_table(simulator: str = "exact") -> dict[str, str]:
        assert main([*made.arguments, "--simulator", simulator]) == 0
        scores, _, _ = capsys.readouterr().out.partition("encoder values")
        rows = [re.split("  +", line) for line in scores.splitlines()[2:]]
        return {row[0]: row[1] for row in rows}

    found = score_table()
    assert [*found] == ["accuracy", name, *keras]
    told = r"\d+\.\d %, spikes (lose|gain) \S+ points, .* to .*"
    assert re.fullmatch(told, found[name])
    smooth_path(made.weights).write_bytes(made.weights.read_bytes())
    for simulator in ("exact", "nengo"):
        assert score_table(simulator)[name] == f"{unknown} not from the same training"
    smooth_path(made.weights).unlink()
    found = score_table()
    assert [*found] == ["accuracy", name, *keras]
    assert found[name] == f"{unknown} missing"
    made.package.layout.save(made.weights, made.package.layout.load(made.weights))
    assert [*score_table()] == ["accuracy", *keras]


def test_strict_is_an_exit_code(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    layers: Any = made.package.network.layers
    for name, layer in layers.items():
        monkeypatch.setitem(layers, name, replace(layer, rate=(0.0, 1e6)))
    assert main([*made.arguments, "--strict"]) == 0
    missed = replace(layers["c0"], rate=(1e5, 1e6), percentile=50.0)
    monkeypatch.setitem(layers, "c0", missed)
    assert main(made.arguments) == 0
    assert capsys.readouterr().err == ""
    assert main([*made.arguments, "--strict", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("error: rates not held: c0; ")
    assert [layer["holds"] for layer in json.loads(out)["layers"]] == [True, False]


def test_too_low_an_accuracy_is_an_exit_code(
    case: Make, told: Tell, capsys: pytest.CaptureFixture[str]
) -> None:
    made = case()
    accuracy = told(made)["accuracy"]
    assert 0 < accuracy < 1
    assert main([*made.arguments, "--min-accuracy", str(accuracy)]) == 0
    assert capsys.readouterr().err == ""
    assert main([*made.arguments, "--min-accuracy", str(accuracy + 0.01)]) == 1
    out, err = capsys.readouterr()
    assert "accuracy" in out
    shown = f"{100 * accuracy:.2f} %, below --min-accuracy {accuracy + 0.01:g}"
    assert err == f"error: the accuracy is {shown}\n"
    assert main([*made.arguments, "--min-accuracy", "90"]) == 2
    capsys.readouterr()
    assert main([*case("regression").arguments, "--min-accuracy", "0.5"]) == 1
    assert "--min-accuracy needs classes" in capsys.readouterr().err


@KERAS
@pytest.mark.parametrize("name", ["small", "regression"])
def test_examples_are_written_one_a_row(case: Make, told: Tell, name: str) -> None:
    made = case(name, 9)
    found, rows = told_examples(told, made)
    assert [row["example"] for row in rows] == [str(i) for i in range(9)]

    def values(column: str) -> np.ndarray:
        return np.array([float(row[column]) for row in rows])

    if name == "small":
        y, keras, chip = map(values, ("label", "keras", "chip"))
        assert found["accuracy"] == np.mean(y == chip)
        assert found["agreement"] == np.mean(keras == chip)
        alone = told(made, "--simulator", "keras")
        assert alone["accuracy"] == found["keras_accuracy"] == np.mean(y == keras)
        assert alone["layers"] == []
    else:
        error = [values(f"label_{i}") - values(f"chip_{i}") for i in range(2)]
        assert found["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(error))))


def test_spikes_and_steps_are_counted(case: Make, told: Tell) -> None:
    made = case()
    short, long = told(made), told(made, "--steps", "50")
    assert (short["steps"], long["steps"], long["examples"]) == (20, 50, 21)
    assert 0 < short["spikes"] < long["spikes"]
    parts = sum(layer["spikes"] for layer in long["layers"])
    assert parts == pytest.approx(long["spikes"])
    assert told(made, "--examples", "4")["examples"] == 4


@pytest.mark.parametrize("simulator", ["exact", "nengo"])
def test_data_of_another_range_are_told_once(
    case: Make, capsys: pytest.CaptureFixture[str], simulator: str
) -> None:
    made = case("bytes", 3)
    for scale, times in ((1, 0), (255, 1)):
        with np.load(made.data) as found:
            np.savez(made.data, x=found["x"] / scale, y=found["y"])
        assert main([*made.arguments, "--simulator", simulator]) == 0
        told = capsys.readouterr().err
        assert told.count("warning: x is within ") == times
        assert told.count("a small part of the spec's 0..255: scale x") == times
