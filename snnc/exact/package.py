"""Builds the network of a generated package with nengo-loihi."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from snnc.dataclass import dataclass
from snnc.exact.refusals import NothingOnChipError, NotStoredError
from snnc.output.imported import ImportedPackage, open_package

if TYPE_CHECKING:
    from snnc.runtime.layout import Weights

__all__ = ["Built", "ImportedPackage", "build", "open_package"]


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator of it.

    ``steps`` are those of an example.
    """

    package: ImportedPackage
    network: Any
    simulator: Any
    steps: int


def build(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Built:
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

    from snnc.runtime.compat import import_nengo_loihi
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
            simulator = import_nengo_loihi().Simulator(
                network.net, dt=dt, target="sim", progress_bar=False
            )
    except FAILURES as error:
        if refused := not_stored(network.net, dt, tensors):
            raise NotStoredError(refused) from error
        raise
    return Built(package, network, simulator, steps or package.network.steps)
