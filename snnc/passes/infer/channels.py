"""Tells a shape without channels from a convolution of the wrong rank."""

from __future__ import annotations

from snnc.diagnostics import Fix, Label, Report
from snnc.graph.logical import Input, Shape
from snnc.passes.infer.drafts import Draft
from snnc.rules.shapes import ForgottenChannels, axis_names
from snnc.spec.model import AveragePoolSpec, ConvEncoderSpec, RateEncoderSpec

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
        pools = isinstance(draft.spec, AveragePoolSpec)
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
