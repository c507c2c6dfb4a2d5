"""Words that the language understands and refuses, each with a way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from snnc.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Diagnostic):
    """What the refusals of a word share."""

    title: ClassVar[str] = "refused word"
    message: ClassVar[str] = "`{word}` can't run on the chip"
    label: ClassVar[str] = "not supported"

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPool(Refused):
    """Max pooling has no spiking form that is worth its latency.

    A maximum over firing rates needs filtered spikes: about 100 steps of latency a
    layer, and units that the chip does not have. A learned strided convolution
    (`downsample`) does as well in all-convolutional networks, and an average
    (`avgpool`) costs no cores at all.
    """

    code: ClassVar[str] = "SNN900"
    notes: ClassVar[tuple[str, ...]] = (
        "a max over rates needs filtered spikes, about 100 steps of latency a layer",
    )
    help: ClassVar[str] = (
        "write `downsample NAME {{ factor 2 }}`, or `avgpool {{ window 2 }}`"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Refused):
    """Softmax is no neuron.

    It divides by a sum over all units, which spikes can't do. The readout gives
    logits, whose largest is softmax's largest too, and the loss `cross_entropy`
    applies softmax in training.
    """

    code: ClassVar[str] = "SNN901"
    notes: ClassVar[tuple[str, ...]] = (
        "softmax divides by a sum over all units, which spiking neurons can't do",
    )
    help: ClassVar[str] = (
        "leave it out: the readout gives logits, and `cross_entropy` adds the softmax"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid(Refused):
    """Sigmoid is no neuron of the chip.

    The chip's neurons have the curves `relu` and `lif`. `lif` saturates, as sigmoid
    does.
    """

    code: ClassVar[str] = "SNN902"
    notes: ClassVar[tuple[str, ...]] = (
        "the chip's neurons rectify; none has a sigmoid's curve",
    )
    help: ClassVar[str] = "write `neuron lif`, which saturates too, or `neuron relu`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tanh(Refused):
    """Tanh is no neuron of the chip.

    Rates can't be negative, so a signed activation would need two neurons a unit.
    """

    code: ClassVar[str] = "SNN903"
    notes: ClassVar[tuple[str, ...]] = (
        "tanh is negative for half of its inputs, and a firing rate can't be",
    )
    help: ClassVar[str] = "write `neuron relu`, or `neuron lif`, which saturates too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elu(Refused):
    """Elu is no neuron of the chip.

    It is negative below zero, and a firing rate can't be negative.
    """

    code: ClassVar[str] = "SNN904"
    notes: ClassVar[tuple[str, ...]] = (
        "elu is negative below zero, and a firing rate can't be",
    )
    help: ClassVar[str] = "write `neuron relu`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gelu(Refused):
    """Gelu is no neuron of the chip.

    It dips below zero, and a firing rate can't be negative.
    """

    code: ClassVar[str] = "SNN905"
    notes: ClassVar[tuple[str, ...]] = (
        "gelu dips below zero, and a firing rate can't",
    )
    help: ClassVar[str] = "write `neuron relu`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swish(Refused):
    """Swish is no neuron of the chip.

    It dips below zero, and a firing rate can't be negative.
    """

    code: ClassVar[str] = "SNN906"
    notes: ClassVar[tuple[str, ...]] = (
        "swish dips below zero, and a firing rate can't",
    )
    help: ClassVar[str] = "write `neuron relu`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dilation(Refused):
    """Convolutions are not dilated.

    nengo-loihi's convolution has no dilation. A kernel that is zero between its taps
    would cost the synapses of the whole kernel.
    """

    code: ClassVar[str] = "SNN907"
    notes: ClassVar[tuple[str, ...]] = ("nengo-loihi's convolutions have no dilation",)
    help: ClassVar[str] = "write a larger `kernel`, or a `stride` in the layer before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups(Refused):
    """Convolutions are not grouped.

    nengo-loihi refuses grouped convolutions. Layers that read the same source and a
    `concat` behind them compute the same with dense kernels.
    """

    code: ClassVar[str] = "SNN908"
    notes: ClassVar[tuple[str, ...]] = ("nengo-loihi refuses convolutions with groups",)
    help: ClassVar[str] = (
        "write one layer a group `from` the same source, and join them with `concat`"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lstm(Refused):
    """Recurrent layers are not in the language.

    An example goes through each layer once, and its time steps carry the values of
    one presentation. Bring time into the depth axis of the input and use `conv3d`.
    """

    code: ClassVar[str] = "SNN909"
    message: ClassVar[str] = "`{word}` is not in the language"
    notes: ClassVar[tuple[str, ...]] = (
        "the network is feed-forward: no layer reads its own past",
    )
    help: ClassVar[str] = "put time on the depth axis of the input and write `conv3d`"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNorm(Refused):
    """Layer normalisation can't be folded.

    It divides by a deviation of the current example, which spikes can't do. Batch
    normalisation is folded into the weights when they are exported.
    """

    code: ClassVar[str] = "SNN910"
    notes: ClassVar[tuple[str, ...]] = (
        "it divides by a statistic of each example, which neurons can't do",
    )
    help: ClassVar[str] = "write `batchnorm on`, which is folded into the weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsample(Refused):
    """Layers do not grow their input.

    nengo-loihi has no transposed convolution.
    """

    code: ClassVar[str] = "SNN911"
    notes: ClassVar[tuple[str, ...]] = ("nengo-loihi has no transposed convolution",)
    help: ClassVar[str] = "keep the resolution with `padding same` and `stride 1`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events(Refused):
    """Event streams are not read as such.

    The input is an array. Bin the events along the depth axis.
    """

    code: ClassVar[str] = "SNN912"
    message: ClassVar[str] = "`{word}` is not in the language"
    notes: ClassVar[tuple[str, ...]] = (
        "the input is an array of values, not a stream",
    )
    help: ClassVar[str] = "bin the events along depth: `input NAME 8x16x16x2 in 0..1`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Refused):
    """Layers are not repeated by a loop.

    Each layer has a name and a line of its own, which diagnostics, weights and
    reports point at.
    """

    code: ClassVar[str] = "SNN913"
    message: ClassVar[str] = "`{word}` is not in the language"
    notes: ClassVar[tuple[str, ...]] = ("each layer has a name and a line of its own",)
    help: ClassVar[str] = "write each layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseOverAxis(Diagnostic):
    """A dense layer is asked to run along one axis.

    `dense` flattens what it reads, as Keras does behind a `Flatten`. A dense layer
    over the channels of every pixel is a convolution with a kernel of 1.
    """

    code: ClassVar[str] = "SNN914"
    title: ClassVar[str] = "dense layer over an axis"
    message: ClassVar[str] = "`dense` has no `{key}`: it flattens what it reads"
    label: ClassVar[str] = "not supported"
    help: ClassVar[str] = "write a convolution with `kernel 1`"

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralInputs(Diagnostic):
    """A network has more than one input.

    An example is one array. Arrays of the same resolution are stacked as channels
    of one input.
    """

    code: ClassVar[str] = "SNN915"
    title: ClassVar[str] = "several inputs"
    message: ClassVar[str] = "a network has one input"
    label: ClassVar[str] = "another input"
    help: ClassVar[str] = "stack them as channels of one input"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeConvOnFeatures(Diagnostic):
    """`encode conv` reads a feature vector.

    A vector has no axis to convolve over.
    """

    code: ClassVar[str] = "SNN916"
    title: ClassVar[str] = "convolution on a feature vector"
    message: ClassVar[str] = "`encode conv` needs a spatial axis"
    label: ClassVar[str] = "reads a feature vector"
    help: ClassVar[str] = "write `encode rate`, or a shape such as `16x1`"


REFUSED: dict[str, type[Refused]] = {
    "maxpool": MaxPool,
    "softmax": Softmax,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "elu": Elu,
    "gelu": Gelu,
    "swish": Swish,
    "dilation": Dilation,
    "groups": Groups,
    "lstm": Lstm,
    "layernorm": LayerNorm,
    "upsample": Upsample,
    "events": Events,
    "repeat": Repeat,
}
