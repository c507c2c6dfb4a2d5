"""Import a NIR graph: return the spec that it contains, or create a spec.

Another tool may have trained the weights further. To find the place of each weight in
the graph, the spec is exported again with tensors whose values are their own indices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.importer.model import ImportRequest
from snnc.importer.read import FileNames, ImportOutcome, check_file, outcome
from snnc.importer.refusals import RefusedModelError
from snnc.importer.weights import refusing
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id, tensors
from snnc.ir.lowered import LoweredNetwork
from snnc.nir.graph import ExportedGraph, Neuron, TensorTerm, graph_of
from snnc.nir.graph_file import NirGraph, read_graph
from snnc.nir.linear import NoNodeError
from snnc.nir.parameters import STEP, TOP
from snnc.nir.translate import translate
from snnc.runtime.examples import Array
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.text.tables import cells


def run(
    target: str,
    request: ImportRequest,
    names: FileNames,
    report: Diagnostics,
    *,
    takes_spec: bool = True,
) -> ImportOutcome | None:
    """Import the NIR file ``target``; return None if reading fails.

    Parameters
    ----------
    names
        What messages call the files.
    takes_spec
        Whether to return the spec that an exported file contains.
    """
    try:
        with refusing(target):
            check_file(Path(target), target)
            graph = read_graph(Path(target), target)
            model, weights, notes = translate(graph, Path(target).stem)
        exported_spec = graph.facts.get("spec") if takes_spec else None
        if exported_spec:
            restored = restore(exported_spec, graph, request.device)
            if restored is not None:
                return restored
        result = outcome(model, weights, request, names, report)
    except RefusedModelError as error:
        report.add(error.at(target).diagnostic)
        return None
    if result is None:
        return None
    changed = (CHANGED,) if exported_spec else ()
    others = dict.fromkeys(notes)
    return replace(result, notes=(*changed, RESETS, *result.notes, *others))


COPIED = (
    "the spec is a copy from the graph, which contains the spec that it was exported "
    "from"
)
CHANGED = (
    "the graph was changed after its export, so this spec is built from the nodes, not "
    "copied from the graph"
)
Arrays = dict[str, Array]
"""Values by the name of a tensor of the spec, or of a node of the graph."""
ROUNDING = 1e-5
"""The largest difference of two equal graphs: a fraction of a node's largest value."""
RESETS = (
    "when neurons of the chip fire, they reset to 0 and lose the excess above their "
    "threshold, while sinabs and Spyx subtract the threshold: at a rate R, the loss "
    f"is about R dt / 2 of the rate, {100 * TOP * STEP / 2:.3g} % at {TOP:g} Hz; "
    "`snnc calibrate` brings rates into their range"
)


def restore(spec: str, graph: NirGraph, device: Profile | None) -> ImportOutcome | None:
    """Return a spec, and a graph's weights as the tensors of its network.

    Return None if the spec would be exported to a different graph.
    """
    report = Diagnostics()
    source = SourceFile("spec in the graph", spec)
    compilation = compile_spec(source, report, "lower", device)
    if compilation.lowered is None or compilation.document is None or report.errors:
        return None
    try:
        values = _read_tensors(compilation.lowered, graph)
    except NoNodeError:  # an edited spec, since no export has written it
        return None
    if values is None:
        return None
    # The text is from a stranger, and may go to a terminal (decision 020).
    return ImportOutcome(
        _printable(print_snn(compilation.document)),
        (COPIED,),
        network=compilation.lowered.network,
        tensors=values,
    )


def _read_tensors(lowered: LoweredNetwork, graph: NirGraph) -> Arrays | None:
    """Return the tensors with which a network would be exported to this graph."""
    layout = tensors(lowered.network)
    if layout_id(layout) != graph.facts.get("layout_id"):
        return None
    neuron = _neuron_of(graph)
    values = {t.name: np.zeros(t.shape) for t in layout}
    exported = graph_of(lowered, values, neuron)
    if not _has_nodes_of(exported, graph):
        return None
    biases = _bias_sums(exported, graph)
    _take_biases(exported, biases, values)
    if not _TensorReader(lowered, graph, neuron, values).read_weights():
        return None
    if any(tensor.zeros and values[tensor.name].any() for tensor in layout):
        return None
    whole = {name: value.astype("f4") for name, value in values.items()}
    # However the values were found, they must lead to the same graph again.
    is_same = _is_same(graph_of(lowered, whole, neuron), graph, biases)
    return whole if is_same else None


def _neuron_of(graph: NirGraph) -> Neuron:
    kinds = {node.kind for node in graph.nodes.values()}
    return "cubalif" if "CubaLIF" in kinds else "if"


def _printable(spec: str) -> str:
    """Escape control characters, which are in the strings and comments of a spec."""

    def escaped(line: str) -> str:
        # `cells` names a control character, such as x1b.
        return "".join(c if len(c) == 1 else f"\\{c}" for c in cells(line))

    return "\n".join(map(escaped, spec.split("\n")))


