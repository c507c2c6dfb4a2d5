"""The generated ``layout.py``: what it writes, and what it refuses to read."""

import hashlib
import os
import pickle
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from snnc.ir.layout import layout_id, tensors
from snnc.runtime.layout import LayoutError, smooth_path
from snnc.verbs.evaluate.task import smooth_of, source_of
from tests.emit.networks import NETWORKS
from tests.emit.packages import Load
from tests.weights.files import Bomb


@pytest.fixture
def layout(load: Load) -> ModuleType:
    return load("volume", "layout")


@pytest.fixture
def weights(layout: ModuleType) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {t.name: rng.normal(size=t.shape).astype("f4") for t in layout.TENSORS}


@pytest.fixture
def path(layout: ModuleType, weights: Any, tmp_path: Path) -> Path:
    layout.save_weights(tmp_path / "w.safetensors", weights)
    return tmp_path / "w.safetensors"


def test_the_table_is_the_networks(layout: ModuleType) -> None:
    rows = [(t.name, t.shape, t.axes, t.dtype) for t in layout.TENSORS]
    expected = tensors(NETWORKS["volume"])
    assert rows == [(t.name, t.shape, t.axes, t.dtype) for t in expected]
    assert layout_id(expected) == layout.LAYOUT_ID


def test_weights_come_back_bit_by_bit(
    layout: ModuleType, weights: Any, path: Path
) -> None:
    loaded = layout.load_weights(path)
    assert list(loaded) == list(weights)
    for name, tensor in weights.items():
        np.testing.assert_array_equal(loaded[name], tensor)
        assert loaded[name].dtype == np.float32


def test_equal_weights_are_equal_bytes(
    layout: ModuleType, weights: Any, tmp_path: Path
) -> None:
    files = [tmp_path / str(i) for i in range(20)]
    for file in files:
        layout.LAYOUT.save(file, weights, source="imported")
    assert len({file.read_bytes() for file in files}) == 1
    with safe_open(files[0], "numpy") as saved:
        own = {
            "input_scale": "x",
            "layout_id": layout.LAYOUT_ID,
            "source": "imported",
        }
        assert saved.metadata() == own
        assert set(saved.keys()) == set(weights)
        np.testing.assert_array_equal(
            saved.get_tensor("c0.kernel"), weights["c0.kernel"]
        )


def test_weights_before_the_phase_spikes_are_found_by_their_hash(
    layout: ModuleType, weights: Any, path: Path
) -> None:
    assert smooth_of(path) is None
    smooth = path.with_name("w.smooth.safetensors")
    assert smooth_path(path) == smooth
    assert smooth_path(smooth.with_name("w.2")) == smooth.with_name(
        "w.2.smooth.safetensors"
    )
    layout.save_weights(smooth, weights)
    digest = hashlib.sha256(smooth.read_bytes()).hexdigest()
    layout.LAYOUT.save(path, weights, source="imported", smooth_sha256=digest)
    assert smooth_of(path) == smooth
    assert smooth_of(str(path)) == smooth
    assert smooth_of(weights) is None
    assert source_of(path) == "imported"
    layout.load_weights(path)
    smooth.write_bytes(path.read_bytes())
    with pytest.raises(
        LayoutError, match=r"^w.smooth.safetensors is not from the same"
    ):
        smooth_of(path)
    smooth.unlink()
    with pytest.raises(LayoutError, match=r"^w.smooth.safetensors is missing$"):
        smooth_of(path)


def test_a_strided_tensor_is_written_in_order(
    layout: ModuleType, weights: Any, tmp_path: Path
) -> None:
    kernel = weights["d0.kernel"]
    turned = {**weights, "d0.kernel": np.ascontiguousarray(kernel.T).T}
    layout.save_weights(tmp_path / "w", turned)
    loaded = layout.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(loaded["d0.kernel"], kernel)


