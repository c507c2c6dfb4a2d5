"""Words of Keras and PyTorch that name no layer here, each with what to write.

They are not reserved: a layer may be called `flatten`. They are looked up as
`plain` spells them, only where a statement, a property or a value is unknown.
"""

from __future__ import annotations

import re

from snnc.rules.refused import REFUSED, Refused

_RANK = re.compile(r"[123]d")


class Flatten(Refused):
    """Nothing has to be flattened.

    `dense` and `readout` flatten what they read by themselves, in Keras's order, so a
    layer in between would do nothing.
    """

    code = "SNN917"
    title = "flatten as a layer"
    message = "`{word}` is not needed: `dense` and `readout` flatten what they read"
    label = "leave it out"
    help = "remove the line"


class Dropout(Refused):
    """Dropout is a property of a layer, not a layer.

    It works in training only and leaves nothing on the chip, so it has no line of
    its own. Its value is a share of 1.
    """

    code = "SNN918"
    title = "dropout as a layer"
    message = "`{word}` is a property of a layer, not a layer"
    label = "not a statement"
    notes = ("dropout works in training only and leaves nothing on the chip",)
    help = "write `dropout {share}` among the properties of the layer before it"

    share: str = "0.5"


class BatchNorm(Refused):
    """Batch normalisation is a property of a layer, not a layer.

    It is folded into the kernel and the bias of its layer when the weights are
    exported, so it has no line of its own.
    """

    code = "SNN919"
    title = "batch normalisation as a layer"
    message = "`{word}` is a property of a layer, not a layer"
    label = "not a statement"
    notes = ("batch normalisation is folded into the weights of its layer",)
    help = "write `batchnorm on` among the properties of the layer before it"


class Activation(Refused):
    """Activations are no layers of their own.

    Convolutions, `downsample` and `dense` spike by themselves: their neurons are
    `relu` unless `neuron lif` is written in the layer or in `defaults`.
    """

    code = "SNN920"
    title = "activation as a layer"
    message = "`{word}` is no layer: the layers spike already"
    label = "leave it out"
    notes = ("convolutions, `downsample` and `dense` have `neuron relu` by default",)
    help = "remove it, or write `neuron {neuron}` among the properties of the layer"

    @property
    def neuron(self) -> str:
        return "relu" if plain(self.word) in _RELU else "lif"


class OtherCurve(Refused):
    """An activation has a curve that no neuron of the chip has.

    The chip's neurons have two: `relu`, which is zero for negative inputs and has no
    ceiling but one spike a step, and `lif`, which saturates. Curves of straight pieces,
    such as leaky ReLU, are the sum of two `relu` neurons, which `snnc import` writes.
    """

    code = "SNN921"
    title = "activation that no neuron has"
    notes = ("the chip's neurons are `relu` and `lif`; {none}",)
    help = "leave it out, or write `neuron relu`, which is the default"

    @property
    def none(self) -> str:
        if plain(self.word) in STRAIGHT:
            return "a sum of two has this curve, which `snnc import` writes"
        return "none has this curve"


STRAIGHT = ("leakyrelu", "prelu", "relu6", "linear", "identity")
"""Curves of straight pieces, of which two neurons are enough."""


class Separable(Refused):
    """A separable convolution is written as its two parts.

    A depthwise convolution and one with a kernel of 1 behind it compute the same. On
    the chip there are neurons between the two.
    """

    code = "SNN922"
    title = "separable convolution"
    message = "`{word}` is written as two layers"
    label = "not a statement"
    notes = ("on the chip there are neurons between its two parts",)
    help = (
        "write `depthwise{axes}d NAME {{ kernel 3 }}`, and behind it "
        "`conv{axes}d NAME {{ filters 8, kernel 1 }}`"
    )

    @property
    def axes(self) -> str:
        return "1" if "1" in self.word else "2"


class GlobalPool(Refused):
    """Global average pooling is an average pool over everything.

    `avgpool` with `window all` averages over all spatial axes. It costs no neurons:
    it is folded into the layer that reads it.
    """

    code = "SNN923"
    title = "global average pooling"
    message = "`{word}` is written as an `avgpool` over everything"
    label = "not a statement"
    help = "write `avgpool {{ window all }}`"


