"""An error about a package of another format says what to type."""

import re
from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostics
from snnc.emit import GeneratedFile, Origin
from snnc.emit.files import FORMAT
from snnc.emit.package import library
from snnc.output.imported import CannotRunError, open_package
from snnc.output.lock import NAME
from snnc.output.package import PackageFiles, other_format
from snnc.output.write import write_package

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(here: Path) -> Path:
    """Return a package in a repo, which is the current folder."""
    origin = Origin("specs/a.snn", "models", "loihi2")
    modules = [
        GeneratedFile(name, "X = 1\n") for name in ("__init__.py", "nengo_network.py")
    ]
    modules += library()
    files = [module.with_header(origin) for module in modules]
    folder = Path("models/net")
    assert write_package(PackageFiles.of(folder, files, "", origin), Diagnostics())
    return folder


def test_a_package_of_this_format_is_used(folder: Path) -> None:
    assert other_format(folder) is None
    assert open_package(folder).module("nengo_network").X == 1
    (folder / NAME).unlink()
    assert other_format(folder) is None


BUILD = "snnc --device loihi2 build specs/a.snn -o models"


@pytest.mark.parametrize(
    ("number", "version", "writer"),
    [
        (FORMAT - 1, "1.0", f"snnc 1.0, an older version: format {FORMAT - 1}; run"),
        (FORMAT + 1, "9.0", f"snnc 9.0, a newer version: format {FORMAT + 1}"),
        (FORMAT - 1, "", f"an older snnc: format {FORMAT - 1}; run `{BUILD}`"),
        (FORMAT + 1, "", f"a newer snnc: format {FORMAT + 1}"),
    ],
)
def test_a_package_of_another_format_is_refused(
    folder: Path, number: int, version: str, writer: str
) -> None:
    lock = (folder / NAME).read_text()
    lock = lock.replace(f'"format": {FORMAT}', f'"format": {number}')
    lock = re.sub(r'"snnc": "[^"]*"', f'"snnc": "{version}"', lock)
    (folder / NAME).write_text(lock)
    with pytest.raises(CannotRunError) as caught:
        open_package(folder)
    assert f"`models/net` was written by {writer}" in str(caught.value)
    way = f"run `{BUILD}`" if number < FORMAT else "upgrade snnc"
    assert way in str(caught.value)


def test_the_command_is_typed_in_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = (folder / NAME).read_text()
    (folder / NAME).write_text(lock.replace(f'"format": {FORMAT}', '"format": 1'))
    monkeypatch.chdir("models")
    found = other_format(Path("net"))
    assert found is not None
    assert "snnc --device loihi2 build ../specs/a.snn -o ." in found.help
