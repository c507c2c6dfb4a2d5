"""Rules for known words that the chip or the language doesn't support.

Keras and PyTorch words that are written differently in a spec are not reserved: a layer
may be called `flatten`. snnc looks them up, in the spelling of `plain`, only for an
unknown statement, property or value.
"""

from __future__ import annotations

import re
from typing import ClassVar

from snnc.diagnostics import Diagnostic, PropertyDiagnostic

_RANK = re.compile(r"[123]d")
_RELU = "activation relu act nonlinearity rectifiedlinear spikingrectifiedlinear"
_LIF = "lif"
_LINEAR = ("linear", "none", "identity")


class Refused(Diagnostic):
    """The base class of rules that refuse a word."""

    title = "unsupported word"
    message = "`{word}` can't run on the chip"
    label = "not supported"
    words: ClassVar[str] = ""
    aliases: ClassVar[str] = ""
    """Words of other libraries, in the spelling of `plain`."""
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


class Enlarged(Refused):
    """Write layers that enlarge an image as `upsample` or `conv2d_transpose`.

    `upsample` repeats each position. `conv2d_transpose` enlarges an image with a
    trained kernel. The language has no other interpolation.
    """

    code = "SNN911"
    title = "upsampling layer"
    message = "`{word}` is not in the language"
    label = "not a statement"
    aliases = (
        "upsampling deconv deconvolution convtranspose transposedconv unpool maxunpool "
        "pixelshuffle"
    )
    notes = ("`conv2d_transpose` enlarges an image with a trained kernel",)
    help = (
        "write `upsample {{ factor 2 }}` before a convolution, or `conv2d_transpose u "
        "{{ filters 8, kernel 4, stride 2 }}`"
    )


class Events(Refused):
    """The language has no event streams.

    The input is an array. Bin the events along the depth axis.
    """

    code = "SNN912"
    title = "event stream"
    words = "events"
    message = "`{word}` is not in the language"
    notes = ("the input is an array of values, not a stream",)
    help = "bin the events along depth: `input NAME 8x16x16x2 in 0..1`, for `conv3d`"


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


class DenseOverAxis(PropertyDiagnostic):
    """Checks for a dense layer along one axis.

    `dense` flattens its input, like `Flatten` followed by `Dense` in Keras. A dense
    layer over the channels of every pixel is a convolution with a kernel of 1.
    """

    code = "SNN914"
    title = "dense layer over an axis"
    message = "`dense` has no `{key}`: it flattens its input"
    label = "not supported"
    help = "write a convolution with `kernel 1`, or remove `{key}`"


class SeveralInputs(Diagnostic):
    """Checks that a network has only one input.

    An example is a single array. Stack arrays of equal resolution as channels of one
    input. Before that, resize the others, or repeat a vector at each position.
    """

    code = "SNN915"
    title = "several inputs"
    message = "a network can have only one input"
    label = "another input"
    help = "{first_step}stack the arrays as channels of one input, such as `{shape}`"

    shape: str = "8x8x2"
    first_step: str = ""


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


class Flatten(Refused):
    """Checks for flatten layers, which are unnecessary.

    `dense` and `readout` flatten their input automatically, in Keras order.
    """

    code = "SNN917"
    title = "flatten as a layer"
    aliases = "flatten"
    message = "`{word}` is not needed: `dense` and `readout` flatten their input"
    label = "leave it out"
    help = "remove the line"


class Dropout(Refused):
    """Dropout is a property of a layer, not a layer.

    Dropout acts only in training, not on the chip. Its value is a fraction from 0 to 1.
    """

    code = "SNN918"
    title = "dropout as a layer"
    aliases = "drop dropout spatialdropout alphadropout gaussiandropout"
    places = ("statement",)
    message = "`{word}` is a property of a layer, not a layer"
    label = "not a statement"
    notes = ("dropout acts only in training, not on the chip",)
    help = "write `dropout {share}` in the last convolution or dense layer before it"

    share: str = "0.5"


class BatchNorm(Refused):
    """Batch normalisation is a property of a layer, not a layer.

    On export, snnc folds batch normalisation into the kernel and the bias of its layer.
    """

    code = "SNN919"
    title = "batch normalisation as a layer"
    aliases = "batchnorm batchnormalization batchnormalisation bn norm"
    places = ("statement",)
    message = "`{word}` is a property of a layer, not a layer"
    label = "not a statement"
    notes = ("batch normalisation is folded into the weights of its layer",)
    help = "write `batchnorm on` in the last convolution or dense layer before it"


class Activation(Refused):
    """Activations are not separate layers.

    Convolutions, `downsample` and `dense` consist of spiking neurons. These are `relu`
    neurons, unless the layer or `defaults` sets `neuron lif`.
    """

    code = "SNN920"
    title = "activation as a layer"
    aliases = f"{_RELU} {_LIF}"
    places = ("statement",)
    message = "`{word}` is not a layer: the layers already spike"
    label = "leave it out"
    notes = ("convolutions, `downsample` and `dense` have `neuron relu` by default",)
    help = "remove it, or write `neuron {neuron}` among the properties of the layer"

    @property
    def neuron(self) -> str:
        return "relu" if plain(self.word) in _RELU else "lif"


