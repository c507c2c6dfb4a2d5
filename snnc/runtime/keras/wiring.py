# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Finds the layers of neurons that a Keras model's kernels read.

Layers' scales, and batch norms, are folded into these kernels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..examples import Array
from ..layout import Layout, Tensors
from .backend import KerasLayer, Tensor, keras, tf

NEURONS = ".neurons"
Recalibrate = Callable[[Array, float], None]
# For each channel, the layers whose sum it is; the input has none.
Sources = tuple[frozenset[str], ...]


class Wiring(NamedTuple):
    """How the scales of layers depend on one another.

    ``reads`` has, for each kernel, the sources of the channels it reads.
    The layers in each of ``groups`` have to share a scale, because a sum or an
    identity shortcut adds their outputs.
    """

    reads: dict[str, Sources]
    groups: tuple[tuple[str, ...], ...]


def wiring_of(
    model: keras.Model,
    layout: Layout,
    names: Sequence[str],
) -> Wiring:
    """Return the wiring of a model whose layers of neurons are ``names``."""
    reads: dict[str, Sources] = {}
    ties: list[frozenset[str]] = []
    for tensor in layout.tensors:
        layer, _, part = tensor.name.rpartition(".")
        if part == "bias":
            continue
        keras_name = layer if part == "kernel" else tensor.name
        sources = sources_of(model.get_layer(keras_name).input)
        reads[tensor.name] = sources
        ties += sources
    known = {layer.name for layer in model.layers}
    for name in names:
        if f"{name}.sum" in known and f"{name}.shortcut" not in known:
            _, added = model.get_layer(f"{name}.sum").input
            ties += [sources | {name} for sources in sources_of(added)]
        elif f"{name}{NEURONS}" not in known:
            # A max pool compares values at its source's scale.
            pooled = sources_of(model.get_layer(name).input)
            ties.append(frozenset({name}).union(*pooled))
    group = {name: {name} for name in names}
    for tie in dict.fromkeys(ties):
        merged = set().union(*(group[name] for name in tie))
        group.update(dict.fromkeys(merged, merged))
    ordered = (tuple(n for n in names if n in group[name]) for name in names)
    return Wiring(reads, tuple(dict.fromkeys(ordered)))


def sources_of(tensor: Tensor) -> Sources:
    """Return the layers that the channels of a Keras tensor come from."""
    layer = tensor._keras_history[0]
    if layer.name.endswith(NEURONS):
        own = frozenset({layer.name.removesuffix(NEURONS)})
        return (own,) * int(tensor.shape[-1])
    if isinstance(layer, keras.layers.InputLayer):
        return (frozenset(),) * int(tensor.shape[-1])
    if isinstance(layer, keras.layers.Add):
        added = zip(*map(sources_of, layer.input))
        return tuple(frozenset().union(*each) for each in added)
    if isinstance(layer, keras.layers.Concatenate):
        joined = map(sources_of, layer.input)
        return tuple(itertools.chain.from_iterable(joined))
    return sources_of(layer.input)


def scaled(
    tensors: Mapping[str, Array],
    scales: Mapping[str, float],
    wiring: Wiring,
) -> Tensors:
    """Return weights with scaled activations.

    A layer's sums are multiplied by its scale, and a kernel's rows divided by
    the scales of the layers that they read.
    """
    rescaled: Tensors = {}
    for name, tensor in tensors.items():
        own = scales.get(name.rpartition(".")[0], 1.0)
        values = tensor.astype(np.float64) * own
        if name in wiring.reads:
            # Layers that are summed share a scale.
            names = (min(each, default="") for each in wiring.reads[name])
            divisors = [scales[each] if each else 1.0 for each in names]
            values = _divided(values, np.array(divisors))
        rescaled[name] = values.astype(np.float32)
    return rescaled


def _divided(kernel: Array, divisors: Array) -> Array:
    """Return a kernel divided by the divisors of the channels it reads."""
    rows, columns = kernel.shape[-2:]
    if rows % len(divisors) == 0:
        # A matrix reads flattened volumes, with channels last.
        taps = kernel.reshape(-1, len(divisors), columns)
        return np.reshape(taps / divisors[:, np.newaxis], kernel.shape)
    # Its rows belong to one group, its columns to all.
    groups: Array = divisors.reshape(-1, rows).T
    groups = groups.repeat(columns // groups.shape[1], axis=1)
    return np.asarray(kernel / groups)


def with_norm(
    kernel: Array,
    bias: Array,
    norm: KerasLayer,
) -> tuple[Array, Array]:
    """Return kernel and bias with a batch norm in evaluation folded in."""
    weights = (weight.astype(np.float64) for weight in norm.get_weights())
    gamma, beta, mean, variance = weights
    scale = gamma / np.sqrt(variance + norm.epsilon)
    shifted = beta + (bias - mean) * scale
    # A depthwise kernel has each channel's multiples on its last axis.
    flat = kernel.reshape(-1, len(scale)) * scale
    folded = flat.reshape(kernel.shape).astype(np.float32)
    return folded, shifted.astype(np.float32)


def make_identity(norm: KerasLayer, shift: Array) -> None:
    """Make a batch norm add ``shift``, (channels,), and nothing else."""
    ones = np.ones_like(shift)
    norm.set_weights([ones, shift, ones - ones, ones - norm.epsilon])


def recalibration(
    model: keras.Model,
    norms: Sequence[KerasLayer],
) -> Recalibrate:
    """Return a function that updates batch norms' statistics.

    It takes examples, (batch, ...), and the share of each average to keep. The
    averages of equal batches are their means if batch n, from 0 on, keeps n /
    (n + 1).
    """
    probe = keras.Model(model.input, [norm.output for norm in norms])
    given = tf.TensorSpec([None, *model.input.shape[1:]]), tf.TensorSpec([])

    def update(x: Tensor, momentum: Tensor) -> None:
        usual = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = momentum
        probe(x, training=True)
        for norm, one in zip(norms, usual):
            norm.momentum = one

    traced: Recalibrate = tf.function(update, given, autograph=False)
    return traced
