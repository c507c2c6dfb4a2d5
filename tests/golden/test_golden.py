"""The packages of the example specs are, byte for byte, those that are committed.

``make accept`` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from snnc.emit.files import GeneratedFile
from snnc.emit.origin import Origin
from tests.support import SPECS, sound

GOLDEN = Path(__file__).parent


def package(spec: Path) -> tuple[GeneratedFile, ...]:
    origin = Origin(f"specs/{spec.name}", "models")
    modules = sound(spec.read_text(encoding="utf-8"), "emit")
    return tuple(module.headed(origin) for module in modules)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_is_what_is_committed(spec: Path) -> None:
    folder = GOLDEN / spec.stem
    files = package(spec)
    if os.environ.get("SNNC_ACCEPT"):
        folder.mkdir(exist_ok=True)
        for file in files:
            (folder / file.path).write_bytes(file.text.encode())
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in folder.iterdir()
        if path.suffix in (".py", ".typed")
    }
    differences = []
    for file in files:
        differences += difflib.unified_diff(
            committed.pop(file.path, "").splitlines(),
            file.text.splitlines(),
            f"committed {file.path}",
            f"generated {file.path}",
            lineterm="",
        )
    assert not differences, "\n".join([*differences, "accept with `make accept`"])
    assert not committed, "files that are no longer generated"
