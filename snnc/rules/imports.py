"""Layers and options of a Keras model that no spec can have."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, Severity


class LayerRefusal(Diagnostic):
    """What all refusals of layers say: which these are, why, and what to do."""

    notes: ClassVar[tuple[str, ...]] = ("{listed}",)
    help = "{remedy}"

    layers: tuple[str, ...]
    kinds: tuple[str, ...]
    why: str
    remedy: str

    @property
    def named(self) -> str:
        """The first layers, and how many there are besides."""
        shown = self.layers if len(self.layers) <= FEW else self.layers[: FEW - 1]
        names = ", ".join(f"`{name}`" for name in shown)
        more = len(self.layers) - len(shown)
        kinds = ", ".join(self.kinds)
        return f"{names}{f' and {more} more' if more else ''} ({kinds})"

    @property
    def listed(self) -> str:
        """All layers, where the message has not all."""
        return "" if len(self.layers) <= FEW else f"all: {', '.join(self.layers)}"


FEW = 3
"""Layers that a message names."""


class LayerRefused(LayerRefusal):
    """A layer of a Keras model computes what the chip can't.

    `snnc import --explain` lists what becomes of every other layer.
    """

    code = "SNN830"
    title = "layer that the chip can't run"
    message = "{named} can't be imported: {why}"


class OptionRefused(LayerRefusal):
    """An option of a layer asks for what the chip, or a spec, has not.

    The layer itself can be imported with other options.
    """

    code = "SNN831"
    title = "option that the chip can't follow"
    message = "`{option}` of {named} can't be imported: {why}"

    option: str


class ActivationRefused(LayerRefusal):
    """An activation is none of the chip's neurons.

    Their rate is 0 below their threshold and rises with their input, as ReLU does.
    What is a sum of ReLU, such as leaky ReLU, takes two neurons; at the end of a model
    the host computes any.
    """

    code = "SNN832"
    title = "activation that no neuron has"
    message = "`{option}` of {named} can't be imported: {why}"

    option: str


class MaxPoolRefused(LayerRefusal):
    """A maximum of values that may be below 0 is no maximum over rates.

    A `maxpool` compares what neurons fire. The mean, or a learned strided convolution
    (`downsample`), may stand for it; either has to be asked for, and changes what the
    network computes, so that it is to be retrained.
    """

    code = "SNN833"
    title = "max pool"
    message = "{named} can't be imported: {why}"
    notes = ("{listed}", "{costs}")

    costs: str


class InputRefused(LayerRefusal):
    """The input of a model has not the fixed shape that a spec needs."""

    code = "SNN835"
    title = "input without a fixed shape"
    message = "{named} can't be imported: {why}"


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


class LongSpec(Diagnostic):
    """The spec of a model would be longer than any that is read.

    It has a statement for each layer of neurons, and chips are full far below that.
    """

    code = "SNN838"
    title = "model of too many layers"
    message = (
        "the spec of `{name}` would have {layers} layers, and {limit} words and marks"
        " or more, at which no spec is read"
    )
    help = "import a part of the model, or build it with fewer layers"

    name: str
    layers: int
    limit: int
