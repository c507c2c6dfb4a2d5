"""Writes the packages of hand-made networks and imports them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from snnc.emit import Origin
from snnc.emit.keras import keras_model, pipelines, progress, train
from snnc.emit.package import data, docstring_module, layout, typed_marker
from snnc.graph.logical import Network

ORIGIN = Origin("specs/net.snn", "models")
EMITTERS = (docstring_module, layout, data, keras_model, pipelines, progress, train)


def write(network: Network, folder: Path) -> Path:
    """Write the Keras side of a network's package under ``folder``."""
    package = folder / network.name
    package.mkdir(parents=True)
    modules = (*(emit(network) for emit in EMITTERS), typed_marker())
    for file in (module.headed(ORIGIN) for module in modules):
        (package / file.path).write_text(file.text, encoding="utf-8", newline="\n")
    return package


@contextmanager
def importable(package: Path) -> Iterator[None]:
    """Let a package and its neighbours be imported, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(package.parent))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(package.parent))
        ours = {path.name for path in package.parent.iterdir()}
        for name in set(sys.modules) - before:
            if name.split(".")[0] in ours:
                del sys.modules[name]


def module(package: Path, name: str) -> ModuleType:
    """Import one module of a package that is importable."""
    return importlib.import_module(f"{package.name}.{name}")
