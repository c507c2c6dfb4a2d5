# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Spiking layers of a functional Keras model, its losses and its weights.

A layer ``c0`` has several parts in the model: ``c0`` contains the weights.
Depending on the layer, ``c0.bias``, ``c0.norm``, ``c0.sum``, ``c0.neurons``
and ``c0.dropout`` follow.

A loss for labels takes integers, of shape (batch,), and logits, of shape
(batch, classes), and returns the loss of each example. ``smoothing`` is spread
over all classes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial

import numpy as np

from ..layout import Layout, Tensors, Weights
from ..network import Network
from .backend import Tensor, keras, tf
from .layers import BalancedAdd, NeuronBias, Neurons, max_currents
from .wiring import NEURONS, reads_of, rescale, with_norm

Loss = Callable[[Tensor, Tensor], Tensor]


def he_uniform(
    name: str,
    seed: int,
    channels: int = 1,
    outputs: int = 0,
) -> keras.initializers.Initializer:
    """Return a kernel's initializer (He et al. 2015, arXiv:1502.01852).

    ``seed`` and the layer's name determine the values, so no layer changes the
    kernel of another. ``channels`` are those that a depthwise layer reads:
    Keras counts all inputs for each output. Each tap of a transposed kernel
    reaches one of ``outputs`` outputs, and the inputs are on its last axis.
    """
    read, fan = (outputs, "fan_out") if outputs else (channels, "fan_in")
    return keras.initializers.VarianceScaling(
        2.0 * read,
        fan,
        "uniform",
        seed_of(name, seed),
    )


def seed_of(name: str, seed: int) -> int:
    """Return the seed for the layer of a model with this name."""
    return (seed + zlib.crc32(name.encode())) % 2**31


class SpikingLayers:
    """Applies Keras layers as the spiking layers of a network."""

    def __init__(self, network: Network, seed: int) -> None:
        """Create it for a network and the seed of dropout."""
        self.network = network
        self.seed = seed

    def __call__(
        self,
        layer: keras.layers.Layer,
        values: Tensor,
        *,
        shortcut: Tensor = None,
        neuron_bias: bool = False,
        batchnorm: bool = False,
        dropout: float = 0.0,
    ) -> Tensor:
        """Return the activations of a layer that reads ``values``.

        The order is: linear layer, bias per neuron, batch norm, shortcut,
        neurons, dropout.
        """
        name = layer.name
        data = self.network.layers[name]
        current = layer(values)
        read = self.network.input
        least = read.low if read.scaled is None else min(read.scaled)
        if data.encoder == "conv" and least >= 0:
            # For inputs from 0 up, filters with only negative weights are
            # silent and have no gradient. If all filters are silent, nothing
            # is learned. A single filter with a single weight is silent in
            # half of all cases.
            kernel, *bias = layer.get_weights()
            if kernel.max() <= 0:
                layer.set_weights([-kernel, *bias])
        if neuron_bias:
            current = NeuronBias(name=f"{name}.bias")(current)
        if batchnorm:
            norm = keras.layers.BatchNormalization(name=f"{name}.norm")
            current = norm(current)
        if shortcut is not None:
            learned = shortcut._keras_history[0].name == f"{name}.shortcut"
            add = keras.layers.Add(name=f"{name}.sum")
            if not learned and not batchnorm:
                add = BalancedAdd(data.percentile, name=f"{name}.sum")
            current = add([current, shortcut])
        neurons = Neurons(data, self.network.dt, name=f"{name}.neurons")
        if not dropout:
            return neurons(current)
        name = f"{name}.dropout"
        seed = seed_of(name, self.seed)
        drop = keras.layers.Dropout(dropout, seed=seed, name=name)
        return drop(neurons(current))


def model_weights(model: keras.Model, layout: Layout) -> Tensors:
    """Return a model's weights as the tensors of its layout.

    Scales, and batch norms as in evaluation, are folded into kernels and
    biases; a layer without a bias gets zeros.
    """
    tensors: Tensors = {}
    known = {tensor.name: tensor for tensor in layout.tensors}
    parts = {part.name: part for part in model.layers}
    for own in layout.tensors:
        name, _, kind = own.name.rpartition(".")
        if kind == "shortcut":
            (tensors[own.name],) = parts[own.name].get_weights()
        if kind != "kernel":
            continue
        kernel, *rest = parts[name].get_weights()
        kernel = kernel.reshape(own.shape)
        empty = np.zeros(known[f"{name}.bias"].shape, np.float32)
        if f"{name}.bias" in parts:
            rest = parts[f"{name}.bias"].get_weights()
        bias = rest[0] if rest else empty
        if f"{name}.norm" in parts:
            norm = parts[f"{name}.norm"]
            kernel, bias = with_norm(
                kernel,
                bias,
                norm,
                is_transposed=own.is_transposed,
            )
        tensors[own.name] = kernel
        tensors[f"{name}.bias"] = bias
    scales = {name: part.scale for name, part in neurons_of(model).items()}
    if set(scales.values()) == {1.0}:
        return tensors
    return rescale(tensors, scales, reads_of(model, layout), layout)


