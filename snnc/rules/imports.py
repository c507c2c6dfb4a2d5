"""Rules for model files that `snnc import` can't read, and parts it can't import."""

from __future__ import annotations

from typing import ClassVar

from snnc.diagnostics import Diagnostic, SpecWarning


class ModelDiagnostic(Diagnostic):
    """An error in the model file or folder ``path``."""

    path: str


class UnreadableModel(ModelDiagnostic):
    """A model that can't be read for a ``reason``."""

    reason: str


class NotAModel(UnreadableModel):
    """Checks that the argument of `snnc import` is a Keras model.

    `snnc import` reads the content of a file and ignores its name. It accepts
    `.keras` archives, `.h5` files from `model.save`, the text of `model.to_json()`,
    SavedModel folders that contain a Keras model, and `module:function`.
    """

    code = "SNN801"
    title = "unknown model file"
    message = "`{path}` is not a Keras model: {reason}"
    help = "name a file from `model.save(...)`, or the text of `model.to_json()`"


class ForeignModel(ModelDiagnostic):
    """Checks for models of other frameworks or in other formats.

    A spec consists of layers, which Keras files contain. Other formats contain
    operations, or weights without an architecture. Most such models can be converted to
    Keras, or come from a Keras model that still exists.
    """

    code = "SNN802"
    title = "model from another framework"
    message = "`{path}` is {what}, not a Keras model"

    what: str


class DamagedModel(UnreadableModel):
    """Checks for files that are truncated or have the wrong content for their type.

    Often a download or a copy was interrupted, or Git LFS stored a pointer in place of
    the file.
    """

    code = "SNN803"
    title = "damaged model file"
    message = "`{path}` is damaged: {reason}"
    help = "copy or download the file again, or save the model again"


class UnsafeModel(UnreadableModel):
    """Checks for unsafe content in a file, and stops reading there.

    Examples are HDF5 files that link to other files or contain an array of more than 1
    GiB, shards outside the folder of their model, and deeply nested JSON. Keras never
    writes such content.
    """

    code = "SNN804"
    title = "unsafe model file"
    message = "`{path}` is not safe to read: {reason}"
    help = (
        "load the model in a safe environment, and save it again with `model.save(...)`"
    )


class ModelTooLarge(ModelDiagnostic):
    """Checks that a model file and its contents are not too large.

    The arrays that snnc reads may take up to 1 GiB in total, and so may the compressed
    members of an archive. The text of an architecture may take up to 16 MiB.
    """

    code = "SNN805"
    title = "large model file"
    message = (
        "`{path}` is too large: {what} of {size} bytes, but snnc reads at most {limit}"
    )
    help = (
        "save the model without its optimizer: `model.save(...,"
        " include_optimizer=False)`"
    )

    what: str
    size: int
    limit: int


class WeightsAlone(ModelDiagnostic):
    """Checks for weights without an architecture.

    `model.save_weights` writes such files. Without the architecture, snnc can't know to
    which layers the weights belong.
    """

    code = "SNN806"
    title = "weights without an architecture"
    message = "`{path}` contains only weights, without the architecture"
    help = (
        "add the architecture, from `model.to_json()`: run `snnc import model.json "
        "--weights {path}`"
    )


class PackageMissing(ModelDiagnostic):
    """Checks that the Python package for this kind of model is installed."""

    code = "SNN807"
    title = "missing Python package"
    message = "`{path}` needs {package}, which is not installed"
    help = "run {command}"

    package: str
    command: str


class CodeFailed(UnreadableModel):
    """Reports Python code, or a SavedModel loaded by TensorFlow, that returns no model.

    `module:function` imports the module from the current directory and calls the
    function without arguments. The function must return a Keras model. The output of
    the code appears above the message.
    """

    code = "SNN808"
    title = "code without a model"
    message = "`{path}` returns no Keras model: {reason}"


