"""An error about a package of another format says what to type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.emit import Module, Origin
from snnc.emit.files import FORMAT
from snnc.emit.package import library
from snnc.output import PackageFiles
from snnc.output.imported import CannotRunError, open_package
from snnc.output.package import NAME
from snnc.output.records import other_format
from snnc.output.write import write_package

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package in a repo, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    origin = Origin("specs/a.snn", "models", "loihi2")
    modules = [Module(name, "X = 1\n") for name in ("__init__.py", "nengo_network.py")]
    modules += library()
    files = [module.with_header(origin) for module in modules]
    folder = Path("models/net")
    assert write_package(
        PackageFiles.of(folder, files, "", origin), False, Diagnostics()
    )
    return folder


def reformat(folder: Path, number: int) -> None:
    text = (folder / NAME).read_text()
    (folder / NAME).write_text(
        text.replace(f'"format": {FORMAT}', f'"format": {number}')
    )


def test_a_package_of_this_format_is_used(folder: Path) -> None:
    assert other_format(folder) is None
    assert open_package(folder).module("nengo_network").X == 1
    (folder / NAME).unlink()
    assert other_format(folder) is None


def test_an_older_package_tells_what_upgrades_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reformat(folder, FORMAT - 1)
    command = "snnc --device loihi2 build specs/a.snn -o models"
    with pytest.raises(CannotRunError) as caught:
        open_package(folder)
    assert "`models/net` was written by snnc" in str(caught.value)
    said = f"an older version: format {FORMAT - 1}; run `{command}`"
    assert said in str(caught.value)
    monkeypatch.chdir("models")
    found = other_format(Path("net"))
    assert found is not None
    assert "snnc --device loihi2 build ../specs/a.snn -o ." in found.render_help()


@pytest.mark.parametrize(
    ("number", "writer"), [(FORMAT - 1, "an older snnc"), (FORMAT + 1, "a newer snnc")]
)
def test_a_lock_without_a_version_names_none(
    folder: Path, number: int, writer: str
) -> None:
    reformat(folder, number)
    lock = re.sub(r'"snnc": "[^"]*"', '"snnc": ""', (folder / NAME).read_text())
    (folder / NAME).write_text(lock)
    with pytest.raises(CannotRunError) as caught:
        open_package(folder)
    assert f"`models/net` was written by {writer}: format" in str(caught.value)


def test_a_newer_package_asks_for_a_newer_snnc(folder: Path) -> None:
    reformat(folder, FORMAT + 1)
    with pytest.raises(CannotRunError, match=r"a newer version: .*; upgrade snnc"):
        open_package(folder)
