"""`nengo_network.py`: native Nengo code that nengo-loihi runs."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.nengo.statements import is_deep, statements
from snnc.emit.python import exploded, items, number
from snnc.emit.quoting import module_docstring, quote
from snnc.graph.logical import Lif, Loihi, Network, Rectify, Relu
from snnc.graph.lowered import Full, Window
from snnc.graph.mapped import MappedNetwork, MappedPopulation
from snnc.graph.shapes import volume_of


def nengo_network(mapped: MappedNetwork) -> Module:
    """The module that builds the network in Nengo."""
    network = mapped.lowered.network
    lines = statements(mapped)
    body = render(
        "nengo/templates/nengo_network.py.jinja",
        name=network.name,
        docstring=module_docstring(
            "Native Nengo code of {name}: the network that Loihi runs."
            if isinstance(network.target, Loihi)
            else "Native Nengo code of {name}.",
            network.name,
            network.about,
            _anatomy(mapped),
        ),
        dt=number(network.timing.dt),
        present=number(network.timing.present),
        steps=network.timing.steps,
        layers=tuple(_layer(p, is_deep(network)) for p in mapped.populations),
        statements=lines,
        seed=network.train.seed,
        units=network.readout.units,
        readout_name=quote(network.readout.name),
        readout_synapse=_synapse(network.readout.synapse),
        **_input(network),
        **_flavour(network),
        **_features(mapped),
        any_extended=any("_extended(" in line for line in lines),
        any_identity=any("_identity(" in line for line in lines),
    )
    return Module("nengo_network.py", body)


def _input(network: Network) -> dict[str, object]:
    given = network.input
    low, high = given.scaled or (given.low, given.high)
    return {
        "input_name": quote(given.name),
        "scaled_name": quote(f"{given.name}_scaled"),
        "input_shape": items(given.shape),
        "input_dims": ", ".join(map(str, given.shape)),
        "input_volume": items(volume_of(given.shape)[1:]),
        "scaled": given.scaled is not None,
        "input_low": number(given.low),
        "scaled_low": number(low),
        "scale": number((high - low) / (given.high - given.low)),
    }


def _flavour(network: Network) -> dict[str, object]:
    """How layers with a depth, cut into parts, are written, and how all others."""
    deep = is_deep(network)
    folder = "deep" if deep else "flat"
    return {
        "deep": deep,
        "flavour": f"nengo/templates/{folder}",
        "unit": "Part" if deep else "Population",
        "label": "label" if deep else "name",
        "axes": "Triple" if deep else "Pair",
        "axis_names": "depth, height, width" if deep else "height, width",
        "one_tap": "None, None, None" if deep else "None, None",
    }


def _features(mapped: MappedNetwork) -> dict[str, object]:
    """What this network needs of the file: nothing else is written."""
    network = mapped.lowered.network
    spiking = [layer.spiking for layer in network.layers if layer.spiking is not None]
    rectify = next(
        (o for layer in network.layers if isinstance(o := layer.operation, Rectify)),
        None,
    )
    everything = (*mapped.projections, *mapped.readout)
    windows = [
        p.projection.reach
        for p in mapped.projections
        if isinstance(p.projection.reach, Window)
    ]
    dense = [p for p in mapped.projections if isinstance(p.projection.reach, Full)]
    return {
        "chip": isinstance(network.target, Loihi),
        "any_lif": any(isinstance(s.neuron, Lif) for s in spiking),
        "any_relu": any(
            isinstance(layer.spiking.neuron, Relu)
            for layer in network.layers
            if layer.spiking is not None and not layer.is_encoder
        ),
        "any_clipped": any(layer.is_encoder for layer in network.layers),
        "any_padded": any(window.padding == "same" for window in windows),
        "any_before": any(window.depth_before for window in windows),
        "any_dense": any(p.form == "dense" for p in dense),
        "any_full_convolution": any(p.form == "convolution" for p in dense),
        "any_relay": _any_relay(mapped),
        "any_pooled": any(p.projection.pools for p in everything),
        "any_rectify": rectify is not None,
        "bias_type": "Array" if rectify is None else "Array | None",
        "signed": rectify is not None and rectify.signed,
        "rectify_scale": number(rectify.scale) if rectify is not None else "",
    }


def _any_relay(mapped: MappedNetwork) -> bool:
    populations = mapped.lowered.by_name
    return any(
        p.projection.source in populations
        and populations[p.projection.source].on_chip
        and not populations[p.projection.target].on_chip
        for p in mapped.projections
    )


def _anatomy(mapped: MappedNetwork) -> str:
    spikes = (
        "Activation 1.0 of a layer stands for its ``max_rate``; a spike has "
        "amplitude 1 / max_rate. "
    )
    if not is_deep(mapped.lowered.network):
        return f"{spikes}Every layer is one ensemble, laid out as in Keras."
    return (
        f"{spikes}A layer is cut along its depth into ensembles of ``group`` slices, "
        "each laid out (height, width, slices x channels); between two of them a 3-D "
        "convolution is a 2-D convolution whose channels are the slices'."
    )


def _layer(mapped: MappedPopulation, deep: bool) -> str:
    layer = mapped.population.layer
    spiking = layer.spiking
    assert spiking is not None
    arguments = [
        f"shape={items(layer.shape)}",
        f"max_rate={number(float(spiking.rate.high))}",
    ]
    if deep:
        arguments.append(f"group={mapped.group}")
    if layer.is_encoder:
        arguments.append("clipped=True")
    else:
        arguments.append(f"synapse={_synapse(spiking.synapse)}")
    if isinstance(spiking.neuron, Lif):
        arguments.append(f"tau_rc={number(spiking.neuron.tau_rc)}")
        arguments.append(f"tau_ref={number(spiking.neuron.tau_ref)}")
    block = mapped.ensembles[0].block_shape
    if block is not None:
        arguments.append(f"block={items(block)}")
    # Always a line each: a changed number then changes one line.
    return exploded(f"{quote(layer.name)}: Layer(", arguments, ")", 4)


def _synapse(seconds: float) -> str:
    return number(seconds) if seconds > 0 else "None"
