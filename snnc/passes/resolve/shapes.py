"""Compute windows along a layer's axes, and shortcuts; find missing channels."""

from __future__ import annotations

from typing import Any

from snnc.diagnostics import Diagnostics, Fix, Label
from snnc.ir.logical import InputLayer, KernelPadding, Shape, Shortcut
from snnc.ir.shapes import window_positions
from snnc.language.layers import (
    AveragePoolSpec,
    ConvEncoderSpec,
    MaxPoolSpec,
    RateEncoderSpec,
)
from snnc.passes.resolve.drafts import Draft
from snnc.passes.resolve.settings import Settings
from snnc.rules.shapes import (
    AXES,
    ForgottenChannels,
    ShortcutMismatch,
    WrongRank,
    axis_names,
    looks_channels_first,
)
from snnc.rules.windows import KernelTooLarge, WrongDims


def shortcut_of(
    draft: Draft, shape: Shape, source_shape: Shape, report: Diagnostics
) -> Shortcut | None:
    """Return an identity, a strided 1x1 convolution, a matrix, or None if none fits."""
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
    """Return strides with ``ceil(size / stride) == target`` on every axis."""
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
"""A last axis up to this size is probably channels, not pixels."""


class Channels:
    """Reports once that the input lacks an axis for convolutions.

    If a convolution lacks one axis, and only encoders or their pools precede it, the
    input is probably an image with one channel. But a short last axis must be the
    channels.
    """

    def __init__(self, given: InputLayer, report: Diagnostics) -> None:
        self._input = given
        self._report = report
        self._raw: set[str] = set()
        self._blamed = False

    def see(self, draft: Draft) -> None:
        """Record a layer that is an encoder, or a pool of an encoder."""
        encodes = isinstance(draft.spec, (ConvEncoderSpec, RateEncoderSpec))
        pools = isinstance(draft.spec, (AveragePoolSpec, MaxPoolSpec))
        if encodes or (pools and draft.sources[0] in self._raw):
            self._raw.add(draft.name)

    def are_missing(self, draft: Draft, shape: Shape, rank: int | None) -> bool:
        """Return whether the input lacks an axis for a convolution; report it once."""
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
            kind=draft.kind,
            other="dense" if rank == 1 else f"conv{rank - 1}d",
            related=(Label(draft.place.span, f"reads {axis_names(rank + 1)}"),),
            fix=None if place is None else Fix(place, dims, unsafe=True),
        )


class Windows:
    """Slides windows over a layer's input, and reports errors in windows.

    Parameters
    ----------
    settings
        The layers' properties with every default.
    given
        The input.
    report
        Receives problems; a method that reports one returns None.
    """

    def __init__(
        self, settings: Settings, given: InputLayer, report: Diagnostics
    ) -> None:
        self._settings = settings
        self._input = given
        self._report = report
        self._channels = Channels(given, report)
        self._uneven: set[str] = set()

    def see(self, draft: Draft) -> None:
        """Record a layer, after its sources."""
        self._channels.see(draft)

    def see_uneven(self, draft: Draft) -> None:
        """Record a pool whose windows overlap or don't cover the whole input."""
        self._uneven.add(draft.name)

    def pass_on(self, draft: Draft) -> None:
        """Record a layer that follows an uneven pool."""
        if not self._uneven.isdisjoint(draft.sources):
            self._uneven.add(draft.name)

    def dims(self, draft: Draft, key: str, rank: int) -> Shape | None:
        """Return a property with one value per axis."""
        return self.broadcast(draft, key, self._settings.get(draft, key), rank)

    def broadcast(
        self, draft: Draft, key: str, value: Shape, rank: int
    ) -> Shape | None:
        """Extend a value to ``rank`` axes, like `dims`."""
        if len(value) == 1:
            return value * rank
        if len(value) == rank:
            return value
        self._report.add(
            WrongDims(
                span=self._settings.span_of(draft, key),
                key=key,
                value=value,
                kind=draft.kind,
                given=len(value),
                expected=rank,
            )
        )
        return None

    def slide(
        self,
        draft: Draft,
        shape: Shape,
        what: str,
        kernel: Shape,
        stride: Shape,
        padding: KernelPadding = "valid",
        dilation: Shape = (),
    ) -> Shape | None:
        """Return a window's positions on each axis of ``shape``, channels last.

        ``what`` is the property with the window's size; an empty ``dilation`` means 1.
        """
        out = []
        names, apart = AXES[len(shape)], dilation or (1,) * len(kernel)
        axes = zip(names, shape, kernel, stride, apart, strict=False)
        for axis, size, k, s, d in axes:
            positions = window_positions(size, (k - 1) * d + 1, s, padding)
            if positions < 1:
                self._report.add(
                    KernelTooLarge(
                        span=self._settings.span_of(draft, what),
                        name=draft.name,
                        what=what,
                        size=(k - 1) * d + 1,
                        dilation=d,
                        axis=axis,
                        limit=size,
                        source=draft.sources[0],
                        shape=shape,
                        legal=tuple(
                            min(taps, (most - 1) // step + 1)
                            for taps, most, step in zip(
                                kernel, shape, apart, strict=False
                            )
                        ),
                        can_pad=what == "kernel"
                        and self._uneven.isdisjoint(draft.sources),
                        **self._channels_last(),
                    )
                )
                return None
            out.append(positions)
        return tuple(out)

    def _channels_last(self) -> dict[str, Any]:
        """Return advice if the input's shape looks like channels first."""
        shape = self._input.shape
        if not looks_channels_first(shape):
            return {}
        last = (*shape[1:], shape[0])
        dims = "x".join(map(str, last))
        hint = (
            f"the input looks channels-first: for a channels-last shape, write `{dims}`"
        )
        return {"channels_last": last, "hint": hint}

    def report_rank(self, draft: Draft, shape: Shape, rank: int | None) -> None:
        """Report a shape without the ``rank`` axes that a layer needs."""
        kind = draft.kind
        if self._channels.are_missing(draft, shape, rank):
            return
        if rank is None:
            expected, hint = "a shape with spatial axes", "remove it, or use `dense`"
        else:
            expected = axis_names(rank + 1)
            other = f"give the input the shape {expected}"
            if len(self._input.shape) == rank + 1:
                other = "let the layer read an earlier layer with `from`"
            family = "depthwise" if kind.startswith("depthwise") else "conv"
            layer = "dense" if len(shape) == 1 else f"{family}{len(shape) - 1}d"
            hint = f"use `{layer}`, or {other}"
        self._report.add(
            WrongRank(
                span=draft.place.span,
                kind=kind,
                source=draft.sources[0],
                shape=shape,
                expected=expected,
                hint=hint,
            )
        )
