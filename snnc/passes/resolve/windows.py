"""Windows along the axes that a layer reads: their sizes, and how many there are."""

from __future__ import annotations

from typing import Any

from snnc.diagnostics import Report
from snnc.ir.logical import Input, KernelPadding, Shape
from snnc.ir.shapes import window_positions
from snnc.passes.resolve.drafts import Draft
from snnc.passes.resolve.settings import Settings
from snnc.passes.resolve.shortcuts import Channels
from snnc.rules.shapes import AXES, WrongRank, axis_names, looks_channels_first
from snnc.rules.windows import KernelTooLarge, WrongDims


class Windows:
    """Slides windows over what layers read, and says what is wrong with them.

    Parameters
    ----------
    settings
        The layers' properties with every default.
    given
        The input.
    report
        Where problems go; a method that reports one returns None.
    """

    def __init__(self, settings: Settings, given: Input, report: Report) -> None:
        self._settings = settings
        self._input = given
        self._report = report
        self._channels = Channels(given, report)
        self._uneven: set[str] = set()

    def see(self, draft: Draft) -> None:
        """Take note of a layer, whose sources have been seen."""
        self._channels.see(draft)

    def see_uneven(self, draft: Draft) -> None:
        """Take note of a pool whose windows leave a rest, or overlap."""
        self._uneven.add(draft.name)

    def pass_on(self, draft: Draft) -> None:
        """What is folded passes on that a pool before it divides unevenly."""
        if not self._uneven.isdisjoint(draft.sources):
            self._uneven.add(draft.name)

    def dims(self, draft: Draft, key: str, rank: int) -> Shape | None:
        """A property that has one value, or one for each of ``rank`` axes."""
        return self.broadcast(draft, key, self._settings.get(draft, key), rank)

    def broadcast(
        self, draft: Draft, key: str, value: Shape, rank: int
    ) -> Shape | None:
        """The same of a value that is known."""
        if len(value) == 1:
            return value * rank
        if len(value) == rank:
            return value
        self._report.add(
            WrongDims(
                span=self._settings.span_of(draft, key),
                key=key,
                value=value,
                kind=draft.spec.kind if draft.spec else "",
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
        """How many positions a window has on each axis of ``shape``, channels last.

        ``what`` is the property that says its size; ``dilation`` is 1 if it is empty.
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
        """The input's shape with its first axis last, if that is the likely cause."""
        shape = self._input.shape
        if not looks_channels_first(shape):
            return {}
        last = (*shape[1:], shape[0])
        dims = "x".join(map(str, last))
        hint = f"the input looks like channels first: for channels last write `{dims}`"
        return {"channels_last": last, "hint": hint}

    def report_rank(self, draft: Draft, shape: Shape, rank: int | None) -> None:
        """Say that a layer can't read ``shape``, but ``rank`` axes; None for any."""
        kind = draft.spec.kind if draft.spec else ""
        if self._channels.are_missing(draft, shape, rank):
            return
        if rank is None:
            expected, hint = "a shape with spatial axes", "remove it, or use `dense`"
        else:
            expected = axis_names(rank + 1)
            other = f"give the input the shape {expected}"
            if len(self._input.shape) == rank + 1:
                other = "let it read an earlier layer with `from`"
            layer = "dense" if len(shape) == 1 else f"conv{len(shape) - 1}d"
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
