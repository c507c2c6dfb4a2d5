# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Finds the layers of neurons that a Keras model's kernels read.

Layers' scales, and batch norms, are folded into these kernels.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from ..layout import Layout, Tensors

NEURONS = ".neurons"


class Stretch(NamedTuple):
    """Neighbouring channels, and the layers whose sum they are.

    The values of the input have no layer.
    """

    sources: frozenset[str]
    size: int


class Wiring(NamedTuple):
    """How the scales of layers depend on one another.

    ``reads`` has, for each kernel, the channels that its rows read, in order.
    The layers in each of ``groups`` have to share a scale, because a sum or an
    identity shortcut adds their outputs. Kernels in ``transposed`` have the
    channels that they read on their last axis.
    """

    reads: dict[str, tuple[Stretch, ...]]
    groups: tuple[tuple[str, ...], ...]
    transposed: frozenset[str] = frozenset()


def wiring_of(
    model: keras.Model,
    layout: Layout,
    names: Sequence[str],
) -> Wiring:
    """Return the wiring of a model whose layers of neurons are ``names``."""
    reads, ties = {}, []
    for tensor in layout.tensors:
        layer, _, part = tensor.name.rpartition(".")
        if part == "bias":
            continue
        keras_name = layer if part == "kernel" else tensor.name
        stretches = stretches_of(model.get_layer(keras_name).input)
        reads[tensor.name] = stretches
        ties += [stretch.sources for stretch in stretches]
    known = {layer.name for layer in model.layers}
    for name in names:
        if f"{name}.sum" in known and f"{name}.shortcut" not in known:
            _, added = model.get_layer(f"{name}.sum").input
            ties += [s.sources | {name} for s in stretches_of(added)]
        elif f"{name}{NEURONS}" not in known:
            # A max pool compares values at its source's scale.
            pooled = stretches_of(model.get_layer(name).input)
            ties.append(frozenset({name}).union(*(s.sources for s in pooled)))
    return Wiring(reads, _groups(names, ties), transposed(layout))


def transposed(layout: Layout) -> frozenset[str]:
    """Return the kernels whose last axis has the channels that are read."""
    tensors = layout.tensors
    return frozenset(tensor.name for tensor in tensors if tensor.axes[-1] == "in")


def stretches_of(tensor: Any) -> tuple[Stretch, ...]:
    """Return the stretches of channels of a Keras tensor."""
    layer = tensor._keras_history[0]
    size = int(tensor.shape[-1])
    if layer.name.endswith(NEURONS):
        name = layer.name.removesuffix(NEURONS)
        return (Stretch(frozenset({name}), size),)
    if isinstance(layer, keras.layers.InputLayer):
        return (Stretch(frozenset(), size),)
    if isinstance(layer, keras.layers.Add):
        first, *others = map(stretches_of, layer.input)
        for other in others:
            first = _summed(first, other)
        return first
    if isinstance(layer, keras.layers.Concatenate):
        joined = map(stretches_of, layer.input)
        return tuple(stretch for part in joined for stretch in part)
    return stretches_of(layer.input)


def _summed(
    first: tuple[Stretch, ...],
    second: tuple[Stretch, ...],
) -> tuple[Stretch, ...]:
    """Return the stretches of a sum, cut where those of either end."""
    merged, one, other = [], list(first), list(second)
    while one and other:
        size = min(one[0].size, other[0].size)
        sources = one[0].sources | other[0].sources
        merged.append(Stretch(sources, size))
        for rest in (one, other):
            part = rest.pop(0)
            if part.size > size:
                rest.insert(0, part._replace(size=part.size - size))
    return tuple(merged)


def _groups(
    names: Sequence[str],
    ties: Iterable[frozenset[str]],
) -> tuple[tuple[str, ...], ...]:
    """Return the layers in groups, in order; ties bind their members."""
    group = {name: {name} for name in names}
    for tie in ties:
        merged = set().union(*(group[name] for name in tie))
        group.update(dict.fromkeys(merged, merged))
    return tuple(
        tuple(other for other in names if other in group[name])
        for name in names
        if name == min(group[name], key=names.index)
    )


def norm_scale(norm: keras.layers.Layer) -> NDArray[np.float64]:
    """Return the factor of each channel in a batch norm in evaluation."""
    gamma, _, _, variance = _float64(norm)
    scale: NDArray[np.float64] = gamma / np.sqrt(variance + norm.epsilon)
    return scale


