"""Scale weights so that each layer's rates stay within bounds: `snnc calibrate`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_file
from snnc.ir.device import Profile
from snnc.ir.layout import layout_id
from snnc.ir.layout import tensors as tensors_of
from snnc.loihi.profile import read_profile
from snnc.output.imported import CannotRunError, ImportedPackage, spec_of
from snnc.results.calibration import Calibration
from snnc.text.arguments import FileName, Tensors, given_weights
from snnc.text.installing import require
from snnc.verbs.package_options import CalibrateOptions
from snnc.views.calibration import scores_text
from snnc.weight_files.inspect import on_chip

if TYPE_CHECKING:
    from snnc.results.weights import Precision

WORSE = (
    "the scaled weights are significantly worse: {scores}; nothing is written: keep "
    "the given weights, or train them in the phases `scale` and `spikes`"
)


def require_libraries() -> None:
    """Raise ModuleNotFoundError if a library that calibration needs is missing."""
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    require(needed, "keras,nengo", "calibrate")


def calibrate(
    package: ImportedPackage,
    x: Any,
    weights: Tensors | FileName,
    options: CalibrateOptions,
    device: str,
) -> Calibration:
    """Scale weights so that rates stay within bounds; outputs stay the same.

    Raise ValueError if the network does not accept data or weights, if no scale brings
    the rates within bounds, or if the scaled weights are significantly worse in spikes.
    """
    source = given_weights(weights)
    require_libraries()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    from snnc.verbs.evaluate.task import source_of  # imports of extras
    from snnc.verbs.scaling import scale_weights
    from snnc.verbs.spike_comparison import compare_in_spikes, draw_examples

    profile = read_profile(device)
    drawn = draw_examples(x, options.y, package.network, options.examples)
    tensors = package.layout.load(source)
    scaled = scale_weights(package, drawn.measured, tensors)
    # Refuse weights that the chip can't store before the slow comparison in spikes.
    report = Diagnostics()
    precision = _precision(package, scaled.tensors, report, profile)
    if report.errors:
        raise SpecError(report.diagnostics)
    comparison = compare_in_spikes(package, tensors, scaled.tensors, drawn)
    if comparison.is_worse:
        raise CannotRunError(WORSE.format(scores=scores_text(comparison)))
    return Calibration(
        network=package.name,
        examples=len(drawn.measured),
        change=scaled.change,
        comparison=comparison,
        layers=scaled.layers,
        weights=dict(scaled.tensors),
        precision=precision,
        diagnostics=report.diagnostics,
        layout=package.layout,
        source=source_of(source),
    )


def _precision(
    package: ImportedPackage, tensors: Tensors, report: Diagnostics, device: Profile
) -> tuple[Precision, ...] | None:
    """Return the precision of the weights on the chip.

    Return None if the package's spec is missing, doesn't compile, or has changed since
    the build.
    """
    spec = spec_of(package.folder)
    compilation = (
        None if spec is None else compile_file(spec, Diagnostics(), "place", device)
    )
    if compilation is None or compilation.mapped is None:
        return None
    # The spec may have changed since the package was built.
    if layout_id(tensors_of(compilation.mapped.lowered.network)) != package.layout.id:
        return None
    return on_chip(compilation.mapped, tensors, report)
