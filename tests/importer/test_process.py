"""The command line reads models in a child with limits of time and memory."""

import importlib.util
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from snnc.cli.exchange import LIMIT, MEMORY, SECONDS
from snnc.importer.read import read
from snnc.importer.refusals import RefusedModelError
from tests.importer.configs import small
from tests.support import ROOT

DATA = Path(__file__).parent / "data"
LONG = 8_000_000


def endless(path: Path) -> Path:
    """Turn a file into one in which the HDF5 library loops for ever.

    The first text of its heap is free space of no length: the next is itself.
    """
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16
    content[first : first + 16] = bytes(16)
    path.write_bytes(content)
    return path


def endless_model(folder: Path) -> Path:
    path = folder / "endless.h5"
    path.write_bytes((DATA / "k3_chain.h5").read_bytes())
    return endless(path)


def endless_graph(folder: Path) -> Path:
    path = folder / "endless.nir"
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        file.create_group("node")
    return endless(path)


def repeat_text(folder: Path) -> Path:
    """Return a file whose attribute has 3,000 texts, all the same one of 8 MB."""
    path = folder / "repeated.h5"
    texts = ["A" * LONG] + ["b"] * 2999
    with h5py.File(path, "w") as file:
        file.attrs.create("model_config", texts, dtype=h5py.string_dtype())
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<I", LONG))  # before it is where the text is
    content[at : at + 3000 * 16] = content[at : at + 16] * 3000
    path.write_bytes(content)
    return path


def zip_bomb(folder: Path) -> Path:
    """Return an archive with a member that claims 3 GiB."""
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(small()))
        archive.writestr("bomb", bytes(2**20))
    content = bytearray(path.read_bytes())
    size = content.rindex(b"PK\x01\x02") + 24
    content[size : size + 4] = (3 * 2**30).to_bytes(4, "little")
    path.write_bytes(content)
    return path


IMPATIENT = "from snnc.cli import exchange as c, main; c.SECONDS = 1; exit(main())"


def snnc(
    *arguments: str | Path,
    folder: Path,
    path: Path = ROOT,
    run: tuple[str, str] = ("-m", "snnc"),
) -> subprocess.Popen[str]:
    found = {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}", "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, *run, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **found},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("make", [endless_model, endless_graph])
def test_a_file_without_end_is_told_and_loses_nothing(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    (tmp_path / "net.snn").write_text("mine")
    words = "import", make(tmp_path), "--force", "-o", "net.snn"
    _, told = snnc(*words, folder=tmp_path, run=("-c", IMPATIENT)).communicate()
    assert told.startswith("error[SNN823]: ")
    assert "takes more than 1 s to read" in told
    assert (tmp_path / "net.snn").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (repeat_text, ("error[SNN823]", "more than 2 GiB of memory")),
        (zip_bomb, ("error[SNN805]",)),
    ],
)
def test_the_child_says_what_is_wrong(
    make: Callable[[Path], Path], said: tuple[str, ...], tmp_path: Path
) -> None:
    done = snnc("import", make(tmp_path), "-o", "net.snn", folder=tmp_path)
    out, told = done.communicate()
    assert (done.returncode, out, told.count("error[")) == (1, "", 1)
    assert all(words in told for words in said)
    assert not (tmp_path / "net.snn").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_reading(number: int, tmp_path: Path) -> None:
    process = snnc("import", endless_model(tmp_path), folder=tmp_path)
    child = reading_child(process.pid)
    process.send_signal(number)
    # Python ends by the signal itself if it interrupts code made from text, such as
    # a dataclass's, whatever catches it; shells call both 130.
    assert process.wait(SECONDS) in (128 + number, -number)
    last = time.monotonic() + 5
    while Path(f"/proc/{child}").exists():  # killed, but perhaps not gone
        assert time.monotonic() < last
        time.sleep(0.01)
    assert "".join(process.communicate()).strip() == ""


