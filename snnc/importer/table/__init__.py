"""Convert or refuse each layer of Keras, one family per file.

A handler gets a layer and the conversion, notes its decisions and drafts, and returns
the layer's output.
"""

from __future__ import annotations

from collections.abc import Callable

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
from snnc.importer.table.operations import read_operation
from snnc.importer.table.pooling import (
    read_average_pooling,
    read_global_average,
    read_global_max,
    read_max_pooling,
)

Handler = Callable[[KerasLayer, ConversionState], Value]

HANDLERS: dict[str, Handler] = {
    "InputLayer": read_input,
    "Rescaling": read_rescaling,
    "Normalization": read_normalization,
    "Conv1D": read_convolution,
    "Conv2D": read_convolution,
    "Conv3D": read_convolution,
    "DepthwiseConv1D": read_depthwise,
    "DepthwiseConv2D": read_depthwise,
    "SeparableConv1D": read_separable,
    "SeparableConv2D": read_separable,
    "Dense": read_dense,
    "AveragePooling1D": read_average_pooling,
    "AveragePooling2D": read_average_pooling,
    "AveragePooling3D": read_average_pooling,
    "MaxPooling1D": read_max_pooling,
    "MaxPooling2D": read_max_pooling,
    "MaxPooling3D": read_max_pooling,
    "GlobalAveragePooling1D": read_global_average,
    "GlobalAveragePooling2D": read_global_average,
    "GlobalAveragePooling3D": read_global_average,
    "GlobalMaxPooling1D": read_global_max,
    "GlobalMaxPooling2D": read_global_max,
    "GlobalMaxPooling3D": read_global_max,
    "Flatten": read_flatten,
    "Reshape": read_reshape,
    "TFOpLambda": read_operation,
    "TensorFlowOpLayer": read_operation,
    "TrueDivide": read_operation,
    "Divide": read_operation,
    "Identity": read_operation,
    "Cast": read_operation,
    "Relu": read_operation,
    "Relu6": read_operation,
    "Mean": read_operation,
    "Transpose": read_operation,
    "Permute": read_permute,
    "Embedding": read_embedding,
    "Cropping1D": read_cropping,
    "Cropping2D": read_cropping,
    "Cropping3D": read_cropping,
    "ZeroPadding1D": read_zero_padding,
    "ZeroPadding2D": read_zero_padding,
    "ZeroPadding3D": read_zero_padding,
    "Dropout": read_dropout,
    "SpatialDropout1D": read_dropout,
    "SpatialDropout2D": read_dropout,
    "SpatialDropout3D": read_dropout,
    "GaussianDropout": read_dropout,
    "AlphaDropout": read_noise,
    "GaussianNoise": read_noise,
    "ActivityRegularization": read_noise,
    "RandomFlip": read_noise,
    "RandomRotation": read_noise,
    "RandomZoom": read_noise,
    "RandomTranslation": read_noise,
    "RandomContrast": read_noise,
    "RandomBrightness": read_noise,
    "BatchNormalization": read_batch_norm,
    "SyncBatchNormalization": read_batch_norm,
    "Add": read_add,
    "Subtract": read_subtract,
    "Average": read_average,
    "Maximum": read_maximum,
    "Minimum": read_maximum,
    "Concatenate": read_concatenate,
    "Activation": read_activation,
    "ReLU": read_activation,
    "Neurons": read_neurons,
    "LeakyReLU": read_activation,
    "PReLU": read_activation,
    "ELU": read_activation,
    "Softmax": read_activation,
    "ThresholdedReLU": read_activation,
}
"""By Keras's class; `refused.py` has the layers that the chip can't run."""


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
    "CuDNNLSTM": (_STATE, _BIN),
    "CuDNNGRU": (_STATE, _BIN),
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
    "do it to the data, end the model before it, or replace it by a layer that"
    " `docs/from-keras.md` lists",
)


def read_refused(layer: KerasLayer, state: ConversionState) -> Value:
    """Refuse a layer that no other handler reads."""
    if tool_of(layer.kind) is not None:
        return read_foreign(layer, state)
    if layer.kind == "Lambda" and not state.readers[layer.name] and layer.reads:
        state.finals[layer.name] = layer.kind
        state.rewrite(layer, "at the end, where the host computes it: it is left out")
        return state.source(layer)
    why, remedy = REFUSED.get(layer.kind, UNKNOWN)
    return state.refuse(layer, why, remedy)


TOOLS = {
    "Q": ("QKeras", ("QConv", "QDense", "QActivation", "QBatch", "QDepth", "QSepar")),
    "Addons": ("TensorFlow Addons", ("Addons>", "tensorflow_addons")),
    "Kapre": ("Kapre", ("Kapre", "kapre", "Melspectrogram", "STFT")),
    "Quantize": ("the Model Optimization Toolkit", ("Quantize", "PruneLowMagnitude")),
}
"""Libraries that add layers to Keras, by the prefix of these layers' names."""


def tool_of(kind: str) -> str | None:
    """Return the library of a class, as far as its name shows."""
    for tool, beginnings in TOOLS.values():
        if kind.removeprefix("Custom>").startswith(beginnings):
            return tool
    return None


def read_foreign(layer: KerasLayer, state: ConversionState) -> Value:
    """Refuse a class that is not Keras's own; its code is not in the file."""
    tool = tool_of(layer.kind)
    of = (
        f"`{layer.kind}` is a class of {tool}" if tool else f"`{layer.kind}` is a class"
    )
    return state.refuse(
        layer,
        f"{of}, not Keras's own, and its code is not in the file",
        "replace it by a layer of Keras, and save the model anew",
        rule="foreign",
    )
