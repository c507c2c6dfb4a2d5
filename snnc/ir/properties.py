"""The properties of layers under their names in the language, with all defaults."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from snnc.ir.logical import LogicalLayer, Spiking
from snnc.language.keywords import FORMS, MODELS, keys_of
from snnc.language.layers import SpikingSpec
from snnc.language.models import StatementModel
from snnc.language.properties import NeuronSpec
from snnc.text.display import Json


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
    if layer.operation.has_neuron_bias:
        values["bias"] = "neuron"
    return values if layer.spiking is None else {**values, **_spiking(layer.spiking)}


def _spiking(spiking: Spiking) -> Json:
    neuron = spiking.neuron
    return {
        **_parts(spiking),
        "rate": (spiking.rate.low, spiking.rate.high),
        "percentile": spiking.rate.percentile,
        "neuron": NeuronSpec(kind=neuron.name, **_parts(neuron)),
        "block": spiking.block or "auto",
    }


def _parts(value: Any) -> Json:
    return {field.name: getattr(value, field.name) for field in fields(value)}