def scaled(
    tensors: Mapping[str, NDArray[Any]],
    scales: Mapping[str, float],
    wiring: Wiring,
    normed: Collection[str] = (),
) -> Tensors:
    """Return weights with scaled activations.

    A layer's sums are multiplied by its scale, and a kernel's rows divided by
    the scales of the layers that they read. In the layers of ``normed``, a
    batch norm after the kernel takes the factor instead.
    """
    rescaled: Tensors = {}
    for name, tensor in tensors.items():
        layer, _, part = name.rpartition(".")
        behind = layer in normed and part != "shortcut"
        own = 1.0 if behind else scales.get(layer, 1.0)
        values = tensor.astype(np.float64) * own
        if name in wiring.reads:
            turned = name in wiring.transposed
            values = values.swapaxes(-1, -2) if turned else values
            values = _divided(values, _divisors(wiring.reads[name], scales))
            values = values.swapaxes(-1, -2) if turned else values
        rescaled[name] = values.astype(np.float32)
    return rescaled


def _divided(
    kernel: NDArray[np.float64],
    divisors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return a kernel divided by the divisors of the channels it reads."""
    rows, columns = kernel.shape[-2:]
    if rows % len(divisors) == 0:
        # A matrix reads flattened volumes, with channels last.
        taps = kernel.reshape(-1, len(divisors), columns)
        return (taps / divisors[:, np.newaxis]).reshape(kernel.shape)
    # Its rows belong to one group, its columns to all.
    by_group = divisors.reshape(-1, rows).T
    return kernel / by_group.repeat(columns // by_group.shape[1], axis=1)


def _divisors(
    stretches: Sequence[Stretch],
    scales: Mapping[str, float],
) -> NDArray[np.float64]:
    """Return the scale of each row's source, (channels,)."""
    # Layers that are summed share a scale; the input has none.
    rows = []
    for stretch in stretches:
        named = min(stretch.sources, default=None)
        scale = 1.0 if named is None else scales[named]
        rows.append(np.full(stretch.size, scale))
    return np.concatenate(rows)


def fold_scales(
    model: keras.Model,
    wiring: Wiring,
    scales: Mapping[str, float],
) -> None:
    """Fold scales into a model's weights, leaving its outputs unchanged.

    Batch norms stay; gamma and beta get the scale.
    """
    parts = {layer.name: layer for layer in model.layers}
    normed = [name for name in scales if f"{name}.norm" in parts]
    weighted = {name.removesuffix(".kernel"): name for name in wiring.reads}
    for name, tensor in weighted.items():
        kernel, *bias = parts[name].get_weights()
        raw = {tensor: kernel}
        own = parts.get(f"{name}.bias")
        if own is not None:
            bias = own.get_weights()
        if bias:
            raw[f"{name}.bias"] = bias[0]
        weights = list(scaled(raw, scales, wiring, normed).values())
        if own is not None:
            own.set_weights([weights.pop()])
        parts[name].set_weights(weights)
    for name in normed:
        norm, scale = parts[f"{name}.norm"], np.float32(scales[name])
        gamma, beta, mean, variance = norm.get_weights()
        norm.set_weights([gamma * scale, beta * scale, mean, variance])


def with_norm(
    kernel: NDArray[Any],
    bias: NDArray[Any],
    norm: keras.layers.Layer,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias with a batch norm folded in."""
    _, beta, mean, _ = _float64(norm)
    scale = norm_scale(norm)
    shifted = beta + (bias - mean) * scale
    # A depthwise kernel has each channel's multiples on its last axis.
    flat = kernel.reshape(-1, len(scale)) * scale
    folded = flat.reshape(kernel.shape).astype(np.float32)
    return folded, shifted.astype(np.float32)


def _float64(norm: keras.layers.Layer) -> list[NDArray[np.float64]]:
    return [weight.astype(np.float64) for weight in norm.get_weights()]


def make_identity(norm: keras.layers.Layer, shift: NDArray[Any]) -> None:
    """Make a batch norm add ``shift``, (channels,), and nothing else."""
    ones = np.ones_like(shift)
    norm.set_weights([ones, shift, ones - ones, ones - norm.epsilon])
