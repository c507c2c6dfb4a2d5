"""Writes the packages of hand-made networks and imports them."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from snnc.diagnostics import Diagnostics
from snnc.emit import GeneratedFile, Origin
from snnc.emit.package import package_modules
from snnc.ir.logical import LogicalNetwork
from snnc.passes.lower import lower
from snnc.passes.place import place
from snnc.passes.route import route
from tests.support import write_modules

ORIGIN = Origin("specs/net.snn", "models")
Load = Callable[[str, str], ModuleType]
"""Imports a module of a package: the package's name, then the module's."""


def modules_of(network: LogicalNetwork) -> tuple[GeneratedFile, ...]:
    """Return all modules of a network's package."""
    report = Diagnostics()
    mapped = place(lower(network), report)
    assert not report.errors, [d.message for d in report.diagnostics]
    assert mapped is not None
    return package_modules(route(mapped))


def write(network: LogicalNetwork, folder: Path) -> Path:
    """Write a network's package under ``folder``."""
    return write_modules(modules_of(network), folder / network.name, ORIGIN)


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
