"""Compiles texts and specs in memory, for tests of every room."""

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.emit.files import GeneratedFile, Origin
from snnc.ir.device import Profile
from snnc.passes import PIPELINE
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import print_document

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKES = {step.name: step.makes for step in PIPELINE}
FULL_STACK = pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="last digits are those of NumPy 1.23, which is of Python 3.10 and 3.11",
)
NENGO_DL = pytest.mark.skipif(
    sys.version_info >= (3, 12) or find_spec("nengo_dl") is None,
    reason="nengo-dl needs Keras 2, which is of Python 3.10 and 3.11",
)
QUIET = pytest.mark.filterwarnings("ignore")
CLUSTER = pytest.mark.xdist_group("cluster")
"""Tests of one cluster, which takes seconds to start."""
ORIGIN = Origin("net.snn", ".")
SPECS = sorted((ROOT / "specs").glob("*.snn"))


def compile_text(
    text: str, through: str = "emit", device: Profile | None = None
) -> tuple[Any, Diagnostics]:
    """Return the `Compilation` of a text, and what the passes reported.

    It has no type, since a test knows what the passes that it asked for have made.
    """
    report = Diagnostics()
    return compile_spec(SourceFile("net.snn", text), report, through, device), report


def in_notation(text: str, notation: str, name: str = "net.snn") -> str:
    """Write a spec as ``snn`` or ``yaml``; the suffix of the name is the text's own.

    Raise ValueError if the spec has syntax errors.
    """
    return print_document(parse(SourceFile(name, text), Diagnostics()), notation)


def sound(text: str, through: str, device: Profile | None = None) -> Any:
    """Return what one pass made of a text in which nothing is wrong."""
    made, report = compile_text(text, through, device)
    assert not report.errors, [d.message for d in report.diagnostics]
    return getattr(made, MAKES[through])


def write_modules(
    modules: Iterable[GeneratedFile], package: Path, origin: Origin = ORIGIN
) -> Path:
    """Write the modules of a package; return its folder."""
    for file in (module.with_header(origin) for module in modules):
        path = package / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8", newline="\n")
    return package


def network(body: str, name: str = "net") -> str:
    """Return a spec with a body, one statement a line."""
    return f"snn 1\n\nnetwork {name} {{\n{body.strip()}\n}}\n"


def layered(
    *lines: str,
    shape: str = "12x12x1",
    target: str = "loihi",
    encode: str = "conv e { filters 4 }",
) -> str:
    """Return a spec with these lines between its encoder and its readout."""
    head = (f"target {target}", f"input x {shape} in 0..1", f"encode {encode}")
    return network("\n".join((*head, *lines, "readout y { classes 4 }")))


def codes(text: str, device: Profile | None = None) -> list[str]:
    """Return the codes of all that is reported for a text, by place."""
    _, report = compile_text(text, "place", device)
    return [diagnostic.code for diagnostic in report.diagnostics]


def problems(text: str, device: Profile | None = None) -> list[str]:
    """Return the same without what may fail on a board alone."""
    return [code for code in codes(text, device) if code not in DOUBTS]


DOUBTS = frozenset(f"SNN41{i}" for i in range(5))

EXTRAS: tuple[str, ...] = ("h5py", "lsprotocol", "matplotlib", "nengo", "nengo_loihi")
EXTRAS += ("numpy", "safetensors", "scipy", "sklearn")


def hide_extras() -> None:
    """Make this process one that has the compiler alone."""
    from importlib.machinery import PathFinder

    class Few(PathFinder):
        @classmethod
        def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
            hidden = name.partition(".")[0] in EXTRAS
            return None if hidden else super().find_spec(name, path, target)

    finders: list[Any] = sys.meta_path
    finders[:] = [Few if found is PathFinder else found for found in finders]
