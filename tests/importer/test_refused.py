"""Cut, altered and hostile files are refused, each by its code; nothing else raises."""

import io
import json
import os
import shutil
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from snnc.cli import main
from snnc.importer import files
from snnc.importer import weights as weights_module
from snnc.importer.read import read
from snnc.importer.refusals import RefusedModelError
from snnc.nir.graph_file import read_graph
from snnc.rules.model_files import ModelFileError
from tests.importer.configs import IMAGE, functional, layer, small

DATA = Path(__file__).parent / "data"
CONFIG = json.dumps(small()).encode()
DIRECTORY = b"PK\x01\x02"
"""The first bytes of the entry that describes the first file of an archive."""
KERNEL = "model_weights/dense/k3_chain/dense/kernel"


NO_MODEL = "SNN801: is not a Keras model"
DAMAGED = "SNN801: is damaged"
UNSAFE = "SNN801: is not safe to read"
TOO_LARGE = "SNN801: is too large"
NO_NIR = "SNN801: is not a valid NIR graph"


def code_of(error: RefusedModelError) -> str:
    """Return the code of an error and, for a bad file, what is wrong with it."""
    found = error.diagnostic
    if not isinstance(found, ModelFileError):
        return found.code
    return f"{found.code}: {found.problem.removesuffix(f': {found.reason}')}"


def code(path: Path) -> str:
    """Read a model and all its weights; return how that was refused."""
    with pytest.raises(RefusedModelError) as caught:
        read_all(path)
    assert caught.value.diagnostic.span.source.name == path.as_posix()
    assert caught.value.diagnostic.help
    return code_of(caught.value)


def read_all(path: Path) -> int:
    model, weights = read(path)
    assert weights is not None
    with weights:
        return sum(len(weights.of(layer.name)) for layer in model.layers)


