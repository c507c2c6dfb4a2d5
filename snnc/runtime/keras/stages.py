# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""The linear parts of a Keras model, between its layers of neurons."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow import keras

from ..network import Layer
from .model import pre_activation
from .wiring import NEURONS, sources_of


class End(NamedTuple):
    """The current of a layer's neurons and their output, as tensors.

    ``layer`` is the Keras layer of the output.
    """

    layer: str
    drive: Any
    output: Any
    scale: Any


class Stage:
    """The linear layers between neurons and those that read them."""

    def __init__(
        self,
        model: keras.Model,
        drive: Any,
        producers: dict[str, str],
    ) -> None:
        """Take a model, a current, and layers by their Keras names."""
        found = _sources(drive, producers)
        names = {name: layer for layer, name in producers.items()}
        self.sources = sorted(found - {""}, key=list(names).index)
        self._reads_input = "" in found
        inputs = [model.get_layer(names[n]).output for n in self.sources]
        if self._reads_input:
            inputs.append(model.input)
        self.shape = tuple(drive.shape[1:])
        self._model = keras.Model(inputs, drive)

    def __call__(self, x: Any, outputs: dict[str, Any]) -> Any:
        """Return the current for an input and the outputs of layers.

        Their first axis may have several steps of each example, one after
        another.
        """
        several = [outputs[name] for name in self.sources]
        if self._reads_input:
            count = several[0].shape[0] // x.shape[0] if several else 1
            several.append(tf.concat([x] * count, axis=0))
        inputs = several if len(several) > 1 else several[0]
        return self._model(inputs, training=False)


def _sources(tensor: Any, producers: dict[str, str]) -> set[str]:
    """Return the layers of neurons that a tensor reads; "" is the input."""
    layer = tensor._keras_history[0]
    if isinstance(layer, keras.layers.InputLayer):
        return {""}
    if layer.name in producers:
        return {producers[layer.name]}
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    return set().union(*(_sources(each, producers) for each in inputs))


def end_of(model: keras.Model, name: str, layer: Layer) -> End:
    """Return the current and the output of a layer's neurons in a model."""
    if layer.pool is None:
        part = f"{name}{NEURONS}"
        neurons = model.get_layer(part)
        drive = pre_activation(model, name, layer)
        return End(part, drive, neurons.output, neurons.scale_value)
    pool = model.get_layer(name)
    source = min(sources_of(pool.input)[0])
    scale = model.get_layer(f"{source}{NEURONS}").scale_value
    # No tensor can be both an input and an output of a Keras model.
    drive = keras.layers.Activation("linear")(pool.input)
    return End(name, drive, pool.output, scale)