class OtherCurve(Refused):
    """Checks for activations that the chip's neurons can't compute.

    The chip has two kinds of neurons. `relu` is zero for negative inputs, and otherwise
    linear up to one spike per step. `lif` saturates. A piecewise linear curve, such as
    leaky ReLU, is the sum of two `relu` neurons. `snnc import` writes such sums.
    """

    code = "SNN921"
    title = "unsupported activation"
    aliases = "leakyrelu prelu relu6 softplus softsign"
    notes = ("the chip's neurons are `relu` and `lif`; {none}",)
    help = "leave it out, or write `neuron relu`, which is the default"

    @property
    def none(self) -> str:
        if plain(self.word) in STRAIGHT:
            return (
                "the sum of two neurons has this curve, and `snnc import` writes such "
                "sums"
            )
        return "neither has this curve"


STRAIGHT = ("leakyrelu", "prelu", "relu6", "linear", "identity")
"""Piecewise linear curves that two neurons can compute."""


class Separable(Refused):
    """Write a separable convolution as two layers.

    A depthwise convolution followed by a convolution with kernel 1 computes the same
    function. On the chip, neurons separate the two convolutions.
    """

    code = "SNN922"
    title = "separable convolution"
    aliases = "separable separableconv sepconv"
    message = "write `{word}` as two layers"
    label = "not a statement"
    notes = ("on the chip, neurons separate the two convolutions",)
    help = (
        "write `depthwise{axes}d NAME {{ kernel 3 }}`, then `conv{axes}d NAME {{ "
        "filters 8, kernel 1 }}`"
    )

    @property
    def axes(self) -> str:
        return "1" if "1" in self.word else "2"


class GlobalPool(Refused):
    """Write global average pooling as an average pool over all positions.

    `avgpool` with `window all` averages over all spatial axes. The pool takes no
    neurons, because snnc folds it into its reader.
    """

    code = "SNN923"
    title = "global average pooling"
    aliases = "globalavgpool globalavgpooling globalaveragepool globalaveragepooling"
    message = "write `{word}` as an `avgpool` over all positions"
    label = "not a statement"
    help = "write `avgpool {{ window all }}`"


class GlobalMaxPool(Refused):
    """Write global max pooling as a max pool over all positions.

    `maxpool` with `window all` computes the maximum over all spatial axes. The error of
    the maximum grows with the number of values. `snnc report` prints the expected
    error.
    """

    code = "SNN926"
    title = "global max pooling"
    aliases = "globalmaxpool globalmaxpooling"
    message = "write `{word}` as a `maxpool` over all positions"
    label = "not a statement"
    help = (
        "write `maxpool NAME {{ window all }}`, or `avgpool {{ window all }}`, which "
        "is more accurate over more than 9 values"
    )


class Embedding(Refused):
    """The language has no embeddings.

    An embedding looks up a row by an integer index. The input of a network is an array
    of values, which an encoder turns into rates.
    """

    code = "SNN924"
    title = "embedding"
    aliases = "embedding"
    message = "`{word}` is not in the language"
    notes = ("the input is an array of values, not of indices to look up",)
    help = (
        "embed the data first, and read the vectors: `input NAME 64x16 in -1..1`, then "
        "`encode rate` and `conv1d`"
    )


class Attention(Refused):
    """The chip can't compute attention.

    Attention multiplies the outputs of layers with one another and applies a softmax.
    Synapses multiply spikes only by fixed weights.
    """

    code = "SNN925"
    title = "attention"
    aliases = (
        "attention attn selfattention multiheadattention transformer squeezeexcite"
    )
    notes = ("{word} multiplies the outputs of layers; synapses have fixed weights",)
    help = "write `dense NAME {{ units 64 }}`, or a convolution with a large `kernel`"


def plain(word: str) -> str:
    """Return a word in the spelling of the tables: `maxpooling` for `MaxPooling2D`."""
    return _RANK.sub("", word.lower().replace("_", ""))


def rule_for(word: str, place: str) -> type[Refused] | None:
    """Return the rule that refuses a word, or None if no rule does.

    The ``word`` is as written, such as ``Conv2DTranspose`` or ``leaky_relu``. The
    ``place`` is what it is used as: ``statement``, ``property`` or ``value``.
    """
    key = plain(word)
    if place == "value" and key in _LINEAR:
        return OtherCurve
    # The rules are the table, so a new word is one entry (decision 007).
    for rule in Refused.__subclasses__():
        aliases = rule.aliases.split() if place in rule.places else []
        if key in (*rule.words.split(), *aliases):
            return rule
    return None
