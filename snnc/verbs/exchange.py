"""Convert Keras models and NIR files: `snnc import` and `snnc export`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.importer.graph import MODELS
from snnc.importer.model import (
    ImportRequest,
    parse_range,
    parse_rewrites,
    parse_shape,
)
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.rules.imports import NoInputShape, SubclassedModel
from snnc.source import whole_file
from snnc.text.arguments import FileName
from snnc.text.installing import require
from snnc.verbs.options import check_options, option

if TYPE_CHECKING:
    from snnc.importer.read import ImportOutcome


@dataclass(frozen=True)
class ImportOptions:
    """What `import_keras` takes; invalid values raise ValueError.

    Parameters
    ----------
    model : keras.Model, or a path
        A ``.keras`` or ``.h5`` file, or the text of ``to_json()``.
    device
        The device to compile the spec for.
    tell
        Called with one sentence per change or remaining task.
    """

    model: Any
    _: KW_ONLY
    weights: FileName | None = option(
        None,
        "A separate file with the weights of the model, from `save_weights` or `save`.",
        path="file",
    )
    name: str | None = option(
        None, "The network's name; by default, that of the model.", metavar="NAME"
    )
    rewrite: Mapping[str, str] | None = option(
        None,
        "Replace an unsupported or costly layer, for example `maxpool` by `downsample`"
        " or `tanh` by `relu`. docs/from-keras.md lists all rewrites.",
        metavar="WHAT=BY",
        read=parse_rewrites,
        several=True,
    )
    encode: Literal["first", "rate"] = option(
        "first",
        "How values become spikes: in the `first` convolution, which runs on the host,"
        " or each value as a `rate`.",
        choices=("first", "rate"),
    )
    input_range: tuple[float, float] | None = option(
        None,
        "The range of input values; by default 0 to 1, or 0 to 255 before a Rescaling.",
        metavar="LO..HI",
        read=parse_range,
    )
    input_shape: tuple[int, ...] | None = option(
        None,
        "The shape of the input without the batch axis, if the model doesn't set it.",
        metavar="HxWxC",
        read=parse_shape,
    )
    readout: Literal["units", "classes"] | None = option(
        None,
        "The kind of outputs; by default, it depends on the loss or a softmax.",
        choices=("units", "classes"),
    )
    chips: int | None = option(
        None,
        "The number of chips; by default, the smallest number that the model needs.",
        least=1,
    )
    device: str = DEFAULT
    tell: Callable[[str], None] = print

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def request(self) -> ImportRequest:
        """Return the options in the form that the importer reads."""
        rewrites = (f"{what}={by}" for what, by in dict(self.rewrite or ()).items())
        return ImportRequest(
            name=self.name,
            rewrites=parse_rewrites(rewrites),
            encode=self.encode,
            values=self.input_range,
            readout=self.readout,
            chips=self.chips,
            device=read_profile(self.device),
            shape=self.input_shape,
            weights=os.fspath(self.weights or ""),
        )


def import_keras(options: ImportOptions, report: Diagnostics) -> ImportOutcome:
    """Convert a Keras model, or its file, to a spec and weights.

    Raise SpecError if the model can't be read, or has layers that the chip can't run.
    """
    request = options.request
    model = options.model
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
