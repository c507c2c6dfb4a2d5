"""What operations need to read a statement: drafts, and checks of sizes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.ir import logical
from snnc.ir.operation import Operation, Sliding
from snnc.ir.shapes import KernelPadding, Shape, pads, window_positions
from snnc.language import layers
from snnc.language.keywords import otherwise
from snnc.language.model import Place
from snnc.language.models import StatementModel, fields_of
from snnc.source import Span
from snnc.text.tables import dims

ENCODERS = layers.ConvEncoderSpec, layers.RateEncoderSpec
Computed = tuple[Operation, Shape]

MOST_CHANNELS = 4
"""A last axis up to this size is probably channels, not pixels."""


class UnsoundError(Exception):
    """Raised after an error in a layer was reported."""


class Draft(NamedTuple):
    """A valid layer statement with resolved names and an unknown shape.

    ``sources`` and ``shortcut`` contain only existing names; ``sound`` is set if all
    names exist. ``specs`` are the layer and the defaults that apply to it, by
    precedence, and ``spans`` the positions of their properties. ``edition`` determines
    the defaults.
    """

    name: str
    spec: layers.LayerSpec
    place: Place
    sources: tuple[str, ...]
    shortcut: str | None
    sound: bool
    specs: tuple[StatementModel, ...]
    spans: Mapping[str, Span]
    edition: int

    @property
    def span(self) -> Span:
        return self.place.span

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def is_encoder(self) -> bool:
        return isinstance(self.spec, ENCODERS)

    def get(self, key: str, fallback: Any = None) -> Any:
        """Return a property's value, otherwise the table's default or a fallback."""
        if key not in fields_of(type(self.spec)):
            return fallback
        values = (getattr(spec, key, None) for spec in self.specs)
        written = next((value for value in values if value is not None), None)
        if written is None:
            written = otherwise(type(self.spec), key, self.edition)
        return fallback if written is None else written

    def span_of(self, key: str) -> Span:
        """Return the position of a property, or of the statement's head."""
        return self.spans.get(key, self.span)


