"""Writes the packages of hand-made networks and imports them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from snnc.diagnostics import Report
from snnc.emit import Origin
from snnc.emit.package import package_modules
from snnc.graph.logical import Network
from snnc.passes.lower import lower
from snnc.passes.map import map_network

ORIGIN = Origin("specs/net.snn", "models")


def write(network: Network, folder: Path) -> Path:
    """Write a network's package under ``folder``."""
    package = folder / network.name
    report = Report()
    mapped = map_network(lower(network, report), report)
    assert not report.errors, [d.render_message() for d in report.diagnostics]
    for file in (module.headed(ORIGIN) for module in package_modules(mapped)):
        path = package / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8", newline="\n")
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
