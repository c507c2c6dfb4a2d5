"""Average pools, which their readers absorb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from snnc.ir.operation import KerasLayer, NamedShapes, Sliding, Traits
from snnc.ir.paths import Path, SizedPool, Step
from snnc.ir.reach import Pooling
from snnc.ir.shapes import Shape, triple_of
from snnc.language import layers
from snnc.operations.base import (
    Computed,
    Draft,
    DraftedOperation,
    Sizes,
    traits_of_strides,
)
from snnc.text.tables import dims


@dataclass(frozen=True, slots=True)
class AveragePooling(DraftedOperation):
    """The mean of each window, without padding."""

    window: Shape
    stride: Shape
    has_weights: ClassVar[bool] = False
    is_path: ClassVar[bool] = True
    is_pool: ClassVar[bool] = True

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        (shape,) = read_shapes
        over = read_window(draft, shape, sizes)
        out = sizes.slide(draft, shape, over)
        return cls(over.size, over.stride), (*out, shape[-1])

    @property
    def sliding(self) -> Sliding:
        return Sliding("window", self.window, self.stride)

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        ((source, shape),) = reads
        pool = Pooling(triple_of(self.window), triple_of(self.stride))
        yield source, partial(_append_pool, pool=(pool, triple_of(shape[:-1])))

    def keras_layer(self, shape: Shape) -> KerasLayer:
        name = f"AveragePooling{len(self.window)}D"
        return KerasLayer(name, keras_window(self.window, self.stride))

    def traits(self, read: Shape, shape: Shape) -> Traits:
        strides = traits_of_strides(self.stride, shape)
        return {"window": dims(self.window), "stride": strides}


def _append_pool(path: Path, pool: SizedPool) -> Path:
    return replace(path, pools=(*path.pools, pool))


def read_window(draft: Draft, shape: Shape, sizes: Sizes) -> Sliding:
    """Return the windows of a pool, without padding."""
    spec = draft.spec
    assert isinstance(spec, layers.PoolProperties)
    sizes.check_rank(draft, shape, None)
    *spatial, _ = shape
    if spec.window == "all":
        window: Shape = tuple(spatial)
    else:
        (window,) = sizes.dims(draft, len(spatial), "window")
    stride = window
    if spec.stride is not None:
        (stride,) = sizes.dims(draft, len(spatial), "stride")
    return Sliding("window", window, stride)


def keras_window(window: Shape, stride: Shape) -> tuple[tuple[str, Shape], ...]:
    """Return the arguments of a pool's layer; by default, windows don't overlap."""
    size = ("", window)
    return (size,) if stride == window else (size, ("strides", stride))
