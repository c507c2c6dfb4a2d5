"""Rules for the files of models that `snnc import` can't read."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class ModelDiagnostic(Diagnostic):
    """An error in the model file or folder ``path``."""

    path: str


class UnreadableModel(ModelDiagnostic):
    """A model that can't be read for a ``reason``."""

    reason: str


class NotAModel(UnreadableModel):
    """Checks that the argument of `snnc import` is a Keras model.

    `snnc import` recognises a model by its content and not by its name, except for
    NIR graphs, whose names end in `.nir`. It accepts `.keras` archives, `.h5` files
    from `model.save`, and the text of `model.to_json()`.

    snnc runs no code to get a model. In Python, `keras.models.load_model` reads a
    SavedModel folder, and `model.save('model.keras')` writes a file. Build models of
    other frameworks in Keras, and copy their weights.
    """

    code = "SNN801"
    title = "unknown model file"
    message = "`{path}` is not a Keras model: {reason}"
    advice = "name a file from `model.save(...)`, or the text of `model.to_json()`"


class DamagedModel(UnreadableModel):
    """Checks for files that are truncated or have the wrong content for their type.

    Often a download or a copy was interrupted, or Git LFS stored a pointer instead of
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


class PythonSource(ModelDiagnostic):
    """Checks for a Python file, which snnc does not run."""

    code = "SNN809"
    title = "Python file instead of a model"
    message = "`{path}` is Python code"
    help = "save the model in Python with `model.save('model.keras')`"


class WeightsUnclear(Diagnostic):
    """Checks that each layer matches exactly one set of weights in a file.

    Otherwise the file does not belong to the architecture, or a program other than
    Keras wrote the file. Weights that are NaN or infinite come from a training that
    diverged.
    """

    code = "SNN810"
    title = "ambiguous weights"
    message = "the weights of `{layer}` can't be read: {reason}"
    advice = (
        "load the model in Keras and save it again with `model.save('model.keras')`"
    )

    layer: str
    reason: str


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
