"""What the chip makes of each layer of Keras: one family a file.

A handler gets a layer and the walk so far, notes its decisions and drafts, and returns
the layer's output.
"""

from __future__ import annotations

from collections.abc import Callable

from snnc.importer.draft import Value
from snnc.importer.model import KerasLayer
from snnc.importer.table.activations import read_activation, read_neurons
from snnc.importer.table.convolutions import (
    read_batch_norm,
    read_convolution,
    read_dense,
    read_depthwise,
    read_separable,
)
from snnc.importer.table.inputs import (
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
from snnc.importer.table.padding import read_cropping, read_zero_padding
from snnc.importer.table.pooling import (
    read_average_pooling,
    read_global_average,
    read_global_max,
    read_max_pooling,
)
from snnc.importer.walk import Walk

Handler = Callable[[KerasLayer, Walk], Value]

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
"""By Keras's class; `refused.py` has what the chip can't do."""
