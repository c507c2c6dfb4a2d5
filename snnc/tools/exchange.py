"""Convert Keras models and NIR files: `snnc import` and `snnc export`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from snnc import diagnostics
from snnc.importer.graph import MODELS
from snnc.importer.model import ImportRequest, parse_rewrites
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.rules.imports import NoInputShape, SubclassedModel
from snnc.source import whole_file
from snnc.text.arguments import given_weights
from snnc.tools.opening import FileName, SpecError, Tensors, require
from snnc.tools.package import Package
from snnc.tools.spec import Spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.nir.export import Exported
    from snnc.nir.graph import Neuron


def import_keras(
    model: Any,
    *,
    weights: FileName = "",
    name: str | None = None,
    rewrite: Mapping[str, str] | None = None,
    encode: Literal["first", "rate"] = "first",
    input_range: tuple[float, float] | None = None,
    input_shape: tuple[int, ...] | None = None,
    readout: Literal["units", "classes"] | None = None,
    chips: int | None = None,
    device: str = DEFAULT,
    tell: Callable[[str], None] = print,
) -> tuple[Spec, dict[str, NDArray[np.float32]]]:
    """Convert a Keras model to a spec, and its weights to the spec's layout.

    Parameters
    ----------
    model : keras.Model, or a path
        A ``.keras`` or ``.h5`` file, or the text of ``to_json()``.
    weights
        A weight file for an architecture, from ``save_weights`` or ``save``.
    name
        The network's name; by default, the model's name.
    rewrite
        Replacements for unsupported layers, such as ``{"maxpool": "avgpool"}``.
    encode
        How values are encoded as spikes: by the ``first`` convolution, or each value as
        a ``rate``.
    input_range
        The range of input values; by default 0 to 1, or 0 to 255 before a Rescaling.
    input_shape
        The shape of the input without the batch axis, if the model does not fix it.
    readout
        The kind of outputs; by default, it depends on the loss or a softmax.
    chips
        The number of chips for the spec.
    device
        The device to compile the spec for.
    tell
        Called with one sentence per change or remaining task.

    Returns
    -------
    Spec, dict of float32 array
        The spec and its weights. To save these, call `Spec.save` and
        ``package.layout.save_weights``. `Spec.fits` says whether the network fits.

    Raises
    ------
    SpecError
        If the model can't be read, or has layers that the chip can't run. The message
        suggests an alternative for each.
    ValueError
        If ``rewrite`` is unknown, or a network can't have the ``name``.
    TypeError
        If ``model`` is neither a model nor a path.
    """
    require(("numpy", "h5py", "safetensors"), "import", "import_keras")
    from snnc.importer.read import FileNames, run  # needs these extras

    pairs = parse_rewrites(f"{w}={by}" for w, by in (rewrite or {}).items())
    asked = readout, chips, read_profile(device), input_shape
    beside = os.fspath(weights)
    request = ImportRequest(name, pairs, encode, input_range, *asked, beside)
    report = diagnostics.Diagnostics()
    with TemporaryDirectory() as folder:
        if isinstance(model, str | os.PathLike):
            file = os.fspath(model)
            shown = file
        else:
            _check(model)
            shown = f"{model.name}.keras"
            file = str(Path(folder) / shown)
            model.save(file)
        names = FileNames(
            model=shown, spec="imported.snn", weights="imported.safetensors"
        )
        done = run(file, request, names, report)
        made = None if done is None else done.compilation
        if done is None or made is None or made.lowered is None:
            raise SpecError(report.diagnostics)
        for note in done.notes:
            tell(note)
        for command in done.commands:
            tell(f"next: {command}")
        spec = Spec(None, device, changed=False, made=made, found=report)
        return spec, dict(done.tensors)


def export_nir(
    package: Package | Spec | FileName,
    weights: Tensors | FileName,
    path: FileName,
    *,
    neuron: Neuron = "if",
    device: str = DEFAULT,
) -> Exported:
    """Write a network and its weights in NIR, for Norse, sinabs, Spyx and more.

    Parameters
    ----------
    package
        A package, its folder, a spec or its file.
    weights : path or mapping
        A safetensors file with the network's layout, or its tensors by name.
    path
        The file to write, such as ``drift.nir``. Limitations are described in
        ``PATH.txt``.
    neuron
        The NIR neuron for ReLU: ``"if"``, without the synaptic filter, or
        ``"cubalif"``, with the filter.
    device
        The device to compile for.

    Raises
    ------
    ValueError
        If the weights or the spec belong to another network, or NIR can't express a
        layer.
    """
    from snnc.nir import export  # imports NumPy

    source = given_weights(weights)
    if isinstance(package, Spec):
        if package.path is None:
            raise ValueError("the spec is in no file: `save` it, or build its package")
        device = package.device
        package = package.path
    return export.export_nir(package, source, path, neuron, read_profile(device))


def _check(model: Any) -> None:
    """Raise TypeError unless this is a model, SpecError without a built graph."""
    kind = type(model).__name__
    if isinstance(model, type) or not hasattr(model, "get_layer"):
        raise TypeError(f"neither a Keras model nor the path of one: {kind}")
    span = whole_file(Path(f"{model.name}.keras"))
    if kind not in MODELS:
        raise SpecError((SubclassedModel(span=span, name=model.name, kind=kind),))
    if not getattr(model, "built", True):
        raise SpecError((NoInputShape(span=span, name=model.name),))
