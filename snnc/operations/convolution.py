"""Convolutions: `conv1d` to `conv3d`, depthwise layers, `downsample`, `encode conv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from snnc import rules
from snnc.ir import shapes
from snnc.ir.operation import FitKeys, KerasLayer, Sliding, Traits
from snnc.ir.paths import SizedPool
from snnc.ir.reach import ChannelGroups, Window
from snnc.ir.shapes import KernelPadding, Padding, Shape, Triple, triple_of
from snnc.ir.tensor import DENSE_AXES, DEPTHWISE_AXES, SPATIAL_AXES, TensorSpec
from snnc.language import layers
from snnc.language.keywords import FORMS
from snnc.operations.base import (
    Computed,
    Draft,
    DraftedOperation,
    Sizes,
    UnsoundError,
    traits_of_pads,
    traits_of_strides,
)


@dataclass(frozen=True, slots=True)
class Convolution(DraftedOperation):
    """A convolution over one, two or three spatial axes.

    ``padding`` says where zeros are added to the axes; ``causal`` adds zeros only
    before a single axis. ``dilation`` is the distance between kernel taps. Each of the
    ``groups`` of channels of equal size is read by one group of filters. With
    ``neuron_bias``, the bias has one value per neuron instead of one per channel. With
    ``depthwise``, each channel is a group; the kernel has an axis for the filters of a
    group.
    """

    kernel: Shape
    stride: Shape
    padding: KernelPadding
    bias: bool
    dilation: Shape
    groups: int = 1
    depthwise: bool = False
    neuron_bias: bool = False
    size_key: ClassVar[str] = "kernel"
    reads_repeats: ClassVar[bool] = True

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        spec = draft.spec
        shape = read_shapes[0]
        channels = shape[-1]
        rank = len(shape) - 1 if draft.is_encoder else FORMS[spec.kind].axes
        if rank == 0:
            sizes.refuse(
                rules.refused.EncodeConvOnFeatures(span=draft.span, features=channels)
            )
        sizes.check_rank(draft, shape, rank)
        depthwise = isinstance(spec, layers.DepthwiseSpec)
        if depthwise:
            filters = channels * draft.get("multiplier")
            groups = channels
        else:
            filters = sizes.size(draft, "filters")
            groups = draft.get("groups") or 1
        kernel, stride, dilation = sizes.dims(
            draft, rank, "kernel", "stride", "dilation"
        )
        _refuse_dilated_stride(draft, sizes, dilation, stride)
        padding = read_padding(draft, sizes)
        if not filters:
            raise UnsoundError
        divides = channels % groups == 0 and filters % groups == 0
        if not divides:
            counts = {"groups": groups, "channels": channels, "filters": filters}
            rule = rules.windows.GroupsDontDivide
            source = draft.sources[0]
            # Not `refuse`: the size of the kernel may have a problem, too.
            sizes.report(rule.at(draft, "groups", source=source, **counts))
        bias = draft.get("bias")
        operation = cls(
            kernel,
            stride,
            padding,
            bool(bias),
            dilation,
            groups,
            depthwise=depthwise,
            neuron_bias=bias == "neuron",
        )
        out = sizes.slide(draft, shape, operation.sliding)
        if not divides:  # reported above
            raise UnsoundError
        return operation, (*out, filters)

    @property
    def sliding(self) -> Sliding:
        return Sliding(
            self.size_key, self.kernel, self.stride, self.padding, self.dilation
        )

    @property
    def fit_keys(self) -> FitKeys:
        # A depthwise layer has as many channels as its source.
        width = "" if self.depthwise else "filters"
        return FitKeys(width=width, stride="stride", kernel="kernel")

    def kernel_tensor(self, name: str, read: Shape, shape: Shape) -> TensorSpec:
        spatial = SPATIAL_AXES[len(self.kernel)]
        channels = read[-1]
        filters = shape[-1]
        if self.depthwise:
            ends = (channels, filters // channels)
            axes = DEPTHWISE_AXES
        else:
            ends = (channels // self.groups, filters)
            axes = DENSE_AXES
        return TensorSpec(name, (*self.kernel, *ends), (*spatial, *axes))

    def reach(self, read: Shape, shape: Shape, pools: Sequence[SizedPool]) -> Window:
        """Return a convolution over pools as a convolution over the pools' source.

        A kernel of ``k`` taps with stride ``r``, over windows of size ``w`` with stride
        ``s``, equals a kernel of ``(k - 1) s + w`` taps with stride ``r s``.

        If `same` pads an axis unevenly, Keras pads the end of the pooled image by one
        more zero, which corresponds to ``s`` rows of the source. Padding the source
        would divide these rows between both ends; ``s - 1`` zero rows before the kernel
        prevent this.

        `causal` adds ``k - 1`` zeros before an axis and leaves ``u`` positions after it
        unread. To get this from `same`, which divides padding between both ends, add
        ``(k - 1 + u) s`` zero rows after the kernel.

        ``read`` is the shape that `same` or `causal` pads, channels last.
        """
        extent = triple_of(self.sliding.extent)
        strides = triple_of(self.stride)
        axes = zip(triple_of(read[:-1]), extent, strides, strict=True)
        around = [shapes.pads(n, k, s, self.padding) for n, k, s in axes]
        # Without padding, `same` equals `valid`, which can be folded over any pool.
        padded = any(pad > 0 for axis in around[1:] for pad in axis)
        uneven = [(after - before) * padded for before, after in around]
        kernel = list(extent)
        stride = list(strides)
        shrink = [1, 1, 1]
        for pool, _ in reversed(pools):
            for axis, (window, step) in enumerate(
                zip(pool.window, pool.stride, strict=True)
            ):
                kernel[axis] = (kernel[axis] - 1) * step + window
                stride[axis] *= step
                shrink[axis] *= step
        _, *lead = [(s - 1) * max(u, 0) for s, u in zip(shrink, uneven, strict=True)]
        _, *tail = [s * max(-u, 0) for s, u in zip(shrink, uneven, strict=True)]
        depth, height, width = kernel
        return Window(
            kernel=(depth, height + lead[0] + tail[0], width + lead[1] + tail[1]),
            stride=triple_of(tuple(stride)),
            depth_before=around[0][0] * shrink[0],
            padding="same" if padded else "valid",
            taps=triple_of(self.kernel),
            zeros_before=(lead[0], lead[1]),
            zeros_behind=(tail[0], tail[1]),
            dilation=triple_of(self.dilation),
            group=self._group(read, shape),
        )

    def repeated_reach(self, read: Shape, shape: Shape, repeats: Triple) -> Window:
        plain = self.reach(read, shape, ())
        extent = triple_of(self.sliding.extent)
        stride = triple_of(self.stride)
        axes = zip(triple_of(read[:-1]), extent, stride, strict=True)
        _, rows, columns = (shapes.pads(n, k, s, self.padding)[0] for n, k, s in axes)
        # `same` would pad the source, so zeros around the repeated image are separate.
        return replace(
            plain,
            kernel=extent,
            padding="valid",
            zeros_before=(0, 0),
            zeros_behind=(0, 0),
            repeats=repeats,
            repeats_before=(rows, columns),
        )

    def _group(self, read: Shape, shape: Shape) -> ChannelGroups | None:
        count = self.groups
        if count == 1:
            return None
        return ChannelGroups(read[-1] // count, shape[-1] // count, count)

    def keras_layer(self, shape: Shape) -> KerasLayer:
        """Return the Keras layer.

        Keras lacks depthwise layers over three axes or with unequal strides. A
        convolution with one group per channel is equivalent.
        """
        rank = len(self.kernel)
        filters = shape[-1]
        groups = self.groups
        options: list[tuple[str, Any]] = [
            ("", self.kernel),
            *keras_strides(self.stride),
        ]
        if self.padding != "valid":
            options.append(("padding", self.padding))
        if set(self.dilation) != {1}:
            options.append(("dilation_rate", self.dilation))
        last = keras_bias(trained=self.bias and not self.neuron_bias)
        if self.depthwise and rank < 3 and len(set(self.stride)) == 1:
            if filters != groups:
                options.append(("depth_multiplier", filters // groups))
            # For a depthwise kernel, Keras counts all channels as inputs.
            drawn = (("channels", groups),) if groups != 1 else ()
            name = f"DepthwiseConv{rank}D"
            return KerasLayer(name, (*options, *last), "depthwise", drawn)
        if groups != 1:
            options.append(("groups", groups))
        arguments = (("", filters), *options, *last)
        return KerasLayer(f"Conv{rank}D", arguments, "kernel")

    def traits(self, read: Shape, shape: Shape) -> Traits:
        extent = self.sliding.extent
        return {
            "stride": traits_of_strides(self.stride, shape),
            "zeros around": traits_of_pads(read, extent, self.stride, self.padding),
            "dilation": traits_of_strides(self.dilation, extent),
            "groups": self.groups,
        }

    def properties(self, shape: Shape) -> dict[str, Any]:
        values = DraftedOperation.properties(self, shape)
        return {**values, "multiplier": shape[-1] // self.groups}


class Downsample(Convolution):
    """A convolution whose kernel is as large as its stride, instead of pooling."""

    __slots__ = ()
    size_key = "factor"

    @classmethod
    def from_draft(
        cls, draft: Draft, read_shapes: list[Shape], sizes: Sizes
    ) -> Computed:
        (shape,) = read_shapes
        sizes.check_rank(draft, shape, None)
        (factor,) = sizes.dims(draft, len(shape) - 1, "factor")
        bias = bool(draft.get("bias"))
        operation = cls(factor, factor, "valid", bias, dilation=(1,) * len(factor))
        out = sizes.slide(draft, shape, operation.sliding)
        return operation, (*out, draft.get("filters") or shape[-1])

    @property
    def fit_keys(self) -> FitKeys:
        return FitKeys(width="filters", stride="factor")

    def properties(self, shape: Shape) -> dict[str, Any]:
        return {**Convolution.properties(self, shape), "factor": self.kernel}


def pointwise(rank: int, stride: Shape | None = None) -> Convolution:
    """Return a convolution with kernel 1, without bias."""
    ones = (1,) * rank
    return undilated(ones, stride or ones, "valid", bias=False)


def undilated(
    kernel: Shape, stride: Shape, padding: Padding, *, bias: bool
) -> Convolution:
    """Return a convolution over all channels whose taps are neighbours."""
    return Convolution(kernel, stride, padding, bias, dilation=(1,) * len(kernel))


def _refuse_dilated_stride(
    draft: Draft, sizes: Sizes, dilation: Shape, stride: Shape
) -> None:
    if max(stride) > 1 and max(dilation) > 1:
        problem = rules.windows.DilatedStride.at(
            draft, "dilation", dilation=dilation, stride=stride
        )
        sizes.refuse(problem)


def read_padding(draft: Draft, sizes: Sizes) -> KernelPadding:
    """Return the `padding` of a layer; only a layer over one axis may be causal."""
    padding: KernelPadding = draft.get("padding")
    in_time = isinstance(draft.spec, layers.SequenceConvSpec)
    if padding == "causal" and not in_time:
        rule = rules.windows.CausalInSpace
        sizes.refuse(rule.at(draft, "padding", kind=draft.kind))
    return padding


def keras_strides(stride: Shape) -> tuple[tuple[str, Shape], ...]:
    """Return the argument for strides, unless they are 1."""
    return () if set(stride) == {1} else (("strides", stride),)


def keras_bias(*, trained: bool) -> tuple[tuple[str, bool], ...]:
    """Return the argument that turns off the bias, if it is off."""
    return () if trained else (("use_bias", False),)
