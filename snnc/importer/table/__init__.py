"""Convert or refuse each Keras layer, with one family of layers per file.

A handler gets a layer and the state of the conversion, records decisions and drafts,
and returns the layer's output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from snnc.importer.draft import Value
from snnc.importer.model import KerasLayer
from snnc.importer.state import ConversionState
from snnc.importer.table.activations import read_activation, read_neurons
from snnc.importer.table.axes import read_cropping, read_zero_padding
from snnc.importer.table.convolutions import (
    read_batch_norm,
    read_convolution,
    read_dense,
    read_depthwise,
    read_separable,
    read_transposed,
    read_upsampling,
)
from snnc.importer.table.inputs import (
    read_embedding,
    read_flatten,
    read_input,
    read_normalization,
    read_permute,
    read_rescaling,
    read_reshape,
)
from snnc.importer.table.joins import (
    read_add,
    read_average,
    read_concatenate,
    read_dropout,
    read_maximum,
    read_noise,
    read_subtract,
)
from snnc.importer.table.operations import PRODUCT, read_operation
from snnc.importer.table.options import check_options
from snnc.importer.table.pooling import (
    read_average_pooling,
    read_global_average,
    read_global_max,
    read_max_pooling,
)

Made = TypeVar("Made")
Handler = Callable[[KerasLayer, ConversionState], Value]

RANKS = ("1D", "2D", "3D")


def _each_rank(name: str, value: Made) -> dict[str, Made]:
    """Return a value for each dimensional variant of a class, such as ``Conv2D``."""
    return {f"{name}{rank}": value for rank in RANKS}


OPERATIONS = (
    "TFOpLambda", "TensorFlowOpLayer", "TrueDivide", "Divide", "Identity", "Cast",
    "Relu", "Relu6", "Mean", "Transpose",
)  # fmt: skip
NOISE = (
    "AlphaDropout", "GaussianNoise", "ActivityRegularization", "RandomFlip",
    "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast",
    "RandomBrightness",
)  # fmt: skip
ACTIVATION_LAYERS = (
    "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "ThresholdedReLU",
)  # fmt: skip

HANDLERS: dict[str, Handler] = {
    "InputLayer": read_input,
    "Rescaling": read_rescaling,
    "Normalization": read_normalization,
    **_each_rank("Conv", read_convolution),
    "Conv2DTranspose": read_transposed,
    "UpSampling2D": read_upsampling,
    "DepthwiseConv1D": read_depthwise,
    "DepthwiseConv2D": read_depthwise,
    "SeparableConv1D": read_separable,
    "SeparableConv2D": read_separable,
    "Dense": read_dense,
    **_each_rank("AveragePooling", read_average_pooling),
    **_each_rank("MaxPooling", read_max_pooling),
    **_each_rank("GlobalAveragePooling", read_global_average),
    **_each_rank("GlobalMaxPooling", read_global_max),
    "Flatten": read_flatten,
    "Reshape": read_reshape,
    **dict.fromkeys(OPERATIONS, read_operation),
    "Permute": read_permute,
    "Embedding": read_embedding,
    **_each_rank("Cropping", read_cropping),
    **_each_rank("ZeroPadding", read_zero_padding),
    "Dropout": read_dropout,
    **_each_rank("SpatialDropout", read_dropout),
    "GaussianDropout": read_dropout,
    **dict.fromkeys(NOISE, read_noise),
    "BatchNormalization": read_batch_norm,
    "SyncBatchNormalization": read_batch_norm,
    "Add": read_add,
    "Subtract": read_subtract,
    "Average": read_average,
    "Maximum": read_maximum,
    "Minimum": read_maximum,
    "Concatenate": read_concatenate,
    **dict.fromkeys(ACTIVATION_LAYERS, read_activation),
    "Neurons": read_neurons,
}
"""Handlers by Keras class; `REFUSED` lists the layers that the chip can't run."""


