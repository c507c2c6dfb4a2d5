"""Generate all modules of a package; write the modules without frameworks here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

from snnc.emit.files import LIBRARY, OPTIONAL, GeneratedFile, own_library, render
from snnc.emit.keras_model import keras_model
from snnc.emit.nengo_network import chips_of, nengo_network
from snnc.emit.python import INDENT, Bracket, import_line, items, number, quote
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.ir.mapped import RoutedNetwork
from snnc.ir.tensor import (
    BIAS_AXES,
    DENSE_AXES,
    DEPTHWISE_AXES,
    SPATIAL_AXES,
    TRANSPOSED_AXES,
    TensorSpec,
)
from snnc.language.readers import PHASES
from snnc.runtime.network import (
    Cut,
    Fanout,
    Input,
    Layer,
    MaxPool,
    Network,
    Pes,
    Readout,
)


@cache
def library(omitted: frozenset[str] = frozenset()) -> tuple[GeneratedFile, ...]:
    """Return the modules of ``snnc/runtime``, in order, except ``omitted`` ones."""
    # A copy instead of a dependency: packages must run without snnc (decision 019).
    return tuple(
        GeneratedFile(f"{LIBRARY}/{name}", content.decode())
        for name, content in own_library().items()
        if name not in omitted
    )


def package_modules(routed: RoutedNetwork) -> tuple[GeneratedFile, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = routed.mapped.lowered.network
    for_board = isinstance(network.target, Loihi)
    needed = {"board": for_board, "learning": network.readout.learn is not None}
    omitted = (names for need, names in OPTIONAL.items() if not needed[need])
    modules = (
        *library(frozenset(chain.from_iterable(omitted))),
        render("__init__.py", network),
        render("evaluate.py", network),
        keras_model(network),
        layout(network),
        nengo_network(routed),
        network_data(routed),
        render("predict.py", network),
        render("train.py", network, default_phases=PHASES),
        GeneratedFile("py.typed", ""),
        *([render("board.py", network, chips=chips_of(routed))] if for_board else []),
    )
    return tuple(sorted(modules, key=lambda module: module.path))


AXES: Mapping[tuple[str, ...], str] = {
    BIAS_AXES: "BIAS",
    **{(*axes, *BIAS_AXES): f"BIAS{n}D" for n, axes in SPATIAL_AXES.items()},
    DENSE_AXES: "DENSE",
    **{(*axes, *DENSE_AXES): f"CONV{n}D" for n, axes in SPATIAL_AXES.items()},
    **{(*axes, *DEPTHWISE_AXES): f"DEPTHWISE{n}D" for n, axes in SPATIAL_AXES.items()},
    (*SPATIAL_AXES[2], *TRANSPOSED_AXES): "TRANSPOSED2D",
}
"""The run-time library's names for axes. They are repeated here because importing the
library loads NumPy."""


def layout(network: LogicalNetwork) -> GeneratedFile:
    """Return the module with the network's weight layout."""
    weights = tensors(network)
    scale = input_scale(network)
    names = sorted({AXES[tensor.axes] for tensor in weights})
    names += ["Layout", "LayoutError", "Tensor"]
    return render(
        "layout.py",
        network,
        layout_id=layout_id(weights),
        scale="" if scale == "x" else f", scale={quote(scale)}",
        imports=import_line("._runtime.layout", names),
        tensors=Bracket("TENSORS = (", [_row(tensor) for tensor in weights]).at(0),
    )


def _row(tensor: TensorSpec) -> Bracket:
    arguments = [quote(tensor.name), items(tensor.shape), AXES[tensor.axes]]
    if tensor.zeros:
        arguments.append("zeros=True")
    return Bracket("Tensor(", arguments)


def network_data(routed: RoutedNetwork) -> GeneratedFile:
    """Return the module with the network's timing, layers and readout."""
    network = routed.mapped.lowered.network
    layers = {
        layer.name: _layer(routed, layer)
        for layer in network.layers
        if layer.spiking is not None
    }
    read = network.input
    scaled = read.scaled and (float(read.scaled[0]), float(read.scaled[1]))
    described = Input(read.name, read.shape, float(read.low), float(read.high), scaled)
    readout = _readout(network)
    classes = {Network, *_classes_in((described, *layers.values(), readout))}
    return render(
        "network.py",
        network,
        imports=_import_lines(classes),
        input=record("INPUT = Input", described).at(0),
        layers=[
            record(f"{quote(name)}: Layer", layer).at(INDENT)
            for name, layer in layers.items()
        ],
        readout=record("READOUT = Readout", readout).at(0),
    )


