"""The models that the Converter and nengo-loihi are tried with."""

from __future__ import annotations

from typing import Any

from tests.importer.keras_models import (
    FLAT,
    IMAGE,
    LINE,
    SHAPES,
    Build,
    between,
    chain,
    chip,
    conv,
    first,
    joined,
    last,
    reader,
    relu,
)
from tests.importer.keras_networks import NETWORKS

LAYERS: dict[str, Build] = {
    **{f"conv{n}d": conv(n) for n in (1, 2, 3)},
    **{f"conv{n}d first": first(f"Conv{n}D", 4, 2, activation="relu", shape=SHAPES[n])
       for n in (1, 2, 3)},
    "conv bias": conv(2, use_bias=True),
    "conv linear": conv(2, activation=None),
    "conv linear last": last("Conv2D", 4, 2, use_bias=False),
    "conv linear first": first("Conv2D", 4, 2),
    "conv elu": conv(2, activation="elu"),
    "conv sigmoid": conv(2, activation="sigmoid"),
    "conv same, strides": conv(2, padding="same", strides=2),
    "conv groups": conv(2, groups=2),
    "conv groups first": first("Conv2D", 4, 2, groups=2),
    "conv dilated": conv(2, dilation_rate=2),
    "conv channels first": conv(2, data_format="channels_first"),
    "conv channels first, first": first(
        "Conv2D", 4, 2, data_format="channels_first", activation="relu"
    ),
    "conv causal": conv(1, padding="causal"),
    "conv causal, dilated": conv(1, padding="causal", dilation_rate=2),
    "conv of more dimensions": between("Conv2D", 4, 2, shape=(2, 4, 4, 4)),
    "conv regularised": conv(2, kernel_regularizer="l2"),
    "conv constrained": conv(2, bias_constraint="non_neg", use_bias=True),
    "conv frozen": conv(2, trainable=False),
    "conv transposed": between("Conv2DTranspose", 4, 2, activation="relu"),
    "conv depthwise": between("DepthwiseConv2D", 2, activation="relu"),
    "conv separable": between("SeparableConv2D", 4, 2, activation="relu"),
    "dense": between("Dense", 3, "relu", shape=FLAT),
    "dense linear": between("Dense", 3, shape=FLAT),
    "dense linear last": last("Dense", 3, shape=FLAT),
    "dense softmax last": last("Dense", 3, "softmax", shape=FLAT),
    "dense tanh": between("Dense", 3, "tanh", shape=FLAT),
    "dense regularised": between("Dense", 3, activity_regularizer="l1", shape=FLAT),
    "dense of an image": between("Dense", 3, "relu"),
    "dense of one row": between("Dense", 3, "relu", shape=(1, 6)),
    "dense of too many": between("Dense", 2, "relu", shape=(4100,)),
    **{f"{kind} {n}d": between(f"{kind}{n}D", shape=SHAPES[n])
       for kind in ("AveragePooling", "MaxPooling", "UpSampling", "ZeroPadding",
                    "GlobalAveragePooling", "GlobalMaxPooling")
       for n in (1, 2, 3)},
    "average pooling, same": between("AveragePooling2D", padding="same"),
    "average pooling, strides": between("AveragePooling2D", 3, strides=1),
    "average pooling last": last("AveragePooling2D"),
    "average pooling first": first("AveragePooling2D"),
    "global pooling, keepdims": between("GlobalAveragePooling2D", keepdims=True),
    "up-sampling, bilinear": between("UpSampling2D", interpolation="bilinear"),
    "up-sampling by 1": between("UpSampling2D", 1),
    "up-sampling last": last("UpSampling2D"),
    "padding, four sides": between("ZeroPadding2D", ((0, 1), (2, 0))),
    "flatten": between("Flatten"),
    "reshape": between("Reshape", (-1, 8)),
    "permute": between("Permute", (2, 1, 3)),
    "cropping": between("Cropping2D"),
    "repeat": between("RepeatVector", 2, shape=FLAT),
    "dropout": between("Dropout", 0.5),
    "dropout last": last("Dropout", 0.5),
    "spatial dropout": between("SpatialDropout2D", 0.5),
    "noise": between("GaussianNoise", 0.5),
    "batch norm": between("BatchNormalization"),
    "batch norm last": last("BatchNormalization"),
    "batch norm first": first("BatchNormalization"),
    "batch norm frozen": last("BatchNormalization", trainable=False, scale=False),
    "batch norm, two axes": between("BatchNormalization", axis=[1, 2]),
    "layer norm": between("LayerNormalization"),
    "rescaling first": first("Rescaling", 0.5),
    "activation linear": between("Activation", "linear"),
    "activation softmax": between("Activation", "softmax"),
    "activation relu6": lambda keras: chain(
        keras, IMAGE, *chip(keras), relu6(keras), *reader(keras)
    ),
    "activation sigmoid first": first("Activation", "sigmoid"),
    "relu": between("ReLU"),
    "relu, largest": between("ReLU", 6.0),
    "relu, slope": between("ReLU", negative_slope=0.1),
    "relu, threshold": between("ReLU", threshold=0.1),
    "leaky relu": between("LeakyReLU"),
    "leaky relu first": first("LeakyReLU"),
    "elu": between("ELU"),
    "softmax": last("Softmax", shape=FLAT),
    **{f"{kind} joined": joined(kind)
       for kind in ("Add", "Average", "Concatenate", "Multiply", "Maximum")},
    "add, conv": joined("Add", "Conv2D"),
    "concatenate, axis": joined("Concatenate", axis=-2),
    "concatenate, batch": joined("Concatenate", axis=0),
    "lstm": between("LSTM", 2, shape=LINE),
    "embedding": between("Embedding", 4, 2, shape=FLAT),
    "wrapped": lambda keras: chain(
        keras, LINE, *chip(keras),
        keras.layers.TimeDistributed(keras.layers.Dense(2)), *reader(keras),
    ),
    "open input": lambda keras: chain(keras, (None, 4), relu(keras, "spikes")),
}  # fmt: skip