class DraftedOperation(Operation):
    """An operation that a statement describes."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def from_draft(cls, draft: Draft, shapes: list[Shape], sizes: Sizes) -> Computed:
        """Return the operation and output shape of a layer that reads ``shapes``.

        After reporting what is wrong, raise UnsoundError.
        """


class Sizes:
    """Checks sizes of statements; a method that reports a problem raises UnsoundError.

    ``input`` is the network's input, whose range encoders read.
    """

    def __init__(self, network_input: logical.InputLayer, report: Diagnostics) -> None:
        self.input = network_input
        self._report = report
        # Encoders, and pools that only encoders precede.
        self._raw: set[str] = set()
        self._channels_reported = False

    def add_raw(self, draft: Draft) -> None:
        """Remember that only encoders and pools precede a layer's output."""
        if draft.is_encoder or draft.sources[0] in self._raw:
            self._raw.add(draft.name)

    def refuse(self, *problems: Diagnostic) -> None:
        """Report problems, and raise UnsoundError if there are any."""
        self._report.add(*problems)
        if problems:
            raise UnsoundError

    def report(self, problem: Diagnostic) -> None:
        """Report a problem after which other sizes can still be checked."""
        self._report.add(problem)

    def size(self, draft: Draft, key: str) -> int:
        """Return a property without a default, or 0 after reporting it as missing."""
        size: int | None = draft.get(key)
        if size is None:
            rule = rules.references.MissingSetting
            self._report.add(rule.at(draft, kind=draft.kind, key=key))
        return size or 0

    def dims(self, draft: Draft, rank: int, *keys: str) -> list[Shape]:
        """Return properties with one value per axis; report all that have another rank.

        A single value applies to all axes.
        """
        # An encoder has no `dilation`.
        values: dict[str, Shape] = {key: draft.get(key) or (1,) for key in keys}
        problems = [
            rules.windows.WrongDims(
                span=draft.span_of(key),
                key=key,
                value=value,
                kind=draft.kind,
                given=len(value),
                expected=rank,
            )
            for key, value in values.items()
            if len(value) not in (1, rank)
        ]
        self.refuse(*problems)
        return [v * rank if len(v) == 1 else v for v in values.values()]

    def slide(self, draft: Draft, shape: Shape, window: Sliding) -> Shape:
        """Return a window's positions on each axis of ``shape``, channels last."""
        what = window.key
        out = []
        advice = "use a smaller size"
        channels, *sizes = self.input.shape
        if rules.shapes.looks_channels_first(self.input.shape):
            advice = "the input looks channels-first: for a channels-last shape, write"
            advice = f"{advice} `{dims((*sizes, channels))}`"
        names = rules.shapes.AXES[len(shape)]
        # The last name and the last size belong to the channels.
        axes = list(
            zip(names, shape, window.size, window.stride, window.steps, strict=False)
        )
        for axis, size, k, s, d in axes:
            extent = (k - 1) * d + 1
            out.append(window_positions(size, extent, s, window.padding))
            if out[-1] < 1:
                problem = rules.windows.KernelTooLarge.at(
                    draft,
                    what,
                    what=what,
                    size=extent,
                    dilation=d,
                    axis=axis,
                    limit=size,
                    source=draft.sources[0],
                    shape=shape,
                    legal=tuple(
                        min(k, (size - 1) // d + 1) for _, size, k, _, d in axes
                    ),
                    advice=advice,
                )
                self.refuse(problem)
        return tuple(out)

    def check_rank(self, draft: Draft, shape: Shape, rank: int | None) -> None:
        """Refuse a shape without ``rank`` spatial axes; None stands for any number."""
        axes = len(shape) - 1
        if axes == rank or (rank is None and axes):
            return
        if rank is None:
            expected = "a shape with spatial axes"
            hint = "remove it, or use `dense`"
        elif self._lacks_channels(draft, shape, rank):
            raise UnsoundError
        else:
            expected = rules.shapes.axis_names(rank + 1)
            other = f"give the input the shape {expected}"
            if len(self.input.shape) == rank + 1:
                other = f"move the layer before `{draft.sources[0]}`"
            family = "depthwise" if draft.kind.startswith("depthwise") else "conv"
            layer = f"{family}{axes}d" if axes else "dense"
            hint = f"use `{layer}`, or {other}"
        problem = rules.shapes.WrongRank(
            span=draft.span,
            kind=draft.kind,
            source=draft.sources[0],
            shape=shape,
            expected=expected,
            advice=hint,
        )
        self.refuse(problem)

    def _lacks_channels(self, draft: Draft, shape: Shape, rank: int) -> bool:
        """Return whether the input lacks an axis for a convolution; report it once.

        If a convolution lacks one axis, and only encoders or their pools precede it,
        the input is probably an image with one channel. But a short last axis must be
        the channels.
        """
        network_input = self.input
        place = self.input.spans.get("shape")
        if len(shape) != rank or draft.sources[0] not in self._raw:
            return False
        if network_input.shape[-1] <= MOST_CHANNELS:
            return False
        if not self._channels_reported:
            self._channels_reported = True
            whole = (*network_input.shape, 1)
            axes = rules.shapes.axis_names(rank + 1)
            problem = rules.shapes.ForgottenChannels(
                span=place or network_input.span,
                name=network_input.name,
                shape=network_input.shape,
                meaning=rules.shapes.axis_names(rank),
                kind=draft.kind,
                expected_axes=axes,
                with_channels=whole,
                other="dense" if rank == 1 else f"conv{rank - 1}d",
                related=(Label(draft.span, f"reads {axes}"),),
                fix=None if place is None else Fix(place, dims(whole), unsafe=True),
            )
            self._report.add(problem)
        return True


def traits_of_strides(strides: Shape, shape: Shape) -> str:
    """Write the strides of the axes; use 1 for axes with a single position."""
    axes = zip(strides, shape, strict=False)
    return dims(tuple(1 if size == 1 else stride for stride, size in axes))


def traits_of_pads(
    read: Shape, extent: Shape, stride: Shape, padding: KernelPadding
) -> str:
    """Write the zeros before and after each axis, as ``0+1 x 1+1``."""
    axes = zip(read, extent, stride, strict=False)
    around = [pads(n, size, step, padding) for n, size, step in axes]
    if not any(pad > 0 for both in around for pad in both):
        return "none"
    return " x ".join(f"{before}+{max(behind, 0)}" for before, behind in around)
