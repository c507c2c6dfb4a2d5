"""Import a NIR graph: return the spec that it contains, or create a spec.

Another tool may have trained the weights further. To find the place of each weight in
the graph, the spec is exported again with tensors whose values are their own indices.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from snnc.diagnostics import Diagnostics
from snnc.importer.model import ModelWeights, RefusedModelError
from snnc.importer.outcome import ImportOutcome, outcome, write_all
from snnc.importer.read import check_file, refusing
from snnc.importer.request import ImportRequest
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.lowered import LoweredNetwork
from snnc.language import tree
from snnc.loihi.profile import read_profile
from snnc.nir.graph import ExportedGraph, TensorTerm, graph_of
from snnc.nir.graph_file import NirGraph, Node, read_graph
from snnc.nir.moving import Convolution2d
from snnc.nir.neurons import NEURONS, Neuron
from snnc.nir.translate import Translated, translate
from snnc.passes import Compilation, run_passes
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.text.tables import printable
from snnc.weight_files.write import serialize

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


@dataclass(frozen=True, slots=True)
class Restored:
    """The spec from which a graph was exported, and notes for the user."""

    text: str
    notes: tuple[str, ...]


def run(
    target: str,
    request: ImportRequest,
    weights_file: Path | None,
    output: Path | None,
    report: Diagnostics,
    takes_spec: bool = True,
    limits: AbstractContextManager[None] | None = None,
) -> ImportOutcome | Restored | None:
    """Import a graph; return None if reading or writing fails.

    Parameters
    ----------
    target
        The NIR file.
    weights_file, output
        The files to write, or None.
    report
        Receives every problem.
    takes_spec
        Whether to return the spec that an exported file contains.
    limits
        A context that limits the resources for reading.
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
    report: Diagnostics,
) -> Restored | None:
    network = restore(spec, graph, weights, request.device)
    if network is None:
        return None
    lowered, values, text = network
    contents = {}
    if weights_file is not None:
        layout = tensors(lowered.network)
        contents[weights_file] = serialize(
            layout, values, input_scale(lowered.network), "imported"
        )
    if output is not None:
        contents[output] = text.encode("utf-8")
    if not write_all(contents, report):
        return None
    note = (
        "the spec is a copy from the graph, which contains the spec that it was "
        "exported from"
    )
    return Restored(text, (note,))


def _with_notes(
    done: ImportOutcome, nodes: Translated, has_spec: bool
) -> ImportOutcome:
    notes = tuple(dict.fromkeys(nodes.notes))
    if has_spec:
        changed = (
            "the graph was changed after its export, so this spec is built from the "
            "nodes, not copied from the graph"
        )
        notes = (changed, *notes)
    return replace(done, notes=(*done.notes, *notes, RESETS))


RESETS = (
    "when neurons of the chip fire, they reset to 0 and lose the excess above their "
    "threshold, while sinabs and Spyx subtract the threshold: at a rate R, the loss "
    "is about R dt / 2 of the rate, 7 % at 150 Hz; `snnc calibrate` brings rates into "
    "their range"
)


def restore(
    spec: str, graph: NirGraph, weights: ModelWeights, device: Profile | None
) -> tuple[LoweredNetwork, dict[str, Array], str] | None:
    """Return a spec's network, a graph's weights as its tensors, and the spec's text.

    Parameters
    ----------
    spec
        The text of the spec in the graph.
    weights
        The kernels and biases of the graph's linear nodes.

    Returns
    -------
    tuple or None
        None if this spec would be exported to a different graph.
    """
    report = Diagnostics()
    source = SourceFile("spec in the graph", spec)
    start = Compilation(source, device or read_profile())
    made = run_passes(start, report, "lower")
    lowered, document = made.lowered, made.document
    if lowered is None or document is None or report.errors:
        return None
    layout = tensors(lowered.network)
    shapes = {t.name: t.shape for t in layout}
    if layout_id(layout) != graph.facts.get("layout_id"):
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
    if any(values_by_name[t.name].any() for t in layout if t.zeros):
        return None
    whole = {
        n: v.reshape(shapes[n]).astype(np.float32) for n, v in values_by_name.items()
    }
    return lowered, whole, print_snn(_printable(document))


