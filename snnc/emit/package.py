"""Generate all modules of a package; write the modules without frameworks here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path, PurePosixPath

from snnc import runtime
from snnc.emit.files import LIBRARY, OPTIONAL, Module, render
from snnc.emit.keras_model import keras_model, train
from snnc.emit.nengo_network import board, evaluate, nengo_network, predict
from snnc.emit.python import (
    INDENT,
    Bracket,
    call,
    import_line,
    items,
    number,
    quote,
)
from snnc.ir.layout import (
    BIAS_AXES,
    DENSE_AXES,
    DEPTHWISE_AXES,
    SPATIAL_AXES,
    TRANSPOSED_AXES,
    TensorSpec,
    input_scale,
    layout_id,
    tensors,
)
from snnc.ir.logical import LifNeuron, LogicalNetwork, Loihi, MaxPooling, Shape
from snnc.ir.mapped import MappedPopulation, RoutedNetwork
from snnc.language.property_types import PesChoice
from snnc.runtime.network import Layer, Readout

MODULES = (
    "The modules: ``layout`` reads and writes weights, ``keras_model`` builds the"
    " Keras model, ``train`` trains it, ``nengo_network`` builds the spiking network,"
    " ``evaluate`` evaluates it on spikes, and ``predict`` runs it on new data. None"
    " is imported here, because each imports its framework."
)


def docstring_module(network: LogicalNetwork) -> Module:
    """Return ``__init__.py``, which imports nothing, so that it is cheap to import."""
    summary = "The spiking network {name}: trained by Keras, run by Nengo."
    return render(
        "__init__.py",
        network.name,
        (summary, network.about, MODULES),
    )


@cache
def library(omitted: frozenset[str] = frozenset()) -> tuple[Module, ...]:
    """Return the modules of ``snnc/runtime``, byte for byte, in alphabetical order.

    Parameters
    ----------
    omitted
        Modules of `OPTIONAL` that a package does not need.
    """
    folder = Path(runtime.__file__).parent
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    return tuple(
        Module(f"{LIBRARY}/{name}", paths[name].read_text(encoding="utf-8"))
        for name in sorted(paths.keys() - omitted, key=PurePosixPath)
    )


def package_modules(routed: RoutedNetwork) -> tuple[Module, ...]:
    """Return the modules of the package in alphabetical order of their paths."""
    network = routed.mapped.lowered.network
    for_board = isinstance(network.target, Loihi)
    needed = {"board": for_board, "learning": network.readout.learn is not None}
    omitted = (names for need, names in OPTIONAL.items() if not needed[need])
    modules = (
        *library(frozenset(chain.from_iterable(omitted))),
        docstring_module(network),
        evaluate(network),
        keras_model(network),
        layout(network),
        nengo_network(routed),
        network_data(routed),
        predict(network),
        train(network),
        Module("py.typed", ""),
        *((board(routed),) if for_board else ()),
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


def layout(network: LogicalNetwork) -> Module:
    """Return the module with the network's weight layout."""
    weights, scale = tensors(network), input_scale(network)
    return render(
        "layout.py",
        network.name,
        (
            "The weight layout of {name}, and its safetensors files.",
            "Tensors are float32, in Keras order. Batch norm is folded in.",
        ),
        layout_id=layout_id(weights),
        scale="" if scale == "x" else f", scale={quote(scale)}",
        imports=_layout_imports(weights),
        tensors=Bracket("TENSORS = (", [_row(tensor) for tensor in weights]).at(0),
    )


def _layout_imports(weights: tuple[TensorSpec, ...]) -> str:
    names = sorted({AXES[tensor.axes] for tensor in weights})
    names += ["Layout", "LayoutError", "Tensor"]
    return import_line("._runtime.layout", names)


def _row(tensor: TensorSpec) -> Bracket:
    arguments = [quote(tensor.name), items(tensor.shape), AXES[tensor.axes]]
    if tensor.zeros:
        arguments.append("zeros=True")
    return call("Tensor", *arguments)


ANATOMY = (
    "A percentile of each layer's rates is within ``rate``, in Hz. An activation of"
    " 1.0 corresponds to the upper bound. ``fanout`` is the effect on the chip if each"
    " neuron spikes once; its messages are the spikes that cores receive."
)


def network_data(routed: RoutedNetwork) -> Module:
    """Return the module with the network's timing, layers and readout."""
    network = routed.mapped.lowered.network
    layers = [
        _layer(network, levels, routed.fanouts[layer.name])
        for layer in network.layers
        if (levels := routed.mapped.of_layer(layer.name))
    ]
    summary = "The network {name} as data for all of its programs."
    return render(
        "network.py",
        network.name,
        (summary, network.about, ANATOMY),
        imports=import_line("._runtime.network", _network_imports(network, layers)),
        dt=number(network.timing.dt),
        present=number(network.timing.present),
        input=_input(network),
        layers=layers,
        readout=_readout(network),
        network=_network(network),
    )


def _network_imports(network: LogicalNetwork, layers: list[str]) -> list[str]:
    used = {"Cut(": "Cut", "Fanout(": "Fanout", "Lif(": "Lif", "MaxPool(": "MaxPool"}
    optional = {n for mark, n in used.items() if any(mark in text for text in layers)}
    optional |= {"Pes"} if network.readout.learn is not None else set()
    return sorted({"Input", "Layer", "Network", "Readout"} | optional)


