"""How a shortcut is made to fit the layer that it is added to."""

from __future__ import annotations

from snnc.diagnostics import Report
from snnc.graph.logical import Shape, Shortcut
from snnc.passes.infer.drafts import Draft
from snnc.rules.shapes import ShortcutMismatch


def shortcut_of(
    draft: Draft, shape: Shape, source_shape: Shape, report: Report
) -> Shortcut | None:
    """The identity, a strided 1x1 convolution, or a matrix; None if nothing fits."""
    source = draft.shortcut or ""
    if source_shape == shape:
        return Shortcut(source, stride=None)
    if len(shape) == 1:
        return Shortcut(source, stride=())
    strides = _strides(source_shape[:-1], shape[:-1])
    if strides is None:
        report.add(
            ShortcutMismatch(
                span=draft.span_of("shortcut"),
                source=source,
                source_shape=source_shape,
                name=draft.name,
                shape=shape,
            )
        )
        return None
    return Shortcut(source, strides)


def _strides(sizes: Shape, targets: Shape) -> Shape | None:
    """Strides with ``ceil(size / stride) == target`` on every axis."""
    if len(sizes) != len(targets):
        return None
    strides = tuple(
        -(-size // target) for size, target in zip(sizes, targets, strict=True)
    )
    fits = all(
        -(-size // stride) == target
        for size, stride, target in zip(sizes, strides, targets, strict=True)
    )
    return strides if fits else None
