"""Rules for the files of models that `snnc import` can't read."""

from __future__ import annotations

from snnc.diagnostics import Diagnostic


class ModelFileError(Diagnostic):
    """Checks that snnc can read a model from its file.

    `snnc import` recognises a model by its content and not by its name, except for
    NIR graphs, whose names end in `.nir`. It accepts `.keras` archives, `.h5` files
    from `model.save`, and the text of `model.to_json()`. With `--weights`, the weights
    come from another file, which `model.save_weights` wrote for the same layers.

    snnc runs no code to get a model. In Python, `keras.models.load_model` reads a
    SavedModel folder, and `model.save('model.keras')` writes a file. Build models of
    other frameworks in Keras, and copy their weights.

    A damaged file is truncated, or has the wrong content for its type: often a download
    or a copy was interrupted, or Git LFS stored a pointer instead of the file. Content
    is not safe to read if it leads to other files, is nested too deeply, or is an array
    of more than 1 GiB. All arrays together may take up to 1 GiB, and so may the
    compressed members of an archive. The text of an architecture may take up to 16 MiB.

    Keras 1 uses different names and orders for weights, and Theano stores mirrored
    kernels. snnc converts the configurations of both to Keras 2, but does not read
    their weights.

    A NIR graph is an HDF5 file with the keys `version` and `node`, as `nir.write`
    writes them. A new major version of NIR may change the meaning of a node without
    changing its name.
    """

    code = "SNN801"
    title = "unreadable model file"
    message = "`{path}` {problem}"

    path: str
    problem: str
    reason: str = ""


class PackageMissing(Diagnostic):
    """Checks that the Python package for this kind of model is installed."""

    code = "SNN807"
    title = "missing Python package"
    message = "`{path}` needs {package}, which is not installed"
    help = "run {command}"

    path: str
    package: str
    command: str


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
