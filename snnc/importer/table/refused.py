"""Layers that the chip can't run, each with what it can do instead."""

from __future__ import annotations

from snnc.importer.draft import Value
from snnc.importer.model import KerasLayer
from snnc.importer.walk import Walk

_STATE = "the chip's neurons keep no state that is trained through time"
_BIN = (
    "bin time along the depth, or length, of the input and use `Conv3D`, or `Conv1D`,"
    " over it"
)
_PRODUCT = "a product of two rates is no sum of spikes"
_NORM = "its statistics change with every example, and the chip has no division"
_UNITS = "use `BatchNormalization`, which folds into kernels, and retrain"
_REPEAT = "the chip gives each place one kernel, the same at all places"

REFUSED: dict[str, tuple[str, str]] = {
    "LSTM": (_STATE, _BIN),
    "GRU": (_STATE, _BIN),
    "SimpleRNN": (_STATE, _BIN),
    "Bidirectional": (_STATE, _BIN),
    "ConvLSTM1D": (_STATE, _BIN),
    "ConvLSTM2D": (_STATE, _BIN),
    "ConvLSTM3D": (_STATE, _BIN),
    "RNN": (_STATE, _BIN),
    "Attention": (_PRODUCT, "use convolutions with strides, which see as far"),
    "AdditiveAttention": (_PRODUCT, "use convolutions with strides, which see as far"),
    "MultiHeadAttention": (_PRODUCT, "use convolutions with strides, which see as far"),
    "Multiply": (_PRODUCT, "use `Concatenate` and a convolution of kernel 1"),
    "Dot": (_PRODUCT, "use `Concatenate` and a dense layer"),
    "LayerNormalization": (_NORM, _UNITS),
    "GroupNormalization": (_NORM, _UNITS),
    "UnitNormalization": (_NORM, _UNITS),
    "SpectralNormalization": (_NORM, _UNITS),
    "Embedding": (
        "it looks rows up, and the chip reads rates",
        "look them up before the network: the input of the spec is the embedded"
        " sequence, length x channels",
    ),
    "Lambda": (
        "its code is in the file, and snnc runs none of it",
        "replace it by a layer of Keras, or do it to the data",
    ),
    "RepeatVector": (_REPEAT, "use a larger `Dense`"),
    "UpSampling1D": ("specs have no upsampling", "use fewer strides before it"),
    "UpSampling2D": ("specs have no upsampling", "use fewer strides before it"),
    "UpSampling3D": ("specs have no upsampling", "use fewer strides before it"),
    "Conv1DTranspose": ("specs have no upsampling", "use fewer strides before it"),
    "Conv2DTranspose": ("specs have no upsampling", "use fewer strides before it"),
    "Conv3DTranspose": ("specs have no upsampling", "use fewer strides before it"),
    "LocallyConnected1D": (
        "a kernel of its own at every place fills the chip",
        "use a convolution, or a `Dense` over few pixels",
    ),
    "LocallyConnected2D": (
        "a kernel of its own at every place fills the chip",
        "use a convolution, or a `Dense` over few pixels",
    ),
    "TimeDistributed": (
        "specs have no wrapper for time",
        "use `Conv3D` of kernel 1 along time, which computes the same",
    ),
    "Masking": ("spikes have no mask", "cut examples to one length, or fill with 0"),
    "Resizing": ("only a scaling of the input is part of a spec", "do it to the data"),
    "CenterCrop": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "RandomCrop": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "Discretization": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "CategoryEncoding": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "Hashing": ("only a scaling of the input is part of a spec", "do it to the data"),
    "StringLookup": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "IntegerLookup": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "TextVectorization": (
        "only a scaling of the input is part of a spec",
        "do it to the data",
    ),
    "EinsumDense": ("specs have `dense`", "use `Dense`, or a convolution of kernel 1"),
}
UNKNOWN = (
    "specs have no such layer",
    "build it from convolutions, dense layers, `Add`, `Concatenate` and average pools;"
    " `docs/language.md` has all",
)


def read_refused(layer: KerasLayer, walk: Walk) -> Value:
    """Refuse a layer that no other handler reads."""
    if tool_of(layer.kind) is not None:
        return read_foreign(layer, walk)
    why, remedy = REFUSED.get(layer.kind, UNKNOWN)
    return walk.refuse(layer, why, remedy)


TOOLS = {
    "Q": ("QKeras", ("QConv", "QDense", "QActivation", "QBatch", "QDepth", "QSepar")),
    "Addons": ("TensorFlow Addons", ("Addons>", "tensorflow_addons")),
    "Kapre": ("Kapre", ("Kapre", "kapre", "Melspectrogram", "STFT")),
    "Quantize": ("the Model Optimization Toolkit", ("Quantize", "PruneLowMagnitude")),
}
"""Libraries that add layers to Keras, by how the names of these begin."""


def tool_of(kind: str) -> str | None:
    """Return the library that a class is of, as far as its name tells."""
    for tool, beginnings in TOOLS.values():
        if kind.removeprefix("Custom>").startswith(beginnings):
            return tool
    return None


def read_foreign(layer: KerasLayer, walk: Walk) -> Value:
    """Refuse a class that is not Keras's own; its code is not in the file."""
    tool = tool_of(layer.kind)
    of = (
        f"`{layer.kind}` is a class of {tool}" if tool else f"`{layer.kind}` is a class"
    )
    return walk.refuse(
        layer,
        f"{of}, not Keras's own, and its code is not in the file",
        "replace it by a layer of Keras, and save the model anew",
        rule="foreign",
    )
