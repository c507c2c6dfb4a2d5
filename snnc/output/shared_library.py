"""Let packages use snnc's copy of the run-time library.

A package built by this snnc has the same bytes in its ``_runtime``, so its modules can
be the modules of `snnc.runtime`. A class is then the same object under both names, so
snnc accepts the objects that a package returns.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import ModuleType

from snnc import runtime
from snnc.emit.files import LIBRARY


def library_files(folder: Path) -> dict[str, bytes]:
    """Return the modules of a library by their paths inside its folder."""
    paths = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@cache
def own_library() -> dict[str, bytes]:
    """Return the modules of this snnc's library."""
    return library_files(Path(runtime.__file__).parent)


def share(package: str) -> None:
    """Alias ``package._runtime`` and its modules to `snnc.runtime`.

    Parameters
    ----------
    package
        The name under which the package is imported.
    """
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    _FINDER.packages.add(package)


class _Finder(MetaPathFinder):
    def __init__(self) -> None:
        self.packages: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = name.partition(".")
        if package not in self.packages or f"{rest}.".partition(".")[0] != LIBRARY:
            return None
        own = runtime.__name__ + rest.removeprefix(LIBRARY)
        return spec_from_loader(name, _Alias(own))


class _Alias(Loader):
    def __init__(self, own: str) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._own)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module has already run, and the import system has just set the alias's
        # spec.
        module.__spec__ = self._spec


_FINDER = _Finder()
