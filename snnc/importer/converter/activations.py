"""What activations become: ``LayerConverter.add_nengo_obj`` and ``activation_map``.

The keys of ``swap_activations`` are assumed to be ``tf.keras.activations.relu`` and
``tf.nn.relu``, which the ``ReLU`` layer is looked up by.
"""

from __future__ import annotations

from typing import Any

from snnc.importer.converter.network import Call, NengoObject

SPIKING = "SpikingRectifiedLinear"
_NEURONS = {"relu": SPIKING, "sigmoid": "Sigmoid", "tanh": "Tanh"}


def passthrough(call: Call) -> NengoObject:
    """Return the Node of a layer without an activation."""
    return NengoObject(call.name, "passthrough", call.fed)


def neurons(call: Call, kind: str = SPIKING) -> NengoObject:
    """Return neurons of a class of Nengo's."""
    return NengoObject(call.name, "neurons", call.fed, kind)


def activated(call: Call) -> NengoObject | str:
    """Return the object for a layer's activation.

    Returns
    -------
    NengoObject or str
        The name of the activation where it has no equivalent in Nengo, so that a
        TensorNode computes it.
    """
    activation = call.layer.options.get("activation")
    if activation in (None, "linear"):
        return passthrough(call)
    if isinstance(activation, str) and activation in _NEURONS:
        return neurons(call, _NEURONS[activation])
    return _named(activation)


def _named(activation: Any) -> str:
    kind = activation.get("class_name") if isinstance(activation, dict) else activation
    return str(kind)
