"""``snnc calibrate``: scale weights so that each layer keeps its rates.

`snnc.tools.calibration` computes the scales; the package's spec, if available, shows
the precision that the chip's integers keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.diagnostics import Report
from snnc.ir.device import Profile
from snnc.output.imported import ImportedPackage, open_package, spec_of
from snnc.runtime.examples import check_budget, slack_of
from snnc.text.tables import columns
from snnc.tools.summary import outside
from snnc.weights.listing import chip_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.runtime.layout import Weights
    from snnc.runtime.network import Layer
    from snnc.tools.calibration import Calibration
    from snnc.weights.chip import Precision


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The measurements, the scaled weights, and their precision on the chip.

    Attributes
    ----------
    network
        The network's name.
    layers
        Its layers as `snnc.runtime.network.Layer`, by name.
    examples
        The number of measured examples.
    calibration
        The scales and the scaled weights.
    precision
        Of the layers on the chip; None without the package's spec.
    """

    network: str
    layers: Mapping[str, Layer]
    examples: int
    calibration: Calibration
    precision: tuple[Precision, ...] | None


class CannotCalibrateError(ValueError):
    """Data, weights or rates that can't be brought together; says why."""


def calibrate_package(
    folder: Path,
    data: Path | NDArray[Any],
    weights: Weights,
    examples: int | None,
    report: Report,
    device: Profile | None = None,
) -> Calibrated:
    """Scale weights of the package in ``folder``; nothing is written.

    Parameters
    ----------
    folder, data, weights
        The package, an ``.npz`` file with ``x`` or that array, (examples, *the input's
        shape), and a safetensors file or a mapping of its tensors.
    examples
        How many to measure; None for all.
    report
        Gets what nengo-loihi refuses or changes of the scaled weights.

    Raises
    ------
    CannotCalibrateError
        If data or weights do not fit, or no scale holds all rates.
    snnc.output.imported.CannotRunError
        If there is no such package.
    """
    package = open_package(folder)
    network, layout = package.network, package.layout
    from snnc.runtime.data import DataError, DataSpec, check_input, open_input
    from snnc.runtime.layout import LayoutError

    try:
        accepted = DataSpec.of(network)
        if isinstance(data, Path):
            x = open_input(data, accepted)[:examples]
        else:
            x = check_input(data, accepted)[:examples]
        tensors = layout.read(weights)
    except (DataError, LayoutError) as error:
        raise CannotCalibrateError(error) from error
    calibration = _calibrated(package, x, tensors)
    kept = _precision(folder, layout.id, calibration.tensors, report, device)
    return Calibrated(network.name, network.layers, len(x), calibration, kept)


def _calibrated(
    package: ImportedPackage, x: Any, tensors: dict[str, Any]
) -> Calibration:
    """Calibrate valid weights: any error then comes from the scales."""
    # These import TensorFlow: wait until data and weights are checked.
    from snnc.runtime.layout import LayoutError
    from snnc.tools.calibration import CalibrationError, Calibrator

    build_model = package.module("keras_model").build_model
    calibrator = Calibrator(package.network, package.layout, build_model)
    try:
        return calibrator.calibrate(x, tensors)
    except CalibrationError as error:
        raise CannotCalibrateError(error) from error
    except LayoutError as error:
        what = str(error).removeprefix("weights: ")
        raise CannotCalibrateError(
            f"weights are so large that, scaled, they are beyond float32: {what}"
        ) from error


def _precision(
    folder: Path,
    layout: str,
    tensors: dict[str, Any],
    report: Report,
    device: Profile | None,
) -> tuple[Precision, ...] | None:
    """Return the precision of weights on the chip; None without the package's spec."""
    from snnc.ir.layout import layout_id
    from snnc.ir.layout import tensors as tensors_of
    from snnc.weights.chip import complaints, precision
    from snnc.weights.cores import placed_layers
    from snnc.weights.inspect import compile_to_cores

    spec = spec_of(folder)
    made = None if spec is None else compile_to_cores(str(spec), Report(), device)
    if made is None:
        return None
    network, mapped = made
    if layout_id(tensors_of(network)) != layout:
        return None
    layers = placed_layers(mapped, tensors)
    for layer in layers:
        for diagnostic in complaints(layer):
            report.add(diagnostic)
    return tuple(precision(layer) for layer in layers)


COLUMNS = ("layer", "percentile", "before", "after", "range", "scale", "")
LEFT = {"layer", ""}


def table(calibrated: Calibrated) -> str:
    """Return one row per layer, then the precision of the weights on the chip."""
    rows = [_row(name, calibrated) for name in calibrated.layers]
    lines = [
        f"{calibrated.network}, {calibrated.examples} examples",
        "",
        *columns(COLUMNS, rows, LEFT),
        "",
        f"outputs change by at most {calibrated.calibration.change:.1g} of the largest",
    ]
    if calibrated.precision:
        lines += ["", *chip_table(calibrated.precision)]
    return "\n".join(lines)


def _row(name: str, calibrated: Calibrated) -> tuple[str, ...]:
    layer, done = calibrated.layers[name], calibrated.calibration
    rate = done.after[name].rate
    state = outside(
        rate, layer.rate, slack_of(layer.rate), check_budget(rate, layer.rate)
    )
    notes = [state] if state else []
    if name in done.fixed:
        notes.append(f"not scaled: {done.fixed[name]}")
    return (
        name,
        f"{layer.percentile:g}",
        f"{done.before[name].rate:.0f} Hz",
        f"{done.after[name].rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        f"{done.scales[name]:.4g}",
        ", ".join(notes),
    )
