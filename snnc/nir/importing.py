"""Import a NIR graph: return the spec that it contains, or create a spec.

Another tool may have trained the weights further. To find the place of each weight in
the graph, the spec is exported again with tensors whose values are their own indices.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.importer.model import ImportRequest
from snnc.importer.read import ImportOutcome, check_file, outcome
from snnc.importer.refusals import RefusedModelError
from snnc.importer.weights import refusing
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.nir.graph import ExportedGraph, Neuron, TensorTerm, graph_of
from snnc.nir.graph_file import NirGraph, Node, read_graph
from snnc.nir.parameters import STEP, TOP
from snnc.nir.translate import translate
from snnc.runtime.examples import Array
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.text.tables import cells


def run(
    target: str,
    request: ImportRequest,
    weights_out: str,
    spec: str,
    report: Diagnostics,
    takes_spec: bool = True,
    limits: AbstractContextManager[None] | None = None,
) -> ImportOutcome | None:
    """Import the NIR file ``target``; return None if reading fails.

    Parameters
    ----------
    weights_out, spec
        See `snnc.importer.read.run`.
    takes_spec
        Whether to return the spec that an exported file contains.
    limits
        A context that limits the resources for reading.
    """
    try:
        with refusing(target), limits or nullcontext():
            check_file(Path(target), target)
            graph = read_graph(Path(target), target)
            model, weights, notes = translate(graph, Path(target).stem)
        own = graph.facts.get("spec") if takes_spec else None
        if own and (found := restore(own, graph, request.device)) is not None:
            network, values, text = found
            return ImportOutcome(text, (COPIED,), network=network, tensors=values)
        asked = request, weights_out, spec
        done = outcome(target, model, weights, *asked, report)
    except RefusedModelError as error:
        report.add(error.at(target).diagnostic)
        return None
    changed = (CHANGED,) if own else ()
    told = *changed, *dict.fromkeys(notes), RESETS
    return done and replace(done, notes=(*done.notes, *told))


COPIED = (
    "the spec is a copy from the graph, which contains the spec that it was exported "
    "from"
)
CHANGED = (
    "the graph was changed after its export, so this spec is built from the nodes, not "
    "copied from the graph"
)
RESETS = (
    "when neurons of the chip fire, they reset to 0 and lose the excess above their "
    "threshold, while sinabs and Spyx subtract the threshold: at a rate R, the loss "
    f"is about R dt / 2 of the rate, {100 * TOP * STEP / 2:.3g} % at {TOP:g} Hz; "
    "`snnc calibrate` brings rates into their range"
)


def restore(
    spec: str, graph: NirGraph, device: Profile | None
) -> tuple[LogicalNetwork, dict[str, Array], str] | None:
    """Return a spec's network, a graph's weights as its tensors, and the spec's text.

    Return None if the spec would be exported to a different graph.
    """
    report = Diagnostics()
    source = SourceFile("spec in the graph", spec)
    made = compile_spec(source, report, "lower", device)
    lowered, document = made.lowered, made.document
    if lowered is None or document is None or report.errors:
        return None
    layout = tensors(lowered.network)
    if layout_id(layout) != graph.facts.get("layout_id"):
        return None
    kinds = {node.kind for node in graph.nodes.values()}
    neuron: Neuron = "cubalif" if "CubaLIF" in kinds else "if"
    ones = {t.name: np.ones(t.shape) for t in layout}
    numbers = {n: one.cumsum().reshape(one.shape) for n, one in ones.items()}
    places, used = (graph_of(lowered, t, neuron) for t in (numbers, ones))
    if not _is_same(places, graph):
        return None
    values = {name: np.full(one.size, np.nan) for name, one in ones.items()}
    for name, term in places.terms.items():
        if not _take(term, used.terms[name], graph.nodes[name], values):
            return None
    for tensor in layout:
        found = values[tensor.name]
        if np.isnan(found).any() or (tensor.zeros and found.any()):
            return None
    whole = {t.name: values[t.name].reshape(t.shape).astype("f4") for t in layout}
    return lowered.network, whole, _printable(print_snn(document))


def _printable(spec: str) -> str:
    """Escape control characters, which are in the strings and comments of a spec."""

    def escaped(line: str) -> str:
        return "".join(c if len(c) == 1 else f"\\{c}" for c in cells(line))

    return "\n".join(map(escaped, spec.split("\n")))


def _is_same(exported: ExportedGraph, graph: NirGraph) -> bool:
    """Return whether a graph differs from an exported graph in its weights only."""
    kinds = {name: node.kind for name, node in exported.nodes.items()}
    if kinds != {name: node.kind for name, node in graph.nodes.items()}:
        return False
    pairs = (
        (array, np.asarray(exported.nodes[name].values.get(key), np.float32))
        for name, node in graph.nodes.items()
        if name not in exported.terms and node.kind not in ("Input", "Output")
        for key, array in node.arrays.items()
        if key not in ("input_type", "end_dim")  # parameters of a Flatten node
    )
    return set(graph.edges) == set(exported.edges) and all(
        array.size in (1, own.size) and bool((array.ravel() == own.ravel()).all())
        for array, own in pairs
    )


def _take(
    place: TensorTerm, used: TensorTerm, node: Node, tensors: dict[str, Array]
) -> bool:
    """Copy a tensor's values from a node; return whether it has no other values."""
    weight = node.arrays["weight"].astype(float)
    # The number of values that the average pools cover.
    windows = prod(prod(pool.window) for pool in place.projection.pools)
    number, count = (np.rint(t.linear.weight * windows) for t in (place, used))
    if weight.shape != number.shape or weight[count == 0].any():
        return False
    if place.bias is not None:
        gain, rest = place.bias
        bias = node.arrays.get("bias", np.zeros(len(weight))).astype(float)
        values = tensors[f"{place.projection.target}.bias"]
        values[:] = ((bias - np.float32(rest)) / gain)[: len(values)]
    if (tensor := place.projection.tensor) is not None:
        alone = count == 1
        values = weight[alone] / place.scale * windows
        tensors[tensor][number[alone].astype(int) - 1] = values
    return True
