"""Rules for layers and options of Keras models that specs don't support."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, SpecWarning
from snnc.rules.models import ModelDiagnostic


class LayerRefusal(Diagnostic):
    """The base class of rules that refuse layers: names, reason and remedy."""

    message = "{first_layers} can't be imported: {why}"
    notes: ClassVar[tuple[str, ...]] = ("{all_layers}",)

    layers: tuple[str, ...]
    kinds: tuple[str, ...]
    why: str

    @property
    def first_layers(self) -> str:
        """Name the first layers, and count the others."""
        shown = self.layers if len(self.layers) <= FEW else self.layers[: FEW - 1]
        names = ", ".join(f"`{name}`" for name in shown)
        more = len(self.layers) - len(shown)
        kinds = ", ".join(self.kinds)
        return f"{names}{f' and {more} more' if more else ''} ({kinds})"

    @property
    def all_layers(self) -> str:
        """Name all layers if the message names only some."""
        return "" if len(self.layers) <= FEW else f"all: {', '.join(self.layers)}"


FEW = 3
"""The maximum number of layers to name in a message."""


class LayerRefused(LayerRefusal):
    """Checks that the chip can compute a layer of a Keras model.

    `snnc import --explain` shows what every other layer becomes.
    """

    code = "SNN830"
    title = "unsupported layer"


class OptionRefused(LayerRefusal):
    """Checks for options of a layer that the chip or the language does not support.

    snnc can import the layer with different options.
    """

    code = "SNN831"
    title = "unsupported option"
    message = "`{option}` of {first_layers} can't be imported: {why}"

    option: str


class ActivationRefused(OptionRefused):
    """Checks for activations that the chip's neurons can't compute.

    Like ReLU, the rate of a neuron is 0 below its threshold and then rises with its
    input. A sum of two ReLUs, such as leaky ReLU, takes two neurons. At the end of a
    model, the host can compute any activation.
    """

    code = "SNN832"
    title = "unsupported activation"


class MaxPoolRefused(LayerRefusal):
    """Checks for max pools over values that may be negative.

    Rates cannot be negative, so a `maxpool` over negative values cannot be computed.
    You can replace the pool with a mean or with a learned strided convolution
    (`downsample`). Both change the outputs of the network, so you have to request the
    change and train again.
    """

    code = "SNN833"
    title = "max pool over negative values"
    notes = ("{all_layers}", "{costs}")

    costs: str


class InputRefused(LayerRefusal):
    """Checks that the input of a model has a fixed shape, which a spec requires."""

    code = "SNN835"
    title = "input without a fixed shape"


class RewriteUnused(SpecWarning):
    """Checks that a requested rewrite applies to at least one layer of the model."""

    code = "SNN836"
    title = "unused rewrite"
    message = "`--rewrite {rewrite}` applies to no layer of the model"
    help = "leave it out"

    rewrite: str


class NoWeights(ModelDiagnostic):
    """Checks that a model contains weights if a weight file is requested.

    The text of `model.to_json()` contains only the architecture.
    """

    code = "SNN837"
    title = "model without weights"
    message = "`{path}` does not contain weights"
    help = (
        "save the model with `model.save('model.keras')`, or leave out `--weights-out`"
    )


class LongSpec(Diagnostic):
    """Checks that the spec of a model is not too long.

    A spec has one statement per layer of neurons. Networks with far fewer layers
    already fill the chips.
    """

    code = "SNN838"
    title = "model with too many layers"
    message = (
        "the spec of `{name}` would have {layers} layers and at least {limit} words "
        "and marks, which is too long to read"
    )
    help = "import a part of the model, or build it with fewer layers"

    name: str
    layers: int
    limit: int
