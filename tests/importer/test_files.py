"""Models as people publish them: weights next to an architecture, and TensorFlow.js."""

import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from snnc.importer.read import read as read_target
from snnc.importer.refusals import RefusedModelError

DATA = Path(__file__).parent / "data"


def architecture(folder: Path, **changed: Any) -> Path:
    """Write the architecture of ``k3_chain.h5`` alone."""
    with h5py.File(DATA / "k3_chain.h5") as file:
        config = json.loads(file.attrs["model_config"])
    for layer in config["config"]["layers"]:
        layer["config"] |= changed.get(layer["config"]["name"], {})
    path = folder / "model.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def weights_only(folder: Path, rename: str = "{}", leave_out: int = 0) -> Path:
    """Write the weights of ``k3_chain.h5`` as `save_weights` does."""
    path = folder / "weights.h5"
    with h5py.File(DATA / "k3_chain.h5") as file, h5py.File(path, "w") as new:
        found = file["model_weights"]
        names = [name for name in found.attrs["layer_names"] if name in found]
        kept = names[: len(names) - leave_out]
        for name in kept:
            found.copy(name, new, name=rename.format(name))
        new.attrs["layer_names"] = [rename.format(name) for name in kept]
    return path


def read(path: Path, weights: Path | str = "") -> Any:
    """Read a file, and perhaps the weights of another."""
    return read_target(path, print, weights)


def arrays_of(*arguments: Any) -> dict[str, dict[str, Any]]:
    model, weights = read(*arguments)
    assert weights is not None
    with weights:
        return {layer.name: weights.of(layer.name) for layer in model.layers}


def same(found: dict[str, Any], expected: dict[str, Any], within: float = 0.0) -> None:
    assert found.keys() == expected.keys()
    for layer, arrays in expected.items():
        assert list(found[layer]) == list(arrays), layer
        for name, values in arrays.items():
            np.testing.assert_allclose(found[layer][name], values, atol=within)


@pytest.mark.parametrize("rename", ["{}", "other_{}"])
def test_weights_beside_an_architecture_are_read(tmp_path: Path, rename: str) -> None:
    """Where names differ, the order counts, as for Keras's `load_weights`."""
    files = architecture(tmp_path), weights_only(tmp_path, rename)
    same(arrays_of(*files), arrays_of(DATA / "k3_chain.h5"))
    notes = " ".join(read(*files)[0].notes)
    assert ("uses different layer names" in notes) == (rename != "{}")


@pytest.mark.parametrize("name", ["k3_chain.h5", "k3_chain.keras"])
def test_a_whole_model_may_give_the_weights(tmp_path: Path, name: str) -> None:
    files = architecture(tmp_path), DATA / name
    same(arrays_of(*files), arrays_of(DATA / "k3_chain.h5"))


def test_weights_of_another_model_are_refused_with_the_first_layer(
    tmp_path: Path,
) -> None:
    path = architecture(tmp_path, conv2d={"filters": 77})
    with pytest.raises(RefusedModelError, match=r"`conv2d`.*x77") as refused:
        read(path, weights_only(tmp_path))
    assert refused.value.diagnostic.code == "SNN826"
    with pytest.raises(RefusedModelError, match="is the first layer that differs"):
        read(architecture(tmp_path), weights_only(tmp_path, leave_out=1))


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "SNN801"), (b"\x93NUMPY1234", "SNN802"), (b"{}", "SNN801")],
)
def test_what_holds_no_weights_is_refused(
    tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "w.bin").write_bytes(content)
    with pytest.raises(RefusedModelError) as refused:
        read(architecture(tmp_path), tmp_path / "w.bin")
    assert refused.value.diagnostic.code == code


def publish(folder: Path, pack: bool = False) -> Path:
    """Write ``k3_chain.h5`` as a layer model of TensorFlow.js, in three shards."""
    folder.mkdir(exist_ok=True)
    with h5py.File(DATA / "k3_chain.h5") as file:
        config = json.loads(file.attrs["model_config"])
    listed, stretch = [], b""
    for layer, arrays in arrays_of(DATA / "k3_chain.h5").items():
        for name, values in arrays.items():
            entry: dict[str, Any] = {
                "name": f"{layer}/{name}",
                "shape": list(values.shape),
                "dtype": "float32",
            }
            if pack:
                low, step = float(values.min()), max(float(np.ptp(values)), 1e-6) / 255
                entry["quantization"] = {"dtype": "uint8", "min": low, "scale": step}
                values = np.round((values - low) / step).astype(np.uint8)
            listed.append(entry)
            stretch += values.tobytes()
    size = math.ceil(len(stretch) / 3)
    paths = [f"group1-shard{number}of3.bin" for number in (1, 2, 3)]
    for number, name in enumerate(paths):
        (folder / name).write_bytes(stretch[number * size : (number + 1) * size])
    manifest = [{"paths": paths, "weights": listed}]
    topology = {"keras_version": "2.12.0", "model_config": config}
    document = {
        "format": "layers-model",
        "modelTopology": topology,
        "weightsManifest": manifest,
    }
    path = folder / "model.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(("pack", "within"), [(False, 0.0), (True, 0.01)])
def test_a_model_of_tensorflow_js_is_read(
    tmp_path: Path, pack: bool, within: float
) -> None:
    expected = arrays_of(DATA / "k3_chain.h5")
    same(arrays_of(publish(tmp_path, pack)), expected, within)


def test_shards_that_are_missing_or_short_are_named(tmp_path: Path) -> None:
    """Which only counts where weights are asked for."""
    path = publish(tmp_path)
    last = tmp_path / "group1-shard3of3.bin"
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(RefusedModelError, match=r"bytes, but .* are expected"):
        arrays_of(path)
    last.unlink()
    with pytest.raises(
        RefusedModelError, match=r"`group1-shard3of3\.bin` is not next to it"
    ):
        arrays_of(path)
    model, _ = read(path)
    assert model.layers


@pytest.mark.parametrize(
    "name", ["../w.bin", "/etc/passwd", "a/../../w", "file:///w", "a/w.bin"]
)
def test_shards_outside_the_folder_are_not_read(tmp_path: Path, name: str) -> None:
    path = publish(tmp_path / "in")
    (tmp_path / "w.bin").touch()
    (tmp_path / "in" / "a").symlink_to(tmp_path, target_is_directory=True)
    text = path.read_text(encoding="utf-8").replace("group1-shard1of3.bin", name)
    path.write_text(text, encoding="utf-8")
    told = "is a link" if name == "a/w.bin" else "is outside its folder"
    with pytest.raises(RefusedModelError, match=told) as refused:
        arrays_of(path)
    assert refused.value.diagnostic.code == "SNN804"
    with pytest.raises(
        RefusedModelError, match=r"name the `model\.json` in the folder"
    ):
        read_target(tmp_path / "in")


def test_text_that_powershell_saved_is_read(tmp_path: Path) -> None:
    path = architecture(tmp_path)
    whole, _ = read(path)
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    assert read(path)[0] == whole
