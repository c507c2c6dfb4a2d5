"""``snnc calibrate``."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import device
from snnc.cli.printing import print_diagnostics, say
from snnc.diagnostics import Report

if TYPE_CHECKING:
    from snnc.runtime.layout import Tensors


@click.command(
    "calibrate",
    epilog="Example: snnc calibrate models/drift --data train.npz"
    " --weights trained.safetensors -o drift.safetensors",
)
@click.argument("package", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="An .npz file with x.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    required=True,
    help="The safetensors file to read.",
)
@click.option(
    "-o",
    "--weights-out",
    type=click.Path(path_type=Path),
    required=True,
    help="The safetensors file to write.",
)
@click.option("--examples", type=click.IntRange(1), help="Measure only the first N.")
def command(
    package: Path,
    data: Path,
    weights: Path,
    weights_out: Path,
    examples: int | None,
) -> int:
    """Scale the weights of PACKAGE so that each layer keeps to its rates.

    That is for weights from elsewhere, as `train` scales what it trains. What the
    network computes stays as it is. Rates are measured on the data: those of training
    serve. With the package's spec at hand, it also checks whether the chip can
    store the scaled weights.
    """
    if weights_out.resolve() == data.resolve():
        raise click.UsageError("-o would replace the data")
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    absent = [n for n in needed if importlib.util.find_spec(n) is None]
    if absent:
        names = " and ".join(absent)
        say(f"error: calibrate needs {names}: pip install 'snnc[keras,nengo]'")
        return 1
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    from snnc.calibrate import CannotCalibrateError, calibrate_package
    from snnc.output.imported import CannotRunError
    from snnc.runtime.layout import check_writable

    report = Report()
    try:
        check_writable(weights_out)
        calibrated = calibrate_package(
            package, data, weights, examples, report, device()
        )
        print_diagnostics(report)
        if report.errors:
            say(f"{weights_out} is not written: the chip can't store these weights")
            return 1
        _save(package, weights, weights_out, calibrated.calibration.tensors)
    except (CannotCalibrateError, CannotRunError, OSError) as error:
        say(f"error: {error}")
        return 1
    from snnc.calibrate import table

    click.echo(table(calibrated))
    if calibrated.precision is None:
        check = f"snnc weights {weights_out} SPEC"
        say(f"note: whether the chip can store them, `{check}` tells")
    if missed := calibrated.calibration.missed:
        say(f"error: rates not held: {', '.join(missed)}")
        return 1
    return 0


def _save(package: Path, read: Path, written: Path, tensors: Tensors) -> None:
    from snnc.output.imported import open_package
    from snnc.runtime.layout import source_of

    open_package(package).layout.save(written, tensors, source_of(read))
