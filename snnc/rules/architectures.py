"""Models whose layers can't be read from their configuration, and graphs of NIR."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic
from snnc.rules.imports import LayerRefusal


class MalformedLayer(Diagnostic):
    """The configuration of a layer is not as Keras writes it.

    Somebody has edited the file, or a program other than Keras wrote it.
    """

    code = "SNN811"
    title = "configuration that Keras does not write"
    message = "the configuration of {layer} is none of Keras: {reason}"
    help = "load the model in Keras and save it anew with `model.save('model.keras')`"

    layer: str
    reason: str


class SubclassedModel(Diagnostic):
    """A model is a class of its own, so its file does not say how its layers connect.

    What a subclass of `keras.Model` computes stands in the Python code of its `call`.
    A Sequential or functional model has its graph in its configuration.
    """

    code = "SNN812"
    title = "model without a graph"
    message = (
        "`{name}` is a `{kind}`, a class whose graph is in its code, not in the file"
    )
    help = (
        "build the same layers as a Sequential or functional model, copy the weights,"
        " and save that"
    )

    name: str
    kind: str


class CyclicModel(Diagnostic):
    """Layers read each other in a circle."""

    code = "SNN814"
    title = "model with a cycle"
    message = "the model has a cycle: {cycle}"
    help = "Keras writes no cycles: save the model anew with `model.save(...)`"

    layers: tuple[str, ...]

    @property
    def cycle(self) -> str:
        shown = self.layers if len(self.layers) <= 5 else (*self.layers[:4], "...")
        return " -> ".join(f"`{name}`" for name in shown)


class SameLayerName(Diagnostic):
    """Two layers have one name, so nobody can tell which of them is read."""

    code = "SNN815"
    title = "two layers of one name"
    message = "two layers are named `{layer}`"
    help = "give each layer a name of its own, and save the model anew"

    layer: str


class NoSuchLayer(Diagnostic):
    """A layer or the model reads a layer that is not there."""

    code = "SNN816"
    title = "layer that is not there"
    message = "{reader} reads `{layer}`, which is no layer of the model"
    help = "load the model in Keras and save it anew with `model.save('model.keras')`"

    reader: str
    layer: str


class CustomObject(LayerRefusal):
    """A layer is of a class that is not Keras's.

    Its file has the name only; what it computes stands in code that snnc does not run.
    """

    code = "SNN817"
    title = "class that is not Keras's"
    message = "{named} can't be imported: {why}"


class UnknownDtype(Diagnostic):
    """The dtype of a layer is none of Keras, or is that of a quantised layer.

    Specs are float32: the chip's own integers are made from these.
    """

    code = "SNN818"
    title = "unknown dtype"
    message = "the dtype of `{layer}` is `{dtype}`, which snnc does not know"
    help = "build the model with `dtype='float32'`, and copy the weights"

    layer: str
    dtype: str


class NotFiniteOption(Diagnostic):
    """A number in the configuration of a layer is infinite or no number."""

    code = "SNN819"
    title = "option that is not finite"
    message = "`{option}` of {layer} is {value}"
    help = "give the layer a finite number, and save the model anew"

    layer: str
    option: str
    value: float


class NoInputShape(Diagnostic):
    """A Sequential model was never built, so the shape of its input is unknown."""

    code = "SNN820"
    title = "model without an input shape"
    message = "`{name}` has no input shape: it was never built"
    help = (
        "begin it with `keras.Input(shape)`, or call `model.build(...)`, and save anew"
    )

    name: str


class SecondOutput(Diagnostic):
    """A layer has several outputs, and another than the first is read.

    Recurrent layers that return their state have such outputs. A layer of a spec has
    one.
    """

    code = "SNN821"
    title = "second output of a layer"
    message = "{reader} reads output {index} of `{layer}`; a layer of a spec has one"
    help = "use the first output alone, counted from 0"

    reader: str
    layer: str
    index: int


class SeveralModelInputs(LayerRefusal):
    """A model has more inputs than the one that a spec has."""

    code = "SNN822"
    title = "several inputs"
    message = "{named} can't be imported: {why}"


class NotNir(Diagnostic):
    """A file is no graph of NIR, or none that is sound.

    `snnc import` reads as NIR what ends in `.nir`: HDF5 with a `version` and a `node`,
    as `nir.write` makes them. It follows no link out of the file, and the arrays may
    have 1 GiB in all.
    """

    code = "SNN850"
    title = "no NIR graph"
    message = "`{path}` is no sound graph of NIR: {reason}"
    help = "write it anew with `nir.write`"

    path: str
    reason: str


class NewerNir(Diagnostic):
    """A graph was written by a version of NIR that is not known here.

    A new major version may give nodes another meaning under the same name.
    """

    code = "SNN851"
    title = "graph of another NIR"
    message = "`{path}` was written by NIR {version}; 1.x is known here"
    help = "write it with `pip install 'nir<2'`"

    path: str
    version: str


class NodeRefused(Diagnostic):
    """A node of a NIR graph computes what the chip can't, or says what makes no sense.

    `snnc import --explain` lists what becomes of every other node.
    """

    code = "SNN852"
    title = "NIR node that can't be imported"
    message = "`{node}` ({kind}) can't be imported: {why}"
    help = "{remedy}"

    node: str
    kind: str
    why: str
    remedy: str


class RecurrentNir(Diagnostic):
    """Nodes of a NIR graph read one another in a circle.

    Networks of snnc are feed-forward: an example is shown, and its spikes run through.
    """

    code = "SNN853"
    title = "recurrent graph"
    message = "{nodes} read one another in a circle; networks here are feed-forward"
    help = "train a network without recurrent connections"

    nodes: str


class LooseEdge(Diagnostic):
    """An edge of a NIR graph begins or ends at a node that is not there."""

    code = "SNN854"
    title = "edge to nowhere"
    message = "an edge leads from `{source}` to `{target}`, but there is no `{missing}`"
    help = "write the graph anew, with all its nodes"

    source: str
    target: str
    missing: str


class SeveralNirEnds(Diagnostic):
    """A NIR graph has not exactly one input and one output.

    A network here reads one input and has one readout.
    """

    code = "SNN855"
    title = "graph without one input and one output"
    message = "the graph has {count} nodes of kind `{kind}`{names}; one is needed"
    help = "join them before the graph is written"

    kind: str
    count: int
    names: str
