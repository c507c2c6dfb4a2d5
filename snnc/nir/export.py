"""Export a package or a spec with its weights, and describe what NIR can't express."""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.logical import InputLayer, ReadoutLayer, Spiking
from snnc.ir.lowered import LoweredNetwork
from snnc.language.model import spec_hash
from snnc.output.package import PackageRecords
from snnc.passes import Compilation, completed
from snnc.runtime.files import write_file
from snnc.syntax.printer import print_snn
from snnc.text.display import Json
from snnc.text.installing import installation, missing
from snnc.text.tables import TextTable, dims

if TYPE_CHECKING:
    from snnc.nir.graph import ExportedGraph, ExportedLayer, Neuron
    from snnc.runtime.layout import Weights


class CannotExportError(ValueError):
    """Raised if a package or weights can't be exported; the message says why."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that an export has written.

    Attributes
    ----------
    path, text
        The graph, and a text about what it can't express.
    nodes, size
        The number of nodes in the graph, and of bytes in ``path``.
    """

    path: Path
    text: Path
    nodes: int
    size: int

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc export --format json``."""
        return {
            "version": 1,
            "file": self.path.as_posix(),
            "limitations": self.text.as_posix(),
            "nodes": self.nodes,
            "bytes": self.size,
        }


def export_nir(
    package: str | PathLike[str] | Any,
    weights: Weights,
    path: str | PathLike[str],
    neuron: Neuron = "if",
    device: Profile | None = None,
) -> Exported:
    """Write a network and its weights in NIR; see `snnc.export_nir`.

    Parameters
    ----------
    package
        The folder of a package whose spec still exists at its original path, an object
        with such a ``folder``, or a spec.
    weights
        A safetensors file, or the tensors by name, in Keras order, as float32.
    device
        The device to compile for; None for Loihi 1.

    Raises
    ------
    CannotExportError
        If the package or spec is missing, the weights have another layout, or NIR is
        not installed. Also if the spec has errors, or has changed since the package was
        built.
    OSError
        If a file can't be read or written.
    """
    if absent := missing("numpy", "safetensors", "nir"):
        listed = " and ".join(absent)
        raise CannotExportError(f"export needs {listed}: {installation('nir')}")
    target = Path(path)
    text_file = target.with_name(f"{target.name}.txt")
    compilation = _compile(package, device)
    lowered = completed(compilation.lowered)
    _refuse_unsupported(lowered)
    layout = layout_id(tensors(lowered.network))
    if isinstance(weights, str | PathLike):
        os.stat(weights)  # safetensors raises an error without the file's name
    graph = _graph(lowered, weights, layout, neuron)
    facts = metadata(lowered, layout, print_snn(completed(compilation.document)))
    size = _write(target, graph, facts)
    write_file(text_file, describe(lowered, graph, layout, target.name))
    return Exported(target, text_file, len(graph.nodes), size)


def _compile(package: Any, device: Profile | None) -> Compilation:
    """Compile a spec, or the spec from which a package was built."""
    place = Path(fspath(getattr(package, "folder", package)))
    if not place.exists():
        raise CannotExportError(f"there is no package or spec {place}")
    if not place.is_dir():
        return _sound(place, device)
    # A package does not contain its lowered network, so its spec is compiled again.
    lock = PackageRecords.of(place).lock
    if lock.origin is None:
        raise CannotExportError(
            f"{place} is not a package from snnc: it has no valid snnc.lock; name"
            " the folder that `snnc build` printed, or a spec"
        )
    spec = lock.origin.spec_path(place.parent)
    if spec is None or not spec.is_file():
        raise CannotExportError(
            f"the spec of {place}, {lock.origin.spec}, was moved: name the spec "
            "instead of the package"
        )
    compilation = _sound(spec, device)
    if spec_hash(completed(compilation.spec).spec) != lock.spec:
        raise CannotExportError(
            f"{spec} has changed since {place} was built: `{lock.origin.command}`"
        )
    return compilation


def _sound(spec: Path, device: Profile | None) -> Compilation:
    report = Diagnostics()
    compilation = compile_file(spec, report, "lower", device)
    if compilation is None or compilation.lowered is None:
        problem = report.diagnostics[0].message
        raise CannotExportError(
            f"{spec} can't be compiled: {problem}; `snnc check {spec}` shows the "
            "problems"
        )
    return compilation


def _refuse_unsupported(lowered: LoweredNetwork) -> None:
    """Refuse layers and readouts that NIR has no nodes for."""
    layers = lowered.network.layers
    readout = lowered.network.readout
    names = [layer.name for layer in layers if layer.operation.neuron_bias]
    if names:
        raise CannotExportError(
            f"in NIR, a convolution has one bias per channel: {', '.join(names)}, with"
            " `bias neuron`, can't be exported"
        )
    for layer in layers:
        for projection in lowered.into(layer.name):
            lacking = projection.reach.not_in_nir
            if lacking:
                raise CannotExportError(
                    f"NIR has no {lacking}: {layer.name} can't be exported"
                )
    if readout.image:
        raise CannotExportError(
            f"`{readout.name}` is a convolution: to export the network, write `units` "
            "in the readout"
        )


def _graph(
    lowered: LoweredNetwork, weights: Weights, layout_id: str, neuron: Neuron
) -> ExportedGraph:
    """Return the graph of a network, with weights in the layout of packages."""
    # Import late: these modules need NumPy.
    from snnc.nir.graph import graph_of
    from snnc.nir.linear import NoNodeError
    from snnc.runtime.layout import Layout, LayoutError, Tensor

    ordered = tuple(Tensor(**asdict(tensor)) for tensor in tensors(lowered.network))
    layout = Layout(layout_id, ordered, input_scale(lowered.network))
    try:
        return graph_of(lowered, layout.load(weights), neuron)
    except LayoutError as error:
        raise CannotExportError(str(error)) from error
    except NoNodeError as error:
        raise CannotExportError(
            f"NIR has no node for a layer's inputs: {error}"
        ) from error


def _write(target: Path, graph: ExportedGraph, facts: Mapping[str, object]) -> int:
    """Write the file atomically; return its size in bytes."""
    import h5py
    import nir

    nodes = {n: getattr(nir, e.kind)(**e.values) for n, e in graph.nodes.items()}
    whole = nir.NIRGraph(nodes, graph.edges, dict(facts), type_check=False)
    document = whole.to_dict()
    # nir 1.0.4, which sinabs requires, can't read `v_reset`; later versions use 0 if it
    # is missing (decision 029).
    for node in document["nodes"].values():
        node.pop("v_reset", None)
    content = io.BytesIO()
    # Otherwise HDF5 returns nodes in alphabetical order, and tools based on nirtorch
    # read neurons before their inputs.
    before = h5py.get_config().track_order
    h5py.get_config().track_order = True
    try:
        nir.write(content, SimpleNamespace(to_dict=lambda: document))
    finally:
        h5py.get_config().track_order = before
    data = content.getvalue()
    write_file(target, data)
    return len(data)


VERSION = 1
"""The version of the metadata, which increases if the meaning of a key changes."""
UNIT = "a spike has the value 1 for one step of dt; a neuron fires at 1 and resets to 0"
HEAD = ("layer", "kind", "shape", "runs on", "rate", "nodes", "neurons", "weights")
WIDTH = 88


def metadata(lowered: LoweredNetwork, layout: str, spec: str) -> Json:
    """Return the metadata of the file, with times in seconds and rates in Hz.

    ``snnc import`` returns the text ``spec``.
    """
    network = lowered.network
    network_input = network.input
    readout = network.readout
    return {
        "snnc": VERSION,
        "network": network.name,
        "layout_id": layout,
        "dt": network.timing.dt,
        "present": network.timing.present,
        "unit": UNIT,
        "input": network_input.name,
        "input_low": network_input.low,
        "input_high": network_input.high,
        "readout": readout.name,
        "readout_synapse": readout.synapse,
        "decide": readout.decide,
        "host": ", ".join([*_on_host(lowered), readout.name]),
        "rates": {p.name: p.upper_rate for p in lowered.populations},
        "spec": spec,
    }


def describe(
    lowered: LoweredNetwork, graph: ExportedGraph, layout: str, file: str
) -> str:
    """Return the same facts as text, with a list of what the export loses."""
    network = lowered.network
    timing = network.timing
    facts = {
        "time": f"a step is {timing.dt * 1e3:g} ms; an example is shown for "
        f"{timing.steps} steps, all neurons at 0 before it",
        "units": UNIT,
        "input": _input(network.input, graph),
        "output": _output(network.readout),
        "weights": f"layout_id {layout}",
    }
    lines = [f"{file}: the network {network.name} in NIR"]
    lines += [network.about, ""] if network.about else [""]
    for name, fact in facts.items():
        lines += _wrap(f"{name:<8}", fact)
    rows = [_row(lowered, placed) for placed in graph.placed]
    lines += ["", *TextTable.of(HEAD, rows, HEAD[:7]).lines()]
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


def _input(network_input: InputLayer, graph: ExportedGraph) -> str:
    bounds = f"{network_input.low:g}..{network_input.high:g}"
    values = f"`input`: the values of `{network_input.name}`, {bounds}"
    shape = dims(graph.nodes["input"].values["input_type"])
    order = {
        1: "",
        2: " as channels x length x 1",
        3: " as channels x height x width",
        4: " as (depth x channels) x height x width, slice by slice",
    }[len(network_input.shape)]
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
    yield from _notes_on_neurons(lowered, graph)
    yield (
        "On Loihi, the voltage of a neuron never falls below 0. A neuron fires at "
        "most once per step and loses the excess above its threshold. A layer reads "
        "the spikes of the previous step. Tools that read NIR differ in each of these "
        "points: docs/nir.md shows by how much."
    )
    yield from _notes_on_weights(graph)


def _notes_on_neurons(lowered: LoweredNetwork, graph: ExportedGraph) -> Iterator[str]:
    kinds = {node.kind for node in graph.nodes.values()}
    spiking = {each.name: each.settings for each in lowered.populations}
    yield (
        f"The host runs {', '.join(_on_host(lowered))} and the readout next to Loihi;"
        " in NIR they are ordinary nodes."
    )
    yield from _notes_on_voltages(spiking)
    if dropped := list(_lost_synapses(lowered, graph)):
        yield (
            "IF and LIF have no synapse, so the filters on inputs are left out"
            f" ({', '.join(dropped)}). `--neuron cubalif` keeps them."
        )
    if "CubaLIF" in kinds:
        yield (
            "CubaLIF also filters the bias. The membrane of a neuron without a leak"
            " has a time constant of 1000 s."
        )
    if not all(each.neuron.is_linear for each in spiking.values()):
        yield (
            "LIF has no refractory period in NIR. The period is removed, and the "
            "current is scaled so that an activation of 1 still fires at the upper "
            "rate."
        )


def _notes_on_voltages(spiking: Mapping[str, Spiking]) -> Iterator[str]:
    if spread := [name for name, each in spiking.items() if each.start == "spread"]:
        yield (
            f"NIR has no initial voltages: {', '.join(spread)}, with `start spread`, "
            "begins at 0 in NIR, so neurons with equal input spike at the same time."
        )


def _notes_on_weights(graph: ExportedGraph) -> Iterator[str]:
    folded = [placed.layer for placed in graph.placed if placed.kind.endswith("3d")]
    if folded:
        yield (
            f"The channels of {', '.join(folded)} include the depth: the weights are "
            "zero where a kernel does not reach. `weights` shows by which factor "
            "their number grows."
        )
    oblong = []
    for name, node in graph.nodes.items():
        if node.kind == "Conv2d":
            *_, height, width = node.values["weight"].shape
            if height != width:
                oblong.append(name)
    if oblong:
        yield (
            f"The kernels of {', '.join(oblong)} are not square: up to version 1.0.8, "
            "`nir.read` needs `type_check=False`."
        )


def _lost_synapses(lowered: LoweredNetwork, graph: ExportedGraph) -> Iterator[str]:
    for placed in graph.placed:
        if placed.neurons is None or graph.nodes[placed.neurons].kind == "CubaLIF":
            continue
        layer = lowered.by_name[placed.layer].layer
        if not layer.is_encoder and layer.neuron_settings.synapse:
            yield f"{layer.name} {layer.neuron_settings.synapse * 1e3:g} ms"


def _on_host(lowered: LoweredNetwork) -> list[str]:
    return [p.name for p in lowered.populations if not p.on_chip]