def _input(network: LogicalNetwork) -> str:
    read = network.input
    arguments = [
        quote(read.name),
        f"shape={items(read.shape)}",
        f"low={number(float(read.low))}",
        f"high={number(float(read.high))}",
    ]
    if read.scaled is not None:
        bounds = (number(float(bound)) for bound in read.scaled)
        arguments.append(f"scaled={items(bounds)}")
    return call("INPUT = Input", *arguments).at(0)


def _layer(
    network: LogicalNetwork, levels: Sequence[MappedPopulation], fanout: tuple[int, int]
) -> str:
    layer = levels[0].population.layer
    spiking = layer.spiking
    assert spiking is not None
    usual = Layer(layer.shape, (0.0, 0.0))
    bounds = (number(float(v)) for v in (spiking.rate.low, spiking.rate.high))
    arguments: list[str | Bracket] = [f"shape={items(layer.shape)}"]
    arguments.append(f"rate={items(bounds)}")
    if spiking.rate.percentile != usual.percentile:
        arguments.append(f"percentile={number(float(spiking.rate.percentile))}")
    if layer.is_encoder:
        arguments.append(f"encoder={quote(layer.kind.removeprefix('encode '))}")
    if spiking.start != usual.start:
        arguments.append(f"start={quote(spiking.start)}")
    if isinstance(spiking.neuron, LifNeuron):
        taus = (number(spiking.neuron.tau_rc), number(spiking.neuron.tau_ref))
        arguments.append(f"lif=Lif(tau_rc={taus[0]}, tau_ref={taus[1]})")
    if not layer.is_encoder and spiking.synapse != usual.synapse:
        arguments.append(f"synapse={_synapse(spiking.synapse)}")
    if isinstance(layer.operation, MaxPooling):
        read = network.shape_of(layer.sources[0])
        arguments.append(_pool(layer.operation, read, levels))
    else:
        arguments += _cuts(levels)
    if any(fanout):
        operations, messages = fanout
        arguments.append(
            call(
                "fanout=Fanout",
                f"synaptic_operations={operations}",
                f"messages={messages}",
            )
        )
    # Use one line per layer, so that a changed number changes one line.
    line = Bracket(f"{quote(layer.name)}: Layer(", arguments, exploded=True)
    return line.at(INDENT)


def _cuts(levels: Sequence[MappedPopulation]) -> list[Bracket]:
    cut = _cut(levels[0], "cut=Cut")
    return [cut] if cut.items else []


def _cut(mapped: MappedPopulation, function: str = "Cut") -> Bracket:
    arguments = []
    if mapped.group != 1:
        arguments.append(f"slices_per_ensemble={mapped.group}")
    if mapped.block_shape is not None:
        arguments.append(f"block_shape={items(mapped.block_shape)}")
    return call(function, *arguments)


def _pool(pool: MaxPooling, read: Shape, levels: Sequence[MappedPopulation]) -> Bracket:
    arguments: list[str | Bracket] = [
        f"reads={items(read)}",
        f"window={items(pool.window)}",
        f"stride={items(pool.stride)}",
    ]
    if pool.padding != "valid":
        arguments.append(f"padding={quote(pool.padding)}")
    arguments.append(
        Bracket("cuts=(", [_cut(level) for level in levels], exploded=True)
    )
    return Bracket("pool=MaxPool(", arguments, exploded=True)


def _readout(network: LogicalNetwork) -> str:
    readout = network.readout
    usual = Readout("", 1)
    arguments: list[str | Bracket] = [quote(readout.name), f"units={readout.units}"]
    if readout.labels is None:
        arguments.append("classes=False")
    if readout.image:
        arguments.append(f"image={items(readout.image)}")
    if readout.decide != usual.decide:
        arguments.append(f"decide={quote(readout.decide)}")
    if readout.synapse != usual.synapse:
        arguments.append(f"synapse={_synapse(readout.synapse)}")
    numbers = tuple(map(str, range(readout.units)))
    if readout.labels not in (None, numbers):
        labels = [quote(label) for label in readout.labels or ()]
        arguments.append(Bracket("names=(", labels))
    if readout.learn is not None:
        arguments.append(_learning(network, readout.learn))
    return call("READOUT = Readout", *arguments).at(0)


def _learning(network: LogicalNetwork, learn: PesChoice) -> Bracket:
    arguments = [f"rate={number(learn.rate)}"]
    if learn.error != PesChoice.error:
        arguments.append(f"error={number(learn.error)}")
    if learn.from_ != PesChoice.from_:
        arguments.append(f"start={quote(learn.from_)}")
    loss = network.train.loss
    if loss is not None and loss.kind != "mse":
        arguments.append("softmax=True")
    return call("learn=Pes", *arguments)


def _network(network: LogicalNetwork) -> str:
    arguments = [
        f"name={quote(network.name)}",
        "dt=DT",
        "present=PRESENT",
        "input=INPUT",
        "layers=LAYERS",
        "readout=READOUT",
    ]
    target = "loihi" if isinstance(network.target, Loihi) else "nengo"
    arguments.append(f"target={quote(target)}")
    return call("NETWORK = Network", *arguments).at(0)


def _synapse(seconds: float) -> str:
    return number(seconds) if seconds > 0 else "None"
