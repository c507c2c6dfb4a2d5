"""The table of layers: their properties and descriptions.

None means "not written". The value then comes from `defaults`, `Otherwise` or
`ByEdition` when the logical graph is built. `DefaultsSpec` has the properties that
`defaults` may set.
"""

from typing import Annotated, Literal

from snnc.language import properties as has
from snnc.language.editions import FIRST, ByEdition
from snnc.language.models import Form, Otherwise, StatementModel, form, layer


class NamedLayer(StatementModel):
    """The name of a layer, and the layers that it reads."""

    name: has.Name
    sources: has.Sources = ()


class PlainLayer(StatementModel):
    """A layer that needs no name."""

    name: has.Name | None = None
    sources: has.Sources = ()


class NeuronProperties(StatementModel):
    """The neurons of a spiking layer and their rates."""

    rate: Annotated[has.Rate | None, ByEdition("rate")] = None
    percentile: Annotated[has.Percentile | None, Otherwise(99.9)] = None
    neuron: Annotated[has.Neuron | None, Otherwise(text="relu")] = None


class TrainingProperties(StatementModel):
    """Properties of a spiking layer that only its training reads."""

    batchnorm: Annotated[has.BatchNorm | None, Otherwise(False)] = None
    dropout: Annotated[has.Dropout | None, Otherwise(0.0)] = None
    l2: Annotated[has.L2 | None, Otherwise(text="as in `train`")] = None


class SpikingSpec(TrainingProperties, NeuronProperties):
    """Properties of every spiking layer."""

    place: Annotated[has.RunsOn | None, Otherwise("chip")] = None
    synapse: Annotated[has.Synapse | None, Otherwise(text="as in `timing`")] = None
    block: Annotated[has.Block | None, Otherwise("auto")] = None


ENCODE = layer(
    "encode rate",
    "The layer on the host that turns values into spikes.",
    named="encode conv e { filters 2 }",
    place="encoder",
)


class ConvEncoderSpec(PlainLayer, variant="conv"):
    """A trained convolution on the host that outputs spikes."""

    forms = ENCODE

    kind: Literal["encode conv"] = "encode conv"
    filters: has.Filters = 1
    kernel: has.Kernel = (1,)
    stride: has.Stride = (1,)
    padding: has.Padding = "valid"
    bias: has.Bias = True
    batchnorm: has.BatchNorm = False
    dropout: has.Dropout = 0.0
    rate: Annotated[has.Rate, ByEdition("encoder_rate")] = FIRST.encoder_rate
    start: has.Start = "spread"


class RateEncoderSpec(PlainLayer, variant="rate"):
    """An untrained encoder: each value is a rate, with one channel per sign."""

    forms = ENCODE

    kind: Literal["encode rate"] = "encode rate"
    rate: Annotated[has.Rate, ByEdition("encoder_rate")] = FIRST.encoder_rate
    start: has.Start = "spread"


class KernelProperties(SpikingSpec):
    """Properties of all convolutions that `defaults` may set."""

    kernel: Annotated[has.Kernel | None, Otherwise((3,))] = None
    stride: Annotated[has.Stride | None, Otherwise((1,))] = None
    padding: Annotated[has.KernelPadding | None, Otherwise("valid")] = None
    dilation: Annotated[has.Dilation | None, Otherwise((1,))] = None
    bias: Annotated[has.KernelBias | None, Otherwise(True)] = None


class FilterProperties(SpikingSpec):
    """The number of filters, which `defaults` may set for convolutions."""

    filters: has.Filters | None = None


class ConvProperties(KernelProperties, FilterProperties):
    """Properties of convolutions over all channels that `defaults` may set."""

    groups: Annotated[has.Groups | None, Otherwise(1)] = None


_CONVOLUTION = "A spiking convolution over {}."
_AXES = {1: "one axis", 2: "two axes", 3: "three axes"}


def _by_axes(kind: str, about: str, properties: str, *axes: int) -> tuple[Form, ...]:
    """Describe the kinds of a layer by number of axes, such as `conv2d`."""
    return tuple(
        form(f"{kind}{n}d c0 {{ {properties} }}", about.format(_AXES[n]), place="layer")
        for n in axes
    )


class ConvSpec(ConvProperties, NamedLayer):
    """A spiking convolution over one, two or three axes."""

    kind: Literal["conv1d", "conv2d", "conv3d"]
    shortcut: has.Shortcut | None = None


class SequenceConvSpec(ConvSpec):
    """A spiking convolution over one axis, which may be time."""

    forms = _by_axes("conv", _CONVOLUTION, "filters 8, kernel 3", 1)

    kind: Literal["conv1d"] = "conv1d"