class PythonSource(ModelDiagnostic):
    """Checks for a Python file that is given without a function name."""

    code = "SNN809"
    title = "Python file instead of a model"
    message = "`{path}` is Python code"
    help = (
        "write `{module}:function` for a function that returns the model; snnc then "
        "runs this code"
    )

    module: str


class _OfLayer(Diagnostic):
    """A problem in the description of one ``layer`` of a model."""

    layer: str


class WeightsUnclear(_OfLayer):
    """Checks that each layer matches exactly one set of weights in a file.

    Otherwise the file does not belong to the architecture, or a program other than
    Keras wrote the file.
    """

    code = "SNN810"
    title = "ambiguous weights"
    message = "the weights of `{layer}` can't be read: {reason}"
    help = "load the model in Keras and save it again with `model.save('model.keras')`"

    reason: str


class ReadingStopped(ModelDiagnostic):
    """Limits the time and memory for reading a model file.

    `snnc import` reads model files in a child process. It stops the process if it takes
    more than 2 GiB of memory, or more than ten seconds of processor time plus one
    second per 20 MiB of the file. A damaged file can send the HDF5 library into an
    infinite loop, and a small file can decompress to an arbitrarily large size.
    """

    code = "SNN823"
    title = "model file that is slow or large to read"
    message = "`{path}` takes more than {limit} to read"
    help = (
        "copy or download the file again; if it is complete, load the model in a safe "
        "environment, and save it again with `model.save('model.keras')`"
    )

    limit: str


class OldModel(ModelDiagnostic):
    """Checks for weights from Keras 1, or from Keras with the Theano backend.

    Keras 1 uses different names and orders for weights, and Theano stores mirrored
    kernels. snnc converts the configurations of both to Keras 2, but does not read
    their weights.
    """

    code = "SNN825"
    title = "weights from an old Keras"
    message = (
        "the weights in `{path}` are from {writer}, but snnc reads only Keras 2 and 3"
    )
    help = (
        "copy the weights as NumPy arrays into the same layers of Keras 2 or 3 "
        "(`set_weights`; mirror the kernels from Theano), and save that model"
    )

    writer: str


class WeightsDiffer(UnreadableModel):
    """Checks that a weight file belongs to the architecture.

    snnc compares the layers in order, using the names and shapes of their weights.
    """

    code = "SNN826"
    title = "weights of another model"
    message = (
        "`{path}` does not have the weights of this model: `{layer}` ({kind}) is the "
        "first layer that differs: {reason}"
    )
    help = "name the weight file that `save_weights` wrote for this model"

    layer: str
    kind: str


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
    input. A sum of two ReLUs, such as leaky ReLU, takes two neurons. Four or six
    neurons approximate smooth activations such as tanh. At the end of a model, the
    host can compute any activation.
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


class CustomObject(LayerRefusal):
    """Checks for layers of custom classes.

    The file contains only the name of such a class, and snnc does not run its code.
    """

    code = "SNN817"
    title = "custom class"


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


class SeveralModelInputs(LayerRefusal):
    """Checks that a model has only one input, since a spec has exactly one input."""

    code = "SNN822"
    title = "several inputs"


class NotNir(UnreadableModel):
    """Checks that a file is a valid NIR graph.

    `snnc import` reads files whose names end in `.nir` as NIR: HDF5 files with the keys
    `version` and `node`, as `nir.write` writes them. snnc does not follow links to
    other files. The arrays may take up to 1 GiB in total.
    """

    code = "SNN850"
    title = "invalid NIR graph"
    message = "`{path}` is not a valid NIR graph: {reason}"
    help = "write the graph again with `nir.write`"


class NewerNir(ModelDiagnostic):
    """Checks that snnc supports the NIR version of a graph.

    A new major version may change the meaning of a node without changing its name.
    """

    code = "SNN851"
    title = "unknown NIR version"
    message = "`{path}` was written by NIR {version}, but snnc reads only 1.x"
    help = "run `pip install 'nir<2'`, and write the graph again"

    version: str


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
