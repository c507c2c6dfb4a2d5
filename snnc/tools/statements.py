"""The statements of a spec as values, with all defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.properties import layer_properties
from snnc.language.model import NetworkSpec
from snnc.language.property_types import NeuronSpec
from snnc.language.statements import LoihiTarget, NengoTarget, ReadoutSpec


class LayerSpec:
    """A layer: its name, kind, sources and shape, and the properties of its kind.

    Sizes have one number per axis, times are in seconds, and rates are in Hz. Reading a
    property that the kind lacks raises AttributeError. Layers are immutable:
    `Spec.replace` returns a spec with other values.
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
    filters: int
    units: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    factor: tuple[int, ...]
    window: tuple[int, ...]
    padding: Literal["valid", "same", "causal"]
    dilation: tuple[int, ...]
    groups: int
    multiplier: int
    bias: bool | Literal["neuron"]
    shortcut: str | None
    rate: tuple[float, float]
    percentile: float
    neuron: NeuronSpec
    batchnorm: bool
    dropout: float
    l2: float
    place: Literal["chip", "host"]
    synapse: float
    block: tuple[int, ...] | Literal["auto"]
    start: Literal["rest", "spread"]

    def __init__(self, **properties: object) -> None:
        vars(self).update(properties)

    if not TYPE_CHECKING:  # type checkers use the attributes above

        def __getattr__(self, name: str) -> object:
            if name.startswith("__") or not vars(self):  # when copying or unpickling
                raise AttributeError(name)
            has = ", ".join(f"`{key}`" for key in vars(self))
            raise AttributeError(f"{self.kind} has no `{name}`: it has {has}")

    def __setattr__(self, name: str, value: object) -> None:
        change = f"`spec.replace({self.name}={{{name!r}: ...}})`"
        raise AttributeError(f"a layer does not change: {change} returns another spec")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayerSpec) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        said = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"<snnc layer {said}>"


def read_layers(network: LogicalNetwork) -> Mapping[str, LayerSpec]:
    """Return the layers of a network by name, in the order of the spec."""
    return MappingProxyType(
        {
            layer.name: LayerSpec(
                name=layer.name,
                kind=layer.kind,
                sources=layer.sources,
                shape=layer.shape,
                **layer_properties(layer),
            )
            for layer in network.layers
        }
    )


def read_readout(statements: NetworkSpec, network: LogicalNetwork) -> ReadoutSpec:
    """Return the readout; ``classes`` contains names, or is None for a regression."""
    found = network.readout
    return replace(
        statements.readout,
        sources=found.sources,
        classes=found.labels,
        units=found.units,
    )


def read_target(
    statements: NetworkSpec, network: LogicalNetwork
) -> LoihiTarget | NengoTarget:
    """Return the target with the number of its cores."""
    target = statements.target
    if isinstance(target, LoihiTarget) and isinstance(network.target, Loihi):
        return replace(target, cores=network.target.cores)
    return target
