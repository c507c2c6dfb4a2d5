"""All modules of the generated package."""

from __future__ import annotations

from snnc.emit.files import Module
from snnc.emit.keras.model import keras_model
from snnc.emit.keras.train import train
from snnc.emit.nengo.evaluate import evaluate
from snnc.emit.nengo.network import nengo_network
from snnc.emit.package.layout import layout
from snnc.emit.package.library import library
from snnc.emit.package.marker import docstring_module, typed_marker
from snnc.emit.package.network import network_data
from snnc.graph.mapped import MappedNetwork


def package_modules(mapped: MappedNetwork) -> tuple[Module, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = mapped.lowered.network
    modules = (
        *library(),
        docstring_module(network),
        evaluate(network),
        keras_model(network),
        layout(network),
        nengo_network(mapped),
        network_data(mapped),
        train(network),
        typed_marker(),
    )
    return tuple(sorted(modules, key=lambda module: module.path))
