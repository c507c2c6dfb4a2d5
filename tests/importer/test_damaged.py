"""Cut, altered and hostile files are refused, each by its code; nothing else raises."""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from snnc.cli import main
from snnc.importer import hdf5
from snnc.importer.files import read_file
from snnc.importer.model import RefusedModelError
from snnc.importer.read import read
from tests.importer.configs import small

DATA = Path(__file__).parent / "data"
CONFIG = json.dumps(small())


def code(path: Path) -> str:
    """Read a model and all its weights; return how that was refused."""
    with pytest.raises(RefusedModelError) as caught:
        read_all(path)
    return caught.value.diagnostic.code


def read_all(path: Path) -> int:
    model, weights = read_file(path, path.name)
    assert weights is not None
    with weights:
        return sum(len(weights.of(layer.name)) for layer in model.layers)


def write_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, str]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile itself warns of a name twice
        for name, content in members:
            archive.writestr(name, content)
    return path


def link() -> zipfile.ZipInfo:
    found = zipfile.ZipInfo("assets/link")
    found.external_attr = (stat.S_IFLNK | 0o777) << 16
    return found


@pytest.mark.parametrize(
    "member", ["../x", "/x", "assets/../../x", "..\\x", "C:/x", link()], ids=str
)
def test_a_member_that_leads_elsewhere_is_left_alone(
    member: str | zipfile.ZipInfo, tmp_path: Path
) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    path = write_zip(folder / "m.keras", ("config.json", CONFIG), (member, "/etc"))
    assert read(path)[1] is None
    assert set(tmp_path.rglob("*")) == {folder.parent, folder, path}


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m.keras", ("config.json", CONFIG))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert code(path) == "SNN803"


