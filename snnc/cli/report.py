"""``snnc report``, ``limits``, ``fit`` and ``diff``.

These print costs of networks, limits of the chip, variants that fit, and changes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file, compile_spec, place_on_chips
from snnc.interface.objects import Spec
from snnc.rules.loihi import TooManyCores
from snnc.syntax.files import STDIN
from snnc.verbs.diff.compare import compare
from snnc.verbs.diff.folders import compare_folders, is_folder
from snnc.verbs.diff.properties import read_version
from snnc.verbs.fit import find_variants
from snnc.verbs.limits import limits_of

SHOWN = 10
"""The number of variants that are listed without ``--all``."""


def one_or_all(
    context: click.Context, parameter: click.Parameter, spec: str | None
) -> tuple[str, ...]:
    """Return a spec as typed, or those in the repository's settings."""
    return options.require_specs(context, parameter, () if spec is None else (spec,))


@click.command(
    "report", epilog="Example: snnc report specs/drift.snn --format html > drift.html"
)
@click.argument("spec", type=click.Path(), required=False, callback=one_or_all)
@options.output_format(
    "Output format; use markdown for comments on pull requests, and html for a page"
    " with all details.",
    "markdown",
    "html",
)
@options.flag("--why", help="Also print what prevents fewer cores for each layer.")
@click.option(
    "--against",
    metavar="OLD",
    help="With --format html, also show the changes from OLD, a spec or git:REV:PATH.",
)
@options.picture("the cores")
@options.packages_folder(
    "--packages", help="With a folder of specs, the folder of their packages."
)
@options.stdin_filename
def report_command(
    spec: tuple[str, ...],
    form: str,
    why: bool,
    against: str | None,
    picture: Path | None,
    packages: Path,
    stdin_filename: str | None,
) -> int:
    """Print the layers, cores and costs of SPEC.

    SPEC may be `-` for stdin, or a folder. For a folder with several specs, the report
    has one row per spec: its cores, its energy, whether it fits, and whether its
    package is up to date. Without SPEC, the specs in [tool.snnc] of pyproject.toml.
    """
    if against is not None and form != "html":
        raise click.UsageError("--against goes with --format html; or use `snnc diff`")
    report = Diagnostics()
    name = options.checked_stdin(spec, stdin_filename)
    paths = list(options.with_folders(spec, report))
    if len(paths) > 1:
        if form == "html" or why or picture is not None:
            needs = f"--why and --picture need a single spec, such as {paths[0]}"
            raise click.UsageError(
                f"{' '.join(spec)} has {len(paths)} specs; --format html, {needs}"
            )
        from snnc.verbs.report.folder import report_folder  # slow to import

        rows = report_folder(paths, packages, options.device_name())
        printing.print_diagnostics(rows)
        printing.print_result(rows, form)
        return 1 if any(row.problems for row in rows.networks) else 0
    made, device = None, options.device()
    for path in paths:
        source = options.read_input(path, name, report)
        if source is not None:
            made = compile_spec(source, report, "route", device)
    printing.print_diagnostics(report)
    if made is None or place_on_chips(made) is None:
        return 1
    file = None if paths[0] == STDIN else Path(paths[0])
    device_name = options.device_name()
    opened = Spec(file, device_name, changed=False, made=made, found=report)
    found = opened.report()
    if form == "html":
        with options.one_line_errors(ValueError):
            printing.print_data(opened.page(against))
    else:
        shown = found.explained() if why else found
        printing.print_result(shown, form, printing.REPORT)
    if picture is not None:
        from snnc.interface.functions import plot  # most runs don't draw

        plot(found, "cores", file=picture)
    return 1 if report.errors else 0


@click.command("status", epilog="Example: snnc status specs")
@options.specs
@options.packages_folder("--packages", help="The folder of the packages.")
@options.output_format("Output format.")
def status_command(
    specs: tuple[str, ...], allow_empty: bool, packages: Path, form: str
) -> int:
    """Print one line per spec: whether it fits, is built, trained and evaluated.

    The columns are: whether the network fits, its cores, whether its package is up to
    date, the newest weight file of the network, and the accuracy when `snnc evaluate`
    last ran these weights.
    """
    from snnc.verbs.status import status  # slow to import

    with options.one_line_errors():
        found = status(specs, packages, options.device_name())
    printing.print_diagnostics(found)
    printing.print_result(found, form)
    return 1 if any(row.problems for row in found.specs) else 0


@click.command("limits", epilog="Example: snnc limits")
@options.output_format("Output format.", "markdown")
def limits_command(form: str) -> None:
    """Print the limits of the chip, with the source of each number."""
    printing.print_result(limits_of(options.device()), form)


@click.command("fit", epilog="Example: snnc fit specs/drift.snn --cores 4")
@click.argument("spec", type=click.Path())
@options.count("--cores", help="The number of cores  [default: the spec's target]")
@options.flag("--all", "everything", help="Print every variant found.")
@options.output_format("Output format.", "markdown")
def fit_command(spec: str, cores: int | None, everything: bool, form: str) -> int:
    """List variants of SPEC (filters, strides) that fit on a given number of cores.

    Variants that keep most of the network come first. If SPEC itself fits, the list
    shows how large each layer could be, up to 16 times its filters.
    """
    report = Diagnostics()
    made = compile_file(spec, report, "place", options.device())
    shown = Diagnostics()  # the list below replaces SNN406
    shown.extend(d for d in report.diagnostics if not isinstance(d, TooManyCores))
    printing.print_diagnostics(shown)
    if made is None or made.spec is None or made.lowered is None:
        return 1
    try:
        found = find_variants(made, report.diagnostics, cores)
    except ValueError as error:
        printing.say(f"{spec}: {error}")
        return 1
    if not everything:
        found = replace(found, hidden=max(0, len(found.variants) - SHOWN))
    printing.print_result(found, form)
    return 0 if found.variants or found.fits else 1


@click.command("diff", epilog="Example: snnc diff git:main:specs/a.snn specs/a.snn")
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@options.output_format(
    "Output format; use markdown for comments on pull requests.", "markdown"
)
@options.flag(
    "--exit-code",
    help="Exit with 1 if the networks differ, and with 2 if either spec has errors.",
)
def diff_command(old: str, new: str, form: str, exit_code: bool) -> int:
    """Show what changed between two specs, and whether trained weights stay valid.

    OLD and NEW are files, or git:REV:PATH as in `git show REV:PATH`. For two folders,
    the output has one row per spec.
    """
    report = Diagnostics()
    folders = [is_folder(old), is_folder(new)]
    if any(folders) and not all(folders):
        raise click.UsageError(
            "compare two specs, or two folders; after `git:REV:`, a path is relative to"
            " the root of the repository, or begins with `./`"
        )
    if all(folders):
        rows = compare_folders(old, new, report, options.device())
        printing.print_diagnostics(report)
        printing.print_result(rows, form)
        is_broken, is_same = rows.broken, rows.same
    else:
        try:
            device = options.device()
            before, after = (read_version(side, report, device) for side in (old, new))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        printing.print_diagnostics(report)
        is_broken = before is None or after is None
        if before is not None and after is not None:
            found = compare(before, after)
            printing.print_result(found, form, printing.DIFFERENCE)
            is_same = found.same
    if is_broken:
        return 2 if exit_code else 1
    return 1 if exit_code and not is_same else 0