def reading_child(parent: int) -> int:
    """Wait until the only child of a process has limited itself."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    while True:
        found = path.read_text(encoding="ascii").split()
        if found and f" {SECONDS} " in Path(f"/proc/{found[0]}/limits").read_text():
            return int(found[0])
        time.sleep(0.05)


KILLED = """
import os, signal, time
def model():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
"""


@pytest.mark.slow
def test_the_folder_of_a_model_goes_with_its_process(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(KILLED, encoding="utf-8")
    before = set(tmp_path.iterdir())
    process = snnc("import", "made:model", folder=tmp_path)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"SystemExit: {128 + signal.SIGTERM}" in told
    assert {path for path in tmp_path.iterdir() if path.name != "__pycache__"} == before


MEASURED = """
from resource import RLIMIT_AS, RLIMIT_CPU, getrlimit
from snnc.cli.exchange import reading_limits
def limits():
    print(*(getrlimit(kind)[0] for kind in (RLIMIT_CPU, RLIMIT_AS)))
limits()
with reading_limits("m.h5"):
    limits()
limits()
"""


def test_limits_end_with_reading() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED],
        env={**os.environ, "PYTHONPATH": str(ROOT), LIMIT: "7"},
        capture_output=True,
        text=True,
    )
    before, within, after = done.stdout.splitlines()
    assert within == f"7 {MEMORY}"
    assert before == after != within


def test_weights_that_are_loaded_need_no_file() -> None:
    model, weights = read(DATA / "k3_chain.h5")
    assert weights is not None
    expected = {layer.name: weights.of(layer.name) for layer in model.layers}
    weights.load()
    weights.close()
    for name, arrays in expected.items():
        assert list(weights.of(name)) == list(arrays)


def test_weights_that_can_not_be_loaded_are_told_when_they_are_asked_for(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes((DATA / "k3_chain.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        del file["model_weights/dense"]
        file["model_weights/dense"] = h5py.SoftLink("/elsewhere")
    _, weights = read(path)
    assert weights is not None
    with weights:
        weights.load()
        assert list(weights.of("conv2d")) == ["kernel"]
        with pytest.raises(RefusedModelError, match="is a link to another place"):
            weights.of("dense")


@pytest.mark.parametrize("name", ["a\0b.h5", "no/such.h5"])
def test_a_name_that_can_not_be_a_file_is_refused(name: str) -> None:
    for model, *weights in ((name,), (DATA / "forum.json", name)):
        with pytest.raises(RefusedModelError) as caught:
            read(model, print, *weights)
        assert caught.value.diagnostic.code in ("SNN700", "SNN705")
        assert caught.value.diagnostic.span.source.name == name


NEVER = "raise SystemExit('a file of the current folder was run')"
NAMES = ("h5py", "json", "numpy", "runpy", "zipfile", "tensorflow")


@pytest.mark.slow
def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(NEVER, encoding="utf-8")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/saved_model.pb").touch()
    process = snnc(
        "import",
        DATA / "k3_chain.keras",
        "--weights-out",
        "w.safetensors",
        folder=tmp_path,
    )
    assert process.communicate()[0].startswith("snn 2")
    assert process.returncode == 0
    _, told = snnc("import", "saved", folder=tmp_path).communicate()
    assert "SNN808" in told
    assert "help: where the model is built, save it" in told
    assert "was run" not in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said", "status"),
    [
        ("import os; os.abort()", "SIGABRT ended the library", 1),
        ("1 / 0", "This is a bug in snnc", 3),
    ],
)
def test_a_crash_of_the_library_is_told(
    code: str, said: str, status: int, tmp_path: Path
) -> None:
    path = tmp_path / "lib"
    path.mkdir()
    (path / "h5py.py").write_text(code, encoding="utf-8")
    process = snnc("import", DATA / "k3_chain.h5", folder=tmp_path, path=path)
    _, told = process.communicate()
    assert told.startswith("error[SNN803]: ") == (status == 1)
    assert said in told
    assert process.returncode == status


def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "saved_model.pb").touch()
    for target, package in ((DATA / "k3_chain.h5", "h5py"), (tmp_path, "TensorFlow")):
        with pytest.raises(
            RefusedModelError, match=f"needs {package}, which"
        ) as caught:
            read(target)
        assert caught.value.diagnostic.code == "SNN807"
        assert "pip install" in str(caught.value.diagnostic.help)
