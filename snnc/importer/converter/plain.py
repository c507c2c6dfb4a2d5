"""Layers with one input and no kernel that slides."""

from __future__ import annotations

import math

from snnc.importer.converter.activations import activated, neurons, passthrough
from snnc.importer.converter.convolutions import size_of
from snnc.importer.converter.network import (
    Call,
    Connection,
    Converted,
    ConverterError,
    NengoObject,
)
from snnc.importer.converter.training import training_note

_LEAKY = "LeakyReLU"


def unchanged(call: Call) -> Converted:
    """Return what becomes of ``Flatten`` and ``Reshape``: nothing."""
    return Converted(call.inputs[0].object)


def activation(call: Call) -> Converted:
    """Return what becomes of ``Activation``."""
    output = activated(call)
    if isinstance(output, str):
        return Converted(None, tensor=f"the activation `{output}`")
    return _after(call, output)


def relu(call: Call) -> Converted:
    """Return what becomes of ``ReLU``."""
    options = call.layer.options
    if options.get("max_value") is not None:
        return Converted(None, tensor="a ReLU with `max_value`")
    if options.get("threshold"):
        return Converted(None, tensor="a ReLU with `threshold`")
    if options.get("negative_slope"):
        return _after(call, neurons(call, _LEAKY))
    note = "`swap_activations` must name `tf.nn.relu`, the key of this layer"
    return _after(call, neurons(call), note)


def leaky_relu(call: Call) -> Converted:
    """Return what becomes of ``LeakyReLU``, whatever its slope."""
    return _after(call, neurons(call, _LEAKY))


def _after(call: Call, output: NengoObject, note: str = "") -> Converted:
    made = Connection(call.name, call.inputs[0].object, output, size=size_of(call))
    return Converted(output, (made,), note=note)


def dense(call: Call) -> Converted:
    """Return what becomes of ``Dense``."""
    shape = call.inputs[0].shape
    if shape is not None and math.prod(shape[:-1]) != 1:
        raise ConverterError(
            "its input has several rows of features, and the converter makes Dense"
            " layers for one only (Flatten before it)"
        )
    output = activated(call)
    if isinstance(output, str):
        return Converted(None, tensor=f"the activation `{output}`")
    source = call.inputs[0].object
    made = [Connection(call.name, source, output, "Dense", size=size_of(call))]
    if call.layer.options.get("use_bias", True) and output.kind == "passthrough":
        node = NengoObject(call.name, "Node", fed=False)
        made.append(Connection(call.name, node, output, "Dense", size=1))
    return Converted(output, tuple(made), note=training_note(call.layer))


def batch_normalization(call: Call) -> Converted:
    """Return what becomes of ``BatchNormalization``."""
    axis = call.layer.options.get("axis", -1)
    if isinstance(axis, list) and len(axis) != 1:
        raise ConverterError("it normalises along several axes")
    output = passthrough(call)
    node = NengoObject(call.name, "Node", fed=False)
    size = size_of(call)
    made = (
        Connection(call.name, node, output, size=size),
        Connection(call.name, call.inputs[0].object, output, "vector", size=size),
    )
    trained = call.layer.options.get("trainable", True)
    note = "without `inference_only=True` it is a TensorNode" if trained else ""
    return Converted(output, made, note=note)


def zero_padding(call: Call) -> Converted:
    """Return what becomes of ``ZeroPadding1D``, ``2D`` and ``3D``."""
    output = passthrough(call)
    size = size_of(call)
    made = Connection(
        call.name, call.inputs[0].object, output, size=size, post_indices=size
    )
    return Converted(output, (made,))


def up_sampling(call: Call) -> Converted:
    """Return what becomes of ``UpSampling1D``, ``2D`` and ``3D``."""
    if call.layer.options.get("interpolation", "nearest") != "nearest":
        return Converted(None, tensor="up-sampling that interpolates")
    output = passthrough(call)
    size = None if call.shape is None else math.prod(call.shape)
    made = Connection(
        call.name,
        call.inputs[0].object,
        output,
        size=size,
        pre_indices=size,
        repeated=size is None or size != size_of(call),
    )
    return Converted(output, (made,))
