"""``layout.py`` of a network: its weight tensors, and the file that holds them."""

from __future__ import annotations

from snnc.emit.environment import render
from snnc.emit.files import Module
from snnc.emit.python import INDENT, bracket, items, table
from snnc.emit.quoting import module_docstring, quote
from snnc.graph.logical import Network
from snnc.layout import Tensor, layout_id, tensors

AXES = {1: "BIAS", 2: "DENSE", 3: "CONV1D", 4: "CONV2D", 5: "CONV3D"}


def layout(network: Network) -> Module:
    """Return the module that reads and writes this network's weights."""
    found = tensors(network)
    body = render(
        "package/templates/layout.py.jinja",
        docstring=module_docstring(
            "The weight layout of {name}, and the safetensors files that hold it.",
            network.name,
            "Tensors are in Keras order, float32. Batch norm is folded into them.",
        ),
        layout_id=layout_id(found),
        axes=_axes(found),
        tensors=table("TENSORS", [_row(tensor) for tensor in found]),
    )
    return Module("layout.py", body)


def _axes(found: tuple[Tensor, ...]) -> list[str]:
    by_name = {AXES[len(tensor.axes)]: tensor.axes for tensor in found}
    return [
        table(name, [quote(axis) for axis in by_name[name]]) for name in sorted(by_name)
    ]


def _row(tensor: Tensor) -> str:
    arguments = (quote(tensor.name), items(tensor.shape), AXES[len(tensor.axes)])
    # One column less than a statement has: a comma follows.
    return bracket("Tensor(", arguments, ")", INDENT + 1).replace("\n ", "\n")
