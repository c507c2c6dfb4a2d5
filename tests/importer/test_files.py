"""Models as people publish them: weights next to an architecture."""

import json
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
    return read_target(path, weights)


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
    assert refused.value.diagnostic.code == "SNN801"
    with pytest.raises(RefusedModelError, match="is the first layer that differs"):
        read(architecture(tmp_path), weights_only(tmp_path, leave_out=1))


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "SNN801"), (b"\x93NUMPY1234", "SNN801"), (b"{}", "SNN801")],
)
def test_what_holds_no_weights_is_refused(
    tmp_path: Path, content: bytes, code: str
) -> None:
    (tmp_path / "w.bin").write_bytes(content)
    with pytest.raises(RefusedModelError) as refused:
        read(architecture(tmp_path), tmp_path / "w.bin")
    assert refused.value.diagnostic.code == code


def test_text_that_powershell_saved_is_read(tmp_path: Path) -> None:
    path = architecture(tmp_path)
    whole, _ = read(path)
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    assert read(path)[0] == whole
