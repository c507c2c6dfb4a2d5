"""`upsample`, which its readers absorb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from snnc.ir.operation import KerasLayer, NamedShapes, Traits
from snnc.ir.paths import Path, Step
from snnc.ir.shapes import Shape, Triple, triple_of
from snnc.operations.base import Computed, Draft, DraftedOperation, Sizes
from snnc.text.tables import dims


@dataclass(frozen=True, slots=True)
class Upsampling(DraftedOperation):
    """Every position, repeated ``factor`` times along each axis."""

    factor: Shape
    has_weights: ClassVar[bool] = False
    is_path: ClassVar[bool] = True

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        (shape,) = read_shapes
        sizes.check_rank(draft, shape, None)
        (factor,) = sizes.dims(draft, len(shape) - 1, "factor")
        out = tuple(n * times for n, times in zip(shape, factor, strict=False))
        return cls(factor), (*out, shape[-1])

    @property
    def repeats(self) -> Triple:
        return triple_of(self.factor)

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        ((source, _),) = reads
        yield source, partial(_repeat, repeats=self.repeats)

    def keras_layer(self, shape: Shape) -> KerasLayer:
        return KerasLayer(f"UpSampling{len(self.factor)}D", (("", self.factor),))

    def traits(self, read: Shape, shape: Shape) -> Traits:
        return {"repeats": dims(self.factor)}


def _repeat(path: Path, repeats: Triple) -> Path:
    both = zip(path.repeats, repeats, strict=True)
    depth, height, width = (before * times for before, times in both)
    return replace(path, repeats=(depth, height, width))
