"""The packages of the example specs equal the committed ones, byte for byte.

``make accept`` rewrites them; review the difference before you commit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from snnc.emit.files import FORMAT, LIBRARY, GeneratedFile, Origin
from snnc.emit.package import library
from tests.rules.checking import assert_accepted
from tests.support import SPECS, sound

GOLDEN = Path(__file__).parent
FORMATS = GOLDEN / "formats.json"
COVERED = ("mnist", "forum", "fashion")
"""Specs whose packages have no statement that those of the others lack."""
COMMITTED = [spec for spec in SPECS if spec.stem not in COVERED]
WHOLE = "allconv"
OWN = ("keras_model.py", "layout.py", "nengo_network.py", "network.py")
"""Files that differ in more than names, shapes and settings: all but `WHOLE` have no
others here.
"""


def package(spec: Path) -> tuple[GeneratedFile, ...]:
    """Return the files of a package that are its own."""
    origin = Origin(f"specs/{spec.name}", "models")
    modules = sound(spec.read_text(encoding="utf-8"), "emit")
    files = (module.with_header(origin) for module in modules)
    return tuple(file for file in files if not file.path.startswith(LIBRARY))


@pytest.mark.parametrize("spec", COMMITTED, ids=lambda spec: spec.stem)
def test_is_what_is_committed(spec: Path) -> None:
    folder = GOLDEN / spec.stem
    files = [f for f in package(spec) if spec.stem == WHOLE or f.path in OWN]
    if os.environ.get("SNNC_ACCEPT"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for file in files:
        assert_accepted(folder / file.path, file.text)
    committed = {p.name for p in folder.iterdir() if p.suffix in (".py", ".typed")}
    assert committed == {file.path for file in files}


def test_the_bytes_of_a_released_format_stay() -> None:
    """`formats.json` has the hash of each release's bytes, and of no other.

    Between releases bytes may change: each package has their hashes in its lock.
    ``SNNC_RELEASE=1 python -m pytest tests/golden`` adds the format of a release.
    """
    packages = [package(spec) for spec in SPECS]
    texts = [module.text for module in library()]
    texts += [file.text for files in packages for file in files]
    written = hashlib.sha256("".join(texts).encode()).hexdigest()
    formats = json.loads(FORMATS.read_text(encoding="utf-8"))
    if os.environ.get("SNNC_RELEASE"):
        formats.setdefault(str(FORMAT), written)
        FORMATS.write_text(json.dumps(formats, indent=2) + "\n", encoding="utf-8")
    assert formats.get(str(FORMAT), written) == written, (
        f"format {FORMAT} was released with other bytes: raise snnc.emit.files.FORMAT"
    )
    assert max(map(int, formats)) >= FORMAT - 1, "a format rises once for a release"