def _has_nodes_of(exported: ExportedGraph, graph: NirGraph) -> bool:
    """Return whether a graph has the nodes, edges and shapes of an exported graph."""
    kinds = {name: node.kind for name, node in exported.nodes.items()}
    if kinds != {name: node.kind for name, node in graph.nodes.items()}:
        return False
    if set(graph.edges) != set(exported.edges):
        return False
    return all(
        graph.nodes[name].array("weight").shape == node.values["weight"].shape
        and graph.nodes[name].array("bias").shape == node.values["bias"].shape
        for name, node in exported.nodes.items()
        if "weight" in node.values
    )


def _bias_sums(exported: ExportedGraph, graph: NirGraph) -> Arrays:
    """Return the sum of the biases of a layer's nodes, under its first node.

    The export writes a layer's bias into its first node, but training in another tool
    also changes the others.
    """
    sums: Arrays = {}
    for placed in exported.placed:
        nodes = [name for name in placed.linear if name in exported.terms]
        biases = [graph.nodes[name].array("bias").astype(float) for name in nodes]
        sums |= dict.fromkeys(nodes, np.zeros(1))
        sums[nodes[0]] = np.sum(biases, axis=0)
    return sums


def _is_same(exported: ExportedGraph, graph: NirGraph, biases: Arrays) -> bool:
    """Return whether two graphs with the same nodes have the same values.

    ``biases`` replace the biases of the graph.
    """
    for name, node in graph.nodes.items():
        if node.kind in ("Input", "Output"):
            continue
        values = exported.nodes[name].values
        arrays = node.arrays | ({"bias": biases[name]} if name in biases else {})
        for key, array in arrays.items():
            if key in ("input_type", "end_dim"):  # parameters of a Flatten node
                continue
            expected = np.asarray(values.get(key), np.float32)
            # Another tool may store one number for all neurons.
            if array.size not in (1, expected.size):
                return False
            error = np.abs(array.ravel() - expected.ravel()).max(initial=0)
            if not error <= ROUNDING * np.abs(expected).max(initial=0):
                return False
    return True


def _take_biases(exported: ExportedGraph, biases: Arrays, tensors: Arrays) -> None:
    """Copy the biases of the layers from the graph's."""
    for name, term in exported.terms.items():
        if term.bias is not None:
            gain, rest = term.bias
            bias = tensors[f"{term.projection.target}.bias"]
            # The graph repeats the bias for each slice of a depth axis.
            bias[:] = ((biases[name] - np.float32(rest)) / gain)[: len(bias)]


@dataclass(frozen=True, slots=True)
class _TensorReader:
    """Finds the tensors of a spec in the weights of a graph.

    Exporting the spec with other tensors shows where each value is in the graph, so the
    format needs no second description (decision 029).

    Where the windows of a pool overlap, a weight of the graph is the sum of several
    values of a tensor. So values are found in rounds: each round finds the values that
    are the only unknown ones in a sum.
    """

    lowered: LoweredNetwork
    graph: NirGraph
    neuron: Neuron
    tensors: Arrays

    def read_weights(self) -> bool:
        """Write the weights into ``tensors``; return whether all were found.

        Values that are in no sum, because they only read padding, stay 0.
        """
        unknown = {name: np.ones(t.shape) for name, t in self.tensors.items()}
        # The biases are known already (`_take_biases`).
        for name, flags in unknown.items():
            if name.endswith(".bias"):
                flags[:] = 0
        while any(flags.any() for flags in unknown.values()):
            counts = self._sums(unknown)
            if not any((count == 1).any() for count in counts.values()):
                return not any(count.any() for count in counts.values())
            self._read_lone_values(unknown, counts)
        return True

    def _read_lone_values(self, unknown: Arrays, counts: Arrays) -> None:
        places = self._sums(
            {
                # If one value of a sum is unknown, the sum of indices is its index.
                name: np.arange(1, flags.size + 1).reshape(flags.shape) * flags
                for name, flags in unknown.items()
            }
        )
        terms = graph_of(self.lowered, self.tensors, self.neuron).terms
        for name, count in counts.items():
            term = terms[name]
            weight = self.graph.nodes[name].array("weight").astype(float)
            rest = weight / term.scale - term.linear.weight
            is_alone = count == 1
            places_found = places[name][is_alone].astype(int) - 1
            tensor = str(term.projection.tensor)
            values = rest[is_alone] * _covered_values(term)
            self.tensors[tensor].reshape(-1)[places_found] = values
            unknown[tensor].reshape(-1)[places_found] = 0

    def _sums(self, tensors: Arrays) -> Arrays:
        """Return the sums of integers in the nodes that have a tensor's weights."""
        return {
            name: np.rint(term.linear.weight * _covered_values(term))
            for name, term in graph_of(self.lowered, tensors, self.neuron).terms.items()
            if term.projection.tensor is not None
        }


def _covered_values(term: TensorTerm) -> int:
    """Return the number of values that the windows of a term's pools cover."""
    return prod(prod(pool.window) for pool in term.projection.pools)