def test_a_failed_save_keeps_the_old_file(
    layout: ModuleType, weights: Any, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def refuse(part: str, target: str) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no space left"):
        layout.save_weights(path, {k: v + 1 for k, v in weights.items()})
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["w.safetensors"]


@pytest.mark.parametrize(
    "content",
    [
        *map(slice, (0, 4, 100, -1)),
        b"PK\x03\x04" + bytes(64),
        b"\x89HDF\r\n\x1a\n" + bytes(64),
        pickle.dumps(Bomb()),
    ],
    ids=["empty", "short", "header", "data", "zip", "hdf5", "pickle"],
)
def test_a_truncated_or_other_file_is_refused(
    layout: ModuleType, path: Path, content: bytes | slice
) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[content] if isinstance(content, slice) else content)
    said = r"w\.safetensors: not a safetensors file, or cut short"
    with pytest.raises(layout.LayoutError, match=said):
        layout.load_weights(path)


def test_a_folder_is_no_file(layout: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(layout.LayoutError, match="a folder, not a safetensors file"):
        layout.load_weights(tmp_path)


def test_a_missing_file_is_missing(layout: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        layout.load_weights(tmp_path / "none")


def test_another_layout_is_explained_tensor_by_tensor(
    layout: ModuleType, weights: Any, path: Path
) -> None:
    other = dict(weights)
    other["extra.kernel"] = other.pop("d0.bias")
    other["c0.kernel"] = np.zeros((3, 3, 3, 2, 4), "f4")
    save_file(other, path, {"layout_id": "0" * 16})
    with pytest.raises(layout.LayoutError) as caught:
        layout.load_weights(path)
    wrong = f"layout_id is {'0' * 16}, not {layout.LAYOUT_ID}"
    command = f"snnc weights {path} --migrate OLD_SPEC NEW_SPEC -o FILE"
    assert str(caught.value).splitlines() == [
        f"{path}: written for another layout: {wrong}",
        "  c0.kernel has shape (3, 3, 3, 2, 4), not (3, 3, 3, 2, 3)",
        "  d0.bias is missing",
        "  extra.kernel is not a tensor of this layout",
        f"  name this network's weights or, if its spec changed, run `{command}`",
    ]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, r"layout_id is None, not \w+, though names and shapes agree$"),
        ({"layout_id": "0" * 16}, "though names and shapes agree\n"),
        ({"input_scale": "0.003921569 x"}, r"x as 0\.003921569 x, not x: write the"),
    ],
)
def test_weights_of_another_layout_or_scale_of_the_input_are_refused(
    layout: ModuleType, weights: Any, path: Path, metadata: Any, reason: str
) -> None:
    own = {"layout_id": layout.LAYOUT_ID} if "input_scale" in metadata else {}
    save_file(weights, path, {**own, **metadata})
    with pytest.raises(layout.LayoutError, match=reason):
        layout.load_weights(path)
    save_file(weights, path, {"layout_id": layout.LAYOUT_ID})  # as older files
    layout.load_weights(path)


TYPES = ("float16", "float64", "int32")
CONVERT = r'is \w+, not float32: convert it with \.astype\("float32"\)'


@pytest.mark.parametrize(
    ("value", "dtype", "reason"),
    [
        *((0, dtype, CONVERT) for dtype in TYPES),
        (np.nan, "f4", "holds 1 NaN and 0 infinite values among its 3"),
        (np.inf, "f4", "holds 0 NaN and 1 infinite values among its 3"),
        (-np.inf, "f4", "holds 0 NaN and 1 infinite values among its 3"),
    ],
)
def test_numbers_of_another_type_or_not_finite_are_refused(
    layout: ModuleType, weights: Any, path: Path, value: float, dtype: str, reason: str
) -> None:
    weights["c0.bias"] = np.array([0, value, 1], dtype)
    save_file(weights, path, {"layout_id": layout.LAYOUT_ID})
    for action in (layout.load_weights, lambda p: layout.save_weights(p, weights)):
        with pytest.raises(layout.LayoutError, match=rf"c0\.bias {reason}"):
            action(path)


def test_saving_checks_too(layout: ModuleType, weights: Any, tmp_path: Path) -> None:
    del weights["d0.bias"]
    with pytest.raises(layout.LayoutError, match=r"d0\.bias is missing"):
        layout.save_weights(tmp_path / "w", weights)
    assert list(tmp_path.iterdir()) == []
