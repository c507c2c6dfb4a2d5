"""Packages that are trained, evaluated and calibrated from Python."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.cli import main
from tests.api.test_specs import SMALL
from tests.exact.proof import random_weights
from tests.support import QUIET

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.usefixtures("eagerly")]

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0, 1, (24, 6, 6, 1)).astype("f4")
Y = RANDOM.integers(0, 3, 24)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> snnc.Package:
    """Build a package that is run for 20 ms an example."""
    spec = snnc.parse(SMALL).replace(
        timing={"present": "20 ms"}, train={"epochs": 2, "batch": 8}
    )
    folder = tmp_path_factory.mktemp("models")
    np.savez(folder / "data.npz", x=X, y=Y)
    return spec.build(folder)


@pytest.fixture(scope="module")
def training(package: snnc.Package) -> snnc.Training:
    return package.train(X, Y, phases=("smooth", "scale"))


def test_training_gives_history_and_weights(
    package: snnc.Package, training: snnc.Training, tmp_path: Path
) -> None:
    assert len(training.history["loss"]) == 2
    assert [phase for phase, _ in training.phases][:1] == ["smooth"]
    names = {tensor.name for tensor in package.layout.TENSORS}
    assert training.weights.keys() == names
    file = tmp_path / "w.safetensors"
    again = package.train(
        package.folder.parent / "data.npz", weights=file, epochs=1, phases=("smooth",)
    )
    assert snnc.weights(file, package.spec).fits
    assert again.weights["c0.kernel"].shape == (3, 3, 2, 3)
    assert "loss" in repr(again)
    assert again.seconds > 0
    assert again.kept["val_accuracy"] in (0, 0.5, 1)
    frame = again.to_pandas()
    assert frame["phase"].tolist() == ["smooth", "kept weights"]
    assert frame["val_accuracy"][1] == again.kept["val_accuracy"]
    assert str(again).endswith(f"weights: {file.as_posix()}")


def test_class_weight_of_the_spec_is_that_of_the_option(tmp_path: Path) -> None:
    y = np.repeat([0, 1, 2], [18, 3, 3])
    spec = snnc.parse(SMALL).replace(train={"epochs": 1, "batch": 8})
    plain = spec.build(tmp_path / "plain")
    weighted = spec.replace(train={"class_weight": "balanced"}).build(tmp_path / "own")

    def kernel(package: snnc.Package, **options: Any) -> Any:
        trained = package.train(X, y, phases=("smooth",), **options)
        return trained.weights["c0.kernel"]

    own = kernel(weighted)
    np.testing.assert_array_equal(own, kernel(plain, class_weight="balanced"))
    assert not np.array_equal(own, kernel(weighted, class_weight={}))


def test_a_regression_has_a_picture_of_its_predictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = snnc.parse(SMALL.replace("classes 3", "units 2"))
    package = spec.replace(timing={"present": "20 ms"}).build(tmp_path)
    y = RANDOM.uniform(0, 1, (24, 2)).astype("f4")
    found = package.evaluate(X, y, random_weights(package.opened))
    drawn = found.plot_predictions()
    for unit, line in enumerate(drawn.lines[:2]):
        pairs = line.get_data(), (y[:, unit], found.outputs[:, unit])
        shown, given = (np.array(sorted(zip(*pair, strict=True))).T for pair in pairs)
        np.testing.assert_array_equal(shown[0], given[0])
        np.testing.assert_allclose(shown[1], given[1], 1e-6)
    monkeypatch.setattr("snnc.views.plots.style.save", lambda ax, file: None)
    assert "Predictions of" in found.html()
    assert "<dt>RMSE</dt>" in found._repr_html_()


def test_arrays_and_files_and_the_command_line_agree(
    package: snnc.Package,
    training: snnc.Training,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, data = tmp_path / "w.safetensors", package.folder.parent / "data.npz"
    package.layout.save_weights(file, training.weights)
    found = package.evaluate(X, Y, training.weights)
    of_files = snnc.evaluate(package.folder, data, weights=file)
    arguments = ["--data", str(data), "--weights", str(file), "--format", "json"]
    assert main(["evaluate", str(package.folder), *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    for other in (of_files, found):
        plain = json.loads(json.dumps(other.as_dict()))
        assert {**plain, "seconds": None} == {**told, "seconds": None}
    assert not list(package.folder.parent.glob("*.jsonl"))  # nothing is kept unasked
    assert found.rates.keys() == {"encode", "c0"}
    assert str(found).startswith("small on exact, 24 examples")
    page = found.html()
    assert page.count("data:image/svg+xml;base64,") == 10  # five, light and dark
    assert "Keras with these weights" in page
    assert "Keras with these weights</dt>" in found._repr_html_()
    frame = found.to_pandas("records")
    assert frame["example"].tolist() == list(range(24))


def test_a_raster_is_what_was_counted(
    package: snnc.Package, training: snnc.Training
) -> None:
    found = package.evaluate(X[:1], Y[:1], training.weights, presentation="rest")
    raster = found.raster(0)
    assert raster["c0"].shape == (20, 4, 4, 3)
    assert sum(int(spikes.sum()) for spikes in raster.values()) == found.spikes
    with pytest.raises(IndexError, match="1 examples, so there is no example 1"):
        found.raster(1)


def test_what_does_not_fit_is_refused(
    package: snnc.Package, training: snnc.Training
) -> None:
    weights = training.weights
    tries: dict[str, tuple[Any, ...]] = {
        "DataError: .*arrays of examples": (X[0], Y[0], weights),
        "ValueError: .*name a safetensors file": (X, Y),
        r"TypeError: .*c0\.kernel is NoneType, not an array": (
            *(X, Y, {**weights, "c0.kernel": None}),
        ),
        "TypeError: .*weights are list, neither a file nor arrays": (X, Y, [weights]),
    }
    for said, arguments in tries.items():
        with pytest.raises((TypeError, ValueError)) as caught:
            package.evaluate(*arguments)
        assert re.match(said, f"{caught.typename}: {caught.value}")
    options: dict[str, dict[str, Any]] = {
        "presentation is 'rows', not one of 'row', 'rest'": {"presentation": "rows"},
        "examples is 0, not 1 or more": {"examples": 0},
        "simulator is 'brian', not one of 'exact', .*, 'keras'": {"simulator": "brian"},
        "steps works only with .* exact": {"simulator": "nengo", "steps": 4},
    }
    for said, option in options.items():
        with pytest.raises(ValueError, match=said):
            package.evaluate(X, Y, weights, **option)


def test_a_package_that_is_built_anew_is_opened_again(
    package: snnc.Package, training: snnc.Training, tmp_path: Path
) -> None:
    spec = package.spec.replace(network="other")
    before = spec.build(tmp_path)
    spec.replace(timing={"present": "30 ms"}).build(tmp_path)
    with pytest.raises(ValueError, match="was built again"):
        before.evaluate(X, Y, training.weights)


def test_models_are_imported_from_memory_and_from_files(tmp_path: Path) -> None:
    from tensorflow import keras

    model = keras.Sequential(
        [
            keras.layers.Input((6, 6, 1)),
            keras.layers.Conv2D(2, 3, activation="relu", name="encoder"),
            keras.layers.Conv2D(3, 3, activation="relu", name="c0"),
            keras.layers.Flatten(),
            keras.layers.Dense(3, name="label"),
        ],
        name="shapes",
    )
    told: list[str] = []
    spec, weights = snnc.import_keras(model, tell=told.append)
    assert (spec.name, spec.fits) == ("shapes", True)
    kernel = model.get_layer("c0").kernel.numpy()
    assert weights["c0.kernel"].shape == kernel.shape
    assert any("the outputs are Keras's" in sentence for sentence in told)
    text, file = tmp_path / "m.json", tmp_path / "w.h5"
    text.write_text(model.to_json(), encoding="utf-8")
    model.save_weights(file)
    options: Any = {"weights": file, "readout": "classes", "chips": 2}
    of_files, arrays = snnc.import_keras(text, **options, tell=told.append)
    assert "classes 3" in of_files.text
    assert "chips 2" in of_files.text
    assert arrays["c0.kernel"].shape == kernel.shape
    model.add(keras.layers.Lambda(lambda x: x, name="mine"))
    model.add(keras.layers.Dense(3))
    with pytest.raises(snnc.SpecError) as caught:
        snnc.import_keras(model, tell=told.append)
    assert {d.file for d in caught.value.diagnostics} == {"shapes.keras"}


def test_a_model_that_was_never_built_is_refused() -> None:
    class Unbuilt:
        name = "net"
        built = False
        get_layer = None

        def save(self, _: str) -> None:
            raise AssertionError("nothing of it is written")

    for kind, code in (("Sequential", "SNN820"), ("Net", "SNN812")):
        with pytest.raises(snnc.SpecError, match="net") as caught:
            snnc.import_keras(type(kind, (Unbuilt,), {})())
        assert [d.code for d in caught.value.diagnostics] == [code]
    others: tuple[object, ...] = (None, 3, Unbuilt, [])
    for other in others:
        with pytest.raises(TypeError, match="neither a Keras model nor the path"):
            snnc.import_keras(other)
