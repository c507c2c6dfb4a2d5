"""Determine the operation and the output shape of each layer."""

from __future__ import annotations

from dataclasses import replace

from snnc.diagnostics import Diagnostics
from snnc.ir.logical import (
    Add,
    AveragePooling,
    Concat,
    Convolution,
    Dense,
    InputLayer,
    KernelPadding,
    MaxPooling,
    Operation,
    Padding,
    RateCode,
    Shape,
    TransposedConvolution,
)
from snnc.ir.shapes import transposed_places
from snnc.language.keywords import FORMS
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
    TransposedConvSpec,
)
from snnc.passes.resolve.drafts import Draft
from snnc.passes.resolve.settings import Settings
from snnc.passes.resolve.shapes import Windows
from snnc.rules.refused import EncodeConvOnFeatures
from snnc.rules.shapes import (
    UnequalShapes,
)
from snnc.rules.windows import (
    CausalInSpace,
    DilatedStride,
    GroupsDontDivide,
)

Computed = tuple[Operation, Shape]


class Operations:
    """Determines the operation and output shape of one layer after another.

    Parameters
    ----------
    settings
        The layers' properties with all defaults.
    given
        The input, with the range that the encoders read.
    report
        Receives problems; a method that reports one returns None.
    """

    def __init__(
        self, settings: Settings, given: InputLayer, report: Diagnostics
    ) -> None:
        self._settings = settings
        self._input = given
        self._report = report
        self._windows = Windows(settings, given, report)

    def compute(self, draft: Draft, shapes: list[Shape]) -> Computed | None:
        """Return the operation and output shape of a layer that reads ``shapes``."""
        spec = draft.spec
        self._windows.see(draft)
        if isinstance(spec, (ConvSpec, ConvEncoderSpec)):
            return self._convolution(draft, shapes[0])
        if isinstance(spec, DepthwiseSpec):
            return self._depthwise(draft, shapes[0])
        if isinstance(spec, TransposedConvSpec):
            return self._transpose_convolution(draft, shapes[0])
        if isinstance(spec, DownsampleSpec):
            return self._downsample(draft, shapes[0])
        if isinstance(spec, DenseSpec):
            units = self._settings.require(draft, "units")
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
        kind = draft.kind
        form = FORMS.get(kind)
        rank = form.axes if form and form.axes else len(shape) - 1
        if rank == 0:
            self._report.add(
                EncodeConvOnFeatures(span=draft.place.span, features=shape[0])
            )
            return None
        if len(shape) - 1 != rank:
            self._windows.report_rank(draft, shape, rank)
            return None
        filters = self._settings.require(draft, "filters")
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
            self._windows.report_rank(draft, shape, rank)
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

    def _transpose_convolution(self, draft: Draft, shape: Shape) -> Computed | None:
        """Return a transposed convolution; features are read as one pixel."""
        rank = FORMS[draft.spec.kind].axes if draft.spec else 0
        sizes = shape[:-1] or (1,) * rank
        if len(sizes) != rank:
            self._windows.report_rank(draft, shape, rank)
            return None
        kernel = self._windows.dims(draft, "kernel", rank)
        stride = self._windows.dims(draft, "stride", rank)
        filters = self._settings.require(draft, "filters")
        if kernel is None or stride is None or filters is None:
            return None
        padding = self._padding(draft)
        if padding is None or padding == "causal":
            return None
        bias = self._settings.get(draft, "bias")
        operation = TransposedConvolution(
            kernel, stride, padding, bool(bias), neuron_bias=bias == "neuron"
        )
        axes = zip(sizes, kernel, stride, strict=True)
        out = tuple(transposed_places(n, k, s, padding) for n, k, s in axes)
        return operation, (*out, filters)

    def _kernel(self, draft: Draft, rank: int) -> Convolution | None:
        """Return a layer's convolution, with all channels in one group."""
        kernel = self._windows.dims(draft, "kernel", rank)
        stride = self._windows.dims(draft, "stride", rank)
        dilation: Shape | None = (1,) * rank
        if not isinstance(draft.spec, ConvEncoderSpec):
            dilation = self._windows.dims(draft, "dilation", rank)
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
        padding = self._padding(draft)
        if padding is None:
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

    def _padding(self, draft: Draft) -> KernelPadding | None:
        """Return a kernel's padding; None after reporting `causal` over an image."""
        padding: KernelPadding = self._settings.get(draft, "padding")
        if padding != "causal" or isinstance(draft.spec, SequenceConvSpec):
            return padding
        self._report.add(
            CausalInSpace(
                span=self._settings.span_of(draft, "padding"),
                name=draft.name,
                kind=draft.kind,
            )
        )
        return None

    def _groups(self, draft: Draft, channels: int, filters: int) -> int | None:
        """Return the number of groups; None after reporting a wrong number."""
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

    def _slide_kernel(
        self, draft: Draft, shape: Shape, operation: Convolution
    ) -> Shape | None:
        kernel, stride = operation.kernel, operation.stride
        padding, dilation = operation.padding, operation.dilation
        return self._windows.slide(
            draft, shape, "kernel", kernel, stride, padding, dilation
        )

    def _downsample(self, draft: Draft, shape: Shape) -> Computed | None:
        if len(shape) == 1:
            self._windows.report_rank(draft, shape, None)
            return None
        factor = self._windows.dims(draft, "factor", len(shape) - 1)
        if factor is None:
            return None
        filters = self._settings.get(draft, "filters") or shape[-1]
        bias = bool(self._settings.get(draft, "bias"))
        ones = (1,) * len(factor)
        operation = Convolution(factor, factor, "valid", bias, dilation=ones)
        out = self._windows.slide(draft, shape, "factor", factor, factor)
        return None if out is None else (operation, (*out, filters))

    def _average_pool(
        self, draft: Draft, spec: AveragePoolSpec, shape: Shape
    ) -> Computed | None:
        windows = self._pool(draft, spec, shape)
        if windows is None:
            return None
        window, stride = windows
        out = self._windows.slide(draft, shape, "window", window, stride)
        divides = all(n % w == 0 for n, w in zip(shape, window, strict=False))
        if window != stride or not divides:
            self._windows.see_uneven(draft)
        self._windows.pass_on(draft)
        return (
            None if out is None else (AveragePooling(window, stride), (*out, shape[-1]))
        )

    def _max_pool(
        self, draft: Draft, spec: MaxPoolSpec, shape: Shape
    ) -> Computed | None:
        windows = self._pool(draft, spec, shape)
        if windows is None:
            return None
        window, stride = windows
        # A window must fit into the unpadded input.
        if self._windows.slide(draft, shape, "window", window, stride) is None:
            return None
        padding: Padding = self._settings.get(draft, "padding")
        out = self._windows.slide(draft, shape, "window", window, stride, padding)
        operation = MaxPooling(window, stride, padding)
        self._windows.pass_on(draft)
        return None if out is None else (operation, (*out, shape[-1]))

    def _pool(
        self, draft: Draft, spec: AveragePoolSpec | MaxPoolSpec, shape: Shape
    ) -> tuple[Shape, Shape] | None:
        if len(shape) == 1:
            self._windows.report_rank(draft, shape, None)
            return None
        rank = len(shape) - 1
        if spec.window == "all":
            window: Shape | None = shape[:-1]
        else:
            window = self._windows.dims(draft, "window", rank)
        if window is None:
            return None
        stride = self._windows.broadcast(draft, "stride", spec.stride or window, rank)
        return None if stride is None else (window, stride)

    def _rectify(self, shape: Shape) -> Computed:
        low, high = self._input.bounds
        signed = low < 0
        operation = RateCode(scale=max(abs(low), abs(high)), signed=signed)
        return operation, (*shape[:-1], shape[-1] * (2 if signed else 1))

    def _join(
        self, draft: Draft, spec: JoinSpec, shapes: list[Shape]
    ) -> Computed | None:
        first = shapes[0]
        sound = True
        self._windows.pass_on(draft)
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
