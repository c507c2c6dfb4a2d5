"""The weight tensors of a network, in Keras order. Batch norm is folded in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from snnc.ir.logical import LogicalLayer, LogicalNetwork
from snnc.ir.operation import Operation
from snnc.ir.shapes import Shape
from snnc.ir.tensor import BIAS_AXES, SPATIAL_AXES, TensorSpec

DIGITS = 16


def tensors(network: LogicalNetwork) -> tuple[TensorSpec, ...]:
    """Return the tensors in the order of the spec; the readout's tensors are last."""
    of_layers = [t for layer in network.layers for t in _of_layer(network, layer)]
    readout = network.readout
    read = network.shape_of(readout.sources[0])
    shape = readout.image or readout.shape
    kernel = readout.operation.kernel_tensor(f"{readout.name}.kernel", read, shape)
    return (*of_layers, kernel, _bias(readout.name, shape, readout.operation))


def _of_layer(network: LogicalNetwork, layer: LogicalLayer) -> Iterator[TensorSpec]:
    operation = layer.operation
    if not operation.has_weights:
        return
    read = network.shape_of(layer.sources[0])
    yield operation.kernel_tensor(f"{layer.name}.kernel", read, layer.shape)
    has_norm = bool(layer.neuron_settings.training.batchnorm)
    yield _bias(layer.name, layer.shape, operation, has_norm=has_norm)
    shortcut = layer.shortcut
    if shortcut is not None and shortcut.operation is not None:
        read = network.shape_of(shortcut.source)
        name = f"{layer.name}.shortcut"
        yield shortcut.operation.kernel_tensor(name, read, layer.shape)


def _bias(
    name: str, shape: Shape, operation: Operation, *, has_norm: bool = False
) -> TensorSpec:
    if operation.neuron_bias:
        spatial = SPATIAL_AXES[len(shape) - 1]
        return TensorSpec(f"{name}.bias", shape, (*spatial, *BIAS_AXES))
    zeros = not (operation.bias or has_norm)
    return TensorSpec(f"{name}.bias", (shape[-1],), BIAS_AXES, zeros=zeros)


def input_scale(network: LogicalNetwork) -> str:
    """Return how input values are scaled before the first weights.

    The result is a formula for a value x, such as ``x`` if values are not scaled.
    """
    network_input = network.input
    factor = 1.0
    offset = 0.0
    if network_input.scaled is not None:
        low, high = network_input.scaled
        factor = (high - low) / (network_input.high - network_input.low)
        offset = low - factor * network_input.low
    for layer in network.layers:
        # Only `encode rate` divides values.
        factor /= layer.operation.divisor
        offset /= layer.operation.divisor
    scaled = "x" if factor == 1 else f"{factor:.7g} x"
    return scaled if offset == 0 else f"{scaled} {'-+'[offset > 0]} {abs(offset):.7g}"


def layout_id(tensors: Iterable[TensorSpec]) -> str:
    """Return the identity of a layout: 16 hexadecimal digits.

    It only depends on names, shapes, dtypes and axes, in order. Trained weights stay
    valid if a rate, a loss or a block shape changes. A bias that must be zero is
    checked on loading.
    """
    rows = [asdict(tensor) for tensor in tensors]
    for row in rows:
        del row["zeros"]
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:DIGITS]
