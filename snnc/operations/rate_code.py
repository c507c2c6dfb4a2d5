"""`encode rate`: an encoder without weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from snnc.ir import reach
from snnc.ir.operation import KerasLayer, OneOver, Traits
from snnc.ir.paths import SizedPool
from snnc.ir.shapes import Shape
from snnc.language.written import number
from snnc.operations.base import Computed, Draft, DraftedOperation, Sizes
from snnc.operations.convolution import pointwise


@dataclass(frozen=True, slots=True)
class RateCode(DraftedOperation):
    """Values divided by ``scale``, with one channel per sign if ``signed``."""

    scale: float
    signed: bool
    has_weights: ClassVar[bool] = False

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        (shape,) = read_shapes
        low, high = sizes.input.bounds
        code = cls(scale=max(abs(low), abs(high)), signed=low < 0)
        return code, (*shape[:-1], shape[-1] * (2 if code.signed else 1))

    @property
    def divisor(self) -> float:
        return self.scale

    def reach(
        self, read: Shape, shape: Shape, pools: Sequence[SizedPool]
    ) -> reach.Window:
        each = pointwise(len(shape) - 1).reach(read, shape, pools)
        return replace(each, rectifies=True)

    def keras_layer(self, shape: Shape) -> KerasLayer:
        factor = 1 if self.scale == 1 else OneOver(self.scale)
        return KerasLayer("Rescaling", (("", factor),))

    def keras_input(self, read: Shape) -> str:
        return "signed" if self.signed else ""

    def traits(self, read: Shape, shape: Shape) -> Traits:
        return {"divided by": number(self.scale), "both signs": self.signed}
