"""The properties of layers under their names in the language, with all defaults."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from snnc.ir.layer_attributes import LayerAttributes
from snnc.ir.logical import LogicalLayer, Spiking
from snnc.language.keywords import FORMS, MODELS, keys_of
from snnc.language.layers import SpikingSpec
from snnc.language.models import StatementModel
from snnc.language.properties import NeuronSpec
from snnc.text.display import Json


class LayerSpec(LayerAttributes):
    """A layer: its name, kind, sources and shape, and the properties of its kind.

    Sizes have one number per axis, times are in seconds, and rates are in Hz. Reading a
    property that the kind lacks raises AttributeError. Layers are immutable:
    `Spec.replace` returns a spec with other values.
    """

    def __init__(self, **properties: object) -> None:
        vars(self).update(properties)

    if not TYPE_CHECKING:  # type checkers use `LayerAttributes`

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
        listed = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"<snnc layer {listed}>"


def model_of(kind: str) -> type[StatementModel]:
    """Return the model of a kind of layer, such as ``conv2d`` or ``encode rate``."""
    word, _, variant = kind.partition(" ")
    return MODELS[word][variant]


def layer_properties(layer: LogicalLayer) -> Json:
    """Return the value of each property of the layer's kind.

    Sizes have one number per axis, times are in seconds, and rates are in Hz.
    ``shortcut`` may be None. Sizes come first, then other properties of the operation,
    then properties of all spiking layers.
    """
    size = FORMS[layer.kind.partition(" ")[0]].size or "filters"
    common = keys_of(SpikingSpec)
    keys = sorted(keys_of(model_of(layer.kind)), key=lambda k: (k in common, k != size))
    values = _values(layer)
    return {key: values[key] for key in keys if key in values}


def _values(layer: LogicalLayer) -> Json:
    values = layer.operation.properties(layer.shape)
    values["shortcut"] = layer.shortcut and layer.shortcut.source
    if layer.operation.neuron_bias:
        values["bias"] = "neuron"
    return values if layer.spiking is None else {**values, **_spiking(layer.spiking)}


def _spiking(spiking: Spiking) -> Json:
    neuron = spiking.neuron
    return {
        **_parts(spiking),
        **_parts(spiking.training),
        "rate": (spiking.rate.low, spiking.rate.high),
        "percentile": spiking.rate.percentile,
        "neuron": NeuronSpec(kind=neuron.name, **_parts(neuron)),
        "block": spiking.block or "auto",
    }


def _parts(value: Any) -> Json:
    return {field.name: getattr(value, field.name) for field in fields(value)}
