"""Transposed convolutions, which enlarge images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from snnc.ir import reach
from snnc.ir.operation import KerasLayer, Traits
from snnc.ir.paths import SizedPool
from snnc.ir.shapes import (
    Padding,
    Shape,
    transposed_crop,
    transposed_places,
    triple_of,
)
from snnc.ir.tensor import SPATIAL_AXES, TRANSPOSED_AXES, TensorSpec
from snnc.language.keywords import FORMS
from snnc.operations.base import Computed, Draft, DraftedOperation, Sizes, UnsoundError
from snnc.operations.convolution import keras_bias, keras_strides, read_padding
from snnc.text.tables import dims


@dataclass(frozen=True, slots=True)
class TransposedConvolution(DraftedOperation):
    """A convolution whose output has a ``stride`` between neighbouring inputs.

    Tap ``t`` connects input position ``i`` to output position ``i * stride - crop +
    t``. Here, ``crop`` is the number of positions that ``padding`` removes at the start
    of the axis.
    """

    kernel: Shape
    stride: Shape
    padding: Padding
    bias: bool
    neuron_bias: bool = False
    # Zeros lie between the positions that it reads (decision 037).
    reads_pools: ClassVar[bool] = False

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        """Return the operation; features are read as one pixel."""
        (shape,) = read_shapes
        rank = FORMS[draft.kind].axes
        read = shape[:-1] or (1,) * rank
        if len(read) != rank:
            sizes.check_rank(draft, shape, rank)
        filters = sizes.size(draft, "filters")
        kernel, stride = sizes.dims(draft, rank, "kernel", "stride")
        # Checked last, so that problems of other sizes are reported too.
        if not filters:
            raise UnsoundError
        padding = read_padding(draft, sizes)
        assert padding != "causal"
        bias = draft.get("bias")
        operation = cls(
            kernel, stride, padding, bool(bias), neuron_bias=bias == "neuron"
        )
        axes = zip(read, kernel, stride, strict=True)
        out = tuple(transposed_places(n, k, s, padding) for n, k, s in axes)
        return operation, (*out, filters)

    def kernel_tensor(self, name: str, read: Shape, shape: Shape) -> TensorSpec:
        sizes = (*self.kernel, shape[-1], read[-1])
        axes = (*SPATIAL_AXES[len(self.kernel)], *TRANSPOSED_AXES)
        return TensorSpec(name, sizes, axes)

    def reach(
        self, read: Shape, shape: Shape, pools: Sequence[SizedPool]
    ) -> reach.Window:
        """Return a convolution over a source with added zeros.

        Output ``o`` reads position ``i`` with tap ``o + crop - i * stride``: the
        reversed kernel begins ``kernel - 1 - crop`` positions before the output's
        position.
        """
        before = [
            kernel - 1 - transposed_crop(kernel, stride, self.padding)
            for kernel, stride in zip(self.kernel, self.stride, strict=True)
        ]
        return reach.Window(
            kernel=triple_of(self.kernel),
            stride=(1, 1, 1),
            depth_before=0,
            padding="valid",
            input_step=triple_of(self.stride),
            input_before=(before[0], before[1]),
        )

    def keras_layer(self, shape: Shape) -> KerasLayer:
        arguments: list[tuple[str, Any]] = [("", shape[-1]), ("", self.kernel)]
        arguments += keras_strides(self.stride)
        if self.padding != "valid":
            arguments.append(("padding", self.padding))
        arguments += keras_bias(trained=self.bias and not self.neuron_bias)
        drawn = (("outputs", prod(self.stride)),)
        return KerasLayer("Conv2DTranspose", tuple(arguments), "kernel", drawn)

    def keras_input(self, read: Shape) -> str:
        return "pixel" if len(read) == 1 else ""

    def traits(self, read: Shape, shape: Shape) -> Traits:
        return {"stride": dims(self.stride), "padding": self.padding}
