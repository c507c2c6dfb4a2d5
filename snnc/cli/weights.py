"""``snnc weights`` and ``snnc calibrate``: check and scale weight files."""

from __future__ import annotations

from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.output.imported import open_package
from snnc.text.installing import missing
from snnc.verbs.package_options import CalibrateOptions
from snnc.weight_files.inspect import inspect

EXTRA = "pip install numpy safetensors"


@click.command(
    "weights", epilog="Example: snnc weights drift.safetensors specs/drift.snn"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("spec", type=click.Path(), required=False)
@options.output_format()
@click.option(
    "--migrate",
    nargs=2,
    type=click.Path(),
    metavar="OLD_SPEC NEW_SPEC",
    help="Keep the tensors that still fit a changed network.",
)
@options.path(
    "-o", "--output", "--weights-out", help="The file for the weights from --migrate."
)
@options.force
def weights_command(
    file: Path,
    spec: str | None,
    form: str,
    migrate: tuple[str, str] | None,
    output: Path | None,
    *,
    force: bool,
) -> int:
    """Print the contents of the safetensors file FILE, and whether it matches SPEC.

    Specs are files, or git:REV:PATH as in `git show REV:PATH`.

    With a SPEC for Loihi, the command also checks whether each core can store its
    weights, as nengo-loihi's build does.
    """
    if spec is not None and file.suffix in (".snn", ".yaml", ".yml"):
        raise click.UsageError(f"swap them: snnc weights {spec} {file.as_posix()}")
    if migrate is None and (output or force):
        raise click.UsageError("-o and --force need --migrate")
    try:
        if migrate is None:
            return _list(file, spec, form)
        if spec is not None or output is None:
            usage = "write FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE"
            raise click.UsageError(usage)
        return _migrate(file, migrate, output, form, force=force)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _list(file: Path, spec: str | None, form: str) -> int:
    """Print the tensors of a file; without NumPy, without their values."""
    calculates = not missing("numpy")
    if not calculates:
        reason = "because numpy is missing"
        printing.say(f"note: the values are not read, {reason}: {EXTRA}")
    report = Diagnostics()
    listing = inspect(
        file, spec, report, calculates=calculates, device=options.device()
    )
    printing.print_diagnostics(report)
    if listing is None:
        return 1
    printing.print_result(listing.result(report.diagnostics), form)
    return 1 if report.errors else 0


def _migrate(
    file: Path, specs: tuple[str, str], output: Path, form: str, *, force: bool
) -> int:
    """Write the weights of the old of two specs for the new one."""
    if needs := missing("numpy", "safetensors"):
        printing.say(f"error: --migrate needs {' and '.join(needs)}: {EXTRA}")
        return 1
    from snnc.verbs.migrate import migrate_file  # imports NumPy

    old, new = specs
    try:
        moved = migrate_file(file, old, new, output, options.device(), force=force)
    except SpecError as error:
        printing.print_diagnostics(error)
        return 1
    printing.print_result(moved, form)
    return 0


@click.command(
    "calibrate",
    epilog="Example: snnc calibrate models/drift --data train.npz"
    " --weights trained.safetensors -o drift.safetensors",
)
@options.package
@options.path(
    "--data", help="An .npz file with x, and maybe y.", required=True, metavar="PATH"
)
@options.path("--weights", help="The safetensors file to read.", required=True)
@options.path(
    "-o",
    "--output",
    "--weights-out",
    help="The safetensors file to write.",
    required=True,
)
@options.force
@options.of(CalibrateOptions)
@options.output_format()
def calibrate_command(
    package: Path,
    data: Path,
    weights: Path,
    output: Path,
    *,
    force: bool,
    examples: int | None,
    form: str,
) -> int:
    """Scale the weights of PACKAGE so that rates are within their ranges.

    Use this command for existing weights, because `train` already scales the weights
    that it trains. The outputs of the Keras model don't change. Rates are measured on
    the data, which may be the training data. The command runs some other examples of
    the data in spikes. If the scaled weights are significantly worse there than the
    given weights, it writes nothing and exits with 1. If the package's spec exists, it
    also checks whether the chip can store the scaled weights.
    """
    if output.resolve() == data.resolve():
        raise click.UsageError("-o would replace the data")
    options.refuse_existing(force, output)
    options.quiet_tensorflow()
    from snnc.verbs.calibrate import calibrate, require_libraries

    with options.one_line_errors():
        require_libraries()
        from snnc.runtime.layout import check_writable  # imports NumPy

        check_writable(output)
        try:
            opened = open_package(package)
            measured = CalibrateOptions(examples=examples)
            done = calibrate(opened, data, weights, measured, options.device_name())
        except SpecError as error:
            printing.print_diagnostics(error)
            printing.say(f"{output} is not written: the chip can't store these weights")
            return 1
        printing.print_diagnostics(done)
        done.save(output)
    printing.print_result(done, form)
    printing.say(f"wrote {output}")
    if done.precision is None:
        check = f"snnc weights {output} SPEC"
        printing.say(f"note: `{check}` shows whether the chip can store the weights")
    if done.missed:
        printing.say(f"error: rates not held: {', '.join(done.missed)}")
        return 1
    return 0
