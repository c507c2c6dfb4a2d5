"""Build a package's network with nengo-loihi, or say why it cannot run."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import importlib
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nengo
import numpy as np

from snnc.output.imported import CannotRunError, ImportedPackage
from snnc.runtime.nengo import import_nengo_loihi
from snnc.runtime.nengo.simulators import FAILURES

if TYPE_CHECKING:
    from nengo import Network
    from nengo_loihi import Simulator

    from snnc.runtime.layout import Tensors, Weights
    from snnc.runtime.nengo.neurons import BuiltNetwork


def not_fixed(what: str, block: object) -> CannotRunError:
    """Return the error of a chip whose state the engine does not support."""
    return CannotRunError(
        f"{block} has {what}, which the exact engine does not support; run this "
        "network on nengo-loihi's emulator"
    )


def why_not_stored(layers: str) -> str:
    """Return the message for layers whose weights the chip can't store as integers."""
    return (
        f"the chip can't store the weights of {layers}; `snnc weights FILE SPEC` "
        "explains the reason and the fix"
    )


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator for the network.

    An example takes ``steps`` steps.
    """

    package: ImportedPackage
    network: BuiltNetwork
    simulator: Simulator
    steps: int


def build(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Built:
    """Build a package's network with the given weights, and probe every layer.

    ``steps`` is the number of steps per example; by default, that of the package.

    Raises
    ------
    CannotRunError
        If no layer of the network is on the chip, or the chip can't store the weights.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    """
    layers, dt = package.network.layers, package.network.dt
    if not any(layer.on_chip for layer in layers.values()):
        raise CannotRunError(
            "no layer of this network is on the chip, so there is nothing to run "
            "exactly; use `--simulator nengo`, or write `place chip` in a layer"
        )
    # A decoder cache written under numpy 2 cannot be read under numpy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    tensors = package.layout.load(weights)
    program = package.module("nengo_network")
    network = program.build_network(tensors, probe=tuple(layers))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `evaluate` reports lost bits
            simulator = import_nengo_loihi().Simulator(
                network.net, dt=dt, target="sim", progress_bar=False
            )
    except FAILURES as error:
        if refused := not_stored(network.net, dt, tensors):
            raise CannotRunError(why_not_stored(refused)) from error
        raise
    return Built(package, network, simulator, steps or package.network.steps)


def not_stored(net: Network, dt: float, tensors: Tensors) -> str | None:
    """Describe the layers with weights that nengo-loihi can't store, if any.

    The text says how large their tensors are.
    """
    loihi = import_nengo_loihi()
    discretize = importlib.import_module("nengo_loihi.builder.discretize")
    refused: dict[str, str] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # This target builds a network without rounding numbers.
        settings = {"target": "simreal", "progress_bar": False}
        with loihi.Simulator(net, dt=dt, **settings) as sim:
            for block in sim.model.blocks:
                try:
                    discretize.discretize_block(block)
                except FAILURES:
                    # A label looks like <Ensemble 'c0[3]'>.
                    name = re.findall(r"'(\w+)", block.label)[0]
                    refused[name] = ", ".join(
                        f"{tensor} reaches {np.abs(values).max():.3g}"
                        for tensor, values in tensors.items()
                        if tensor.rpartition(".")[0] == name
                    )
    return "; ".join(f"{n} ({sizes})" for n, sizes in refused.items()) or None