def test_a_member_that_unpacks_to_more_than_it_claims_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", CONFIG + " " * 2**25)
    content = bytearray(path.read_bytes())
    size = content.index(b"PK\x01\x02") + 24
    content[size : size + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    assert code(path) == "SNN803"


@pytest.mark.parametrize("file", ["k3_chain.h5", "k3_chain.keras"])
def test_a_file_that_is_cut_short_is_refused(file: str, tmp_path: Path) -> None:
    content = (DATA / file).read_bytes()
    path = tmp_path / file
    cuts = [*range(0, 20), *range(20, len(content), len(content) // 40)]
    for length in (*cuts, len(content) - 1):
        path.write_bytes(content[:length])
        assert code(path) in ("SNN801", "SNN803"), length
    path.write_bytes(content)
    assert read_all(path) == 7


def change_members(path: Path, **members: Callable[[bytes], bytes]) -> Path:
    """Write the archive of Keras 3 with some members, dots as _, changed."""
    with zipfile.ZipFile(DATA / "k3_chain.keras") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in found.items():
            change = members.get(name.replace(".", "_"), bytes)
            archive.writestr(name, change(content))
    return path


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.99])
def test_weights_that_are_cut_in_a_sound_archive_are_refused(
    share: float, tmp_path: Path
) -> None:
    path = change_members(
        tmp_path / "m.keras", model_weights_h5=lambda c: c[: int(share * len(c))]
    )
    assert code(path) == "SNN803"


def without(name: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        config = json.loads(content)
        layers = config["config"]["layers"]
        config["config"]["layers"] = [x for x in layers if x["config"]["name"] != name]
        return json.dumps(config).encode()

    return change


def edit_h5(edit: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        buffer = io.BytesIO(content)
        with h5py.File(buffer, "r+") as file:
            edit(file)
        return buffer.getvalue()

    return change


def second(file: Any) -> None:
    file.copy("layers/dense", "layers/dense_1")


def test_weights_of_another_architecture_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    renamed = change_members(
        path, config_json=lambda c: c.replace(b'"dense"', b'"other"')
    )
    assert code(renamed) == "SNN810"
    assert code(change_members(path, model_weights_h5=edit_h5(second))) == "SNN810"
    assert read_all(change_members(path, config_json=without("flatten"))) == 7


def missing(file: Any) -> None:
    del file["model_weights/dense/k3_chain/dense/kernel"]


def soft(file: Any) -> None:
    file.move("model_weights", "elsewhere")
    file["model_weights"] = h5py.SoftLink("/elsewhere")


def external(file: Any) -> None:
    del file["model_weights"]
    file["model_weights"] = h5py.ExternalLink("k3_graph.h5", "/model_weights")


def one_link(file: Any) -> None:
    file.move("model_weights/dense", "dense")
    file["model_weights/dense"] = h5py.SoftLink("/dense")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (missing, "SNN810"),
        (soft, "SNN804"),
        (external, "SNN804"),
        (one_link, "SNN804"),
    ],
)
def test_groups_that_are_elsewhere_are_not_followed(
    edit: Callable[[Any], None], expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.h5"
    shutil.copy(DATA / "k3_chain.h5", path)
    shutil.copy(DATA / "k3_graph.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        edit(file)
    assert code(path) == expected


def named_in_latin_1(file: Any) -> None:
    file["layers"].create_group("caf\xe9".encode("latin-1"))


def test_a_name_that_is_not_unicode_is_damage(tmp_path: Path) -> None:
    edit = edit_h5(named_in_latin_1)
    assert code(change_members(tmp_path / "m.keras", model_weights_h5=edit)) == "SNN803"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (h5py.Empty("f4"), "SNN803"),
        (np.float32(1), "SNN810"),
        (np.zeros((0, 3), np.float32), "SNN810"),
    ],
    ids=["without values", "one number", "of no size"],
)
def test_a_kernel_that_is_none_is_told(
    data: Any, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.h5"
    shutil.copy(DATA / "k3_chain.h5", path)
    kernel = "model_weights/conv2d/k3_chain/conv2d/kernel"
    with h5py.File(path, "r+") as file:
        del file[kernel]
        file.create_dataset(kernel, data=data)
    target = tmp_path / "w.safetensors"
    assert main(["import", str(path), "--weights-out", str(target)]) == 1
    out, told = capsys.readouterr()
    assert f"error[{expected}]" in told
    assert out == ""
    assert not target.exists()


def test_arrays_have_a_largest_size_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DATA / "k3_chain.h5", tmp_path / "m.h5")
    model, weights = read_file(tmp_path / "m.h5", "m.h5")
    assert weights is not None
    with weights:
        size = sum(
            array.nbytes
            for layer in model.layers
            for array in weights.of(layer.name).values()
        )
    monkeypatch.setattr(hdf5, "LARGEST", size)
    assert read_all(tmp_path / "m.h5") == 7
    monkeypatch.setattr(hdf5, "LARGEST", size - 1)
    assert code(tmp_path / "m.h5") == "SNN805"


CODE = """
def raises(): raise KeyError("nothing to build")
def number(): return 3
"""


@pytest.fixture(autouse=True)
def fresh_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test import its own module of this name."""
    monkeypatch.delitem(sys.modules, "nets", raising=False)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("raises", "KeyError: 'nothing to build'"),
        ("number", "expected a Keras model, found int"),
        ("absent", "`nets` has no `absent`"),
    ],
)
def test_code_that_gives_no_model_is_told(
    function: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    with pytest.raises(RefusedModelError, match=reason) as caught:
        read(f"nets:{function}", lambda sentence: None)
    assert caught.value.diagnostic.code == "SNN808"
    assert f"`{function}()` returns" in str(caught.value.diagnostic.render_help())
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("target", ["nets:build", "nest:raises", "nets.inner:raises"])
def test_a_misspelt_function_is_told_without_a_traceback(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    (tmp_path / "nets.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["import", target]) == 1
    told = capfd.readouterr().err
    assert "Traceback" not in told
    assert "error[SNN808]" in told
    if target == "nest:raises":
        assert "did you mean `snnc import nets:raises`?" in told


def test_what_code_prints_is_no_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    prints = "def number():\n    print('from the code')\n    return 3\n"
    (tmp_path / "nets.py").write_text(prints, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = sys.path[:]
    assert main(["import", "nets:number"]) == 1
    out, told = capfd.readouterr()
    assert out == ""
    assert "from the code\n" in told
    assert sys.path == before


def test_a_traceback_begins_in_the_code_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    (tmp_path / "nets.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["import", "nets:raises"]) == 1
    told = capfd.readouterr().err
    assert told.count('File "') == 1
    assert f'File "{tmp_path / "nets.py"}", line 2, in raises' in told