def _import_lines(classes: Iterable[type]) -> str:
    """Return the imports of classes of the run-time library, one line per module."""
    names: dict[str, list[str]] = {}
    for each in classes:
        module = each.__module__.rpartition(".")[2]
        names.setdefault(module, []).append(each.__name__)
    return "\n".join(
        import_line(f".{LIBRARY}.{module}", sorted(names[module]))
        for module in sorted(names)
    )


def _layer(routed: RoutedNetwork, layer: LogicalLayer) -> Layer:
    """Return the record of a layer, as the run-time library describes it."""
    network = routed.mapped.lowered.network
    spiking = layer.neuron_settings
    levels = routed.mapped.of_layer(layer.name)
    cuts = tuple(Cut(level.group, level.block_shape) for level in levels)
    described = Layer(
        layer.shape,
        (float(spiking.rate.low), float(spiking.rate.high)),
        percentile=float(spiking.rate.percentile),
        start=spiking.start,
        neuron=spiking.neuron,
        cut=cuts[0],
        fanout=Fanout(*routed.fanouts[layer.name]),
    )
    if layer.operation.compares:
        windows = layer.operation.max_pool(network.shape_of(layer.sources[0]), cuts)
        # Each level of a max pool is split on its own, so the windows have the cuts.
        described = replace(described, cut=Cut(), pool=windows)
    if not layer.is_encoder:
        # Nengo writes None for a missing filter, and not a time constant of 0.
        return replace(described, synapse=spiking.synapse or None)
    return replace(described, encoder="conv" if layer.operation.has_weights else "rate")


def _readout(network: LogicalNetwork) -> Readout:
    readout = network.readout
    learn = readout.learn
    labels = readout.labels or ()
    pes = None
    if learn is not None:
        learning = network.learning_from(network.by_name[readout.sources[0]])
        pes = Pes(
            rate=learning.rate,
            error=learn.error,
            start=learn.from_,
            softmax=learning.softmax,
        )
    return Readout(
        readout.name,
        readout.units,
        classes=readout.labels is not None,
        decide=readout.decide,
        synapse=readout.synapse or None,
        # Without names, classes are called by their numbers anyway.
        names=() if labels == tuple(map(str, range(readout.units))) else labels,
        learn=pes,
        image=readout.image,
    )


COMPLETE = (Fanout,)
"""The classes whose default values are written too."""
EXPLODED = (Layer, MaxPool)
"""The classes with one line per field, so that a changed number changes one line
(decision 015)."""


def record(head: str, value: Any) -> Bracket:
    """Write a record of the run-time library, without fields that have a default."""
    arguments = [
        _literal("" if name == "name" else f"{name}=", field_value)
        for name, field_value in _written_fields(value)
    ]
    return Bracket(f"{head}(", arguments, exploded=type(value) in EXPLODED)


def _written_fields(value: Any) -> Iterator[tuple[str, object]]:
    for field in fields(value):
        field_value = getattr(value, field.name)
        if type(value) in COMPLETE or field_value != field.default:
            yield field.name, field_value


def _classes_in(value: object) -> Iterator[type]:
    """Yield the classes of all records of a value, which its file has to import."""
    inner = value if isinstance(value, tuple) else ()
    if is_dataclass(value):
        yield type(value)
        inner = tuple(field_value for _, field_value in _written_fields(value))
    for each in inner:
        yield from _classes_in(each)


def _literal(head: str, value: Any) -> str | Bracket:
    """Write a value after ``head``, such as ``name=``; a record names its class."""
    if is_dataclass(value):
        return record(f"{head}{type(value).__name__}", value)
    if isinstance(value, tuple):
        exploded = is_dataclass(value[0])
        return Bracket(f"{head}(", [_literal("", v) for v in value], exploded=exploded)
    if isinstance(value, str):
        return f"{head}{quote(value)}"
    return f"{head}{number(value) if isinstance(value, float) else value}"