class GlobalMaxPool(Refused):
    """Global max pooling is a max pool over everything.

    `maxpool` with `window all` takes the maximum over all spatial axes. The more values
    a window has, the less exact is the maximum that spikes give: `snnc report` prints
    the expected error.
    """

    code = "SNN926"
    title = "global max pooling"
    message = "`{word}` is written as a `maxpool` over everything"
    label = "not a statement"
    help = "write `maxpool NAME {{ window all }}`"


class Embedding(Refused):
    """Embeddings are not in the language.

    An embedding looks a row up by an integer. The input is an array of values, which
    an encoder turns into rates, so there is nothing to look up.
    """

    code = "SNN924"
    title = "embedding"
    message = "`{word}` is not in the language"
    notes = ("the input is an array of values, not of indices to look up",)
    help = "embed in the data, and read the vectors: `input NAME 64x16 in -1..1`"


class Attention(Refused):
    """Attention can't run on the chip.

    It multiplies what layers give by each other and divides by a softmax. Synapses
    multiply spikes by fixed weights only.
    """

    code = "SNN925"
    title = "attention"
    notes = ("it multiplies layers by each other; synapses have fixed weights",)
    help = "write a convolution with a large `kernel`, or a `dense` layer"


_RELU = "activation relu act nonlinearity rectifiedlinear spikingrectifiedlinear"
_LIF = "lif leaky lifneuron lifnode synaptic rleaky lapicque alphaneuron ifnode"
_ANYWHERE: dict[type[Refused], str] = {
    GlobalMaxPool: "globalmaxpool globalmaxpooling",
    REFUSED["softmax"]: "logsoftmax softmaxlayer",
    REFUSED["sigmoid"]: "hardsigmoid logsigmoid",
    REFUSED["tanh"]: "hardtanh",
    REFUSED["elu"]: "selu celu",
    REFUSED["swish"]: "silu mish hardswish",
    REFUSED["lstm"]: "gru rnn simplernn convlstm bidirectional recurrent reservoir",
    REFUSED["layernorm"]: "layernormalization groupnorm groupnormalization "
    "instancenorm",
    REFUSED["upsample"]: "upsampling deconv deconvolution convtranspose "
    "transposedconv unpool maxunpool pixelshuffle",
    Flatten: "flatten",
    OtherCurve: "leakyrelu prelu relu6 softplus softsign",
    Separable: "separable separableconv sepconv",
    GlobalPool: "globalavgpool globalavgpooling globalaveragepool globalaveragepooling",
    Embedding: "embedding",
    Attention: "attention attn selfattention multiheadattention transformer "
    "squeezeexcite",
}
_STATEMENTS: dict[type[Refused], str] = {
    Dropout: "dropout spatialdropout alphadropout gaussiandropout",
    BatchNorm: "batchnorm batchnormalization batchnormalisation bn norm",
    Activation: f"{_RELU} {_LIF}",
}
_VALUES: dict[type[Refused], str] = {OtherCurve: "linear none identity"}


def _by_word(*tables: dict[type[Refused], str]) -> dict[str, type[Refused]]:
    return {
        word: rule
        for table in tables
        for rule, words in table.items()
        for word in words.split()
    }


_OF = {
    "statement": _by_word(_ANYWHERE, _STATEMENTS),
    "property": _by_word(_ANYWHERE),
    "value": _by_word(_ANYWHERE, _VALUES),
}


def plain(word: str) -> str:
    """A word in the spelling of the tables: `MaxPooling2D` is `maxpooling`."""
    return _RANK.sub("", word.lower().replace("_", ""))


def rule_for(word: str, place: str) -> type[Refused] | None:
    """Return the rule that refuses a word, or None if no rule does.

    Parameters
    ----------
    word
        As it is written: ``Conv2DTranspose``, ``leaky_relu``.
    place
        ``statement``, ``property`` or ``value``: what it stands for.
    """
    key = plain(word)
    return REFUSED.get(key) or _OF[place].get(key)
