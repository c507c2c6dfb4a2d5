"""Convert or refuse each Keras layer, with one family of layers per file.

Operations of TensorFlow and Keras, such as ``x / 255``, are also saved as layers: Keras
2 writes a ``TFOpLambda`` with the function's name, and Keras 3 writes a class for each
function. The other arguments are in the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import Value
from snnc.importer.graph import CALLED_WITH, FOREIGN
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState, CurrentLayer
from snnc.importer.table import joins, pooling  # noqa: F401  register readers
from snnc.importer.table.activations import activate
from snnc.importer.table.inputs import reshaped, scaled
from snnc.importer.table.readers import (
    READERS,
    LayerReader,
    check_options,
    numbers,
    reads,
)

NUMERIC = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average")
"""Layers of several values whose names Keras 3 also uses for operations on a number."""
PRODUCT = (
    "a product of two rates is not a sum of spikes",
    "use `Concatenate` and a convolution of kernel 1; leave out gates of another "
    "shape, such as those of squeeze-and-excitation",
)
"""Why a product is refused, and what to do instead."""
_STATE = (
    "the chip's neurons keep no state that is trained through time",
    "bin time along the depth or length of the input, and use `Conv3D` or `Conv1D` "
    "over this axis",
)
_NORM = (
    "its statistics change with every example, and the chip can't divide",
    "use `BatchNormalization`, which is folded into kernels, and retrain",
)
_ATTENTION = (
    PRODUCT[0],
    "use convolutions with strides, which can cover the same distance",
)
_UPSAMPLING = (
    "specs can enlarge only images with two axes",
    "use `Conv2DTranspose` or `UpSampling2D`, or fewer strides before it",
)
_LOCAL = (
    "a separate kernel for every position fills the chip",
    "use a convolution, or a `Dense` over few pixels",
)
_DATA = ("a spec can only scale its input", "preprocess the data instead")
_KINDS = {
    _STATE: (
        "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional",
        "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "RNN",
    ),
    _ATTENTION: ("Attention", "AdditiveAttention", "MultiHeadAttention"),
    _NORM: (
        "LayerNormalization", "GroupNormalization", "UnitNormalization",
        "SpectralNormalization",
    ),
    _UPSAMPLING: (
        "UpSampling1D", "UpSampling3D", "Conv1DTranspose", "Conv3DTranspose",
    ),
    _LOCAL: ("LocallyConnected1D", "LocallyConnected2D"),
    _DATA: (
        "Resizing", "CenterCrop", "RandomCrop", "Discretization", "CategoryEncoding",
        "Hashing", "StringLookup", "IntegerLookup", "TextVectorization",
    ),
}  # fmt: skip
REFUSED: dict[str, tuple[str, str]] = {
    **{kind: why for why, kinds in _KINDS.items() for kind in kinds},
    "Multiply": PRODUCT,
    "Dot": (PRODUCT[0], "use `Concatenate` and a dense layer"),
    "Lambda": (
        "its code is in the file, but snnc does not run code from files",
        "replace it with a standard Keras layer, or preprocess the data instead",
    ),
    "RepeatVector": (
        "the chip uses the same kernel at all positions",
        "use a larger `Dense` and a `Reshape` to length x 1 x channels",
    ),
    "TimeDistributed": (
        "specs have no wrapper for time",
        "use the layer with one more axis, of size 1 along time, such as `Conv3D` for "
        "`Conv2D`, which computes the same",
    ),
    "Masking": ("spikes have no mask", "cut examples to one length, or pad with 0"),
    "EinsumDense": ("specs have `dense`", "use `Dense`, or a convolution of kernel 1"),
}
EACH_PLACE = ("Dense", "Activation", "ReLU", "LeakyReLU", "Dropout")
"""Layers that `TimeDistributed` does not change: they do not mix positions."""
UNKNOWN = (
    "specs have no such layer",
    "preprocess the data instead, end the model before this layer, or replace it with "
    "a layer that `docs/from-keras.md` lists",
)
TOOLS = {
    "QKeras": ("QConv", "QDense", "QActivation", "QBatch", "QDepth", "QSepar"),
    "TensorFlow Addons": ("Addons>", "tensorflow_addons"),
    "Kapre": ("Kapre", "kapre", "Melspectrogram", "STFT"),
    "the Model Optimization Toolkit": ("Quantize", "PruneLowMagnitude"),
}
"""Libraries that add layers to Keras, and the prefixes of their class names."""


def read_layer(layer: CurrentLayer) -> Value:
    """Return the output of a layer, and record decisions on it.

    Raises
    ------
    RefusedModelError
        If an option has a value that Keras does not write.
    """
    reader = READERS.get(layer.kind, LayerReader(_read_unknown, is_checked=False))
    is_foreign = FOREIGN in layer.options
    if not is_foreign:
        check_options(layer, reader)
    read = _refuse_foreign if is_foreign else reader.read
    if not is_foreign and layer.kind in NUMERIC and len(layer.reads) == 1:
        read = READERS["TFOpLambda"].read
    try:
        return read(layer)
    except RefusedLayerError as error:
        return layer.refuse(error, "" if error.remedy else _one_order(layer.state))


def _read_unknown(layer: CurrentLayer) -> Value:
    """Refuse a layer that no reader reads."""
    if _tool_of(layer.kind) is not None:
        return _refuse_foreign(layer)
    inner = layer.options.get("layer")
    if isinstance(inner, Mapping) and inner.get("class_name") in EACH_PLACE:
        options = inner.get("config")
        alike = replace(layer, kind=inner["class_name"], options=options or {})
        check_options(alike, READERS[alike.kind])
        return READERS[alike.kind].read(alike)
    raise RefusedLayerError(*REFUSED.get(layer.kind, UNKNOWN))


def _tool_of(kind: str) -> str | None:
    """Return the library of a class, if its name shows one."""
    plain = kind.removeprefix("Custom>")
    return next(
        (tool for tool, names in TOOLS.items() if plain.startswith(names)), None
    )


def _refuse_foreign(layer: CurrentLayer) -> Value:
    """Refuse a custom class, whose code is not in the file."""
    tool = _tool_of(layer.kind)
    of = f" of {tool}" if tool else ""
    raise RefusedLayerError(
        f"`{layer.kind}` is a custom class{of}, and its code is not in the file",
        "replace it with a standard Keras layer, and save the model again",
        rule="foreign",
    )


def _one_order(state: ConversionState) -> str:
    """Return advice on how to give a layer the axes that it needs."""
    layers = state.model.layers
    orders = {layer.options.get("data_format") for layer in layers} - {None}
    is_moved = any(layer.kind in ("Permute", "Reshape") for layer in layers)
    if len(orders) > 1 and not is_moved:
        return "give all layers the same `data_format`"
    return "build the layers without `Permute` and `Reshape` in between"


ADD, TIMES, MINUS, BY = "add", "multiply", "subtract", "divide"
_ARITHMETIC = {
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
    if function in _ARITHMETIC:
        return _arithmetic(layer, value, _ARITHMETIC[function], others)
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
    several = {ADD: "Add", MINUS: "Subtract"}
    if len(layer.reads) > 1 and sign in several:
        return _read_as(several[sign], layer)
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
