"""Export a package or a spec with its weights."""

from __future__ import annotations

import importlib.util
import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from os import PathLike, fspath
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.lowered import LoweredNetwork
from snnc.language.model import spec_hash
from snnc.output.records import PackageRecords
from snnc.passes import Compilation
from snnc.runtime.files import write_file
from snnc.syntax.printer import print_snn
from snnc.text.display import Json
from snnc.text.installing import installation

if TYPE_CHECKING:
    from snnc.nir.graph import ExportedGraph
    from snnc.nir.neurons import Neuron
    from snnc.runtime.layout import Tensors, Weights

NEEDED = ("numpy", "safetensors", "nir")


class CannotExportError(ValueError):
    """Raised if a package or weights can't be exported; the message says why."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that an export has written.

    Attributes
    ----------
    path, text
        The graph, and a text about what it can't express.
    nodes
        The number of nodes in the graph.
    size
        The size of ``path`` in bytes.
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
    """Write a network and its weights in NIR, and a description in ``PATH.txt``.

    Parameters
    ----------
    package
        The folder of a package whose spec still exists at its original path, an object
        with such a ``folder``, or a spec.
    weights
        A safetensors file with the network's layout, or the tensors by name, in Keras
        order, as float32.
    path
        The file to write, such as ``drift.nir``.
    neuron
        The NIR neuron for ReLU: ``"if"``, without the synaptic filter, or
        ``"cubalif"``, with the filter.
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
    if absent := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise CannotExportError(
            f"export needs {' and '.join(absent)}: {installation('nir')}"
        )
    target = Path(path)
    text_file = target.with_name(f"{target.name}.txt")
    made = _compile(package, device)
    assert made.lowered is not None
    _refuse_unsupported(made.lowered)
    layout = layout_id(tensors(made.lowered.network))
    if isinstance(weights, str | PathLike):
        os.stat(weights)  # safetensors raises an error without the file's name
    values = _read(made.lowered, weights, layout)
    from snnc.nir.facts import metadata, text
    from snnc.nir.graph import graph_of
    from snnc.nir.linear import NoNodeError

    try:
        graph = graph_of(made.lowered, values, neuron)
    except NoNodeError as error:
        raise CannotExportError(
            f"NIR has no node for a layer's inputs: {error}"
        ) from error
    assert made.document is not None
    facts = metadata(made.lowered, layout, print_snn(made.document))
    size = _write(target, graph, facts)
    write_file(text_file, text(made.lowered, graph, layout, target.name))
    return Exported(target, text_file, len(graph.nodes), size)


def _compile(package: Any, device: Profile | None) -> Compilation:
    """Compile a spec, or the spec from which a package was built."""
    place = Path(fspath(getattr(package, "folder", package)))
    if not place.exists():
        raise CannotExportError(f"there is no package or spec {place}")
    if not place.is_dir():
        return _sound(place, device)
    lock = PackageRecords.of(place).lock
    if lock is None or lock.origin is None:
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
    made = _sound(spec, device)
    assert made.spec is not None
    if spec_hash(made.spec.spec) != lock.spec:
        raise CannotExportError(
            f"{spec} has changed since {place} was built: `{lock.origin.command}`"
        )
    return made


def _sound(spec: Path, device: Profile | None) -> Compilation:
    report = Diagnostics()
    made = compile_file(spec, report, "lower", device)
    if made is None or made.lowered is None:
        problem = report.diagnostics[0].render_message()
        raise CannotExportError(
            f"{spec} can't be compiled: {problem}; `snnc check {spec}` shows the "
            "problems"
        )
    return made


def _refuse_unsupported(lowered: LoweredNetwork) -> None:
    """Refuse layers and readouts that NIR has no nodes for."""
    layers, readout = lowered.network.layers, lowered.network.readout
    if names := [x.name for x in layers if getattr(x.operation, "neuron_bias", False)]:
        raise CannotExportError(
            f"in NIR, a convolution has one bias per channel: {', '.join(names)}, with"
            " `bias neuron`, can't be exported"
        )
    if names := [x.name for x in layers if x.kind == "conv2d_transpose"]:
        raise CannotExportError(
            f"NIR has no transposed convolution: {', '.join(names)} can't be exported"
        )
    if readout.convolution is not None:
        raise CannotExportError(
            f"`{readout.name}` is a convolution: to export the network, write `units` "
            "in the readout"
        )


def _read(lowered: LoweredNetwork, weights: Weights, layout_id: str) -> Tensors:
    """Read weights in the layout of packages."""
    from snnc.runtime.layout import Layout, LayoutError, Tensor

    ordered = tuple(Tensor(**asdict(tensor)) for tensor in tensors(lowered.network))
    layout = Layout(layout_id, ordered, input_scale(lowered.network))
    try:
        return layout.load(weights)
    except LayoutError as error:
        raise CannotExportError(str(error)) from error


def _write(target: Path, graph: ExportedGraph, facts: Mapping[str, object]) -> int:
    """Write the file atomically; return its size in bytes."""
    import h5py
    import nir

    nodes = {
        name: getattr(nir, node.kind)(**node.values)
        for name, node in graph.nodes.items()
    }
    whole = nir.NIRGraph(nodes, graph.edges, dict(facts), type_check=False)
    document = whole.to_dict()
    # nir 1.0.4, which sinabs requires, can't read `v_reset`; later versions use 0 if it
    # is missing.
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
