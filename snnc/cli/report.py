"""``snnc report``: the layers, cores and costs of a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec, place_on_chips
from snnc.passes import Compilation
from snnc.syntax.files import STDIN
from snnc.verbs.report.summary import report_of
from snnc.verbs.repository_options import ReportOptions


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
@options.of(ReportOptions)
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
        return _print_folder(paths, packages, form)
    compilation = _compile(paths, name, report)
    printing.print_diagnostics(report)
    routed = None if compilation is None else place_on_chips(compilation)
    if compilation is None or routed is None:
        return 1
    path = "" if paths[0] == STDIN else Path(paths[0]).as_posix()
    summary = report_of(
        routed,
        compilation.cache,
        fits=compilation.mapped is not None,
        diagnostics=report.diagnostics,
        path=path,
    )
    if form == "html":
        _print_page(path, compilation, report, against)
    else:
        shown = summary.explained() if why else summary
        printing.print_result(shown, form, printing.REPORT)
    if picture is not None:
        from snnc.interface.functions import plot  # most runs don't draw

        plot(summary, "cores", file=picture)
    return 1 if report.errors else 0


def _compile(
    paths: Sequence[str], stdin: str, report: Diagnostics
) -> Compilation | None:
    """Compile the only spec, if there is one."""
    source = options.read_input(paths[0], stdin, report) if paths else None
    if source is None:
        return None
    return compile_spec(source, report, "route", options.device())


def _print_folder(paths: Sequence[str], packages: Path, form: str) -> int:
    """Print one row per spec."""
    from snnc.verbs.report.folder import report_folder  # slow to import

    rows = report_folder(paths, packages, options.device_name())
    printing.print_diagnostics(rows)
    printing.print_result(rows, form)
    return 1 if any(row.problems for row in rows.networks) else 0


def _print_page(
    path: str, compilation: Compilation, report: Diagnostics, against: str | None
) -> None:
    """Print the page of a spec, with its changes since another spec."""
    from snnc.interface.objects import Spec  # imports every verb

    device = options.device_name()
    file = Path(path) if path else None
    spec = Spec(file, device, changed=False, made=compilation, found=report)
    with options.one_line_errors(ValueError):
        printing.print_data(spec.page(against))
