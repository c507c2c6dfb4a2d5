"""Models are read in a process of their own, with limits of time and memory."""

from __future__ import annotations

import importlib.util
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest

from snnc.importer import process as process_module
from snnc.importer.model import RefusedModelError
from snnc.importer.process import MEMORY, SECONDS
from snnc.importer.read import read
from snnc.nir.importing import GraphReader
from snnc.rules.architectures import NotNir
from tests.support import ROOT


@pytest.fixture(autouse=True)
def without_processes() -> None:
    """Start them."""


DATA = Path(__file__).parent / "data"
LONG = 8_000_000


def endless(folder: Path) -> Path:
    """A file in which the HDF5 library goes round in a circle.

    The first text of its heap is free space of no length: the next is itself.
    """
    content = bytearray((DATA / "k3_chain.h5").read_bytes())
    first = content.index(b"GCOL") + 16
    content[first : first + 16] = bytes(16)
    path = folder / "endless.h5"
    path.write_bytes(content)
    return path


def repeated(folder: Path) -> Path:
    """A file whose attribute has 3,000 texts, all of which are one of 8 MB."""
    path = folder / "repeated.h5"
    texts = ["A" * LONG] + ["b"] * 2999
    with h5py.File(path, "w") as file:
        file.attrs.create("model_config", texts, dtype=h5py.string_dtype())
    content = bytearray(path.read_bytes())
    at = content.index(struct.pack("<I", LONG))  # before it is where the text is
    content[at : at + 3000 * 16] = content[at : at + 16] * 3000
    path.write_bytes(content)
    return path


def snnc(*arguments: str | Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "snnc", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_file_without_end_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = "from snnc.importer import process; process.SECONDS = 2; import runpy;"
    start = process_module._START.replace("import runpy;", hasty)
    monkeypatch.setattr(process_module, "_START", start)
    monkeypatch.setattr(process_module, "SECONDS", 2)
    with pytest.raises(RefusedModelError, match="takes more than 2 s") as caught:
        read(endless(tmp_path))
    assert caught.value.diagnostic.code == "SNN823"


# In a process of its own: the most memory of any child is told, and tests have others.
MEASURED = """
import resource, sys
from snnc.importer.read import read
from snnc.importer.model import RefusedModelError
try:
    read(sys.argv[1])
except RefusedModelError as error:
    found = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(found, error.diagnostic.code, error.diagnostic.render_message())
"""


@pytest.mark.slow
def test_a_file_that_fills_the_memory_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MEASURED, str(repeated(tmp_path))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    kibibytes, code, said = done.stdout.strip().split(maxsplit=2)
    assert code == "SNN823"
    assert "more than 2 GiB of memory" in said
    assert int(kibibytes) * 1024 < MEMORY


def test_ctrl_c_ends_a_reading(tmp_path: Path) -> None:
    process = snnc("import", endless(tmp_path), folder=tmp_path)
    reader = reading_child(process.pid)
    process.send_signal(signal.SIGINT)
    # Python ends by the signal itself if it interrupts code made from text, as that of
    # dataclasses is, whatever catches it; shells call both 130.
    assert process.wait(SECONDS) in (130, -signal.SIGINT)
    assert not Path(f"/proc/{reader}").exists()
    assert "".join(process.communicate()).strip() == ""


def reading_child(parent: int) -> int:
    """Wait until the only child of a process has limited itself."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    while True:
        found = path.read_text(encoding="ascii").split()
        if found and f" {SECONDS} " in Path(f"/proc/{found[0]}/limits").read_text():
            return int(found[0])
        time.sleep(0.05)


NEVER = "raise SystemExit('a file of the current folder was run')"
NAMES = ("h5py", "json", "numpy", "runpy", "zipfile")


@pytest.mark.slow
def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(NEVER, encoding="utf-8")
    weights = "net.safetensors"
    for file in ("k3_chain.h5", "k3_chain.keras"):
        process = snnc(
            "import", DATA / file, "--weights-out", weights, "--force", folder=tmp_path
        )
        assert process.communicate()[0].startswith("snn 1")
        assert process.returncode == 0


@pytest.mark.slow
def test_tensorflow_is_not_imported_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text(NEVER, encoding="utf-8")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/saved_model.pb").touch()
    _, told = snnc("import", "saved", folder=tmp_path).communicate()
    assert "SNN808" in told
    assert "was run" not in told


def test_a_crash_of_the_library_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "h5py.py").write_text("import os; os.abort()", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    with pytest.raises(RefusedModelError, match="ended by SIGABRT") as caught:
        read(DATA / "k3_chain.h5")
    assert caught.value.diagnostic.code == "SNN803"


def test_a_bug_of_the_reader_is_no_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "h5py.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    with pytest.raises(RuntimeError, match="ended with 1"):
        read(DATA / "k3_chain.h5")


def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "h5py.py").write_text("raise ImportError", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "saved_model.pb").touch()
    for target, package in ((DATA / "k3_chain.h5", "h5py"), (tmp_path, "TensorFlow")):
        with pytest.raises(
            RefusedModelError, match=f"needs {package}, which"
        ) as caught:
            read(target)
        assert caught.value.diagnostic.code == "SNN807"
        assert "pip install" in str(caught.value.diagnostic.render_help())


def test_a_graph_is_read_by_a_process_of_its_own() -> None:
    reader = GraphReader("file", str(DATA / "k3_chain.h5"))
    with pytest.raises(RefusedModelError) as caught:
        reader.read()
    assert caught.value.diagnostic.code == NotNir.code
