"""`add` and `concat`, which their readers absorb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from snnc import rules
from snnc.ir.operation import KerasLayer, NamedShapes, Traits
from snnc.ir.paths import Path, Step
from snnc.ir.shapes import Shape
from snnc.operations.base import Computed, Draft, DraftedOperation, Sizes


class Join(DraftedOperation):
    """An operation that joins several layers."""

    __slots__ = ()
    joins = True
    has_weights = False
    is_path = True
    keras_name: ClassVar[str]
    joined_by: ClassVar[str]

    def keras_layer(self, shape: Shape) -> KerasLayer:
        return KerasLayer(self.keras_name)

    def traits(self, read: Shape, shape: Shape) -> Traits:
        return {"joined by": self.joined_by}


@dataclass(frozen=True, slots=True)
class Add(Join):
    """The sum of sources with equal shapes."""

    keras_name: ClassVar[str] = "Add"
    joined_by: ClassVar[str] = "add"

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        first = read_shapes[0]
        _refuse_unequal(draft, read_shapes, sizes, compared=len(first))
        return cls(), first

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        for source, _ in reads:
            yield source, None


@dataclass(frozen=True, slots=True)
class Concat(Join):
    """The concatenated channels of the sources."""

    keras_name: ClassVar[str] = "Concatenate"
    joined_by: ClassVar[str] = "concat"

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        *spatial, _ = read_shapes[0]
        _refuse_unequal(draft, read_shapes, sizes, compared=len(spatial))
        return cls(), (*spatial, sum(shape[-1] for shape in read_shapes))

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        row = 0
        for source, shape in reads:
            # None keeps the paths as they are.
            yield source, partial(_shift, rows=row) if row else None
            row += shape[-1]


def _shift(path: Path, rows: int) -> Path:
    return replace(path, first_row=path.first_row + rows)


def _refuse_unequal(
    draft: Draft, shapes: list[Shape], sizes: Sizes, compared: int
) -> None:
    """Refuse shapes whose first ``compared`` axes differ."""
    first = shapes[0]
    problems = [
        rules.shapes.UnequalShapes(
            span=draft.span,
            kind=draft.kind,
            first=draft.sources[0],
            first_shape=first,
            second=source,
            second_shape=shape,
        )
        for source, shape in zip(draft.sources, shapes, strict=True)
        if len(shape) != len(first) or shape[:compared] != first[:compared]
    ]
    sizes.refuse(*problems)
