# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""How far spikes move what drives a neuron: the variance of its current.

A neuron that is driven by filtered spikes feels their noise. Near the threshold
of LIF neurons it decides their rate, and it differs from neuron to neuron: it
is that of the spikes that each reads, weighted by the squares of its kernel.
"""

# mypy: allow-subclassing-any
# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow import keras

from .curves import spike_variance
from .layers import registered, setting
from .network import Network
from .wiring import Stretch, stretches_of

VARIANCE = ".variance"
DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)


@registered
class CurrentVariance(keras.layers.Layer):
    """The variance of what a layer makes of values, as these are spikes.

    It reads values (batch, ...), and what is driven: what the layer makes of
    them, or the values themselves; where a batch norm follows, also what that
    makes of it. Variances are of the shape of what is driven, in squares of
    its unit. Neurons spike regularly, and apart from one another.

    A layer named ``c.variance`` is that of ``c``, whose kernel it finds where it
    is called: it has no weights of its own, and nothing of ``c`` is saved
    with it. ``hertz`` has the rate of activation 1.0 of each layer of neurons
    that the values are of. Neurons that are not to know of it get zeros, where
    it is not ``active``.
    """

    def __init__(
        self,
        stretches: Sequence[Sequence[Any]],
        hertz: Mapping[str, float],
        synapse: float,
        **named: Any,
    ) -> None:
        """Take what the channels of values are, and the filter in seconds."""
        super().__init__(**named)
        self.stretches = tuple(stretches)
        self._settings = [setting(v) for v in self._of_channels(hertz)]
        self.hertz = dict(hertz)
        self.synapse = synapse
        self.active = True
        self._parts: Callable[[], tuple[Any, Any]] = lambda: (None, None)

    @property
    def hertz(self) -> dict[str, float]:
        """The rates of activation 1.0; what was traced follows them."""
        return self._hertz

    @hertz.setter
    def hertz(self, hertz: dict[str, float]) -> None:
        self._hertz = hertz
        values = self._of_channels(hertz)
        for one, of_channels in zip(self._settings, values, strict=True):
            one.value.assign(of_channels)

    def __call__(
        self,
        inputs: Any,
        driven: Any,
        normed: Any = None,
        **named: Any,
    ) -> Any:
        """Find the layers that tensors come from, in a functional model."""
        if hasattr(driven, "_keras_history"):
            linear = _linear(driven, self.name.removesuffix(VARIANCE))
            norm = None if normed is None else normed._keras_history[0]
            # As attributes that Keras tracks, they would be saved twice.
            self._parts = lambda: (linear, norm)
        return super().__call__(inputs, driven, normed, **named)

    def call(
        self,
        inputs: Any,
        driven: Any,
        normed: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Return variances of the shape of what is driven."""
        if not self.active:
            return tf.zeros_like(driven if normed is None else normed)
        linear, norm = self._parts()
        hertz, units = (one.value for one in self._settings)
        variance = spike_variance(tf.nn.relu(inputs) * hertz, self.synapse)
        if linear is None:
            return variance * units
        kernel = _kernel_of(linear, variance) ** 2
        # A kernel has fewer numbers to multiply than what it is applied to.
        if isinstance(linear, keras.layers.Dense):
            units = tf.tile(units, [kernel.shape[0] // units.shape[0]])
        kernel *= units[:, None]
        if norm is not None:
            if training:
                axes = list(range(len(driven.shape) - 1))
                moved = tf.math.reduce_variance(driven, axes)
            else:
                moved = norm.moving_variance
            kernel *= norm.gamma**2 / (moved + norm.epsilon)
        return _through(linear, variance, kernel)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "stretches": self.stretches,
            "hertz": self.hertz,
            "synapse": self.synapse,
        }
        return {**super().get_config(), **own}

    def _of_channels(self, hertz: Mapping[str, float]) -> tuple[Any, Any]:
        """Return the rate of 1.0 of each channel, and the unit of variances."""
        stretches = [Stretch.of(one) for one in self.stretches]
        sizes = [one.size for one in stretches]
        slowest = [min(hertz[n] for n in one.sources) for one in stretches]
        rates = np.repeat(slowest, sizes)
        counts = np.repeat([one.averaged for one in stretches], sizes)
        return rates, 1 / (rates**2 * counts)


def variance_of(
    network: Network,
    name: str,
    paths: Sequence[tuple[Any, ...]],
) -> Any:
    """Return the variance of what drives the neurons of a layer.

    ``paths`` are what is read, and what is made of it, step by step: of the
    layer's own kernel, then of a shortcut, if there is one.
    """
    variances = []
    parts = (name, f"{name}.shortcut")[: len(paths)]
    for part, (read, *driven) in zip(parts, paths, strict=True):
        stretches = stretches_of(read)
        sources = {source for one in stretches for source in one.sources}
        hertz = {n: network.layers[n].high for n in sorted(sources)}
        synapse = network.layers[name].synapse or network.dt
        listed = [one.listed for one in stretches]
        settings = (listed, hertz, synapse)
        layer = CurrentVariance(*settings, name=f"{part}{VARIANCE}")
        variances.append(layer(read, *driven))
    if len(variances) == 1:
        return variances[0]
    return keras.layers.Add(name=f"{name}.variances")(variances)


def _linear(driven: Any, name: str) -> Any:
    """Return the layer of a name that made a tensor, None if none did."""
    layer = driven._keras_history[0]
    if layer.name == f"{name}.bias":  # of each neuron
        layer = layer.input._keras_history[0]
    return layer if layer.name == name else None


def _kernel_of(linear: keras.layers.Layer, variance: Any) -> Any:
    """Return a layer's kernel, from all channels of what it reads."""
    channels = int(variance.shape[-1])
    # Keras 2 has a name of its own for it, and another kernel that is None.
    kernel = getattr(linear, "depthwise_kernel", None)
    kernel = linear.kernel if kernel is None else kernel
    if isinstance(linear, DEPTHWISE):
        # (..., channels, multiplier): a group for each channel.
        *taps, read, multiplier = map(int, kernel.shape)
        kernel = tf.reshape(kernel, (*taps, 1, read * multiplier))
    if isinstance(linear, keras.layers.Dense):
        return kernel
    return _whole(kernel, channels // int(kernel.shape[-2]))


def _through(linear: keras.layers.Layer, variance: Any, kernel: Any) -> Any:
    """Return what a layer of another kernel, and of no bias, computes."""
    if isinstance(linear, keras.layers.Dense):
        return tf.matmul(tf.reshape(variance, (-1, kernel.shape[0])), kernel)
    padding = linear.padding
    if padding == "causal":
        before = linear.dilation_rate[0] * (linear.kernel_size[0] - 1)
        variance = tf.pad(variance, [[0, 0], [before, 0], [0, 0]])
        padding = "valid"
    return tf.nn.convolution(
        variance,
        kernel,
        linear.strides,
        padding.upper(),
        dilations=linear.dilation_rate,
    )


def _whole(kernel: Any, groups: int) -> Any:
    """Return the kernel of a convolution in groups, as one of all channels.

    TensorFlow has no gradient of convolutions in groups on a CPU.
    """
    if groups == 1:
        return kernel
    *taps, read, filters = map(int, kernel.shape)
    group = np.arange(groups)
    reads = np.repeat(group, read)[:, None]
    own = reads == np.repeat(group, filters // groups)
    whole = tf.tile(kernel, [1] * len(taps) + [groups, 1])
    return whole * own.astype(np.float32)
