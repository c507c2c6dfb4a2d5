"""Open a generated package: import its modules under a unique name.

A package built by this snnc has the same bytes in its ``_runtime``, so its modules can
be the modules of `snnc.runtime`. A class is then the same object under both names, so
snnc accepts the objects that a package returns (decision 019).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import chain
from os import PathLike
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, cast

from snnc import runtime
from snnc.emit.files import LIBRARY, OPTIONAL, library_files, own_library
from snnc.loihi.profile import DEFAULT, ProfileError, is_file, read_profile
from snnc.output.package import (
    PackageRecords,
    origin_of,
    other_format,
    rebuild_command,
)

if TYPE_CHECKING:
    from snnc.ir.device import Profile
    from snnc.runtime.layout import Layout
    from snnc.runtime.network import Network


_PREFIX = "_snnc_package_"


class CannotRunError(ValueError):
    """Raised if a package, weights or a run is refused; the message is for users."""


def _no_package(path: str | PathLike[str]) -> CannotRunError:
    """Return the error for a folder without a package; name a package inside."""
    inside = sorted(Path(path).glob("*/nengo_network.py"))
    advice = "name the folder that `snnc build` printed"
    if Path(path).suffix in (".snn", ".yaml", ".yml"):
        advice = f"`snnc build {path}` writes one; name its folder"
    elif inside:
        advice = f"name a package inside, such as {inside[0].parent}"
    return CannotRunError(
        f"{path} is not a package that snnc built: it has no nengo_network.py; {advice}"
    )


def _unusable(folder: Path, flaw: str, option: str = "") -> CannotRunError:
    seen = Path(os.path.relpath(folder))
    rebuild = f"`{rebuild_command(seen)}{option}` writes it again"
    return CannotRunError(f"{seen / flaw}: {rebuild}")


@dataclass(frozen=True)
class ImportedPackage:
    """A package that ``snnc build`` wrote, imported under a unique name.

    The package uses `snnc.runtime` as its run-time library, not its own copy.
    ``sources`` contains the package's modules by path.
    """

    folder: Path
    import_name: str
    sources: Mapping[str, bytes]

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def network(self) -> Network:
        return cast("Network", self.module("network").NETWORK)

    @cached_property
    def layout(self) -> Layout:
        return cast("Layout", self.module("layout").LAYOUT)

    @cached_property
    def device(self) -> Profile | None:
        """The device; None if its file is missing, and for ``target nengo``."""
        if self.network.target != "loihi":
            return None
        origin = origin_of(self.folder)
        device = (origin and origin.device) or DEFAULT
        root = None if origin is None else origin.root(self.folder.parent)
        if is_file(device) and root is not None:
            device = str(root / device)
        try:
            return read_profile(device)
        except ProfileError:
            return None

    @property
    def hash(self) -> str:
        """The hash of all modules."""
        return hashlib.sha256(repr(self.sources).encode()).hexdigest()

    def module(self, name: str) -> ModuleType:
        """Return a module of the package, such as ``nengo_network``.

        Raises CannotRunError if a module is missing, or has a syntax error.
        """
        try:
            return importlib.import_module(f"{self.import_name}.{name}")
        except ModuleNotFoundError as error:
            package, _, lost = (error.name or "").partition(".")
            if package != self.import_name:
                raise  # the package is complete, but it imports a missing library
            raise _unusable(self.folder, f"{lost}.py is missing") from error
        except SyntaxError as error:
            name = Path(error.filename or "").name
            flaw = f"{name}, line {error.lineno}: {error.msg}"
            raise _unusable(self.folder, flaw, " --force") from error


def open_package(folder: str | PathLike[str]) -> ImportedPackage:
    """Import a package that `snnc build` wrote, without hiding other modules.

    Raises CannotRunError if the folder holds no such package, a package whose build is
    unfinished, or a package that another version of snnc wrote in another format or
    with another library.
    """
    path = Path(os.path.realpath(folder))
    modules = {path.name: path.read_bytes() for path in sorted(path.glob("*.py"))}
    library = library_files(path / LIBRARY)
    # A build changes the records before other files, so they are read after these.
    if path.is_dir() and PackageRecords.of(path).is_unfinished:
        rebuild = rebuild_command(Path(folder))
        reason = "a build was interrupted or is still running, so its files may differ"
        raise CannotRunError(f"{folder}: {reason}: run `{rebuild}`")
    if "nengo_network.py" not in modules:
        raise _no_package(folder)
    if "__init__.py" not in modules:
        raise _unusable(Path(folder), "__init__.py is missing")
    _check_versions(Path(folder), library)
    # The name includes a hash of the content, so a rebuilt package gets a new name.
    copies = {f"{LIBRARY}/{name}": content for name, content in library.items()}
    sources = modules | copies
    digest = hashlib.sha256(repr((path, sources)).encode()).hexdigest()
    name = _PREFIX + digest[:16]
    if name not in sys.modules:
        if _ALIASES not in sys.meta_path:
            sys.meta_path.insert(0, _ALIASES)
        for file, content in modules.items():
            module = f"{name}.{file}".removesuffix(".py").removesuffix(".__init__")
            _ALIASES.loaders[module] = _Loader(module, str(path / file), content)
        importlib.import_module(name)
    return ImportedPackage(path, name, sources)


def _check_versions(folder: Path, library: Mapping[str, bytes]) -> None:
    """Refuse a package in another format, or with another run-time library."""
    other = other_format(folder)
    if other is not None:
        raise CannotRunError(f"{other.message}; {other.help}")
    if not library:
        raise _unusable(folder, f"{LIBRARY} is missing")
    unused = (names for names in OPTIONAL.values() if library.keys().isdisjoint(names))
    needed = own_library().keys() - {*chain.from_iterable(unused)}
    if any(library.get(name) != own_library()[name] for name in needed):
        rebuild = rebuild_command(folder)
        raise CannotRunError(f"{folder} was built by another snnc: run `{rebuild}`")


def spec_of(folder: Path) -> Path | None:
    """Return the path of a package's spec; None if it was moved."""
    origin = origin_of(folder)
    spec = None if origin is None else origin.spec_path(folder.parent)
    return spec if spec is not None and spec.is_file() else None


class _Loader(SourceFileLoader):
    """Loads a module as it was when its package was opened."""

    def __init__(self, name: str, path: str, content: bytes) -> None:
        super().__init__(name, path)
        self._content = content

    def get_code(self, fullname: str) -> CodeType:
        # Byte code in the folder may be that of a later build.
        return self.source_to_code(self._content, self.path)


class _Aliases(MetaPathFinder, Loader):
    """Finds the modules of open packages.

    Those of ``_runtime`` are aliases of `snnc.runtime`'s.
    """

    def __init__(self) -> None:
        self.loaders: dict[str, _Loader] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in self.loaders:
            return importlib.util.spec_from_loader(name, self.loaders[name])
        package, _, rest = name.partition(".")
        is_ours = package.startswith(_PREFIX) and rest.split(".")[0] == LIBRARY
        return ModuleSpec(name, self) if is_ours else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        _, _, rest = spec.name.partition(LIBRARY)
        module = importlib.import_module(runtime.__name__ + rest)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module has already run, and the import system has just set the alias's
        # spec.
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


_ALIASES = _Aliases()
