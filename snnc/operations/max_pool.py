"""Max pools, whose own neurons compare spikes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import ClassVar

from snnc.ir import reach
from snnc.ir.operation import KerasLayer, NamedShapes, Traits
from snnc.ir.paths import SizedPool, Step, picked_of
from snnc.ir.shapes import Padding, Shape, level_name, triple_of
from snnc.operations.average_pool import keras_window, read_window
from snnc.operations.base import (
    Computed,
    Draft,
    DraftedOperation,
    Sizes,
    traits_of_pads,
    traits_of_strides,
)
from snnc.runtime.maxima import EVERY, MaxTree, PoolWindow, max_tree, whole
from snnc.runtime.network import Cut, MaxPool
from snnc.text.tables import dims


@dataclass(frozen=True, slots=True)
class MaxPooling(DraftedOperation):
    """The maximum of each window, by neurons that compare values in pairs.

    Inputs are 0 or more, so padding with zeros does not change the maximum.
    """

    window: Shape
    stride: Shape
    padding: Padding
    has_weights: ClassVar[bool] = False
    is_path: ClassVar[bool] = True
    is_pool: ClassVar[bool] = True
    compares: ClassVar[bool] = True

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        (shape,) = read_shapes
        over = read_window(draft, shape, sizes)
        # A window must fit into the unpadded input.
        sizes.slide(draft, shape, over)
        padding = draft.get("padding")
        out = sizes.slide(draft, shape, over._replace(padding=padding))
        return cls(over.size, over.stride, padding), (*out, shape[-1])

    @property
    def has_neurons(self) -> bool:
        return max(self.window) > 1

    def tree(self, read: Shape) -> MaxTree:
        return _tree(self, read)

    def max_pool(self, read: Shape, cuts: tuple[Cut, ...]) -> MaxPool:
        return MaxPool(read, self.window, self.stride, self.padding, cuts)

    def reach(
        self, read: Shape, shape: Shape, pools: Sequence[SizedPool]
    ) -> reach.Pairwise:
        """Return how the first level reads values, without regard to its nodes."""
        return reach.Pairwise(0, 1, EVERY)

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        """Yield the terms of the maximum: values of its source, and neurons."""
        ((source, shape),) = reads
        every = whole(triple_of(shape[:-1]))
        for level, grid in self.tree(shape).picks:
            read = source if level is None else level_name(name, level)
            is_whole = level is None and grid == every
            yield read, partial(picked_of, picked=grid, is_whole=is_whole)

    def keras_layer(self, shape: Shape) -> KerasLayer:
        padding = (("padding", "same"),) if self.padding == "same" else ()
        arguments = (*keras_window(self.window, self.stride), *padding)
        return KerasLayer(f"MaxPooling{len(self.window)}D", arguments)

    def traits(self, read: Shape, shape: Shape) -> Traits:
        zeros = traits_of_pads(read, self.window, self.stride, self.padding)
        return {
            "window": dims(self.window),
            "stride": traits_of_strides(self.stride, shape),
            "zeros around": zeros,
        }


# Each pass asks for the tree again. An instance with slots can't cache it.
@lru_cache(maxsize=256)
def _tree(pool: MaxPooling, shape: Shape) -> MaxTree:
    window = PoolWindow(triple_of(pool.window), triple_of(pool.stride), pool.padding)
    return max_tree(triple_of(shape[:-1]), window)
