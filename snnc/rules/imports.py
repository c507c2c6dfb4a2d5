"""Layers and options of a Keras model that no spec can have."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic, Severity


class LayerRefused(Diagnostic):
    """A layer of a Keras model computes what the chip can't.

    `snnc import --explain` lists what becomes of every other layer.
    """

    code = "SNN830"
    title = "layer that the chip can't run"
    message = "`{layer}` ({kind}) can't be imported: {why}"
    help = "{remedy}"

    layer: str
    kind: str
    why: str
    remedy: str


class OptionRefused(Diagnostic):
    """An option of a layer asks for what the chip, or a spec, has not.

    The layer itself can be imported with other options.
    """

    code = "SNN831"
    title = "option that the chip can't follow"
    message = "`{option}` of `{layer}` ({kind}) can't be imported: {why}"
    help = "{remedy}"

    layer: str
    kind: str
    option: str
    why: str
    remedy: str


class ActivationRefused(Diagnostic):
    """An activation is none of the chip's neurons.

    Their rate is 0 below their threshold and rises with their input, as ReLU does.
    Softmax and, over one unit, sigmoid are fine at the end of a model.
    """

    code = "SNN832"
    title = "activation that no neuron has"
    message = "`{option}` of `{layer}` ({kind}) can't be imported: {why}"
    help = "{remedy}"

    layer: str
    kind: str
    option: str
    why: str
    remedy: str


class MaxPoolRefused(Diagnostic):
    """A max pool has no rates to compare.

    On the chip neurons compare the rates of two values each (`maxpool`). Values of the
    input are no rates, sums before an activation may be negative, and padding is with
    the zeros of `same`. A learned strided convolution (`downsample`), or the mean, may
    stand for a maximum; either has to be asked for, and changes what the network
    computes, so that it is to be retrained.
    """

    code = "SNN833"
    title = "max pool"
    message = "`{layer}` ({kind}) can't be imported: {why}"
    notes = ("{costs}",)
    help = "{remedy}"

    layer: str
    kind: str
    why: str
    costs: str
    remedy: str


class LinearLayer(Diagnostic):
    """A hidden layer has no activation.

    All that leaves a core is spikes, so each layer of the chip has neurons.
    """

    code = "SNN834"
    title = "hidden layer without an activation"
    message = "`{layer}` ({kind}) has no neurons: {why}"
    help = "{remedy}"

    layer: str
    kind: str
    why: str
    remedy: str


class InputRefused(Diagnostic):
    """The input of a model has not the fixed shape that a spec needs."""

    code = "SNN835"
    title = "input without a fixed shape"
    message = "the input `{layer}` can't be imported: {why}"
    help = "{remedy}"

    layer: str
    kind: str
    why: str
    remedy: str


class RewriteUnused(Diagnostic):
    """A rewrite is asked for, but the model has nothing that it applies to."""

    code = "SNN836"
    title = "rewrite that nothing needs"
    severity = Severity.WARNING
    message = "`--rewrite {rewrite}` applies to no layer of the model"
    help = "leave it out"

    rewrite: str


class NoWeights(Diagnostic):
    """Weights are asked for, but what was read has none.

    The text of `model.to_json()` is the architecture alone.
    """

    code = "SNN837"
    title = "model without weights"
    message = "`{path}` holds no weights"
    help = (
        "save the model with `model.save('model.keras')`, or leave out `--weights-out`"
    )

    path: str
