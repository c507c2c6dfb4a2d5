"""Files and folders that hold no model that `snnc import` can read."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class NotAModel(Diagnostic):
    """What is to be imported is no Keras model.

    `snnc import` looks at the content of a file, not at its name. It reads `.keras`
    archives, `.h5` files that `model.save` wrote, the text of `model.to_json()`,
    folders of TensorFlow's SavedModel that hold a Keras model, and `module:function`.
    """

    code = "SNN801"
    title = "no Keras model"
    message = "`{path}` is no Keras model: {reason}"
    help = "name what `model.save(...)` wrote, or the text of `model.to_json()`"

    path: str
    reason: str


class ForeignModel(Diagnostic):
    """A file holds a model of another framework or in another format.

    Only Keras writes down the layers that a spec is made of; the other formats hold
    operations, or weights without an architecture. Most of them can be brought back to
    Keras, or were made from a Keras model that is still there.
    """

    code = "SNN802"
    title = "model of another framework"
    message = "`{path}` is {what}, not a Keras model"
    help = "{way_out}"

    path: str
    what: str
    way_out: str


class DamagedModel(Diagnostic):
    """A file is cut short, or is not what its first bytes say.

    Often a download or a copy was interrupted, or Git LFS left a pointer in place of
    the file.
    """

    code = "SNN803"
    title = "damaged model file"
    message = "`{path}` is damaged: {reason}"
    help = "copy or download the file again, or save the model anew"

    path: str
    reason: str


class UnsafeModel(Diagnostic):
    """A file asks for something that no sound model needs, so it is not read on.

    Such are HDF5 files that point into other files or claim an array of more than
    1 GiB, shards outside the folder of their model, and JSON that is nested too deeply.
    Keras writes none of them.
    """

    code = "SNN804"
    title = "model file that is not safe to read"
    message = "`{path}` is not safe to read: {reason}"
    help = "load the model where you trust it, and save it anew with `model.save(...)`"

    path: str
    reason: str


class ModelTooLarge(Diagnostic):
    """A file, or what it declares, is larger than that of any network for a chip.

    The arrays that are read may have 1 GiB in all, and so may the members of an archive
    that are compressed. The text of an architecture may have 16 MiB.
    """

    code = "SNN805"
    title = "model file too large"
    message = "`{path}` is too large: {what} of {size} bytes, at most {limit} are read"
    help = (
        "save the model without its optimizer: `model.save(...,"
        " include_optimizer=False)`"
    )

    path: str
    what: str
    size: int
    limit: int


class WeightsAlone(Diagnostic):
    """A file holds the weights of a model, but not its layers.

    `model.save_weights` writes such files. Without the architecture nobody can tell
    what the numbers belong to.
    """

    code = "SNN806"
    title = "weights without an architecture"
    message = "`{path}` holds weights only, without the architecture"
    help = (
        "give the architecture too, the text of `model.to_json()`: type"
        " `snnc import model.json --weights {path}`"
    )

    path: str


class PackageMissing(Diagnostic):
    """A package that reads this kind of model is not installed."""

    code = "SNN807"
    title = "package that is not installed"
    message = "`{path}` needs {package}, which is not installed"
    help = "type `{command}`"

    path: str
    package: str
    command: str


class CodeFailed(Diagnostic):
    """The user's code, or TensorFlow's reading of a SavedModel, gave no model.

    `module:function` imports the module from the current directory and calls the
    function without arguments. It has to return a Keras model. What the code printed is
    above the message.
    """

    code = "SNN808"
    title = "code that gives no model"
    message = "`{path}` gives no Keras model: {reason}"
    help = "{way_out}"

    path: str
    reason: str
    way_out: str


class PythonSource(Diagnostic):
    """A Python file is named, but not the function in it that builds the model."""

    code = "SNN809"
    title = "Python file in place of a model"
    message = "`{path}` is Python code"
    help = (
        "write `{module}:function` with a function that returns the model; snnc then"
        " runs that code"
    )

    path: str
    module: str


class WeightsUnclear(Diagnostic):
    """The weights of a layer can't be found in the file, or not be told apart.

    The file and its architecture do not belong together, or another program than Keras
    wrote it.
    """

    code = "SNN810"
    title = "weights that can't be told apart"
    message = "the weights of `{layer}` can't be read: {reason}"
    help = "load the model in Keras and save it anew with `model.save('model.keras')`"

    layer: str
    reason: str


class ReadingStopped(Diagnostic):
    """A file takes more time or memory to read than one of its size needs.

    `snnc import` reads model files in a child process. It is stopped after ten seconds
    of a processor, and one more for each 20 MiB of the file, or above 2 GiB of memory.
    Damage can lead the HDF5 library in circles, and a small file can be made to unpack
    to any size.
    """

    code = "SNN823"
    title = "model file that takes too long or too much memory"
    message = "`{path}` takes more than {limit} to read"
    help = (
        "copy or download the file again; if it is whole, load the model where you"
        " trust it, and save it anew with `model.save('model.keras')`"
    )

    path: str
    limit: str


class OldModel(Diagnostic):
    """Weights were written by Keras 1, or by a Keras that ran on Theano.

    Keras 1 has other names and orders of weights, and kernels of Theano are mirrored.
    The configurations of both are read, as Keras 2 would write them.
    """

    code = "SNN825"
    title = "weights of an old Keras"
    message = "the weights of `{path}` are of {writer}; snnc reads Keras 2 and 3"
    help = (
        "copy the weights as NumPy arrays into the same layers of Keras 2 or 3"
        " (`set_weights`; kernels of Theano are mirrored), and save that"
    )

    path: str
    writer: str


class WeightsDiffer(Diagnostic):
    """A file of weights is not that of the model whose architecture stands beside it.

    Layers are compared in their order, by the names and shapes of their weights.
    """

    code = "SNN826"
    title = "weights of another model"
    message = (
        "`{path}` has not the weights of this model: `{layer}` ({kind}) is the first"
        " layer that differs: {reason}"
    )
    help = "name the file that `save_weights` of this very model wrote"

    path: str
    layer: str
    kind: str
    reason: str
