"""How channels follow from layers, and how a shortcut is made to fit."""

from __future__ import annotations

from snnc.diagnostics import Fix, Label, Report
from snnc.ir.logical import Input, Shape, Shortcut
from snnc.language.layers import (
    AveragePoolSpec,
    ConvEncoderSpec,
    MaxPoolSpec,
    RateEncoderSpec,
)
from snnc.passes.resolve.drafts import Draft
from snnc.rules.shapes import ForgottenChannels, ShortcutMismatch, axis_names


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


MOST_CHANNELS = 4
"""A last axis up to this size looks like channels, not like an axis of pixels."""


class Channels:
    """Blames the input, once, for the axis that convolutions miss.

    A convolution whose input has one axis too few, and which reads encoders or pools
    of them only, was most likely written for an image of one channel, unless the last
    axis is so short that it must be the channels.
    """

    def __init__(self, given: Input, report: Report) -> None:
        self._input = given
        self._report = report
        self._raw: set[str] = set()
        self._blamed = False

    def see(self, draft: Draft) -> None:
        """Note whether a layer has the rank that the input has."""
        encodes = isinstance(draft.spec, (ConvEncoderSpec, RateEncoderSpec))
        pools = isinstance(draft.spec, (AveragePoolSpec, MaxPoolSpec))
        if encodes or (pools and draft.sources[0] in self._raw):
            self._raw.add(draft.name)

    def are_missing(self, draft: Draft, shape: Shape, rank: int | None) -> bool:
        """Whether the input lacks the axis that a convolution needs; reported once."""
        if len(shape) != rank or draft.sources[0] not in self._raw:
            return False
        if self._input.shape[-1] <= MOST_CHANNELS:
            return False
        if not self._blamed:
            self._report.add(self._problem(draft, rank))
        self._blamed = True
        return True

    def _problem(self, draft: Draft, rank: int) -> ForgottenChannels:
        given = self._input
        place = given.shape_span
        dims = "x".join(map(str, (*given.shape, 1)))
        return ForgottenChannels(
            span=place or given.span,
            name=given.name,
            shape=given.shape,
            kind=draft.spec.kind if draft.spec else "",
            other="dense" if rank == 1 else f"conv{rank - 1}d",
            related=(Label(draft.place.span, f"reads {axis_names(rank + 1)}"),),
            fix=None if place is None else Fix(place, dims, unsafe=True),
        )