_STATE = "the chip's neurons keep no state that is trained through time"
_BIN = (
    "bin time along the depth or length of the input, and use `Conv3D` or `Conv1D` "
    "over this axis"
)
_NORM = "its statistics change with every example, and the chip can't divide"
_UNITS = "use `BatchNormalization`, which is folded into kernels, and retrain"

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

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        (
            "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional",
            "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "RNN",
        ),
        (_STATE, _BIN),
    ),
    "Attention": _ATTENTION,
    "AdditiveAttention": _ATTENTION,
    "MultiHeadAttention": _ATTENTION,
    "Multiply": PRODUCT,
    "Dot": (PRODUCT[0], "use `Concatenate` and a dense layer"),
    **dict.fromkeys(
        (
            "LayerNormalization", "GroupNormalization", "UnitNormalization",
            "SpectralNormalization",
        ),
        (_NORM, _UNITS),
    ),
    "Lambda": (
        "its code is in the file, but snnc does not run code from files",
        "replace it with a standard Keras layer, or preprocess the data instead",
    ),
    "RepeatVector": (
        "the chip uses the same kernel at all positions",
        "use a larger `Dense` and a `Reshape` to length x 1 x channels",
    ),
    **dict.fromkeys(
        ("UpSampling1D", "UpSampling3D", "Conv1DTranspose", "Conv3DTranspose"),
        _UPSAMPLING,
    ),
    "LocallyConnected1D": _LOCAL,
    "LocallyConnected2D": _LOCAL,
    "TimeDistributed": (
        "specs have no wrapper for time",
        "use the layer with one more axis, of size 1 along time, such as `Conv3D` for "
        "`Conv2D`, which computes the same",
    ),
    "Masking": ("spikes have no mask", "cut examples to one length, or pad with 0"),
    **dict.fromkeys(
        (
            "Resizing", "CenterCrop", "RandomCrop", "Discretization",
            "CategoryEncoding", "Hashing", "StringLookup", "IntegerLookup",
            "TextVectorization",
        ),
        _DATA,
    ),
    "EinsumDense": ("specs have `dense`", "use `Dense`, or a convolution of kernel 1"),
}  # fmt: skip
EACH_PLACE = ("Dense", "Activation", "ReLU", "LeakyReLU", "Dropout")
"""Layers that `TimeDistributed` does not change: they do not mix positions."""
UNKNOWN = (
    "specs have no such layer",
    "preprocess the data instead, end the model before this layer, or replace it with "
    "a layer that `docs/from-keras.md` lists",
)


def read_refused(layer: KerasLayer, state: ConversionState) -> Value:
    """Refuse a layer that no other handler reads."""
    if tool_of(layer.kind) is not None:
        return read_foreign(layer, state)
    inner = layer.options.get("layer")
    if isinstance(inner, Mapping) and inner.get("class_name") in EACH_PLACE:
        options = inner.get("config")
        alike = replace(layer, kind=inner["class_name"], options=options or {})
        check_options(alike)
        return HANDLERS[alike.kind](alike, state)
    why, remedy = REFUSED.get(layer.kind, UNKNOWN)
    return state.refuse(layer, why, remedy)


TOOLS = {
    "Q": ("QKeras", ("QConv", "QDense", "QActivation", "QBatch", "QDepth", "QSepar")),
    "Addons": ("TensorFlow Addons", ("Addons>", "tensorflow_addons")),
    "Kapre": ("Kapre", ("Kapre", "kapre", "Melspectrogram", "STFT")),
    "Quantize": ("the Model Optimization Toolkit", ("Quantize", "PruneLowMagnitude")),
}
"""Libraries that add layers to Keras, and the prefixes of their class names."""


def tool_of(kind: str) -> str | None:
    """Return the library of a class, if its name shows one."""
    for tool, beginnings in TOOLS.values():
        if kind.removeprefix("Custom>").startswith(beginnings):
            return tool
    return None


def read_foreign(layer: KerasLayer, state: ConversionState) -> Value:
    """Refuse a custom class, whose code is not in the file."""
    tool = tool_of(layer.kind)
    of = f" of {tool}" if tool else ""
    return state.refuse(
        layer,
        f"`{layer.kind}` is a custom class{of}, and its code is not in the file",
        "replace it with a standard Keras layer, and save the model again",
        rule="foreign",
    )
