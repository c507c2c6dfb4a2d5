"""The weight tensors of a network, in Keras order.

The axes of a convolution kernel are the spatial axes, input channels, output channels.
In a transposed kernel, output channels come before input channels. With groups, the
input axis has the channels of one group. The last axis of a depthwise kernel is the
depth multiplier. The axes of a dense kernel are the flattened input and the units.
Batch norm is folded in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from math import prod

from snnc.ir.logical import (
    Convolution,
    Dense,
    LogicalLayer,
    LogicalNetwork,
    RateCode,
    Shape,
    TransposedConvolution,
    pointwise,
)

SPATIAL_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
DENSE_AXES = ("in", "out")
TRANSPOSED_AXES = ("out", "in")
Kernel = Convolution | TransposedConvolution
DEPTHWISE_AXES = ("in", "multiplier")
BIAS_AXES = ("out",)
DIGITS = 16


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor of the weight file: its name, shape, type and axis names.

    ``zeros`` is set if all values are 0. This is the bias of a layer with ``bias off``
    and without batch norm, which would otherwise be folded into the bias.
    """

    name: str
    shape: Shape
    axes: tuple[str, ...]
    dtype: str = "float32"
    zeros: bool = False

    def takes(self, other: TensorSpec) -> bool:
        """Return whether another tensor's values fit into this one, ignoring names."""
        same = replace(other, name=self.name, zeros=self.zeros) == self
        return same and (other.zeros or not self.zeros)


def tensors(network: LogicalNetwork) -> tuple[TensorSpec, ...]:
    """Return the tensors in the order of the spec; the readout's tensors are last."""
    of_layers = [t for layer in network.layers for t in _of_layer(network, layer)]
    readout = network.readout
    source, shape = network.shape_of(readout.sources[0]), readout.image or readout.shape
    kernel = _weights(f"{readout.name}.kernel", readout.convolution, source, shape)
    return (*of_layers, kernel, _bias(readout.name, shape))


def _of_layer(network: LogicalNetwork, layer: LogicalLayer) -> Iterator[TensorSpec]:
    operation, shortcut = layer.operation, layer.shortcut
    if not isinstance(operation, Kernel | Dense):
        return
    kernel = operation if isinstance(operation, Kernel) else None
    source = network.shape_of(layer.sources[0])
    yield _weights(f"{layer.name}.kernel", kernel, source, layer.shape)
    if kernel is not None and kernel.neuron_bias:
        spatial = SPATIAL_AXES[len(layer.shape) - 1]
        yield TensorSpec(f"{layer.name}.bias", layer.shape, (*spatial, *BIAS_AXES))
    else:
        has_norm = layer.spiking is not None and layer.spiking.batchnorm
        zeros = not (operation.bias or has_norm)
        yield _bias(layer.name, layer.shape, zeros=zeros)
    if shortcut is not None and shortcut.stride is not None:
        small = pointwise(len(kernel.kernel)) if kernel is not None else None
        source = network.shape_of(shortcut.source)
        yield _weights(f"{layer.name}.shortcut", small, source, layer.shape)


def _weights(
    name: str, operation: Kernel | None, source: Shape, target: Shape
) -> TensorSpec:
    """Return the kernel between two shapes; a matrix without an operation."""
    if operation is None:
        return TensorSpec(name, (prod(source), target[-1]), DENSE_AXES)
    spatial, read, given = SPATIAL_AXES[len(operation.kernel)], source[-1], target[-1]
    if isinstance(operation, TransposedConvolution):
        shape = (*operation.kernel, given, read)
        return TensorSpec(name, shape, (*spatial, *TRANSPOSED_AXES))
    groups = operation.groups
    if operation.depthwise:
        ends, axes = (read, given // read), DEPTHWISE_AXES
    else:
        ends, axes = (read // groups, given), DENSE_AXES
    return TensorSpec(name, (*operation.kernel, *ends), (*spatial, *axes))


def _bias(layer: str, shape: Shape, zeros: bool = False) -> TensorSpec:
    return TensorSpec(f"{layer}.bias", (shape[-1],), BIAS_AXES, zeros=zeros)


def input_scale(network: LogicalNetwork) -> str:
    """Return how input values are scaled before the first weights.

    The result is a formula for a value x, such as ``x`` if values are not scaled.
    """
    given = network.input
    factor, offset = 1.0, 0.0
    if given.scaled is not None:
        low, high = given.scaled
        factor = (high - low) / (given.high - given.low)
        offset = low - factor * given.low
    for layer in network.layers:
        if isinstance(layer.operation, RateCode):
            factor, offset = (n / layer.operation.scale for n in (factor, offset))
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
