"""A process has one copy of the run-time library, which packages share."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from snnc.emit.files import LIBRARY
from snnc.output.imported import CannotRunError, open_package
from snnc.output.lock import Lock
from tests.commands import run, run_python
from tests.support import network

BODY = """
    input image 4x4x1 in 0..1
    encode rate
    dense d { units 3 }
    readout y { classes 2 }
"""
FILES = """
import sys
from snnc.output.imported import open_package
open_package("models/first").module("nengo_network")
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print([file for file in files if "_runtime" in file])
"""


@pytest.fixture
def models(here: Path) -> Path:
    """Build two networks, and return the folder of their packages."""
    for name in ("first", "second"):
        Path(f"{name}.snn").write_text(network(BODY, name))
        assert run("build", f"{name}.snn").returncode == 0
    return Path("models")


def test_packages_use_the_library_of_snnc_itself(models: Path) -> None:
    first, second = (open_package(models / name) for name in ("first", "second"))
    own = importlib.import_module("snnc.runtime.network")
    for package in (first, second):
        assert type(package.network) is own.Network
        assert package.module(LIBRARY) is importlib.import_module("snnc.runtime")
    assert own.__spec__ is not None
    assert own.__name__ == own.__spec__.name == "snnc.runtime.network"
    assert first.network is not second.network


@pytest.mark.slow
def test_no_second_copy_is_loaded(models: Path) -> None:
    assert run_python("-c", FILES).stdout == "[]\n"


def test_another_library_is_refused(models: Path) -> None:
    told = (
        "models/first was built by another snnc: run `snnc build first.snn -o models`"
    )
    path = models / "first" / LIBRARY / "network.py"
    text = path.read_text()
    path.write_text(text.replace("def steps(", "def steps_once("))
    with pytest.raises(CannotRunError, match=f"^{told}$"):
        open_package(models / "first")
    path.unlink()
    with pytest.raises(CannotRunError, match=f"^{told}$"):
        open_package(models / "first")
    path.write_text(text)
    assert open_package(models / "first").network.steps == 100


def test_a_package_that_cannot_be_written_is_opened(models: Path) -> None:
    folder = models / "first"
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o500)
    try:
        assert open_package(folder).layout.tensors
    finally:
        for place in places:
            place.chmod(0o700)


def test_a_package_has_the_modules_that_it_uses(models: Path) -> None:
    Path("learns.snn").write_text(
        network(
            """
            input values 12 in 0..1
            encode rate
            dense d { units 40 }
            readout y { classes 3, learn pes { rate 0.05 } }
            """,
            "learns",
        )
    )
    Path("hosted.snn").write_text(network(f"target nengo\n{BODY}", "hosted"))
    for name in ("learns", "hosted"):
        assert run("build", f"{name}.snn").returncode == 0
    found = {
        name: {path.name for path in (models / name / LIBRARY).rglob("*.py")}
        for name in ("first", "learns", "hosted")
    }
    assert found["learns"] - found["first"] == {"learning.py", "pes.py"}
    assert found["first"] - found["hosted"] == {"board.py"}
    for name in found:
        open_package(models / name)
    (models / "learns" / LIBRARY / "pes.py").unlink()
    with pytest.raises(CannotRunError, match=r"snnc build learns\.snn"):
        open_package(models / "learns")


def test_a_package_of_an_unfinished_build_is_refused(models: Path) -> None:
    path = models / "first/snnc.lock"
    lock = Lock.parse(path.read_text())
    path.write_text(replace(lock, writing={"layout.py": "0" * 64}).text())
    done = run("evaluate", "models/first", "--data", "x.npz", "--weights", "w")
    assert done.returncode == 1
    assert done.stderr == (
        "error: models/first: a build was interrupted or is still running, so its files"
        " may differ: run `snnc build first.snn -o models`\n"
    )
    assert run("build", "first.snn").returncode == 0
    assert open_package(models / "first").network.steps == 100


def test_a_package_that_was_edited_is_opened(models: Path) -> None:
    path = models / "first/network.py"
    path.write_text(path.read_text() + "EDITED = True\n")
    assert open_package(models / "first").module("network").EDITED


def test_an_open_package_does_not_change_when_it_is_built_again(models: Path) -> None:
    opened = open_package(models / "first")
    assert opened.layout.tensors
    Path("first.snn").write_text(network(BODY.replace("units 3", "units 4"), "first"))
    assert run("build", "first.snn").returncode == 0
    assert opened.network.layers["d"].shape == (3,)
    assert open_package(models / "first").network.layers["d"].shape == (4,)
