"""Dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from snnc.ir import reach
from snnc.ir.operation import FitKeys, KerasLayer, Traits
from snnc.ir.paths import SizedPool
from snnc.ir.shapes import Shape
from snnc.ir.tensor import DENSE_AXES, TensorSpec
from snnc.operations.base import Computed, Draft, DraftedOperation, Sizes, UnsoundError
from snnc.operations.convolution import keras_bias


@dataclass(frozen=True, slots=True)
class Dense(DraftedOperation):
    """A matrix over the flattened input."""

    bias: bool
    flattens: ClassVar[bool] = True

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        units = sizes.size(draft, "units")
        if not units:
            raise UnsoundError
        return cls(bool(draft.get("bias"))), (units,)

    @property
    def fit_keys(self) -> FitKeys:
        return FitKeys(width="units")

    def kernel_tensor(self, name: str, read: Shape, shape: Shape) -> TensorSpec:
        return TensorSpec(name, (prod(read), shape[-1]), DENSE_AXES)

    def reach(
        self, read: Shape, shape: Shape, pools: Sequence[SizedPool]
    ) -> reach.Full:
        return reach.Full()

    def keras_layer(self, shape: Shape) -> KerasLayer:
        arguments = (("", shape[-1]), *keras_bias(trained=self.bias))
        return KerasLayer("Dense", arguments, "kernel")

    def traits(self, read: Shape, shape: Shape) -> Traits:
        return {}
