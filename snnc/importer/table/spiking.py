"""Neurons of a spiking tool: their properties go to the layer before them."""

from __future__ import annotations

from snnc.importer.draft import Value
from snnc.importer.model import Layer
from snnc.importer.table.activations import activate
from snnc.importer.walk import Walk


def read_neurons(layer: Layer, walk: Walk) -> Value:
    """Read neurons, whose rate is ReLU, or another curve by their ``properties``."""
    value = walk.source(layer)
    given = activate(layer, walk, value, ("relu", {}))
    properties = tuple(layer.options.get("properties", ()))
    fired = given.spikes
    if properties and fired is not None and fired != value.spikes:
        walk.change(fired, properties=properties)
        walk.keep(layer, option=", ".join(properties))
    return given
