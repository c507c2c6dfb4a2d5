"""Words that the language understands and refuses, each with a way out."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic


class Refused(Diagnostic):
    """What the refusals of a word share."""

    title = "refused word"
    message = "`{word}` can't run on the chip"
    label = "not supported"
    words: ClassVar[str] = ""

    word: str


class Softmax(Refused):
    """Softmax is no neuron.

    It divides by a sum over all units, which spikes can't do. The readout gives
    logits, whose largest is softmax's largest too, and the loss `cross_entropy`
    applies softmax in training.
    """

    code = "SNN901"
    notes = ("{word} divides by a sum over all units, which spiking neurons can't do",)
    help = (
        "leave it out: the readout gives logits, and `cross_entropy` adds the softmax"
    )


class Sigmoid(Refused):
    """Sigmoid is no neuron of the chip.

    The chip's neurons have the curves `relu` and `lif`. `lif` saturates, as sigmoid
    does.
    """

    code = "SNN902"
    notes = ("the chip's neurons rectify; none has the curve of {word}",)
    help = "write `neuron lif`, which saturates too, or `neuron relu`"


class Tanh(Refused):
    """Tanh is no neuron of the chip.

    Rates can't be negative, so a signed activation would need two neurons a unit.
    """

    code = "SNN903"
    notes = ("{word} is negative for half of its inputs, and a firing rate can't be",)
    help = "write `neuron relu`, or `neuron lif`, which saturates too"


class Elu(Refused):
    """Elu is no neuron of the chip.

    It is negative below zero, and a firing rate can't be negative.
    """

    code = "SNN904"
    notes = ("{word} is negative below zero, and a firing rate can't be",)
    help = "write `neuron relu`"


class Gelu(Refused):
    """Gelu is no neuron of the chip.

    It dips below zero, and a firing rate can't be negative.
    """

    code = "SNN905"
    notes = ("{word} dips below zero, and a firing rate can't",)
    help = "write `neuron relu`"


class Swish(Refused):
    """Swish is no neuron of the chip.

    It dips below zero, and a firing rate can't be negative.
    """

    code = "SNN906"
    notes = ("{word} dips below zero, and a firing rate can't",)
    help = "write `neuron relu`"


class Lstm(Refused):
    """Recurrent layers are not in the language.

    An example goes through each layer once, and its time steps carry the values of
    one presentation. Bring time into the depth axis of the input and use `conv3d`.
    """

    code = "SNN909"
    message = "`{word}` is not in the language"
    notes = ("the network is feed-forward: no layer reads its own past",)
    help = "put time on the depth axis of the input and write `conv3d`"


class LayerNorm(Refused):
    """Layer normalisation can't be folded.

    It divides by a deviation of the current example, which spikes can't do. Batch
    normalisation is folded into the weights when they are exported.
    """

    code = "SNN910"
    notes = ("it divides by a statistic of each example, which neurons can't do",)
    help = "write `batchnorm on`, which is folded into the weights"


class Upsample(Refused):
    """Layers do not grow their input.

    nengo-loihi has no transposed convolution.
    """

    code = "SNN911"
    notes = ("nengo-loihi has no transposed convolution",)
    help = "keep the resolution with `padding same` and `stride 1`"


class Events(Refused):
    """Event streams are not read as such.

    The input is an array. Bin the events along the depth axis.
    """

    code = "SNN912"
    message = "`{word}` is not in the language"
    notes = ("the input is an array of values, not a stream",)
    help = "bin the events along depth: `input NAME 8x16x16x2 in 0..1`"


class Repeat(Refused):
    """Layers are not repeated by a loop.

    Each layer has a name and a line of its own, which diagnostics, weights and
    reports point at.
    """

    code = "SNN913"
    message = "`{word}` is not in the language"
    notes = ("there are no loops: each layer has weights, which its name tells apart",)
    help = "write each layer on a line of its own, with its own name"


class DenseOverAxis(Diagnostic):
    """A dense layer is asked to run along one axis.

    `dense` flattens what it reads, as Keras does after a `Flatten`. A dense layer
    over the channels of every pixel is a convolution with a kernel of 1.
    """

    code = "SNN914"
    title = "dense layer over an axis"
    message = "`dense` has no `{key}`: it flattens what it reads"
    label = "not supported"
    help = "write a convolution with `kernel 1`, or remove `{key}`"

    key: str


class SeveralInputs(Diagnostic):
    """A network has more than one input.

    An example is one array. Arrays of the same resolution are stacked as channels
    of one input.
    """

    code = "SNN915"
    title = "several inputs"
    message = "a network has one input"
    label = "another input"
    help = "stack them as channels of one input, such as `8x8x2`"


class EncodeConvOnFeatures(Diagnostic):
    """`encode conv` reads a feature vector.

    A vector has no axis to convolve over.
    """

    code = "SNN916"
    title = "convolution on a feature vector"
    message = "`encode conv` needs a spatial axis, and what it reads has none"
    label = "reads a feature vector"
    help = "write `encode rate`, or give the input the shape `{features}x1`"

    features: int


REFUSED: dict[str, type[Refused]] = {
    "softmax": Softmax,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "elu": Elu,
    "gelu": Gelu,
    "swish": Swish,
    "lstm": Lstm,
    "layernorm": LayerNorm,
    "upsample": Upsample,
    "events": Events,
    "repeat": Repeat,
}
for _word, _rule in REFUSED.items():
    _rule.words = _word