def _printable(document: tree.Document) -> tree.Document:
    """Escape control characters in texts and comments."""
    texts = (_escape(c.text).lstrip("#") for c in document.comments)
    comments = map(lambda c, text: replace(c, text=text), document.comments, texts)
    return replace(
        document,
        comments=tuple(comments),
        statements=tuple(map(_with_escapes, document.statements)),
    )


TreeNode = TypeVar("TreeNode", tree.Statement, tree.Property, tree.Value)


def _with_escapes(node: TreeNode) -> TreeNode:
    match node:
        case tree.Text():
            return replace(node, value=_escape(node.value))
        case tree.List():
            return replace(node, items=tuple(map(_with_escapes, node.items)))
        case tree.Property():
            return replace(node, value=_with_escapes(node.value))
        case tree.Group():
            return replace(node, properties=tuple(map(_with_escapes, node.properties)))
        case tree.Statement(text=text, properties=properties):
            own = None if properties is None else tuple(map(_with_escapes, properties))
            if text is not None:
                text = replace(text, value=_escape(text.value))
            return replace(node, text=text, properties=own)
    return node


def _escape(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _is_same(exported: ExportedGraph, graph: NirGraph) -> bool:
    """Return whether a graph has the nodes, edges and neurons of an exported graph."""
    kinds = {name: node.kind for name, node in exported.nodes.items()}
    if kinds != {node.name: node.kind for node in graph.nodes}:
        return False
    own = exported.terms
    fixed = [n for n in graph.nodes if "weight" in n.arrays and n.name not in own]
    if not all(_has_weights(exported.nodes[node.name].values, node) for node in fixed):
        return False
    return set(graph.edges) == set(exported.edges) and all(
        _has_value(exported.nodes[node.name].values.get(key), array)
        for node in graph.nodes
        if node.kind in NEURONS or node.kind == "Flatten"
        for key, array in node.arrays.items()
        if key not in ("input_type", "end_dim")  # parameters of a Flatten node
    )


def _has_weights(exported: Mapping[str, object], node: Node) -> bool:
    """Return whether a node without trained weights, such as a scale, is unchanged."""
    return all(
        np.array_equal(np.asarray(exported[key], np.float32), node.arrays[key])
        for key in ("weight", "bias")
        if key in exported
    )


def _has_value(exported: Any, array: Array) -> bool:
    """Return whether a value equals the first value of an array in the file."""
    if exported is None:
        return False
    return bool(np.float32(np.ravel(exported)[0]) == array.flat[0])


def _take(
    place: TensorTerm,
    used: TensorTerm,
    arrays: Mapping[str, object],
    tensors: dict[str, Array],
) -> bool:
    """Copy a tensor's values from a node; return whether it has no other values."""
    kernel = np.asarray(arrays["kernel"], float)
    number, count = (
        np.rint(_channels_last(term.linear) * term.windows) for term in (place, used)
    )
    if kernel.shape != number.shape or kernel[count == 0].any():
        return False
    if place.bias is not None:
        gain, rest = place.bias
        bias = (np.asarray(arrays["bias"], float) - np.float32(rest)) / gain
        values = tensors[f"{place.layer}.bias"]
        values[:] = bias[: len(values)]
    if place.tensor is not None:
        alone = count == 1
        values = kernel[alone] / place.scale * place.windows
        tensors[place.tensor][number[alone].astype(int) - 1] = values
    return True


def _channels_last(linear: Any) -> Array:
    """Return weights in the layout of `snnc.nir.translate`."""
    weight: Array = linear.weight
    if isinstance(linear, Convolution2d):
        return weight.transpose(2, 3, 1, 0)
    if linear.flattens is None:
        return weight.T
    planes = weight.T.reshape(*linear.flattens, -1)
    return np.moveaxis(planes, 0, -2).reshape(-1, planes.shape[-1])