MODELS: dict[str, Build] = {**LAYERS, **NETWORKS}

SHOWN: dict[str, tuple[str, str]] = {
    "`Conv2D` with ReLU, without biases": ("conv2d", "conv2d"),
    "`Conv2D` with ReLU and biases": ("conv bias", "conv2d"),
    "`Conv2D` without an activation": ("conv linear", "conv2d"),
    "`Conv2D` with ELU": ("conv elu", "conv2d"),
    "`Conv2D` with `dilation_rate`": ("conv dilated", "conv2d"),
    "`Conv2D` with `groups`": ("conv groups", "conv2d"),
    "`Conv1D`": ("conv1d", "conv1d"),
    "`Conv3D`": ("conv3d", "conv3d"),
    "`Conv1D` with `padding='causal'`": ("conv causal", "conv1d"),
    "`DepthwiseConv2D`, `SeparableConv2D`": ("conv depthwise", "depthwise_conv2d"),
    "`Dense` with ReLU": ("dense", "dense"),
    "`Dense` without an activation, last": ("dense linear last", "dense"),
    "`Dense` with softmax": ("dense softmax last", "dense"),
    "`Dense` with tanh": ("dense tanh", "dense"),
    "`Dense` of an image": ("dense of an image", "dense"),
    "`Dense` of 4100 neurons": ("dense of too many", "dense"),
    "`AveragePooling2D`": ("AveragePooling 2d", "average_pooling2d"),
    "`AveragePooling2D` of the input": ("average pooling first", "average_pooling2d"),
    "`GlobalAveragePooling2D`": ("GlobalAveragePooling 2d", "global_average_pooling2d"),
    "`MaxPooling2D`": ("MaxPooling 2d", "max_pooling2d"),
    "`BatchNormalization`": ("batch norm", "batch_normalization"),
    "`LayerNormalization`": ("layer norm", "layer_normalization"),
    "`Dropout`": ("dropout", "dropout"),
    "`Flatten`, `Reshape`": ("flatten", "flatten"),
    "`ZeroPadding2D`": ("ZeroPadding 2d", "zero_padding2d"),
    "`ZeroPadding2D` before `Conv2D`": ("padded_before_conv", "zero_padding2d"),
    "`UpSampling2D`": ("UpSampling 2d", "up_sampling2d"),
    "`ReLU`": ("relu", "re_lu"),
    "`ReLU(6)`": ("relu, largest", "re_lu"),
    "`LeakyReLU`": ("leaky relu", "leaky_re_lu"),
    "`Add`, `Average`": ("Add joined", "add"),
    "`Add` before `Conv2D`": ("add, conv", "add"),
    "`Concatenate`": ("Concatenate joined", "concatenate"),
    "`Multiply`, `Maximum`": ("Multiply joined", "multiply"),
    "`LSTM`": ("lstm", "lstm"),
}
"""What docs/from-keras.md shows: a model, and the layer of it that a row is about."""


def relu6(keras: Any) -> Any:
    import tensorflow

    return keras.layers.Activation(tensorflow.nn.relu6, name="relu6")
