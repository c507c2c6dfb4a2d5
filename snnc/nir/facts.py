"""Describe what a NIR graph can't express, as text and as metadata."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from snnc.ir.logical import InputLayer, LifNeuron, ReadoutLayer
from snnc.ir.lowered import LoweredNetwork
from snnc.nir.graph import ExportedGraph, ExportedLayer
from snnc.nir.linear import nir_shape
from snnc.text.display import Json
from snnc.text.tables import columns, dims

VERSION = 1
"""The version of the metadata, which increases if the meaning of a key changes."""
UNIT = "a spike has the value 1 for one step of dt; a neuron fires at 1 and resets to 0"
HEAD = ("layer", "kind", "shape", "runs on", "rate", "nodes", "neurons", "weights")
WIDTH = 88


def metadata(lowered: LoweredNetwork, layout: str, spec: str) -> Json:
    """Return the metadata of the file, with times in seconds and rates in Hz.

    Parameters
    ----------
    layout
        The identity of the weight layout.
    spec
        The text of the spec, which `snnc import` returns.
    """
    network = lowered.network
    given, readout = network.input, network.readout
    return {
        "snnc": VERSION,
        "network": network.name,
        "layout_id": layout,
        "dt": network.timing.dt,
        "present": network.timing.present,
        "unit": UNIT,
        "input": given.name,
        "input_low": given.low,
        "input_high": given.high,
        "readout": readout.name,
        "readout_synapse": readout.synapse,
        "decide": readout.decide,
        "host": ", ".join([*_on_host(lowered), readout.name]),
        "rates": {p.name: p.upper_rate for p in lowered.populations},
        "spec": spec,
    }


def text(lowered: LoweredNetwork, graph: ExportedGraph, layout: str, file: str) -> str:
    """Return the same facts as text, with a list of what the export loses."""
    network, timing = lowered.network, lowered.network.timing
    facts = {
        "time": f"a step is {timing.dt * 1e3:g} ms; an example is shown for "
        f"{timing.steps} steps, all neurons at 0 before it",
        "units": UNIT,
        "input": _input(network.input),
        "output": _output(network.readout),
        "weights": f"layout_id {layout}",
    }
    lines = [f"{file}: the network {network.name} in NIR"]
    lines += [network.about, ""] if network.about else [""]
    for name, fact in facts.items():
        lines += _wrap(f"{name:<8}", fact)
    lines += ["", *columns(HEAD, [_row(lowered, p) for p in graph.placed], HEAD[:7])]
    lines.append("")
    for note in _notes(lowered, graph):
        lines += _wrap("- ", note)
    return "\n".join(lines) + "\n"


def _wrap(head: str, sentence: str) -> list[str]:
    return textwrap.wrap(
        sentence,
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _input(given: InputLayer) -> str:
    values = f"`input`: the values of `{given.name}`, {given.low:g}..{given.high:g}"
    shape = dims(nir_shape(given.shape))
    order = {
        1: "",
        2: " as channels x length x 1",
        3: " as channels x height x width",
        4: " as (depth x channels) x height x width, slice by slice",
    }[len(given.shape)]
    return f"{values}, {shape}{order}, the same in every step"


def _output(readout: ReadoutLayer) -> str:
    decides = {
        "mean": "the mean of the second half of its steps",
        "last": "its last step",
    }[readout.decide]
    filtered = f"filtered by a lowpass of {readout.synapse * 1e3:g} ms, "
    values = f"`output`: the {readout.units} values of `{readout.name}`"
    return f"{values}; {filtered if readout.synapse else ''}{decides} decides"


def _row(lowered: LoweredNetwork, placed: ExportedLayer) -> tuple[str, ...]:
    population = lowered.by_name.get(placed.layer)
    return (
        placed.layer,
        placed.kind,
        dims(placed.shape),
        "chip" if population is not None and population.on_chip else "host",
        "" if population is None else f"..{population.upper_rate:g} Hz",
        ", ".join(placed.linear),
        placed.neurons or "",
        f"x {placed.growth:.3g}",
    )


def _notes(lowered: LoweredNetwork, graph: ExportedGraph) -> Iterator[str]:
    forms = {placed.cell.form for placed in graph.placed if placed.cell}
    spiking = {p.name: p.layer.spiking for p in lowered.populations if p.layer.spiking}
    yield (
        f"The host runs {', '.join(_on_host(lowered))} and the readout next to Loihi;"
        " in NIR they are ordinary nodes."
    )
    if spread := [name for name, own in spiking.items() if own.start == "spread"]:
        yield (
            f"NIR has no initial voltages: {', '.join(spread)}, with `start spread`, "
            "begins at 0 in NIR, so neurons with equal input spike at the same time."
        )
    if dropped := list(_lost_synapses(lowered, graph)):
        yield (
            "IF and LIF have no synapse, so the filters on inputs are left out"
            f" ({', '.join(dropped)}). `--neuron cubalif` keeps them."
        )
    if "CubaLIF" in forms:
        yield (
            "CubaLIF also filters the bias. The membrane of a neuron without a leak"
            " has a time constant of 1000 s."
        )
    if any(isinstance(own.neuron, LifNeuron) for own in spiking.values()):
        yield (
            "LIF has no refractory period in NIR. The period is removed, and the "
            "current is scaled so that an activation of 1 still fires at the upper "
            "rate."
        )
    yield (
        "On Loihi, the voltage of a neuron never falls below 0. A neuron fires at "
        "most once per step and loses the excess above its threshold. A layer reads "
        "the spikes of the previous step. Tools that read NIR differ in each of these "
        "points: docs/nir.md shows by how much."
    )
    if folded := [p.layer for p in graph.placed if p.kind.endswith("3d")]:
        yield (
            f"The channels of {', '.join(folded)} include the depth: the weights are "
            "zero where a kernel does not reach. `weights` shows by which factor "
            "their number grows."
        )
    shapes = {
        name: node.values["weight"].shape
        for name, node in graph.nodes.items()
        if node.kind == "Conv2d"
    }
    if other := [name for name, (*_, h, w) in shapes.items() if h != w]:
        yield (
            f"The kernels of {', '.join(other)} are not square: up to version 1.0.8, "
            "`nir.read` needs `type_check=False`."
        )


def _lost_synapses(lowered: LoweredNetwork, graph: ExportedGraph) -> Iterator[str]:
    for placed in graph.placed:
        if placed.cell is None or placed.cell.form == "CubaLIF":
            continue
        layer = lowered.by_name[placed.layer].layer
        assert layer.spiking is not None
        if not layer.is_encoder and layer.spiking.synapse:
            yield f"{layer.name} {layer.spiking.synapse * 1e3:g} ms"


def _on_host(lowered: LoweredNetwork) -> list[str]:
    return [p.name for p in lowered.populations if not p.on_chip]
