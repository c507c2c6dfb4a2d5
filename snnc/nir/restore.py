"""The spec that a file was exported from, and its weights, taken back out.

Another tool may have trained the weights on. They are taken from where the export puts
them: it is run on tensors that hold the numbers of their own values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.diagnostics import Report
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id, tensors
from snnc.ir.lowered import LoweredNetwork
from snnc.loihi.profile import read_profile
from snnc.nir.graph import ExportedGraph, TensorTerm, graph_of
from snnc.nir.moving import Convolution2d
from snnc.nir.neurons import Neuron
from snnc.passes import Compilation, run_passes
from snnc.source import SourceFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Arrays = Callable[[str], Mapping[str, Any]]


def restored(
    spec: str, message: Mapping[str, Any], arrays: Arrays, device: Profile | None
) -> tuple[LoweredNetwork, dict[str, Array]] | None:
    """Return the network of a spec with the weights of a graph.

    Parameters
    ----------
    spec
        The text of the spec that the graph carries.
    message
        What the program that reads graphs tells of it, see `snnc.nir.program`.
    arrays
        Gives the kernel and bias of a linear node, as they stand in the file.

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
    if layout_id(tensors(lowered.network)) != message["facts"].get("layout_id"):
        return None
    kinds = set(message["kinds"].values())
    neuron: Neuron = "cubalif" if "CubaLIF" in kinds else "if"
    numbers = {
        name: np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        for name, shape in shapes.items()
    }
    ones = {name: np.ones(shape) for name, shape in shapes.items()}
    places, used = (graph_of(lowered, t, neuron) for t in (numbers, ones))
    if not _is_same(places, message):
        return None
    values_by_name = {
        name: np.full(int(np.prod(s)), np.nan) for name, s in shapes.items()
    }
    for name, term in places.terms.items():
        if not _take(term, used.terms[name], arrays(f"{name}/raw"), values_by_name):
            return None
    if any(np.isnan(values).any() for values in values_by_name.values()):
        return None
    whole = {
        n: v.reshape(shapes[n]).astype(np.float32) for n, v in values_by_name.items()
    }
    return lowered, whole


def _is_same(graph: ExportedGraph, message: Mapping[str, Any]) -> bool:
    """Whether nodes, edges and neurons are those of a graph."""
    kinds = {name: node.kind for name, node in graph.nodes.items()}
    edges = {tuple(edge) for edge in message["edges"]}
    cells = {
        name: {
            key: float(np.float32(array.flat[0])) for key, array in node.values.items()
        }
        for name, node in graph.nodes.items()
        if name in message["cells"]
    }
    same = kinds == message["kinds"] and edges == set(graph.edges)
    return same and all(
        value == cells[name].get(key)
        for name, cell in message["cells"].items()
        for key, value in cell.items()
    )


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
