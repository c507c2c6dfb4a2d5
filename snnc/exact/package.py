"""Opens a generated package and builds its network with nengo-loihi."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import Any

from snnc.emit.owned.formats import other_format
from snnc.exact.refusals import (
    NoPackageError,
    NothingOnChipError,
    NotStoredError,
    OtherFormatError,
    OtherLayoutError,
)

Weights = str | PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Built:
    """A package's ``nengo_network``, its network, and nengo-loihi's simulator of it.

    ``steps`` are those of an example.
    """

    module: ModuleType
    network: Any
    simulator: Any
    steps: int


def open_package(folder: str | PathLike[str]) -> ModuleType:
    """Return the module ``nengo_network`` of a package that `snnc build` wrote.

    The package is imported under a name of its own, so that it hides nothing.

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
    name = f"_snnc_exact.{path}".replace(".", "_")
    if name not in sys.modules:
        init = path / "__init__.py"
        spec = importlib.util.spec_from_file_location(
            name, init, submodule_search_locations=[str(path)]
        )
        if spec is None or spec.loader is None:
            raise NoPackageError(folder)
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{name}.nengo_network")


def build(module: ModuleType, weights: Weights, steps: int | None = None) -> Built:
    """Return the network of ``module`` with its weights, every layer probed, built.

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

    from snnc.exact.storing import FAILURES, not_stored

    if not any(getattr(layer, "block", None) for layer in module.LAYERS.values()):
        raise NothingOnChipError
    # A decoder cache written under numpy 2 cannot be read under numpy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    layout = importlib.import_module(f"{module.__package__}.layout")
    try:
        network = module.build_network(weights, probe=tuple(module.LAYERS))
    except layout.LayoutError as error:
        raise OtherLayoutError(error) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bits lost in weights; evaluation tells
            simulator = nengo_loihi.Simulator(
                network.net, dt=module.DT, target="sim", progress_bar=False
            )
    except FAILURES as error:
        tensors: Any = weights
        if not isinstance(tensors, Mapping):
            tensors = layout.load_weights(tensors)
        if told := not_stored(network.net, module.DT, tensors):
            raise NotStoredError(told) from error
        raise
    return Built(module, network, simulator, steps or int(module.STEPS))
