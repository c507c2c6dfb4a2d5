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
from snnc.ir.layout import (
    BIAS_AXES,
    DENSE_AXES,
    DEPTHWISE_AXES,
    SPATIAL_AXES,
    Tensor,
    layout_id,
    tensors,
)
from snnc.ir.logical import Network

AXES: Mapping[tuple[str, ...], str] = {
    BIAS_AXES: "BIAS",
    **{(*axes, *BIAS_AXES): f"BIAS{n}D" for n, axes in SPATIAL_AXES.items()},
    DENSE_AXES: "DENSE",
    **{(*axes, *DENSE_AXES): f"CONV{n}D" for n, axes in SPATIAL_AXES.items()},
    **{(*axes, *DEPTHWISE_AXES): f"DEPTHWISE{n}D" for n, axes in SPATIAL_AXES.items()},
}
"""The names that the run-time library has for them, which loads NumPy."""


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
