"""Rules for known words that the chip or the language doesn't support."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic


class Refused(Diagnostic):
    """The base class of rules that refuse a word."""

    title = "unsupported word"
    message = "`{word}` can't run on the chip"
    label = "not supported"
    words: ClassVar[str] = ""
    aliases: ClassVar[str] = ""
    """Words of other libraries, in the spelling of `snnc.rules.foreign.plain`."""
    places: ClassVar[tuple[str, ...]] = ("statement", "property", "value")
    """What the aliases are used as."""

    word: str


class Softmax(Refused):
    """The chip has no softmax.

    Softmax divides by a sum over all units, which spiking neurons can't do. The readout
    outputs logits. The class with the largest logit also has the largest softmax value.
    The loss `cross_entropy` applies softmax in training.
    """

    code = "SNN901"
    title = "softmax activation"
    words = "softmax"
    aliases = "logsoftmax softmaxlayer"
    notes = ("{word} divides by a sum over all units, which spiking neurons can't do",)
    help = (
        "leave it out: the readout outputs logits, and `cross_entropy` adds the softmax"
    )


class Sigmoid(Refused):
    """The chip has no sigmoid neurons.

    The neurons of the chip are `relu` and `lif`. `lif` saturates, like a sigmoid.
    """

    code = "SNN902"
    title = "sigmoid activation"
    words = "sigmoid"
    aliases = "hardsigmoid logsigmoid"
    notes = (
        "the chip's neurons are `relu` and `lif`; neither has the curve of {word}",
    )
    help = "write `neuron lif`, which saturates too, or `neuron relu`"


class Tanh(Refused):
    """The chip has no tanh neurons.

    Rates can't be negative, so a signed activation would need two neurons per unit.
    """

    code = "SNN903"
    title = "tanh activation"
    words = "tanh"
    aliases = "hardtanh"
    notes = (
        "{word} is negative for half of its inputs, and firing rates can't be negative",
    )
    help = "write `neuron relu`, or `neuron lif`, which saturates too"


class Elu(Refused):
    """The chip has no ELU neurons.

    ELU is negative below zero, and a firing rate can't be negative.
    """

    code = "SNN904"
    title = "ELU activation"
    words = "elu"
    aliases = "selu celu"
    notes = ("{word} is negative below zero, and a firing rate can't be negative",)
    help = "write `neuron relu`"


class Gelu(Refused):
    """The chip has no GELU neurons.

    GELU is negative just below zero, and a firing rate can't be negative.
    """

    code = "SNN905"
    title = "GELU activation"
    words = "gelu"
    notes = ("{word} is negative just below zero, and a firing rate can't be negative",)
    help = "write `neuron relu`"


class Swish(Refused):
    """The chip has no Swish neurons.

    Swish is negative just below zero, and a firing rate can't be negative.
    """

    code = "SNN906"
    title = "Swish activation"
    words = "swish"
    aliases = "silu mish hardswish"
    notes = ("{word} is negative just below zero, and a firing rate can't be negative",)
    help = "write `neuron relu`"


class Lstm(Refused):
    """The language has no recurrent layers.

    An example passes through each layer once, and all time steps of a presentation show
    the same example. Put time on the depth axis of the input and use `conv3d`.
    """

    code = "SNN909"
    title = "recurrent layer"
    words = "lstm"
    aliases = "gru rnn simplernn convlstm bidirectional recurrent reservoir"
    message = "`{word}` is not in the language"
    notes = ("the network is feed-forward: no layer reads its own past",)
    help = "put time on an axis of the input and write `conv1d` or `conv3d` over it"


class LayerNorm(Refused):
    """The chip has no layer normalisation.

    Layer normalisation divides by the standard deviation of each example, which spiking
    neurons can't do. Batch normalisation is folded into the weights on export.
    """

    code = "SNN910"
    title = "layer normalisation"
    words = "layernorm"
    aliases = "layernormalization groupnorm groupnormalization instancenorm"
    notes = (
        "{word} divides by a statistic of each example, which spiking neurons can't do",
    )
    help = "write `batchnorm on`, which is folded into the weights"


class Upsample(Refused):
    """Layers don't repeat or interpolate their input.

    `conv2d_transpose` enlarges an image with a trained kernel. A kernel of ones repeats
    the nearest neighbour.
    """

    code = "SNN911"
    title = "upsampling layer"
    words = "upsample"
    aliases = (
        "upsampling deconv deconvolution convtranspose transposedconv unpool maxunpool "
        "pixelshuffle"
    )
    notes = ("`conv2d_transpose` enlarges an image with a trained kernel",)
    help = "write `conv2d_transpose u {{ filters 8, kernel 4, stride 2 }}`"


class Events(Refused):
    """The language has no event streams.

    The input is an array. Bin the events along the depth axis.
    """

    code = "SNN912"
    title = "event stream"
    words = "events"
    message = "`{word}` is not in the language"
    notes = ("the input is an array of values, not a stream",)
    help = "bin the events along depth: `input NAME 8x16x16x2 in 0..1`"


class Repeat(Refused):
    """The language has no loops over layers.

    Each layer has its own name and line, which diagnostics, weights and reports refer
    to.
    """

    code = "SNN913"
    title = "repeated layers"
    words = "repeat"
    message = "`{word}` is not in the language"
    notes = ("a spec has no loops: write each layer with its own name and weights",)
    help = "write each layer on a line of its own, with its own name"


class DenseOverAxis(Diagnostic):
    """Checks for a dense layer along one axis.

    `dense` flattens its input, like `Flatten` followed by `Dense` in Keras. A dense
    layer over the channels of every pixel is a convolution with a kernel of 1.
    """

    code = "SNN914"
    title = "dense layer over an axis"
    message = "`dense` has no `{key}`: it flattens its input"
    label = "not supported"
    help = "write a convolution with `kernel 1`, or remove `{key}`"

    key: str


class SeveralInputs(Diagnostic):
    """Checks that a network has only one input.

    An example is a single array. Stack arrays of equal resolution as channels of one
    input.
    """

    code = "SNN915"
    title = "several inputs"
    message = "a network can have only one input"
    label = "another input"
    help = "stack the arrays as channels of one input, such as `8x8x2`"


class EncodeConvOnFeatures(Diagnostic):
    """Checks for `encode conv` after a feature vector.

    A feature vector has no axis for a convolution.
    """

    code = "SNN916"
    title = "convolution on a feature vector"
    message = "`encode conv` needs a spatial axis, but its input has none"
    label = "reads a feature vector"
    help = "write `encode rate`, or give the input the shape `{features}x1`"

    features: int


REFUSED = {rule.words: rule for rule in Refused.__subclasses__()}
"""The rule of each reserved word that is refused."""
