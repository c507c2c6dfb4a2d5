"""TensorFlow and Keras operations that are saved as layers, such as ``x / 255``.

Keras 2 writes a ``TFOpLambda`` with the function's name, and Keras 3 writes a class for
each function. The other arguments are in the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import Value
from snnc.importer.graph import CALLED_WITH
from snnc.importer.model import KerasLayer
from snnc.importer.state import CurrentLayer
from snnc.importer.table.activations import activate
from snnc.importer.table.inputs import reshaped, scaled
from snnc.importer.table.readers import READERS, numbers, reads

ADD, TIMES, MINUS, BY = "add", "multiply", "subtract", "divide"
NAMES = {
    "truediv": BY, "truedivide": BY, "divide": BY, "realdiv": BY, "true_divide": BY,
    "div": BY,
    "multiply": TIMES, "mul": TIMES, "add": ADD, "addv2": ADD, "biasadd": ADD,
    "subtract": MINUS, "sub": MINUS,
}  # fmt: skip
ACTIVATIONS = {
    "relu", "relu6", "softmax", "sigmoid", "tanh", "elu", "selu", "gelu", "silu",
    "swish", "softplus", "leaky_relu", "hard_sigmoid",
}  # fmt: skip
SAME = ("identity", "stop_gradient", "cast", "convert_to_tensor", "ensure_shape")
PRODUCT = (
    "a product of two rates is not a sum of spikes",
    "use `Concatenate` and a convolution of kernel 1; leave out gates of another "
    "shape, such as those of squeeze-and-excitation",
)
"""Why a product is refused, and what to do instead."""
OPERATIONS = (
    "TFOpLambda", "TensorFlowOpLayer", "TrueDivide", "Divide", "Identity", "Cast",
    "Relu", "Relu6", "Mean", "Transpose",
)  # fmt: skip


@reads(*OPERATIONS, is_checked=False)
def read_operation(layer: CurrentLayer, value: Value) -> Value:
    """Read an operation that is linear or a known function; refuse others."""
    function = _function(layer)
    given = layer.options.get(CALLED_WITH)
    others: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    if function in SAME:
        layer.keep("its output equals its input")
        return value
    if function in ACTIVATIONS:
        slope = {"alpha": others.get("alpha", 0.2)}
        return activate(layer, value, (function, slope))
    if function in NAMES:
        return _arithmetic(layer, value, NAMES[function], others)
    if function in ("concat", "concatenate") and len(layer.reads) > 1:
        return _read_as("Concatenate", layer, axis=others.get("axis", -1))
    if function == "reshape" and (sizes := _sizes(others)):
        return reshaped(layer, value, sizes[1:])
    if function == "transpose" and isinstance(others.get("perm"), list):
        return _read_as("Permute", layer, dims=others["perm"][1:])
    if function in ("reduce_mean", "mean") and _is_over_space(value, others):
        kind = f"GlobalAveragePooling{len(value.view) - 1}D"
        return _read_as(kind, layer, keepdims=bool(others.get("keepdims")))
    raise RefusedLayerError(
        f"specs do not support `{function}`",
        "replace it with a standard Keras layer, or preprocess the data instead",
    )


def _function(layer: KerasLayer) -> str:
    """Return the last word of the function's name, or the class."""
    name = str(layer.options.get("function") or layer.kind)
    node = layer.options.get("node_def")
    if isinstance(node, Mapping):  # a `TensorFlowOpLayer` of TensorFlow 2.0 to 2.3
        name = str(node.get("op"))
    return name.split(".")[-1].lower()


def _read_as(kind: str, layer: CurrentLayer, **options: Any) -> Value:
    """Read an operation like a layer of a Keras class."""
    alike = replace(layer, kind=kind, options={**layer.options, **options})
    return READERS[kind].read(alike)


def _sizes(others: Mapping[str, Any]) -> list[int]:
    """Return the shape in a call of ``reshape``; empty if it is not a list."""
    sizes = others.get("shape", others.get("newshape", others.get("1")))
    is_list = isinstance(sizes, list) and all(type(n) is int for n in sizes)
    return list(sizes or ()) if is_list and len(sizes or ()) > 1 else []


def _is_over_space(value: Value, others: Mapping[str, Any]) -> bool:
    axis = others.get("axis", others.get("1"))
    axes = axis if isinstance(axis, list) else [axis]
    rank = len(value.view)
    whole = [a if type(a) is int and a >= 0 else rank + 1 + (a or 0) for a in axes]
    return 1 < rank <= 4 and sorted(whole) == list(range(1, rank))


def _arithmetic(
    layer: CurrentLayer,
    value: Value,
    sign: str,
    others: Mapping[str, Any],
) -> Value:
    joins = {ADD: "Add", MINUS: "Subtract"}
    if len(layer.reads) > 1 and sign in joins:
        return _read_as(joins[sign], layer)
    if len(layer.reads) > 1:
        raise RefusedLayerError(*PRODUCT)
    constants = {
        key: constant for key, other in others.items() if (constant := numbers(other))
    }
    is_first = "0" in constants or "x" in constants
    is_by_zero = sign == BY and any(0.0 in constant for constant in constants.values())
    if len(constants) != 1 or (is_first and sign == BY) or is_by_zero:
        raise RefusedLayerError(
            "its argument is not a number",
            "preprocess the data instead, and remove this operation",
        )
    (given,) = constants.values()
    if sign in (TIMES, BY):
        factors = given if sign == TIMES else tuple(1 / n for n in given)
        return scaled(layer, value, factors, (0.0,))
    turn = -1.0 if is_first and sign == MINUS else 1.0
    shifts = tuple(-n if sign == MINUS and not is_first else n for n in given)
    return scaled(layer, value, (turn,), shifts)
