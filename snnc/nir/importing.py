"""Imports a graph of NIR: its own spec again, or one made of its nodes.

Another tool may have trained the weights of its own spec on. They are taken from where
the export puts them: it is run on tensors that hold the numbers of their own values.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.diagnostics import Report
from snnc.importer.model import ModelWeights, RefusedModelError
from snnc.importer.outcome import ImportOutcome, outcome, write_all
from snnc.importer.read import check_file, refusing
from snnc.importer.request import ImportRequest
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id, tensors
from snnc.ir.lowered import LoweredNetwork
from snnc.loihi.profile import read_profile
from snnc.nir.graph import ExportedGraph, TensorTerm, graph_of
from snnc.nir.graph_file import NirGraph, read_graph
from snnc.nir.moving import Convolution2d
from snnc.nir.neurons import NEURONS, Neuron
from snnc.nir.translate import Translated, translate
from snnc.passes import Compilation, run_passes
from snnc.source import SourceFile
from snnc.weights.migrate import serialized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Restored:
    """The spec that a graph was exported from, and what to say."""

    text: str
    notes: tuple[str, ...]


def run(
    target: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
    takes_spec: bool = True,
    limits: AbstractContextManager[None] | None = None,
) -> ImportOutcome | Restored | None:
    """Import a graph; None if it can't be read, or the files not be written.

    Parameters
    ----------
    target
        The file.
    weights_file, output
        The files to write, or None.
    report
        Receives every problem.
    takes_spec
        Whether the spec in a file that snnc exported is the one that is wanted.
    limits
        Limits reading.
    """
    try:
        with refusing(target), limits or nullcontext():
            check_file(Path(target), target)
            graph = read_graph(Path(target), target)
            nodes = translate(graph, Path(target).stem)
        spec = graph.facts.get("spec") if takes_spec else None
        if spec:
            own_spec = _restore(
                graph, spec, nodes.weights, request, weights_file, output, report
            )
            if own_spec is not None or report.errors:
                return own_spec
        files = weights_file, output
        done = outcome(target, nodes.model, nodes.weights, request, *files, report)
        return done if done is None else _with_notes(done, nodes, bool(spec))
    except RefusedModelError as error:
        report.add(error.at(target).diagnostic)
        return None


def _restore(
    graph: NirGraph,
    spec: str,
    weights: ModelWeights,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Report,
) -> Restored | None:
    network = restored(spec, graph, weights, request.device)
    if network is None:
        return None
    lowered, values = network
    contents = {}
    if weights_file is not None:
        layout = tensors(lowered.network)
        contents[weights_file] = serialized(layout, values, "imported")
    if output is not None:
        contents[output] = spec.encode("utf-8")
    if not write_all(contents, report):
        return None
    note = "the spec is the one that the graph was exported from, which it carries"
    return Restored(spec, (note,))


def _with_notes(
    done: ImportOutcome, nodes: Translated, has_spec: bool
) -> ImportOutcome:
    notes = tuple(dict.fromkeys(nodes.notes))
    if has_spec:
        changed = (
            "the graph is no longer that of the spec which it carries: this one is made"
            " of its nodes"
        )
        notes = (changed, *notes)
    return replace(done, notes=(*done.notes, *notes, RESETS))


RESETS = (
    "neurons of the chip go back to 0 when they fire and forget what they had above"
    " their threshold, where sinabs and Spyx take the threshold off: at a rate R that"
    " costs about R dt / 2 of it, 7 % at 150 Hz; `snnc calibrate` brings rates into"
    " their range"
)


def restored(
    spec: str, graph: NirGraph, weights: ModelWeights, device: Profile | None
) -> tuple[LoweredNetwork, dict[str, Array]] | None:
    """Return the network of a spec with the weights of a graph.

    Parameters
    ----------
    spec
        The text of the spec that the graph carries.
    weights
        The kernels and biases of its linear nodes.

    Returns
    -------
    tuple or None
        None where the graph is not what this spec is exported as.
    """
    report = Report()
    source = SourceFile("spec in the graph", spec)
    start = Compilation(source, device or read_profile())
    lowered = run_passes(start, report, "lower").lowered
    if lowered is None or report.errors:
        return None
    shapes = {t.name: t.shape for t in tensors(lowered.network)}
    if layout_id(tensors(lowered.network)) != graph.facts.get("layout_id"):
        return None
    kinds = {node.kind for node in graph.nodes}
    neuron: Neuron = "cubalif" if "CubaLIF" in kinds else "if"
    numbers = {
        name: np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        for name, shape in shapes.items()
    }
    ones = {name: np.ones(shape) for name, shape in shapes.items()}
    places, used = (graph_of(lowered, t, neuron) for t in (numbers, ones))
    if not _is_same(places, graph):
        return None
    values_by_name = {
        name: np.full(int(np.prod(s)), np.nan) for name, s in shapes.items()
    }
    for name, term in places.terms.items():
        if not _take(term, used.terms[name], weights.of(f"{name}/raw"), values_by_name):
            return None
    if any(np.isnan(values).any() for values in values_by_name.values()):
        return None
    whole = {
        n: v.reshape(shapes[n]).astype(np.float32) for n, v in values_by_name.items()
    }
    return lowered, whole


def _is_same(exported: ExportedGraph, graph: NirGraph) -> bool:
    """Whether nodes, edges and neurons are those of a graph."""
    kinds = {name: node.kind for name, node in exported.nodes.items()}
    if kinds != {node.name: node.kind for node in graph.nodes}:
        return False
    return set(graph.edges) == set(exported.edges) and all(
        _has_value(exported.nodes[node.name].values.get(key), array)
        for node in graph.nodes
        if node.kind in NEURONS
        for key, array in node.arrays.items()
    )


def _has_value(exported: Array | None, array: Array) -> bool:
    """Whether neurons are exported with the value that the first of them has."""
    return exported is not None and bool(np.float32(exported.flat[0]) == array.flat[0])


def _take(
    place: TensorTerm,
    used: TensorTerm,
    arrays: Mapping[str, Any],
    tensors: dict[str, Array],
) -> bool:
    """Take the values of a tensor from a node; whether all others there are zeros."""
    kernel = np.asarray(arrays["kernel"], float)
    number, count = (
        np.rint(_channels_last(term.linear) * term.windows) for term in (place, used)
    )
    if kernel.shape != number.shape or kernel[count == 0].any():
        return False
    if place.bias is not None:
        gain, rest = place.bias
        bias = (np.asarray(arrays["bias"], float) - rest) / gain
        values = tensors[f"{place.layer}.bias"]
        values[:] = bias[: len(values)]
    if place.tensor is not None:
        alone = count == 1
        values = kernel[alone] / place.scale * place.windows
        tensors[place.tensor][number[alone].astype(int) - 1] = values
    return True


def _channels_last(linear: Any) -> Array:
    """Return weights as `snnc.nir.translate` gives them."""
    weight: Array = linear.weight
    if isinstance(linear, Convolution2d):
        return weight.transpose(2, 3, 1, 0)
    if linear.flattens is None:
        return weight.T
    planes = weight.T.reshape(*linear.flattens, -1)
    return np.moveaxis(planes, 0, -2).reshape(-1, planes.shape[-1])
