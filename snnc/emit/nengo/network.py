"""`nengo_network.py`: native Nengo code that nengo-loihi runs."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.nengo.statements import statements
from snnc.emit.python import bracket, items, number
from snnc.emit.quoting import docstring, quote
from snnc.graph.logical import Lif, Loihi, Network, Rectify
from snnc.graph.lowered import Full, Window
from snnc.graph.mapped import MappedNetwork, MappedPopulation
from snnc.graph.shapes import volume_of


def nengo_network(mapped: MappedNetwork) -> Module:
    """The module that builds the network in Nengo."""
    network = mapped.lowered.network
    body = render(
        "nengo/templates/nengo_network.py.jinja",
        name=network.name,
        about=docstring(network.about),
        anatomy=docstring(_anatomy(mapped)),
        dt=number(network.timing.dt),
        present=number(network.timing.present),
        steps=network.timing.steps,
        layers=tuple(_layer(population) for population in mapped.populations),
        statements=statements(mapped),
        seed=network.train.seed,
        units=network.readout.units,
        readout_name=quote(network.readout.name),
        readout_synapse=_synapse(network.readout.synapse),
        **_input(network),
        **_features(mapped),
    )
    return Module("nengo_network.py", body)


def _input(network: Network) -> dict[str, object]:
    given = network.input
    scale = ""
    if given.scaled is not None:
        low, high = given.scaled
        factor = (high - low) / (given.high - given.low)
        scale = f"{number(low)} + {number(factor)} * (x - {number(given.low)})"
    return {
        "input_name": quote(given.name),
        "scaled_name": quote(f"{given.name}_scaled"),
        "input_shape": items(given.shape),
        "input_dims": ", ".join(map(str, given.shape)),
        "input_volume": items(volume_of(given.shape)),
        "scaled": given.scaled is not None,
        "scale_expression": scale,
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
    before = any(window.depth_before for window in windows)
    return {
        "chip": isinstance(network.target, Loihi),
        "any_lif": any(isinstance(s.neuron, Lif) for s in spiking),
        "any_clipped": any(layer.is_encoder for layer in network.layers),
        "any_padded": any(window.padding == "same" for window in windows),
        "any_before": before,
        "before_argument": ", depth_before" if before else "",
        "before_term": " - before" if before else "",
        "any_dense": any(p.form == "dense" for p in dense),
        "any_full_convolution": any(p.form == "convolution" for p in dense),
        "any_relay": _any_relay(mapped),
        "any_pooled": any(p.projection.pools for p in everything),
        "any_extended": any("_extended(" in line for line in statements(mapped)),
        "any_identity": any("_identity(" in line for line in statements(mapped)),
        "any_rectify": rectify is not None,
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
    if all(population.volume[0] == 1 for population in mapped.lowered.populations):
        return f"{spikes}Every layer is one ensemble, laid out as in Keras."
    return (
        f"{spikes}A layer is cut along its depth into ensembles of ``group`` slices, "
        "each laid out (height, width, slices x channels); between two of them a 3-D "
        "convolution is a 2-D convolution whose channels are the slices'."
    )


def _layer(mapped: MappedPopulation) -> str:
    layer = mapped.population.layer
    spiking = layer.spiking
    assert spiking is not None
    arguments = [
        f"shape={items(layer.shape)}",
        f"volume={items(mapped.population.volume)}",
        f"group={mapped.group}",
        f"max_rate={number(float(spiking.rate.high))}",
    ]
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
    return bracket(f"{quote(layer.name)}: Layer(", arguments, ")", 4)


def _synapse(seconds: float) -> str:
    return number(seconds) if seconds > 0 else "None"
