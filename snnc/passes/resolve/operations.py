"""What each layer computes, and the shape that it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snnc.diagnostics import Report
from snnc.ir.logical import (
    Add,
    AveragePool,
    Concat,
    Convolution,
    Dense,
    Input,
    KernelPadding,
    MaxPool,
    Operation,
    Padding,
    Rectify,
    Shape,
)
from snnc.ir.shapes import window_positions
from snnc.language.forms import FORMS
from snnc.language.layers import (
    AveragePoolSpec,
    ConvEncoderSpec,
    ConvSpec,
    DenseSpec,
    DepthwiseSpec,
    DownsampleSpec,
    JoinSpec,
    MaxPoolSpec,
    RateEncoderSpec,
    SequenceConvSpec,
)
from snnc.passes.resolve.drafts import Draft
from snnc.passes.resolve.settings import Settings
from snnc.passes.resolve.shortcuts import Channels
from snnc.rules.refused import EncodeConvOnFeatures
from snnc.rules.shapes import (
    AXES,
    UnequalShapes,
    WrongRank,
    axis_names,
    looks_channels_first,
)
from snnc.rules.windows import (
    CausalInSpace,
    DilatedStride,
    GroupsDontDivide,
    KernelTooLarge,
    WrongDims,
)

Computed = tuple[Operation, Shape]


class Operations:
    """Finds the operation and output shape of one layer after another.

    Parameters
    ----------
    settings
        The layers' properties with every default.
    given
        The input, with the range of the values that encoders see.
    report
        Where problems go; a method that reports one returns None.
    """

    def __init__(self, settings: Settings, given: Input, report: Report) -> None:
        self._settings = settings
        self._input = given
        self._report = report
        self._channels = Channels(given, report)
        self._uneven: set[str] = set()

    def compute(self, draft: Draft, shapes: list[Shape]) -> Computed | None:
        """The operation and output shape of a layer that reads ``shapes``."""
        spec = draft.spec
        self._channels.see(draft)
        if isinstance(spec, (ConvSpec, ConvEncoderSpec)):
            return self._convolution(draft, shapes[0])
        if isinstance(spec, DepthwiseSpec):
            return self._depthwise(draft, shapes[0])
        if isinstance(spec, DownsampleSpec):
            return self._downsample(draft, shapes[0])
        if isinstance(spec, DenseSpec):
            units = self._settings.required(draft, "units")
            bias = bool(self._settings.get(draft, "bias"))
            return None if units is None else (Dense(bias), (units,))
        if isinstance(spec, AveragePoolSpec):
            return self._average_pool(draft, spec, shapes[0])
        if isinstance(spec, MaxPoolSpec):
            return self._max_pool(draft, spec, shapes[0])
        if isinstance(spec, RateEncoderSpec):
            return self._rectify(shapes[0])
        if isinstance(spec, JoinSpec):
            return self._join(draft, spec, shapes)
        raise TypeError(f"no operation for {type(spec).__name__}")

    def _convolution(self, draft: Draft, shape: Shape) -> Computed | None:
        kind = draft.spec.kind if draft.spec else ""
        form = FORMS.get(kind)
        rank = form.axes if form and form.axes else len(shape) - 1
        if rank == 0:
            self._report.add(
                EncodeConvOnFeatures(span=draft.place.span, features=shape[0])
            )
            return None
        if len(shape) - 1 != rank:
            self._report_rank(draft, shape, rank)
            return None
        filters = self._settings.required(draft, "filters")
        operation = self._kernel(draft, rank)
        if filters is None or operation is None:
            return None
        out = self._slide_kernel(draft, shape, operation)
        groups = self._groups(draft, shape[-1], filters)
        if out is None or groups is None:
            return None
        return replace(operation, groups=groups), (*out, filters)

    def _depthwise(self, draft: Draft, shape: Shape) -> Computed | None:
        rank = FORMS[draft.spec.kind].axes if draft.spec else 0
        if len(shape) - 1 != rank:
            self._report_rank(draft, shape, rank)
            return None
        operation = self._kernel(draft, rank)
        if operation is None:
            return None
        out = self._slide_kernel(draft, shape, operation)
        channels = shape[-1]
        filters = channels * int(self._settings.get(draft, "multiplier"))
        if out is None:
            return None
        return replace(operation, groups=channels, depthwise=True), (*out, filters)

    def _kernel(self, draft: Draft, rank: int) -> Convolution | None:
        """What a layer says of its kernel, all channels being one group."""
        kernel = self._dims(draft, "kernel", rank)
        stride = self._dims(draft, "stride", rank)
        encodes = isinstance(draft.spec, ConvEncoderSpec)
        dilation = (1,) * rank if encodes else self._dims(draft, "dilation", rank)
        if kernel is None or stride is None or dilation is None:
            return None
        if max(stride) > 1 and max(dilation) > 1:
            self._report.add(
                DilatedStride(
                    span=self._settings.span_of(draft, "dilation"),
                    name=draft.name,
                    dilation=dilation,
                    stride=stride,
                )
            )
            return None
        padding: KernelPadding = self._settings.get(draft, "padding")
        if padding == "causal" and not isinstance(draft.spec, SequenceConvSpec):
            self._report.add(
                CausalInSpace(
                    span=self._settings.span_of(draft, "padding"),
                    name=draft.name,
                    kind=draft.spec.kind if draft.spec else "",
                )
            )
            return None
        bias = self._settings.get(draft, "bias")
        return Convolution(
            kernel,
            stride,
            padding,
            bool(bias),
            dilation,
            neuron_bias=bias == "neuron",
        )

    def _groups(self, draft: Draft, channels: int, filters: int) -> int | None:
        """The groups of a convolution; None after reporting that they don't divide."""
        if isinstance(draft.spec, ConvEncoderSpec):
            return 1
        groups = int(self._settings.get(draft, "groups"))
        if channels % groups == 0 and filters % groups == 0:
            return groups
        self._report.add(
            GroupsDontDivide(
                span=self._settings.span_of(draft, "groups"),
                name=draft.name,
                groups=groups,
                channels=channels,
                filters=filters,
                source=draft.sources[0],
            )
        )
        return None

    def _downsample(self, draft: Draft, shape: Shape) -> Computed | None:
        if len(shape) == 1:
            self._report_rank(draft, shape, None)
            return None
        factor = self._dims(draft, "factor", len(shape) - 1)
        if factor is None:
            return None
        filters = self._settings.get(draft, "filters") or shape[-1]
        bias = bool(self._settings.get(draft, "bias"))
        ones = (1,) * len(factor)
        operation = Convolution(factor, factor, "valid", bias, dilation=ones)
        out = self._slide(draft, shape, "factor", factor, factor)
        return None if out is None else (operation, (*out, filters))

    def _average_pool(
        self, draft: Draft, spec: AveragePoolSpec, shape: Shape
    ) -> Computed | None:
        windows = self._windows(draft, spec, shape)
        if windows is None:
            return None
        window, stride = windows
        out = self._slide(draft, shape, "window", window, stride)
        divides = all(n % w == 0 for n, w in zip(shape, window, strict=False))
        if window != stride or not divides:
            self._uneven.add(draft.name)
        self._pass_on(draft)
        return None if out is None else (AveragePool(window, stride), (*out, shape[-1]))

    def _max_pool(
        self, draft: Draft, spec: MaxPoolSpec, shape: Shape
    ) -> Computed | None:
        windows = self._windows(draft, spec, shape)
        if windows is None:
            return None
        window, stride = windows
        # Padding must not make a window larger than all that there is.
        if self._slide(draft, shape, "window", window, stride) is None:
            return None
        padding: Padding = self._settings.get(draft, "padding")
        out = self._slide(draft, shape, "window", window, stride, padding)
        operation = MaxPool(window, stride, padding)
        self._pass_on(draft)
        return None if out is None else (operation, (*out, shape[-1]))

    def _windows(
        self, draft: Draft, spec: AveragePoolSpec | MaxPoolSpec, shape: Shape
    ) -> tuple[Shape, Shape] | None:
        """The window and the stride of a pool."""
        if len(shape) == 1:
            self._report_rank(draft, shape, None)
            return None
        rank = len(shape) - 1
        if spec.window == "all":
            window: Shape | None = shape[:-1]
        else:
            window = self._dims(draft, "window", rank)
        if window is None:
            return None
        stride = self._broadcast(draft, "stride", spec.stride or window, rank)
        return None if stride is None else (window, stride)

    def _rectify(self, shape: Shape) -> Computed:
        low, high = self._input.bounds
        signed = low < 0
        operation = Rectify(scale=max(abs(low), abs(high)), signed=signed)
        return operation, (*shape[:-1], shape[-1] * (2 if signed else 1))

    def _join(
        self, draft: Draft, spec: JoinSpec, shapes: list[Shape]
    ) -> Computed | None:
        first = shapes[0]
        sound = True
        self._pass_on(draft)
        for source, shape in zip(draft.sources[1:], shapes[1:], strict=True):
            equal = shape == first if spec.kind == "add" else shape[:-1] == first[:-1]
            if equal:
                continue
            sound = False
            self._report.add(
                UnequalShapes(
                    span=draft.place.span,
                    kind=spec.kind,
                    first=draft.sources[0],
                    first_shape=first,
                    second=source,
                    second_shape=shape,
                )
            )
        if not sound:
            return None
        if spec.kind == "add":
            return Add(), first
        return Concat(), (*first[:-1], sum(shape[-1] for shape in shapes))

    def _pass_on(self, draft: Draft) -> None:
        """What is folded passes on that a pool before it divides unevenly."""
        if not self._uneven.isdisjoint(draft.sources):
            self._uneven.add(draft.name)

    def _dims(self, draft: Draft, key: str, rank: int) -> Shape | None:
        return self._broadcast(draft, key, self._settings.get(draft, key), rank)

    def _broadcast(
        self, draft: Draft, key: str, value: Shape, rank: int
    ) -> Shape | None:
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

    def _slide_kernel(
        self, draft: Draft, shape: Shape, operation: Convolution
    ) -> Shape | None:
        kernel, stride = operation.kernel, operation.stride
        padding, dilation = operation.padding, operation.dilation
        return self._slide(draft, shape, "kernel", kernel, stride, padding, dilation)

    def _slide(
        self,
        draft: Draft,
        shape: Shape,
        what: str,
        kernel: Shape,
        stride: Shape,
        padding: KernelPadding = "valid",
        dilation: Shape = (),
    ) -> Shape | None:
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

    def _report_rank(self, draft: Draft, shape: Shape, rank: int | None) -> None:
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
