"""Determine the operation of a shortcut."""

from __future__ import annotations

from snnc import rules
from snnc.ir.logical import Shortcut
from snnc.ir.shapes import Shape
from snnc.operations.base import Draft, Sizes
from snnc.operations.convolution import pointwise
from snnc.operations.dense import Dense


def shortcut_of(
    draft: Draft, shape: Shape, source_shape: Shape, sizes: Sizes
) -> Shortcut:
    """Return an identity, a strided 1x1 convolution or a matrix."""
    source = draft.shortcut or ""
    if source_shape == shape:
        return Shortcut(source, operation=None)
    if len(shape) == 1:
        return Shortcut(source, Dense(bias=False))
    lengths = source_shape[:-1]
    targets = shape[:-1]
    # A 1x1 kernel with stride s has n / s positions, rounded up.
    strides = tuple(-(-n // m) for n, m in zip(lengths, targets, strict=False))
    reached = tuple(-(-n // s) for n, s in zip(lengths, strides, strict=False))
    if len(lengths) != len(targets) or reached != targets:
        problem = rules.shapes.ShortcutMismatch.at(
            draft, "shortcut", source=source, source_shape=source_shape, shape=shape
        )
        sizes.refuse(problem)
    return Shortcut(source, pointwise(len(shape) - 1, strides))
