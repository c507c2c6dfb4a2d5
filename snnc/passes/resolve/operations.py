"""Determine the operation, the output shape and the shortcut of each layer."""

from __future__ import annotations

from dataclasses import replace

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix, Label
from snnc.ir import logical
from snnc.ir.logical import Convolution, Shape, Shortcut
from snnc.ir.shapes import transposed_places, window_positions
from snnc.language import layers
from snnc.language.keywords import FORMS
from snnc.passes.resolve.drafts import Draft
from snnc.text.tables import dims

Computed = tuple[logical.Operation, Shape]
PoolSpec = layers.AveragePoolSpec | layers.MaxPoolSpec

MOST_CHANNELS = 4
"""A last axis up to this size is probably channels, not pixels."""


class UnsoundError(Exception):
    """Raised after an error in a layer was reported."""


class Operations:
    """Determines the operation and output shape of one layer after another.

    The encoders read the range of the input ``given``. A method that reports a problem
    raises `UnsoundError`.
    """

    def __init__(self, given: logical.InputLayer, report: Diagnostics) -> None:
        self._input = given
        self._report = report
        # Encoders, and pools that only encoders precede.
        self._raw: set[str] = set()
        self._channels_reported = False

    def compute(self, draft: Draft, shapes: list[Shape]) -> Computed:
        """Return the operation and output shape of a layer that reads ``shapes``.

        After reporting what is wrong, raise UnsoundError.
        """
        shape = shapes[0]
        pools = isinstance(draft.spec, (layers.AveragePoolSpec, layers.MaxPoolSpec))
        if draft.is_encoder or (pools and draft.sources[0] in self._raw):
            self._raw.add(draft.name)
        match draft.spec:
            case layers.ConvSpec() | layers.ConvEncoderSpec() | layers.DepthwiseSpec():
                return self._convolution(draft, shape)
            case layers.TransposedConvSpec():
                return self._transpose_convolution(draft, shape)
            case layers.DownsampleSpec():
                return self._downsample(draft, shape)
            case layers.DenseSpec():
                units = self._size(draft, "units")
                return logical.Dense(bool(draft.get("bias"))), (_sound(units),)
            case layers.AveragePoolSpec() | layers.MaxPoolSpec() as spec:
                return self._pool(draft, spec, shape)
            case layers.RateEncoderSpec():
                low, high = self._input.bounds
                code = logical.RateCode(scale=max(abs(low), abs(high)), signed=low < 0)
                return code, (*shape[:-1], shape[-1] * (2 if code.signed else 1))
            case layers.JoinSpec():
                return self._join(draft, shapes)

    def shortcut(self, draft: Draft, shape: Shape, source_shape: Shape) -> Shortcut:
        """Return an identity, a strided 1x1 convolution or a matrix."""
        source = draft.shortcut or ""
        if source_shape == shape:
            return Shortcut(source, stride=None)
        if len(shape) == 1:
            return Shortcut(source, stride=())
        sizes, targets = source_shape[:-1], shape[:-1]
        strides = tuple(-(-n // m) for n, m in zip(sizes, targets, strict=False))
        reached = tuple(-(-n // s) for n, s in zip(sizes, strides, strict=False))
        if len(sizes) != len(targets) or reached != targets:
            problem = rules.shapes.ShortcutMismatch.at(
                draft, "shortcut", source=source, source_shape=source_shape, shape=shape
            )
            self._refuse(problem)
        return Shortcut(source, strides)

    def _refuse(self, *problems: Diagnostic) -> None:
        self._report.add(*problems)
        if problems:
            raise UnsoundError

    def _size(self, draft: Draft, key: str) -> int | None:
        """Return a property without a default; None after reporting that it lacks."""
        size: int | None = draft.get(key)
        if size is None:
            rule = rules.references.MissingSetting
            self._report.add(rule.at(draft, kind=draft.kind, key=key))
        return size

    def _convolution(self, draft: Draft, shape: Shape) -> Computed:
        spec, channels = draft.spec, shape[-1]
        is_encoder = isinstance(spec, layers.ConvEncoderSpec)
        rank = len(shape) - 1 if is_encoder else FORMS[spec.kind].axes
        if rank == 0:
            no_image = rules.refused.EncodeConvOnFeatures
            self._refuse(no_image(span=draft.span, features=channels))
        self._check_rank(draft, shape, rank)
        depthwise = isinstance(spec, layers.DepthwiseSpec)
        if depthwise:
            filters, groups = channels * draft.get("multiplier"), channels
        else:
            filters, groups = self._size(draft, "filters"), draft.get("groups") or 1
        kernel, stride, dilation = self._dims(
            draft, rank, "kernel", "stride", "dilation"
        )
        if max(stride) > 1 and max(dilation) > 1:
            problem = rules.windows.DilatedStride.at(
                draft, "dilation", dilation=dilation, stride=stride
            )
            self._refuse(problem)
        padding = self._padding(draft)
        filters = _sound(filters)
        divides = channels % groups == 0 and filters % groups == 0
        if not divides:
            sizes = {"groups": groups, "channels": channels, "filters": filters}
            rule, source = rules.windows.GroupsDontDivide, draft.sources[0]
            self._report.add(rule.at(draft, "groups", source=source, **sizes))
        bias = draft.get("bias")
        operation = Convolution(
            kernel,
            stride,
            padding,
            bool(bias),
            dilation,
            groups,
            depthwise=depthwise,
            neuron_bias=bias == "neuron",
        )
        out = self._slide(draft, shape, "kernel", operation)
        if not divides:
            raise UnsoundError
        return operation, (*out, filters)

    def _transpose_convolution(self, draft: Draft, shape: Shape) -> Computed:
        """Return a transposed convolution; features are read as one pixel."""
        rank = FORMS[draft.kind].axes
        sizes = shape[:-1] or (1,) * rank
        if len(sizes) != rank:
            self._check_rank(draft, shape, rank)
        filters = self._size(draft, "filters")
        kernel, stride = self._dims(draft, rank, "kernel", "stride")
        filters = _sound(filters)
        padding = self._padding(draft)
        assert padding != "causal"
        bias = draft.get("bias")
        operation = logical.TransposedConvolution(
            kernel, stride, padding, bool(bias), neuron_bias=bias == "neuron"
        )
        axes = zip(sizes, kernel, stride, strict=True)
        out = tuple(transposed_places(n, k, s, padding) for n, k, s in axes)
        return operation, (*out, filters)

    def _padding(self, draft: Draft) -> logical.KernelPadding:
        padding: logical.KernelPadding = draft.get("padding")
        in_time = isinstance(draft.spec, layers.SequenceConvSpec)
        if padding == "causal" and not in_time:
            rule = rules.windows.CausalInSpace
            self._refuse(rule.at(draft, "padding", kind=draft.kind))
        return padding

    def _downsample(self, draft: Draft, shape: Shape) -> Computed:
        self._check_rank(draft, shape, None)
        (factor,) = self._dims(draft, len(shape) - 1, "factor")
        bias, ones = bool(draft.get("bias")), (1,) * len(factor)
        operation = Convolution(factor, factor, "valid", bias, dilation=ones)
        out = self._slide(draft, shape, "factor", operation)
        return operation, (*out, draft.get("filters") or shape[-1])

    def _pool(self, draft: Draft, spec: PoolSpec, shape: Shape) -> Computed:
        self._check_rank(draft, shape, None)
        *sizes, channels = shape
        if spec.window == "all":
            window: Shape = tuple(sizes)
        else:
            (window,) = self._dims(draft, len(sizes), "window")
        stride = window
        if spec.stride is not None:
            (stride,) = self._dims(draft, len(sizes), "stride")
        # A window must fit into the unpadded input.
        over = replace(logical.pointwise(len(sizes), stride), kernel=window)
        out = self._slide(draft, shape, "window", over)
        if isinstance(spec, layers.AveragePoolSpec):
            return logical.AveragePooling(window, stride), (*out, channels)
        padding = draft.get("padding")
        out = self._slide(draft, shape, "window", replace(over, padding=padding))
        return logical.MaxPooling(window, stride, padding), (*out, channels)

    def _join(self, draft: Draft, shapes: list[Shape]) -> Computed:
        first, is_sum = shapes[0], draft.kind == "add"
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
            if (shape != first if is_sum else shape[:-1] != first[:-1])
        ]
        self._refuse(*problems)
        if is_sum:
            return logical.Add(), first
        return logical.Concat(), (*first[:-1], sum(shape[-1] for shape in shapes))

    def _dims(self, draft: Draft, rank: int, *keys: str) -> list[Shape]:
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
        self._refuse(*problems)
        return [v * rank if len(v) == 1 else v for v in values.values()]

    def _slide(self, draft: Draft, shape: Shape, what: str, over: Convolution) -> Shape:
        """Return a window's positions on each axis of ``shape``, channels last.

        ``what`` is the property with the window's size.
        """
        out, advice = [], "use a smaller size"
        if rules.shapes.looks_channels_first(given := self._input.shape):
            advice = "the input looks channels-first: for a channels-last shape, write"
            advice = f"{advice} `{dims((*given[1:], given[0]))}`"
        names, steps = rules.shapes.AXES[len(shape)], (over.stride, over.dilation)
        axes = list(zip(names, shape, over.kernel, *steps, strict=False))
        for axis, size, k, s, d in axes:
            extent = (k - 1) * d + 1
            out.append(window_positions(size, extent, s, over.padding))
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
                self._refuse(problem)
        return tuple(out)

    def _check_rank(self, draft: Draft, shape: Shape, rank: int | None) -> None:
        """Refuse a shape without ``rank`` spatial axes; None stands for any number."""
        axes = len(shape) - 1
        if axes == rank or (rank is None and axes):
            return
        if rank is None:
            expected, hint = "a shape with spatial axes", "remove it, or use `dense`"
        elif self._lacks_channels(draft, shape, rank):
            raise UnsoundError
        else:
            expected = rules.shapes.axis_names(rank + 1)
            other = f"give the input the shape {expected}"
            if len(self._input.shape) == rank + 1:
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
        self._refuse(problem)

    def _lacks_channels(self, draft: Draft, shape: Shape, rank: int) -> bool:
        """Return whether the input lacks an axis for a convolution; report it once.

        If a convolution lacks one axis, and only encoders or their pools precede it,
        the input is probably an image with one channel. But a short last axis must be
        the channels.
        """
        given, place = self._input, self._input.spans.get("shape")
        if len(shape) != rank or draft.sources[0] not in self._raw:
            return False
        if given.shape[-1] <= MOST_CHANNELS:
            return False
        if not self._channels_reported:
            self._channels_reported = True
            whole, axes = (*given.shape, 1), rules.shapes.axis_names(rank + 1)
            problem = rules.shapes.ForgottenChannels(
                span=place or given.span,
                name=given.name,
                shape=given.shape,
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


def _sound(size: int | None) -> int:
    if size is None:
        raise UnsoundError
    return size
