"""Opens a generated package and builds its network with nengo-loihi."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from snnc.emit.files import LIBRARY
from snnc.exact.refusals import (
    NoPackageError,
    NothingOnChipError,
    NotStoredError,
    OtherFormatError,
    OtherLayoutError,
)
from snnc.output.formats import other_format

if TYPE_CHECKING:
    from snnc.runtime.layout import Layout, Tensors, Weights
    from snnc.runtime.network import Network


@dataclass(frozen=True)
class Package:
    """A package that ``snnc build`` wrote, imported under a name of its own.

    Its objects are of its own copy of the run-time library. ``sources`` are its
    modules by their paths in it.
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

    @property
    def hash(self) -> str:
        """A hash of all modules."""
        return hashlib.sha256(repr(self.sources).encode()).hexdigest()

    def module(self, name: str) -> ModuleType:
        """Return a module of the package, such as ``nengo_network``."""
        return importlib.import_module(f"{self.import_name}.{name}")

    def library(self, name: str) -> ModuleType:
        """Return a module of the package's copy of the run-time library."""
        return self.module(f"{LIBRARY}.{name}")

    def read(self, weights: Weights) -> Tensors:
        """Return the tensors of a file, or those of a mapping.

        Raises
        ------
        OtherLayoutError
            If they are not of the package's layout.
        """
        try:
            return self.layout.read(weights)
        except self.library("layout").LayoutError as error:
            raise OtherLayoutError(error) from error


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator of it.

    ``steps`` are those of an example.
    """

    package: Package
    network: Any
    simulator: Any
    steps: int


def open_package(folder: str | PathLike[str]) -> Package:
    """Import a package that `snnc build` wrote, so that it hides nothing.

    Raises
    ------
    NoPackageError
        If the folder holds no such package.
    OtherFormatError
        If another snnc wrote it, in another format.
    """
    path = Path(os.path.realpath(folder))
    if not (path / "nengo_network.py").is_file():
        raise NoPackageError(folder)
    other = other_format(Path(folder))
    if other is not None:
        raise OtherFormatError(other.render_message(), other.render_help())
    if not (path / LIBRARY).is_dir():
        reason = f"{folder} was built by an older snnc"
        raise OtherFormatError(reason, "run `snnc build` on its spec again")
    # With its content, so that a package that is built anew is another one.
    sources = _sources(path)
    digest = hashlib.sha256(repr((path, sources)).encode()).hexdigest()
    name = f"_snnc_package_{digest[:16]}"
    if name not in sys.modules:
        _import(name, path)
    return Package(path, name, sources)


def _import(name: str, path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        name, path / "__init__.py", submodule_search_locations=[str(path)]
    )
    if spec is None or spec.loader is None:
        raise NoPackageError(path)
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)


def _sources(folder: Path) -> dict[str, bytes]:
    paths = sorted((*folder.glob("*.py"), *(folder / LIBRARY).glob("*.py")))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def build(package: Package, weights: Weights, steps: int | None = None) -> Built:
    """Return the network of a package with its weights, every layer probed, built.

    An example takes ``steps``, or as many as the package says.

    Raises
    ------
    NothingOnChipError
        If no layer of the network is on the chip.
    OtherLayoutError
        If the weights do not fit.
    NotStoredError
        If nengo-loihi can't store them.
    """
    import nengo
    import nengo_loihi

    from snnc.runtime.simulators import FAILURES, not_stored

    layers, dt = package.network.layers, package.network.dt
    if not any(layer.on_chip for layer in layers.values()):
        raise NothingOnChipError
    # A decoder cache written under numpy 2 cannot be read under numpy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    tensors = package.read(weights)
    program = package.module("nengo_network")
    network = program.build_network(tensors, probe=tuple(layers))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bits lost in weights; evaluation tells
            simulator = nengo_loihi.Simulator(
                network.net, dt=dt, target="sim", progress_bar=False
            )
    except FAILURES as error:
        if told := not_stored(network.net, dt, tensors):
            raise NotStoredError(told) from error
        raise
    return Built(package, network, simulator, steps or package.network.steps)