def set_model_weights(
    model: keras.Model,
    layout: Layout,
    weights: Weights,
) -> None:
    """Set a model's weights to tensors of its layout, from a file or mapping.

    Batch norms become the identity, because the weights include them, and
    scales become 1. Raises LayoutError if the tensors do not fit the layout.
    """
    tensors = layout.load(weights)
    parts = {part.name: part for part in model.layers}
    for full_name, kernel in tensors.items():
        name, _, kind = full_name.rpartition(".")
        if kind == "shortcut":
            parts[full_name].set_weights([kernel])
        if kind != "kernel":
            continue
        layer = parts[name]
        own = parts.get(f"{name}.bias")
        bias = tensors[f"{name}.bias"]
        # Keras has several shapes for one tensor, depending on the layer.
        kernel = kernel.reshape(layer.get_weights()[0].shape)
        layer.set_weights([kernel, bias] if layer.use_bias else [kernel])
        if own is not None:
            own.set_weights([bias])
        if own is not None or layer.use_bias:
            bias = np.zeros(bias.shape[-1], bias.dtype)
        if f"{name}.norm" in parts:
            norm = parts[f"{name}.norm"]
            ones = np.ones_like(bias)
            # It adds the bias, and nothing else.
            norm.set_weights([ones, bias, ones - ones, ones - norm.epsilon])
    for part in neurons_of(model).values():
        part.set_scale(1.0)


def fold_model(model: keras.Model, layout: Layout) -> None:
    """Fold batch norms and scales into the model's own weights."""
    set_model_weights(model, layout, model_weights(model, layout))


def with_currents(model: keras.Model, network: Network) -> keras.Model:
    """Return a model of the outputs, followed by the neurons' currents.

    Currents have the shape of the activations or, in a max pool, the shape
    (batch, neurons).
    """
    currents = []
    for name, layer in network.layers.items():
        if layer.pool is None:
            currents.append(model.get_layer(f"{name}{NEURONS}").input)
            continue
        compare = keras.layers.Lambda(partial(max_currents, layer.pool))
        currents.append(compare(model.get_layer(name).input))
    return keras.Model(model.input, [model.output, *currents])


def neurons_of(model: keras.Model) -> dict[str, Neurons]:
    """Return the neurons of each layer but max pools."""
    neurons = (part for part in model.layers if isinstance(part, Neurons))
    return {part.name.removesuffix(NEURONS): part for part in neurons}


def cross_entropy(smoothing: float) -> Loss:
    """Return the cross entropy with smoothed labels."""
    return _on_targets(tf.nn.softmax_cross_entropy_with_logits, smoothing)


def focal(gamma: float, alpha: float, smoothing: float = 0.0) -> Loss:
    """Return the focal loss, FL = -alpha (1 - p)^gamma log p.

    Lin et al., 2017, arXiv:1708.02002, equation 5. In the paper, alpha
    balances two classes, 1 - alpha to alpha. With more classes, alpha is a
    factor for all of them.
    """

    def of_targets(targets: Tensor, logits: Tensor) -> Tensor:
        classes = logits.shape[-1]
        balance = [1 - alpha, alpha] if classes == 2 else [alpha] * classes
        log_p = tf.nn.log_softmax(logits)
        # With a power below 1, the gradient at 0 is infinite.
        miss = tf.maximum(-tf.math.expm1(log_p), 1e-7)
        weights = tf.constant(balance) * miss**gamma
        return -tf.reduce_sum(targets * weights * log_p, axis=-1)

    return _on_targets(of_targets, smoothing)


def squared_error(smoothing: float = 0.0) -> Loss:
    """Return the mean squared error: 1 for the label's class, otherwise 0."""

    def of_targets(targets: Tensor, logits: Tensor) -> Tensor:
        return tf.reduce_mean((targets - logits) ** 2, axis=-1)

    return _on_targets(of_targets, smoothing)


def _on_targets(of_targets: Loss, smoothing: float) -> Loss:
    """Return a loss of labels, which become smoothed targets of each class."""

    def loss(labels: Tensor, logits: Tensor) -> Tensor:
        classes = logits.shape[-1]
        flat = tf.reshape(tf.cast(labels, tf.int32), [-1])
        certain = tf.one_hot(flat, classes)
        targets = certain * (1 - smoothing) + smoothing / classes
        return of_targets(targets, logits)

    return loss
