"""Build a package's network with nengo-loihi, or say why it cannot run."""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

import importlib
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snnc.output.imported import (
    CannotRunError,
    ImportedPackage,
    NoPackageError,
    OtherFormatError,
    open_package,
)

if TYPE_CHECKING:
    from snnc.runtime.layout import Tensors, Weights


__all__ = [
    "Built",
    "CannotRunError",
    "ImportedPackage",
    "NoPackageError",
    "NotFixedError",
    "NotStoredError",
    "NothingOnChipError",
    "OtherFormatError",
    "OtherShapeError",
    "TooManyStepsError",
    "build",
    "not_stored",
    "open_package",
]


class NothingOnChipError(CannotRunError):
    """No layer of the network is on the chip."""

    def __init__(self) -> None:
        super().__init__(
            "no layer of this network is on the chip, so there is nothing to run "
            "exactly; use `--simulator nengo`, or write `place chip` in a layer"
        )


class NotFixedError(CannotRunError):
    """Something would change the chip's state in a way that the engine lacks."""

    def __init__(self, what: str, block: object) -> None:
        super().__init__(
            f"{block} has {what}, which the exact engine does not support; run this "
            "network on nengo-loihi's emulator"
        )


class TooManyStepsError(CannotRunError):
    """An example has more steps than a spike counter can count."""

    def __init__(self, steps: int, limit: int) -> None:
        super().__init__(
            f"an example of {steps} steps is longer than the {limit} that the spike "
            "counters can count; use fewer steps, or write a smaller `present` or a "
            "larger `dt`"
        )


class NotStoredError(CannotRunError):
    """The chip can't store the weights as integers."""

    def __init__(self, layers: str) -> None:
        super().__init__(
            f"the chip can't store the weights of {layers}; `snnc weights FILE SPEC` "
            "explains the reason and the fix"
        )


class OtherShapeError(CannotRunError):
    """The examples do not have the network's input shape."""

    def __init__(self, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
        read = " x ".join(map(str, wanted))
        super().__init__(
            f"the examples have the shape {shape}; this network reads one or more "
            f"examples of {read}"
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator for the network.

    An example takes ``steps`` steps.
    """

    package: ImportedPackage
    network: Any
    simulator: Any
    steps: int


def build(
    package: ImportedPackage, weights: Weights, steps: int | None = None
) -> Built:
    """Build a package's network with the given weights, and probe every layer.

    ``steps`` is the number of steps per example; by default, that of the package.

    Raises
    ------
    NothingOnChipError
        If no layer of the network is on the chip.
    snnc.runtime.layout.LayoutError
        If the weights have another layout.
    NotStoredError
        If nengo-loihi can't store the weights.
    """
    import nengo

    from snnc.runtime.nengo import import_nengo_loihi
    from snnc.runtime.nengo.simulators import FAILURES

    layers, dt = package.network.layers, package.network.dt
    if not any(layer.on_chip for layer in layers.values()):
        raise NothingOnChipError
    # A decoder cache written with NumPy 2 cannot be read with NumPy 1.
    nengo.rc["decoder_cache"]["enabled"] = "False"
    tensors = package.layout.read(weights)
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
            raise NotStoredError(refused) from error
        raise
    return Built(package, network, simulator, steps or package.network.steps)


def not_stored(net: Any, dt: float, tensors: Tensors) -> str | None:
    """Describe the layers with weights that nengo-loihi can't store, if any.

    The text says how large their tensors are.
    """
    import numpy as np

    from snnc.runtime.nengo import import_nengo_loihi
    from snnc.runtime.nengo.simulators import FAILURES

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
