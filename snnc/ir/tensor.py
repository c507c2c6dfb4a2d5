"""The weight tensors of a layer, in Keras order.

The axes of a convolution kernel are the spatial axes, input channels, output channels.
In a transposed kernel, output channels come before input channels. With groups, the
input axis has the channels of one group. The last axis of a depthwise kernel is the
depth multiplier. The axes of a dense kernel are the flattened input and the units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from snnc.ir.shapes import Shape

SPATIAL_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
DENSE_AXES = ("in", "out")
TRANSPOSED_AXES = ("out", "in")
DEPTHWISE_AXES = ("in", "multiplier")
BIAS_AXES = ("out",)


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
