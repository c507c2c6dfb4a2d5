"""``snnc weights``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from snnc.cli.options import device, format_option
from snnc.cli.printing import print_diagnostics, print_json, print_lines, say
from snnc.diagnostics import Report

EXTRA = "pip install numpy safetensors"


@click.command(
    "weights", epilog="Example: snnc weights drift.safetensors specs/drift.snn"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("spec", type=click.Path(), required=False)
@format_option("How to print it.")
@click.option(
    "--migrate",
    nargs=2,
    type=click.Path(),
    metavar="OLD_SPEC NEW_SPEC",
    help="Carry the tensors that still fit over to a changed network.",
)
@click.option(
    "-o",
    "--output",
    "--weights-out",
    type=click.Path(path_type=Path),
    help="Where --migrate writes the new weights.",
)
@click.option("--force", is_flag=True, help="Let --migrate write over a file.")
def command(
    file: Path,
    spec: str | None,
    form: str,
    migrate: tuple[str, str] | None,
    output: Path | None,
    force: bool,
) -> int:
    """Print what the safetensors file FILE holds, and whether it fits SPEC.

    Specs are files, or git:REV:PATH as in `git show REV:PATH`.

    With a SPEC for Loihi it also checks whether the chip can store the weights: per
    core, as nengo-loihi does when it builds.
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
        raise click.UsageError("-o and --force belong to --migrate")
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
    from snnc.weights.migrate import migrate_file

    report = Report()
    moves = migrate_file(file, old, new, output, force, report, device())
    print_diagnostics(report)
    if moves is None:
        return 1
    if form == "json":
        from snnc.weights.listing import moves_document

        print_json(moves_document(moves, output.as_posix()))
    else:
        from snnc.weights.listing import moves as moves_text

        print_lines(moves_text(moves, output.as_posix()))
    return 0