def zip_bytes(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def zip_that_says(at: int, said: bytes, config: bytes = CONFIG) -> bytes:
    """Return an archive whose directory says something else of its member."""
    content = bytearray(zip_bytes(("config.json", config)))
    first = content.index(DIRECTORY) + at
    content[first : first + len(said)] = said
    return bytes(content)


CHAIN = (DATA / "k3_chain.h5").read_bytes()
KERAS_3 = (DATA / "k3_chain.keras").read_bytes()
VARIABLES = "model.weights.h5"
CUTS = (0, 1, 50, 99)


def edit_h5(edit: Callable[[Any], object], content: bytes = CHAIN) -> bytes:
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        edit(file)
    return buffer.getvalue()


def change_kernel(edit: Callable[[Any], object]) -> bytes:
    """Return a file whose kernel was deleted before the edit."""
    return edit_h5(lambda file: (file.__delitem__(KERNEL), edit(file)))


def change_member(member: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return the archive of Keras 3 with a changed member."""
    with zipfile.ZipFile(io.BytesIO(KERAS_3)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    found[member] = change(found[member])
    return zip_bytes(*found.items())


def edit_member(edit: Callable[[Any], object]) -> bytes:
    return change_member(VARIABLES, lambda content: edit_h5(edit, content))


def cut_weights(share: int) -> bytes:
    return change_member(VARIABLES, lambda c: c[: len(c) * share // 100])


def without_flatten(content: bytes) -> bytes:
    config = json.loads(content)
    layers = config["config"]["layers"]
    config["config"]["layers"] = [x for x in layers if x["class_name"] != "Flatten"]
    return json.dumps(config).encode()


def link_virtually(file: Any) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("k3_graph.h5", "x", (4,))
    file.create_virtual_dataset(KERNEL, layout)


def move_behind_a_link(group: str) -> bytes:
    return change_kernel(
        lambda file: (
            file.move(group, "elsewhere"),
            file.__setitem__(group, h5py.SoftLink("/elsewhere")),
        )
    )


def link_outside(file: Any) -> None:
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink("k3_graph.h5", "/model_weights")


PASSWORDS = {"external": [("/etc/passwd", 0, 16)]}
FILES: dict[str, tuple[Any, str]] = {
    "empty": (b"", NO_MODEL),
    "text": (b"hello", NO_MODEL),
    "json": (b'{"a": 1}', NO_MODEL),
    "list": (b"[1, 2]", NO_MODEL),
    "tfjs": (b'{"format": "graph-model", "modelTopology": {}}', NO_MODEL),
    "onnx": (b'{"irVersion": 8, "graph": {}}', NO_MODEL),
    "torch": (b'{"c.weight": [1], "c.bias": [2]}', NO_MODEL),
    "pickle": (b"\x80\x04K\x01.", NO_MODEL),
    "lite": (b"\x1c\0\0\0TFL3" + bytes(8), NO_MODEL),
    "torch_zip": (zip_bytes(("model/data.pkl", b"x")), NO_MODEL),
    "cut_json": (CONFIG[:-9], DAMAGED),
    "twice": (b'{"class_name": "Model", "class_name": "Model"}', DAMAGED),
    "cut_hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(80), DAMAGED),
    "cut_zip": (zip_bytes(("config.json", CONFIG))[:-30], DAMAGED),
    "encrypted": (zip_that_says(8, b"\x01"), DAMAGED),
    "more than it claims": (
        zip_that_says(24, (1000).to_bytes(4, "little"), CONFIG + b" " * 2**25),
        DAMAGED,
    ),
    "deep": (b'{"class_name": ' + b"[" * 200_000, UNSAFE),
    "nested": (b'{"class_name": ' + b"[" * 600 + b"]" * 600 + b"}", UNSAFE),
    "surrogate": (b'{"class_name": "\\ud800"}', DAMAGED),
    "long": (b'{"class_name": "' + bytes(2**24), TOO_LARGE),
    "no class": (functional(IMAGE, {"config": {}, "name": "x"}), "SNN811"),
    "subclass": ({"class_name": "Net", "config": {"units": 3}}, "SNN812"),
    "cycle": (
        functional(IMAGE, layer("Add", "a", "image", "b"), layer("Dense", "b", "a")),
        "SNN814",
    ),
    "same name": (functional(IMAGE, *2 * [layer("Dense", "d", "image")]), "SNN815"),
    "missing": (functional(IMAGE, layer("Dense", "d", "nobody")), "SNN816"),
    "dtype": (functional(IMAGE, layer("Dense", "d", "image", dtype="f3")), "SNN818"),
    "infinite": (functional(IMAGE, layer("Dense", "d", "image", a=1e999)), "SNN819"),
    "unbuilt": ({"class_name": "Sequential", "config": [layer("D", "d")]}, "SNN820"),
    "huge": (
        functional(layer("InputLayer", "i", batch_input_shape=[None, 10**9, 9])),
        "SNN811",
    ),
    **{f"{share} % of the weights": (cut_weights(share), DAMAGED) for share in CUTS},
    "another layer": (
        change_member("config.json", lambda c: c.replace(b'"dense"', b'"other"')),
        "SNN810",
    ),
    "one layer more": (
        edit_member(lambda f: f.copy("layers/dense", "layers/dense_1")),
        "SNN810",
    ),
    "a name that is not Unicode": (
        edit_member(lambda f: f["layers"].create_group("caf\xe9".encode("latin-1"))),
        DAMAGED,
    ),
    "no kernel": (change_kernel(lambda file: None), "SNN810"),
    "weights elsewhere": (change_kernel(link_outside), UNSAFE),
    "linked weights": (move_behind_a_link("model_weights"), UNSAFE),
    "a linked layer": (move_behind_a_link("model_weights/dense"), UNSAFE),
    "a virtual kernel": (change_kernel(link_virtually), UNSAFE),
    "values outside": (
        change_kernel(lambda f: f.create_dataset(KERNEL, (4,), "f4", **PASSWORDS)),
        UNSAFE,
    ),
    "4 GB": (
        change_kernel(lambda f: f.create_dataset(KERNEL, (10**9,), "f4", chunks=(9,))),
        UNSAFE,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_sound_model_is_refused(name: str, tmp_path: Path) -> None:
    content, expected = FILES[name]
    shutil.copy(DATA / "k3_graph.h5", tmp_path)  # some files link to this one
    path = tmp_path / "model"
    is_config = isinstance(content, dict)
    path.write_bytes(json.dumps(content).encode() if is_config else content)
    assert code(path) == expected


def test_layers_without_weights_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(change_member("config.json", without_flatten))
    assert read_all(path) == 7


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "net.py").write_text("import nothing")
    found = [code(tmp_path / name) for name in ("pipe", "net.py", "none", ".")]
    assert found == [NO_MODEL, "SNN801: is Python code", "SNN700", NO_MODEL]


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        ("nets.py", "save the model in Python with `model.save('model.keras')`"),
        ("nets:build", "save its model in Python with `model.save('model.keras')`"),
    ],
)
def test_no_code_is_run_to_get_a_model(here: Path, name: str, help_text: str) -> None:
    (here / "nets.py").write_text("raise SystemExit('the code was run')")
    with pytest.raises(RefusedModelError) as refused:
        read(name)
    assert refused.value.diagnostic.help == help_text


def test_a_saved_model_is_refused_with_its_conversion(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "saved").mkdir()
    (here / "saved/saved_model.pb").touch()
    assert main(["import", "saved"]) == 1
    printed = capsys.readouterr().err
    assert "error[SNN801]: `saved` is not a Keras model: it is a SavedModel" in printed
    assert "`from tensorflow import keras`" in printed
    assert "`keras.models.load_model('saved').save('saved.keras')`" in printed


@pytest.mark.slow
def test_the_printed_lines_convert_a_saved_model(here: Path) -> None:
    from tensorflow import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.save("saved", save_format="tf")
    with pytest.raises(RefusedModelError) as refused:
        read("saved")
    _, first, _, second, _ = str(refused.value.diagnostic.help).split("`")
    exec(f"{first}\n{second}", {})
    converted, weights = read("saved.keras")
    assert [layer.kind for layer in converted.layers] == ["InputLayer", "Dense"]
    assert weights is not None
    weights.close()


def repeated_text(folder: Path) -> Path:
    """Return a file whose attribute has 3,000 texts, all the same one of 8 MB."""
    path = folder / "repeated.h5"
    length = 8_000_000
    texts = ["A" * length] + ["b"] * 2999
    with h5py.File(path, "w") as file:
        file.attrs.create("model_config", texts, dtype=h5py.string_dtype())
    content = bytearray(path.read_bytes())
    first = content.index(struct.pack("<I", length))
    content[first : first + 3000 * 16] = content[first : first + 16] * 3000
    path.write_bytes(content)
    return path


def repeated_words(folder: Path) -> Path:
    """Return a NIR graph whose edges are all the same text of 8 MB."""
    path = folder / "repeated.nir"
    length = 8_000_000
    texts = ["A" * length] + ["b"] * 2999
    with h5py.File(path, "w") as file:
        file["version"] = "1.0"
        file["node/type"] = "NIRGraph"
        file.create_group("node/nodes")
        edges = file.create_dataset("node/edges", (1500, 2), h5py.string_dtype())
        edges[...] = np.array(texts, object).reshape(1500, 2)
    content = bytearray(path.read_bytes())
    first = content.index(struct.pack("<I", length))
    content[first : first + 3000 * 16] = content[first : first + 16] * 3000
    path.write_bytes(content)
    return path


def huge_chunk(folder: Path) -> Path:
    """Return a file with a small kernel in a chunk of more than 1 GiB."""
    path = folder / "chunk.h5"
    chunk = {"chunks": (2**28 + 1,), "maxshape": (None,), "compression": "gzip"}
    path.write_bytes(
        change_kernel(lambda f: f.create_dataset(KERNEL, (4,), "f4", **chunk))
    )
    return path


@pytest.mark.parametrize(
    ("make", "expected"),
    [(repeated_text, DAMAGED), (repeated_words, NO_NIR), (huge_chunk, UNSAFE)],
)
def test_a_small_file_can_not_take_all_memory(
    make: Callable[[Path], Path],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = make(tmp_path)
    monkeypatch.setattr(weights_module, "LARGEST", 2**26)
    tracemalloc.start()
    if path.suffix == ".nir":
        with pytest.raises(RefusedModelError) as refused:
            read_graph(path, path.name)
        found = code_of(refused.value)
    else:
        found = code(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == expected
    assert peak < 2**27


def test_weights_alone_need_their_architecture(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = ["c"]
    assert code(tmp_path / "w.h5") == (
        "SNN801: contains only weights, without the architecture"
    )


LINK = zipfile.ZipInfo("assets/link")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    "member", ["../x", "/x", "assets/../../x", "..\\x", "C:/x", LINK], ids=str
)
def test_a_member_that_leads_elsewhere_is_left_alone(
    member: str | zipfile.ZipInfo, tmp_path: Path
) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    path = folder / "m.keras"
    path.write_bytes(zip_bytes(("config.json", CONFIG), (member, b"/etc")))
    assert read(path)[1] is None
    assert set(tmp_path.rglob("*")) == {folder.parent, folder, path}


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.keras"
    path.write_bytes(zip_bytes(("config.json", CONFIG), ("b", bytes(2**20))))
    assert read(path)[0].layers
    monkeypatch.setattr(files, "LARGEST", 2**20)
    assert code(path) == TOO_LARGE


@pytest.mark.parametrize("file", ["k3_chain.h5", "k3_chain.keras"])
def test_a_file_that_is_cut_short_is_refused(file: str, tmp_path: Path) -> None:
    content = (DATA / file).read_bytes()
    path = tmp_path / file
    cuts = [*range(0, 20), *range(20, len(content), len(content) // 40)]
    for length in (*cuts, len(content) - 1):
        path.write_bytes(content[:length])
        assert code(path) in (NO_MODEL, DAMAGED), length
    path.write_bytes(content)
    assert read_all(path) == 7


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("dense", h5py.Empty("f4"), "SNN801"),
        ("dense", np.float32(1), "SNN810"),
        ("conv2d", np.float32(1), "SNN810"),
        ("conv2d", np.zeros((0, 3), np.float32), "SNN810"),
    ],
)
def test_a_kernel_that_is_none_is_told(
    name: str,
    data: Any,
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kernel = KERNEL.replace("dense", name)
    path = tmp_path / "m.h5"
    path.write_bytes(
        edit_h5(lambda f: (f.__delitem__(kernel), f.create_dataset(kernel, data=data)))
    )
    target = tmp_path / "w.safetensors"
    assert main(["import", str(path), "--weights-out", str(target)]) == 1
    out, told = capsys.readouterr()
    assert f"error[{expected}]" in told
    assert out == ""
    assert not target.exists()


def test_weights_that_are_nan_need_a_new_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(edit_h5(lambda file: file[KERNEL].__setitem__((), np.nan)))
    target = tmp_path / "w.safetensors"
    assert main(["import", str(path), "--weights-out", str(target)]) == 1
    assert "help: the training diverged: train again" in capsys.readouterr().err


def test_arrays_have_a_largest_size_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = DATA / "k3_chain.h5"
    model, weights = read(path)
    assert weights is not None
    with weights:
        found = [weights.of(layer.name).values() for layer in model.layers]
    size = sum(array.nbytes for arrays in found for array in arrays)
    monkeypatch.setattr(weights_module, "LARGEST", size)
    assert read_all(path) == 7
    monkeypatch.setattr(weights_module, "LARGEST", size - 1)
    assert code(path) == TOO_LARGE


@pytest.mark.parametrize("name", ["a\0b.h5", "no/such.h5"])
def test_a_name_that_can_not_be_a_file_is_refused(name: str) -> None:
    for model, *weights in ((name,), (DATA / "forum.json", name)):
        with pytest.raises(RefusedModelError) as caught:
            read(model, *weights)
        assert caught.value.diagnostic.code in ("SNN700", "SNN705")
        assert caught.value.diagnostic.span.source.name == name
