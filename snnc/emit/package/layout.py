"""``layout.py`` of a network: its weight tensors, and the file that holds them."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.emit.files import Module, render
from snnc.emit.python import (
    INDENT,
    WIDTH,
    argument,
    exploded,
    items,
    module_docstring,
    quote,
    table,
)
from snnc.ir.layout import Tensor, layout_id, tensors
from snnc.ir.logical import Network
from snnc.runtime import layout as runtime

AXES: Mapping[tuple[str, ...], str] = {
    runtime.BIAS: "BIAS",
    runtime.DENSE: "DENSE",
    runtime.CONV1D: "CONV1D",
    runtime.CONV2D: "CONV2D",
    runtime.CONV3D: "CONV3D",
    runtime.DEPTHWISE1D: "DEPTHWISE1D",
    runtime.DEPTHWISE2D: "DEPTHWISE2D",
    runtime.DEPTHWISE3D: "DEPTHWISE3D",
}


def layout(network: Network) -> Module:
    """Return the module that names this network's weights."""
    found = tensors(network)
    body = render(
        "package/templates/layout.py.jinja",
        docstring=module_docstring(
            "The weight layout of {name}, and the safetensors files that hold it.",
            network.name,
            "Tensors are in Keras order, float32. Batch norm is folded into them.",
        ),
        layout_id=layout_id(found),
        imports=_imports(found),
        tensors=table("TENSORS", [_row(tensor) for tensor in found]),
    )
    return Module("layout.py", body)


def _imports(found: tuple[Tensor, ...]) -> str:
    names = sorted({AXES[tensor.axes] for tensor in found})
    names += ["FileName", "Layout", "Tensor", "Tensors"]
    source = "from ._runtime.layout import"
    line = f"{source} {', '.join(names)}"
    return line if len(line) <= WIDTH else exploded(f"{source} (", names, ")", 0)


def _row(tensor: Tensor) -> str:
    arguments = [quote(tensor.name), items(tensor.shape), AXES[tensor.axes]]
    if tensor.zeros:
        arguments.append("zeros=True")
    return argument("Tensor", arguments, INDENT)
