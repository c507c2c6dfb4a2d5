"""Models and files that are refused, each with its code, and nothing else raised."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from snnc.importer import files
from snnc.importer.model import RefusedModelError
from snnc.importer.read import read
from tests.importer.configs import IMAGE, functional, layer, small


def code(path: Path) -> str:
    with pytest.raises(RefusedModelError) as caught:
        read(path)
    assert caught.value.diagnostic.span.source.name == path.as_posix()
    assert caught.value.diagnostic.render_help()
    return caught.value.diagnostic.code


def zip_bytes(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


CONFIG = json.dumps(small()).encode()

FILES = {
    "empty": (b"", "SNN801"),
    "text": (b"hello", "SNN801"),
    "json": (b'{"a": 1}', "SNN801"),
    "list": (b"[1, 2]", "SNN801"),
    "tfjs": (b'{"format": "layers-model", "modelTopology": {}}', "SNN802"),
    "onnx": (b'{"irVersion": 8, "graph": {}}', "SNN802"),
    "torch": (b'{"c.weight": [1], "c.bias": [2]}', "SNN802"),
    "pickle": (b"\x80\x04K\x01.", "SNN802"),
    "lite": (b"\x1c\0\0\0TFL3" + bytes(8), "SNN802"),
    "torch_zip": (zip_bytes(**{"model/data.pkl": b"x"}), "SNN802"),
    "cut_json": (CONFIG[:-9], "SNN803"),
    "twice": (b'{"class_name": "Model", "class_name": "Model"}', "SNN803"),
    "cut_hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(80), "SNN803"),
    "cut_zip": (zip_bytes(**{"config.json": CONFIG})[:-30], "SNN803"),
    "deep": (b'{"class_name": ' + b"[" * 200_000, "SNN804"),
    "nested": (b'{"class_name": ' + b"[" * 600 + b"]" * 600 + b"}", "SNN804"),
    "surrogate": (b'{"class_name": "\\ud800"}', "SNN803"),
    "long": (b'{"class_name": "' + bytes(2**24), "SNN805"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_sound_model_is_refused(name: str, tmp_path: Path) -> None:
    content, expected = FILES[name]
    path = tmp_path / "model"
    path.write_bytes(content)
    assert code(path) == expected


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(zip_bytes(**{"config.json": CONFIG, "b": bytes(2**20)}))
    assert read(path)[0].layers
    monkeypatch.setattr(files, "LARGEST", 2**20)
    assert code(path) == "SNN805"


CONFIGS = {
    "class": (functional(IMAGE, {"config": {}, "name": "x"}), "SNN811"),
    "subclass": ({"class_name": "Net", "config": {"units": 3}}, "SNN812"),
    "cycle": (
        functional(IMAGE, layer("Add", "a", "image", "b"), layer("Dense", "b", "a")),
        "SNN814",
    ),
    "twice": (functional(IMAGE, *2 * [layer("Dense", "d", "image")]), "SNN815"),
    "missing": (functional(IMAGE, layer("Dense", "d", "nobody")), "SNN816"),
    "dtype": (functional(IMAGE, layer("Dense", "d", "image", dtype="f3")), "SNN818"),
    "infinite": (functional(IMAGE, layer("Dense", "d", "image", a=1e999)), "SNN819"),
    "unbuilt": ({"class_name": "Sequential", "config": [layer("D", "d")]}, "SNN820"),
    "huge": (
        functional(layer("InputLayer", "i", batch_input_shape=[None, 10**9, 9])),
        "SNN811",
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_is_refused(name: str, tmp_path: Path) -> None:
    config, expected = CONFIGS[name]
    path = tmp_path / "model.json"
    path.write_text(json.dumps(config))
    assert code(path) == expected


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "net.py").write_text("import nothing")
    found = [code(tmp_path / name) for name in ("pipe", "net.py", "none", ".")]
    assert found == ["SNN801", "SNN809", "SNN700", "SNN801"]


def test_a_python_file_is_named_as_python_imports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.py").write_text("import nothing")
    with pytest.raises(RefusedModelError) as refused:
        read(Path("nets/small.py"))
    assert "write `nets.small:function`" in refused.value.diagnostic.render_help()


def hdf5(path: Path, kernel: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(small())
        group = file.create_group("model_weights/c")
        group.attrs["weight_names"] = ["c/kernel:0"]
        kernel(group)
    return path


def external(group: Any) -> None:
    group.create_dataset("c/kernel:0", (4,), "f4", external=[("/etc/passwd", 0, 16)])


def virtual(group: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    group.create_virtual_dataset("c/kernel:0", layout)


def link(group: Any) -> None:
    group["c/kernel:0"] = h5py.ExternalLink("other.h5", "/x")


def soft(group: Any) -> None:
    group["c/kernel:0"] = h5py.SoftLink("/model_weights")


def claims(group: Any) -> None:
    group.create_dataset("c/kernel:0", (10**9,), "f4", chunks=(1000,))


@pytest.mark.parametrize("kernel", [external, virtual, link, soft, claims])
def test_weights_that_lead_elsewhere_are_not_read(kernel: Any, tmp_path: Path) -> None:
    _, weights = read(hdf5(tmp_path / "model.h5", kernel))
    assert weights is not None
    with weights, pytest.raises(RefusedModelError) as caught:
        weights.of("c")
    assert caught.value.diagnostic.code == "SNN804"


def test_weights_alone_need_their_architecture(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["c"]
    assert code(tmp_path / "w.h5") == "SNN806"


def test_a_plain_array_is_read(tmp_path: Path) -> None:
    expected = np.arange(4, dtype="f4")
    path = hdf5(
        tmp_path / "m.h5", lambda g: g.create_dataset("c/kernel:0", data=expected)
    )
    _, weights = read(path)
    assert weights is not None
    with weights:
        np.testing.assert_array_equal(weights.of("c")["kernel"], expected)
        assert weights.of("f") == {}
