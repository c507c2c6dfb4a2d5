# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Describes a training by names, so that only the same one is continued."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from ..network import Network, Readout
from ..neurons import describe_neuron
from .backend import keras, tf

Description = dict[str, Any]

# Settings of Keras layers that change no shape, by their names in messages.
SETTINGS = {
    "kernel_regularizer": "l2",
    "depthwise_regularizer": "l2",
    "rate": "dropout",
    "epsilon": "epsilon",
}
# Fields that change no spike: how layers are divided among cores, and names.
UNUSED = ("cut", "cuts", "fanout", "learn", "name", "names", "pool")


def describe_network(network: Network) -> Description:
    """Describe what a network computes in spikes."""
    description: Description = {
        "dt": network.dt,
        "present": network.present,
        "target": network.target,
    }
    parts: dict[str, Any] = {network.input.name: network.input}
    parts |= network.layers
    parts[network.readout.name] = network.readout
    for name, part in parts.items():
        for field, value in asdict(part).items():
            if field not in UNUSED:
                description[f"{field} of {name}"] = value
    for name, layer in network.layers.items():
        description[f"neuron of {name}"] = describe_neuron(layer.neuron)
        description[f"place of {name}"] = layer.on_chip
    return description


def describe_model(model: keras.Model, readout: Readout) -> Description:
    """Describe the loss, the optimizer and the penalties of a model.

    A loss may be a function with hidden settings, so it is described by its
    values.
    """
    optimizer = dict(model.optimizer.get_config())
    description: Description = {
        "learning_rate": optimizer.pop("learning_rate", None),
        "optimizer": [type(model.optimizer).__name__, optimizer],
        "loss": _losses(keras.losses.get(model.loss), readout),
    }
    for layer in model.layers:
        settings = layer.get_config()
        for setting, named in SETTINGS.items():
            if settings.get(setting) is not None:
                description[f"{named} of {layer.name}"] = settings[setting]
    return description


def _losses(loss: Any, readout: Readout) -> list[float]:
    """Return the losses of two fixed outputs."""
    outputs = np.linspace(-1.0, 1.5, 2 * readout.units, dtype=np.float32)
    outputs = outputs.reshape(2, readout.units)
    targets: Any = outputs**2
    if readout.classes:
        targets = np.array([0, readout.units - 1])
    compute = getattr(loss, "call", loss)
    losses = compute(tf.constant(targets), tf.constant(outputs))
    return [round(float(each), 4) for each in np.ravel(losses)]
