"""The layers that ``nengo_dl.converter`` registers."""

from __future__ import annotations

from snnc.importer.converter import convolutions, joins, plain
from snnc.importer.converter.convolutions import Handler

HANDLERS: dict[str, Handler] = {
    "Activation": plain.activation,
    "Add": joins.add,
    "Average": joins.average,
    "AveragePooling1D": convolutions.average_pooling(1),
    "AveragePooling2D": convolutions.average_pooling(2),
    "AveragePooling3D": convolutions.average_pooling(3),
    "BatchNormalization": plain.batch_normalization,
    "Concatenate": joins.concatenate,
    "Conv1D": convolutions.convolution(1),
    "Conv2D": convolutions.convolution(2),
    "Conv3D": convolutions.convolution(3),
    "Dense": plain.dense,
    "Flatten": plain.unchanged,
    "GlobalAveragePooling1D": convolutions.average_pooling(1),
    "GlobalAveragePooling2D": convolutions.average_pooling(2),
    "GlobalAveragePooling3D": convolutions.average_pooling(3),
    "GlobalMaxPooling1D": convolutions.max_pooling,
    "GlobalMaxPooling2D": convolutions.max_pooling,
    "GlobalMaxPooling3D": convolutions.max_pooling,
    "LeakyReLU": plain.leaky_relu,
    "MaxPooling1D": convolutions.max_pooling,
    "MaxPooling2D": convolutions.max_pooling,
    "MaxPooling3D": convolutions.max_pooling,
    "ReLU": plain.relu,
    "Reshape": plain.unchanged,
    "UpSampling1D": plain.up_sampling,
    "UpSampling2D": plain.up_sampling,
    "UpSampling3D": plain.up_sampling,
    "ZeroPadding1D": plain.zero_padding,
    "ZeroPadding2D": plain.zero_padding,
    "ZeroPadding3D": plain.zero_padding,
}
"""By Keras's class; ``InputLayer`` and submodels are the walk's own."""