class ImageConvSpec(ConvSpec):
    """A spiking convolution over two or three axes."""

    forms = _by_axes("conv", _CONVOLUTION, "filters 8, kernel 3", 2, 3)

    kind: Literal["conv2d", "conv3d"]
    padding: Annotated[has.Padding | None, Otherwise("valid")] = None


class TransposedConvSpec(FilterProperties, NamedLayer):
    """A spiking transposed convolution over two axes, which enlarges them."""

    forms = layer("conv2d_transpose u0 { filters 8, kernel 4, stride 2 }")

    kind: Literal["conv2d_transpose"] = "conv2d_transpose"
    kernel: Annotated[has.Kernel | None, Otherwise((3,))] = None
    stride: Annotated[has.Stride | None, Otherwise((1,))] = None
    padding: Annotated[has.Padding | None, Otherwise("valid")] = None
    bias: Annotated[has.KernelBias | None, Otherwise(True)] = None
    shortcut: has.Shortcut | None = None


class DepthwiseSpec(KernelProperties, NamedLayer):
    """A spiking convolution of each channel separately."""

    forms = _by_axes(
        "depthwise",
        "A spiking convolution over {}, for each channel separately.",
        "kernel 3",
        *_AXES,
    )

    kind: Literal["depthwise1d", "depthwise2d", "depthwise3d"]
    multiplier: Annotated[has.Multiplier | None, Otherwise(1)] = None
    padding: Annotated[has.Padding | None, Otherwise("valid")] = None
    shortcut: has.Shortcut | None = None


class DownsampleSpec(SpikingSpec, NamedLayer):
    """A trained convolution with a stride, instead of pooling."""

    forms = layer("downsample s0 { factor 2 }")

    kind: Literal["downsample"] = "downsample"
    factor: Annotated[has.Factor | None, Otherwise((2,))] = None
    filters: Annotated[has.Filters | None, Otherwise(text="as the input")] = None
    bias: Annotated[has.Bias | None, Otherwise(True)] = None
    shortcut: has.Shortcut | None = None


class DenseSpec(SpikingSpec, NamedLayer):
    """A spiking dense layer, which flattens its input."""

    forms = layer("dense d0 { units 64 }")

    kind: Literal["dense"] = "dense"
    units: has.Units | None = None
    bias: Annotated[has.KernelBias | None, Otherwise(True)] = None
    shortcut: has.Shortcut | None = None


class PoolProperties(StatementModel):
    """The windows of pools."""

    window: Annotated[has.Window | None, Otherwise((2,))] = None
    stride: Annotated[has.Stride | None, Otherwise(text="the window")] = None


class AveragePoolSpec(PoolProperties, PlainLayer):
    """Average pooling without neurons or cores, folded into the next layer."""

    forms = layer("avgpool { window 2 }", named="avgpool p { window 2 }")

    kind: Literal["avgpool"] = "avgpool"


class UpsampleSpec(PlainLayer):
    """Each position repeated, without neurons or cores, folded into the next layer."""

    forms = layer("upsample { factor 2 }", named="upsample u { factor 2 }")

    kind: Literal["upsample"] = "upsample"
    factor: Annotated[has.Repeats | None, Otherwise((2,))] = None


class MaxPoolSpec(PoolProperties, NamedLayer):
    """Max pooling with neurons that compare values in pairs."""

    forms = layer("maxpool p0 { window 2 }")

    kind: Literal["maxpool"] = "maxpool"
    padding: Annotated[has.Padding | None, Otherwise("valid")] = None
    rate: Annotated[has.UpperRate | None, ByEdition("pool_rate")] = None
    synapse: Annotated[has.Synapse | None, Otherwise(text="as in `timing`")] = None


class JoinSpec(StatementModel):
    """`add` and `concat`: add or concatenate layers without neurons."""

    forms = tuple(
        form(f"{kind} from a, b", about, named=f"{kind} s from a, b", place="layer")
        for kind, about in (
            ("add", "The sum of layers with equal shapes, without neurons."),
            ("concat", "The joined channels of several layers, without neurons."),
        )
    )

    kind: Literal["add", "concat"]
    name: has.Name | None = None
    sources: has.Sources


LayerSpec = (
    ConvEncoderSpec
    | RateEncoderSpec
    | SequenceConvSpec
    | ImageConvSpec
    | DepthwiseSpec
    | TransposedConvSpec
    | DownsampleSpec
    | AveragePoolSpec
    | UpsampleSpec
    | MaxPoolSpec
    | DenseSpec
    | JoinSpec
)
