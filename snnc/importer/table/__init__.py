"""Convert or refuse each Keras layer, with one family of layers per file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from snnc.importer.decisions import RefusedLayerError
from snnc.importer.draft import Value
from snnc.importer.layer_config import FOREIGN
from snnc.importer.state import CurrentLayer
from snnc.importer.table import joins, pooling  # noqa: F401  register readers
from snnc.importer.table.axes import one_order
from snnc.importer.table.operations import PRODUCT
from snnc.importer.table.readers import READERS, Reader, check_options

NUMERIC = ("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average")
"""Layers of several values whose names Keras 3 also uses for operations on a number."""
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
    reader = READERS.get(layer.kind, Reader(_read_unknown, is_checked=False))
    is_foreign = FOREIGN in layer.options
    if not is_foreign:
        check_options(layer, reader)
    read = _refuse_foreign if is_foreign else reader.read
    if not is_foreign and layer.kind in NUMERIC and len(layer.reads) == 1:
        read = READERS["TFOpLambda"].read
    try:
        return read(layer)
    except RefusedLayerError as error:
        return layer.refuse(error, "" if error.remedy else one_order(layer.state))


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
