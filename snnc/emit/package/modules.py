"""All modules of the generated package."""

from __future__ import annotations

from snnc.emit.files import Module
from snnc.emit.keras import (
    calibrate,
    discretize,
    integers,
    keras_model,
    pipelines,
    precision,
    progress,
    scales,
    train,
)
from snnc.emit.nengo.compat import compat
from snnc.emit.nengo.evaluate import evaluate
from snnc.emit.nengo.network import nengo_network
from snnc.emit.nengo.statistics import statistics, tables
from snnc.emit.package.data import data
from snnc.emit.package.layout import layout
from snnc.emit.package.marker import docstring_module, typed_marker
from snnc.graph.logical import Loihi
from snnc.graph.mapped import MappedNetwork


def package_modules(mapped: MappedNetwork) -> tuple[Module, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = mapped.lowered.network
    chip = isinstance(network.target, Loihi)
    modules = (
        *([compat(network)] if chip else []),
        *(_integers(mapped) if mapped.cores else ()),
        calibrate(mapped.lowered),
        docstring_module(network),
        data(network),
        evaluate(mapped),
        keras_model(network),
        layout(network),
        nengo_network(mapped),
        pipelines(network),
        progress(network, integers=bool(mapped.cores)),
        scales(mapped.lowered),
        statistics(network),
        tables(network),
        train(network, integers=bool(mapped.cores)),
        typed_marker(),
    )
    return tuple(sorted(modules, key=lambda module: module.path))


def _integers(mapped: MappedNetwork) -> tuple[Module, ...]:
    network = mapped.lowered.network
    return discretize(mapped), precision(network), integers(mapped)
