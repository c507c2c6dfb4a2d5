"""``snnc weights`` and ``snnc calibrate``: check and scale weight files."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import device, format_option
from snnc.cli.printing import print_diagnostics, print_json, print_lines, say
from snnc.diagnostics import Report
from snnc.runtime.files import reason
from snnc.text.installing import installation

if TYPE_CHECKING:
    from snnc.runtime.layout import Tensors


EXTRA = "pip install numpy safetensors"


@click.command(
    "weights", epilog="Example: snnc weights drift.safetensors specs/drift.snn"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("spec", type=click.Path(), required=False)
@format_option("Output format.")
@click.option(
    "--migrate",
    nargs=2,
    type=click.Path(),
    metavar="OLD_SPEC NEW_SPEC",
    help="Keep the tensors that still fit a changed network.",
)
@click.option(
    "-o",
    "--output",
    "--weights-out",
    type=click.Path(path_type=Path),
    help="The file for the weights from --migrate.",
)
@click.option("--force", is_flag=True, help="Let --migrate overwrite a file.")
def weights_command(
    file: Path,
    spec: str | None,
    form: str,
    migrate: tuple[str, str] | None,
    output: Path | None,
    force: bool,
) -> int:
    """Print the contents of the safetensors file FILE, and whether it fits SPEC.

    Specs are files, or git:REV:PATH as in `git show REV:PATH`.

    With a SPEC for Loihi, it also checks whether the chip can store the weights, core
    by core, as nengo-loihi does when it builds.
    """
    if spec is not None and file.suffix in (".snn", ".yaml", ".yml"):
        raise click.UsageError(f"swap them: snnc weights {spec} {file.as_posix()}")
    try:
        return _done(file, spec, form, migrate, output, force)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _done(
    file: Path,
    spec: str | None,
    form: str,
    migrate: tuple[str, str] | None,
    output: Path | None,
    force: bool,
) -> int:
    if migrate is not None:
        if spec is not None or output is None:
            raise click.UsageError("write FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE")
        return _migrate(file, *migrate, output, force, form)
    if output is not None or force:
        raise click.UsageError("-o and --force need --migrate")
    return _list(file, spec, form)


def _list(file: Path, spec: str | None, form: str) -> int:
    from snnc.weights.inspect import inspect

    calculates = importlib.util.find_spec("numpy") is not None
    if not calculates:
        say(f"note: without numpy the values are not read: {EXTRA}")
    report = Report()
    listing = inspect(file, spec, calculates, report, device())
    print_diagnostics(report)
    if listing is None:
        return 1
    if form == "json":
        from snnc.weights.listing import document

        print_json(document(listing))
    else:
        from snnc.weights.listing import table

        print_lines(table(listing))
    return 1 if report.errors else 0


def _migrate(
    file: Path, old: str, new: str, output: Path, force: bool, form: str
) -> int:
    needs = [n for n in ("numpy", "safetensors") if importlib.util.find_spec(n) is None]
    if needs:
        say(f"error: --migrate needs {' and '.join(needs)}: {EXTRA}")
        return 1
    from snnc.weights.migrate import migrate_file, moves_document, moves_text

    report = Report()
    moves = migrate_file(file, old, new, output, force, report, device())
    print_diagnostics(report)
    if moves is None:
        return 1
    if form == "json":
        print_json(moves_document(moves, output.as_posix()))
    else:
        print_lines(moves_text(moves, output.as_posix()))
    return 0


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
@click.option(
    "--examples", type=click.IntRange(1), help="Measure only the first N examples."
)
def calibrate_command(
    package: Path,
    data: Path,
    weights: Path,
    weights_out: Path,
    examples: int | None,
) -> int:
    """Scale the weights of PACKAGE so that each layer keeps to its rates.

    Use it for existing weights, because `train` scales the weights that it trains. The
    outputs of the network don't change. Rates are measured on the data; training data
    are fine. If the package's spec exists, it also checks whether the chip can store
    the scaled weights.
    """
    if weights_out.resolve() == data.resolve():
        raise click.UsageError("-o would replace the data")
    needed = ("numpy", "safetensors", "tensorflow", "nengo")
    absent = [n for n in needed if importlib.util.find_spec(n) is None]
    if absent:
        names = " and ".join(absent)
        say(f"error: calibrate needs {names}: {installation('keras,nengo')}")
        return 1
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    from snnc.calibrate import CannotCalibrateError, calibrate_package
    from snnc.output.imported import CannotRunError
    from snnc.runtime.layout import LayoutError, check_writable

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
    except (CannotCalibrateError, CannotRunError, LayoutError, OSError) as error:
        say(f"error: {reason(error)}")
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
