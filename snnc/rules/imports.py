"""Rules for models, and layers and nodes of these, that can't be imported."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, SpecWarning


class _OfLayer(Diagnostic):
    """A problem in the description of one ``layer`` of a model."""

    layer: str


class MalformedLayer(_OfLayer):
    """Checks that the configuration of a layer is valid.

    Somebody edited the file, or a program other than Keras wrote it.
    """

    code = "SNN811"
    title = "malformed layer configuration"
    message = "the configuration of {layer} is not valid for Keras: {reason}"
    help = "load the model in Keras and save it again with `model.save('model.keras')`"

    reason: str


class SubclassedModel(Diagnostic):
    """Checks for models whose graph is only in Python code.

    A subclass of `keras.Model` computes its outputs in the code of its `call` method.
    Only Sequential and functional models store their graph in the file.
    """

    code = "SNN812"
    title = "subclassed model"
    message = (
        "the graph of `{name}`, which is a `{kind}`, is in Python code, not in the file"
    )
    help = (
        "build the same layers as a Sequential or functional model, copy the weights, "
        "and save the new model"
    )

    name: str
    kind: str


class CyclicModel(Diagnostic):
    """Checks for cycles among the layers of a model."""

    code = "SNN814"
    title = "cyclic model"
    message = "the model has a cycle: {cycle}"
    help = "Keras writes no cycles: save the model again with `model.save(...)`"

    layers: tuple[str, ...]

    @property
    def cycle(self) -> str:
        shown = self.layers if len(self.layers) <= 5 else (*self.layers[:4], "...")
        return " -> ".join(f"`{name}`" for name in shown)


class SameLayerName(_OfLayer):
    """Checks that the layer names of a model are unique."""

    code = "SNN815"
    title = "repeated layer name"
    message = "two layers are named `{layer}`"
    help = "give each layer a unique name, and save the model again"


class NoSuchLayer(_OfLayer):
    """Checks for references to layers that do not exist."""

    code = "SNN816"
    title = "missing layer"
    message = "{reader} reads `{layer}`, which the model does not have"
    help = "load the model in Keras and save it again with `model.save('model.keras')`"

    reader: str


class UnknownDtype(_OfLayer):
    """Checks that snnc knows the dtype of each layer, including quantised layers.

    Weights in a spec are float32. snnc computes the chip's integers from them.
    """

    code = "SNN818"
    title = "unknown dtype"
    message = "the dtype of `{layer}` is `{dtype}`, which snnc does not know"
    help = "build the model with `dtype='float32'`, and copy the weights"

    dtype: str


class NotFiniteOption(_OfLayer):
    """Checks for infinite or NaN values in the configuration of a layer."""

    code = "SNN819"
    title = "non-finite option"
    message = "`{option}` of {layer} is {value}"
    help = "give the layer a finite number, and save the model again"

    option: str
    value: float


class NoInputShape(Diagnostic):
    """Checks that a Sequential model was built, so that it has an input shape."""

    code = "SNN820"
    title = "model without an input shape"
    message = "`{name}` has no input shape: it was never built"
    help = (
        "begin the model with `keras.Input(shape)`, or call `model.build(...)`, and "
        "save the model again"
    )

    name: str


class SecondOutput(_OfLayer):
    """Checks that only the first output of a layer is read.

    Recurrent layers that return their state have several outputs. A layer in a spec has
    only one output.
    """

    code = "SNN821"
    title = "second output of a layer"
    message = (
        "{reader} reads output {index} of `{layer}`, but a layer in a spec has only "
        "one output"
    )
    help = "use only the first output, number 0"

    reader: str
    index: int


class _OfLayers(Diagnostic):
    """A diagnostic about layers of a model: their names and kinds."""

    layers: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def first_layers(self) -> str:
        """Name the first layers, and count the others."""
        shown = self.layers if len(self.layers) <= FEW else self.layers[: FEW - 1]
        names = ", ".join(f"`{name}`" for name in shown)
        more = len(self.layers) - len(shown)
        kinds = ", ".join(self.kinds)
        return f"{names}{f' and {more} more' if more else ''} ({kinds})"


class LayerRefusal(_OfLayers):
    """The base class of rules that refuse layers: names, reason and remedy."""

    message = "{first_layers} can't be imported: {why}"
    notes: ClassVar[tuple[str, ...]] = ("{all_layers}",)

    why: str
    option: str = ""
    costs: str = ""

    @property
    def all_layers(self) -> str:
        """Name all layers if the message names only some."""
        return "" if len(self.layers) <= FEW else f"all: {', '.join(self.layers)}"


FEW = 3
"""The maximum number of layers to name in a message."""


class CustomObject(LayerRefusal):
    """Checks for layers of custom classes.

    The file contains only the name of such a class, and snnc does not run its code.
    """

    code = "SNN817"
    title = "custom class"


class SeveralModelInputs(LayerRefusal):
    """Checks that a model has only one input, since a spec has exactly one input."""

    code = "SNN822"
    title = "several inputs"


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


class ActivationRefused(OptionRefused):
    """Checks for activations that the chip's neurons can't compute.

    Like ReLU, the rate of a neuron is 0 below its threshold and then rises with its
    input. A sum of two ReLUs, such as leaky ReLU, takes two neurons. Four or six
    neurons approximate smooth activations such as tanh (SNN839). At the end of a model,
    the host can compute any activation.
    """

    code = "SNN832"
    title = "unsupported activation"


class ActivationApproximated(_OfLayers, SpecWarning):
    """Checks for activations that neurons can only approximate.

    A sum of ReLU neurons is piecewise linear. Four or six neurons per value are near a
    smooth activation such as tanh, so the weights stay useful. The outputs of the
    network differ from the model's, and each layer takes more neurons. Training on
    spikes adapts the weights to the approximation.
    """

    code = "SNN839"
    title = "approximated activation"
    message = (
        "`{function}` of {first_layers} is approximated: {count} neurons per value are "
        "within {error:.2g} of it"
    )
    help = (
        "train the imported weights on spikes; for one neuron per value, add "
        "`--rewrite {function}=relu` and train again"
    )

    function: str
    count: str
    error: float


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


class NodeRefused(Diagnostic):
    """Checks that the chip can compute the nodes of a NIR graph.

    `snnc import --explain` shows what every other node becomes.
    """

    code = "SNN852"
    title = "NIR node that can't be imported"
    message = "`{node}` ({kind}) can't be imported: {why}"

    node: str
    kind: str
    why: str


class RecurrentNir(Diagnostic):
    """Checks for cycles in a NIR graph.

    snnc compiles only feed-forward networks, in which spikes pass through each layer
    once.
    """

    code = "SNN853"
    title = "recurrent graph"
    message = "{nodes} form a cycle, but snnc compiles only feed-forward networks"
    help = "train a network without recurrent connections"

    nodes: str


class LooseEdge(Diagnostic):
    """Checks that the edges of a NIR graph connect existing nodes."""

    code = "SNN854"
    title = "edge to nowhere"
    message = "an edge leads from `{source}` to `{target}`, but there is no `{missing}`"
    help = "write the graph again, with all its nodes"

    source: str
    target: str
    missing: str


class SeveralNirEnds(Diagnostic):
    """Checks that a NIR graph has exactly one input and one output.

    A network in snnc has one input and one readout.
    """

    code = "SNN855"
    title = "graph with several inputs or outputs"
    message = (
        "the graph must have exactly one node of kind `{kind}`, but has {count}{names}"
    )
    help = "join these nodes before you write the graph"

    kind: str
    count: int
    names: str
