"""Convert Keras models and NIR files: `snnc import` and `snnc export`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.importer.graph import MODELS
from snnc.importer.model import ImportRequest
from snnc.rules.imports import NoInputShape, SubclassedModel
from snnc.source import whole_file
from snnc.text.installing import require

if TYPE_CHECKING:
    from snnc.importer.read import ImportOutcome


def import_keras(
    model: Any, request: ImportRequest, report: Diagnostics
) -> ImportOutcome:
    """Convert a Keras model, or its file, to a spec and weights.

    Raise SpecError if the model can't be read, or has layers that the chip can't run.
    """
    require(("numpy", "h5py", "safetensors"), "import", "import_keras")
    from snnc.importer.read import FileNames, run  # needs these extras

    with TemporaryDirectory() as folder:
        if isinstance(model, str | os.PathLike):
            file = os.fspath(model)
            shown = file
        else:
            # There is one reader, of files, which needs no Keras (decision 018).
            _check(model)
            shown = f"{model.name}.keras"
            file = str(Path(folder) / shown)
            model.save(file)
        names = FileNames(
            model=shown, spec="imported.snn", weights="imported.safetensors"
        )
        outcome = run(file, request, names, report)
    if (
        outcome is None
        or outcome.compilation is None
        or outcome.compilation.lowered is None
    ):
        raise SpecError(report.diagnostics)
    return outcome


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
