# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Finds what is between a Keras model's layers of neurons, and folds it.

Kernels read layers of neurons. The scales of layers, and batch norms, are
folded into these kernels.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from ..examples import Array
from ..layout import Layout, Tensors
from ..network import Layer
from .backend import KerasLayer, Tensor, keras, tf

NEURONS = ".neurons"
Recalibrate = Callable[[Array, float], None]
# For each channel, the layers whose sum it is; the input has none.
Sources = tuple[frozenset[str], ...]
Groups = tuple[tuple[str, ...], ...]


def reads_of(model: keras.Model, layout: Layout) -> dict[str, Sources]:
    """Return the sources of each kernel's input channels."""
    reads = {}
    for tensor in layout.tensors:
        layer, _, part = tensor.name.rpartition(".")
        if part != "bias":
            keras_name = layer if part == "kernel" else tensor.name
            reads[tensor.name] = sources_of(model.get_layer(keras_name).input)
    return reads


def groups_of(model: keras.Model, layout: Layout, names: list[str]) -> Groups:
    """Return the groups of layers of neurons ``names`` that share a scale.

    They have to, because a sum or an identity shortcut adds their outputs.
    """
    reads = reads_of(model, layout).values()
    ties = list(itertools.chain.from_iterable(reads))
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
    return tuple(dict.fromkeys(ordered))


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


class End(NamedTuple):
    """The name of a Keras layer of neurons, their current and their scale."""

    layer: str
    drive: Tensor
    scale: Tensor


def end_of(model: keras.Model, name: str, layer: Layer) -> End:
    """Return the end of a layer in a model; a max pool has neurons too."""
    if layer.pool is None:
        neurons = model.get_layer(f"{name}{NEURONS}")
        return End(neurons.name, neurons.input, neurons.scale_value)
    pool = model.get_layer(name)
    source = min(sources_of(pool.input)[0])
    scale = model.get_layer(f"{source}{NEURONS}").scale_value
    # No tensor can be both an input and an output of a Keras model.
    drive = keras.layers.Activation("linear")(pool.input)
    return End(name, drive, scale)


class LinearStage:
    """The linear layers between neurons and their readers."""

    def __init__(
        self,
        drive: Tensor,
        model: keras.Model,
        producers: dict[str, str],
    ) -> None:
        """Create it for a current, its model, and layers by Keras name."""
        found = _producers_of(drive, producers)
        read = [layer for layer in producers if layer in found]
        self.sources = [producers[layer] for layer in read]
        inputs = [model.get_layer(layer).output for layer in read]
        self.reads_input = "" in found
        if self.reads_input:
            inputs.append(model.input)
        self.shape = tuple(drive.shape[1:])
        self.input_shapes = [tuple(each.shape[1:]) for each in inputs]
        self._model = keras.Model(inputs, drive)

    def __call__(self, x: Tensor, outputs: dict[str, Tensor]) -> Tensor:
        """Return the current for an input and the outputs of layers.

        The first axis may contain several steps of each example, one after
        another.
        """
        several = [outputs[name] for name in self.sources]
        if self.reads_input:
            count = several[0].shape[0] // x.shape[0] if several else 1
            several.append(tf.concat([x] * count, axis=0))
        return self.compute(*several)

    def compute(self, *inputs: Tensor) -> Tensor:
        """Return the current for the ``sources`` and, if read, the input."""
        several = list(inputs) if len(inputs) > 1 else inputs[0]
        return self._model(several, training=False)


def _producers_of(tensor: Tensor, producers: dict[str, str]) -> set[str]:
    """Return the producers that a tensor reads; "" is the input."""
    layer = tensor._keras_history[0]
    if isinstance(layer, keras.layers.InputLayer):
        return {""}
    if layer.name in producers:
        return {layer.name}
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    return set().union(*(_producers_of(each, producers) for each in inputs))


def rescale(
    tensors: Mapping[str, Array],
    scales: Mapping[str, float],
    reads: Mapping[str, Sources],
    layout: Layout,
) -> Tensors:
    """Return weights with scaled activations.

    A layer's sums are multiplied by its scale, and a kernel's rows are divided
    by the scales of the layers that they read.
    """
    rescaled: Tensors = {}
    for tensor in layout.tensors:
        name = tensor.name
        own = scales.get(name.rpartition(".")[0], 1.0)
        values = tensors[name].astype(np.float64) * own
        if name in reads:
            # Layers that are summed share a scale.
            names = (min(each, default="") for each in reads[name])
            several = (scales[each] if each else 1.0 for each in names)
            divisors = np.array(tuple(several))
            rows, columns = values.shape[-2:]
            if tensor.is_transposed:
                values = values / divisors
            elif rows % len(divisors) == 0:
                # A matrix reads flattened volumes, with channels last.
                taps = values.reshape(-1, len(divisors), columns)
                taps = taps / divisors[:, np.newaxis]
                values = taps.reshape(values.shape)
            else:
                # Its rows belong to one group, its columns to all.
                groups = divisors.reshape(-1, rows).T
                values = values / groups.repeat(columns // groups.shape[1], 1)
        rescaled[name] = values.astype(np.float32)
    return rescaled


def with_norm(
    kernel: Array,
    bias: Array,
    norm: KerasLayer,
    *,
    is_transposed: bool,
) -> tuple[Array, Array]:
    """Return a kernel and a bias with a batch norm folded in."""
    weights = (weight.astype(np.float64) for weight in norm.get_weights())
    gamma, beta, mean, variance = weights
    scale = gamma / np.sqrt(variance + norm.epsilon)
    shifted = beta + (bias - mean) * scale
    if is_transposed:
        folded = kernel * scale[:, np.newaxis]
    else:
        # A depthwise kernel has each channel's multiples on its last axis.
        flat = kernel.reshape(-1, len(scale)) * scale
        folded = flat.reshape(kernel.shape)
    return folded.astype(np.float32), shifted.astype(np.float32)


def has_batch_norm(model: keras.Model) -> bool:
    """Return whether a model has a batch norm."""
    kind = keras.layers.BatchNormalization
    return any(isinstance(part, kind) for part in model.layers)


def recalibration(model: keras.Model) -> Recalibrate | None:
    """Return a function that updates the statistics of batch norms, if any.

    Its arguments are examples, of shape (batch, ...), and the fraction of each
    average to keep. For batches of equal size, the averages are the means over
    all batches if batch n, counted from 0, keeps n / (n + 1).
    """
    kind = keras.layers.BatchNormalization
    norms = [part for part in model.layers if isinstance(part, kind)]
    if not norms:
        return None
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
