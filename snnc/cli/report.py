"""``snnc report``, ``limits``, ``fit`` and ``diff``.

They print costs of networks, limits of the chip, variants that fit, and changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from snnc.cli.options import (
    checked_stdin,
    chosen_device,
    device,
    format_option,
    read_input,
    stdin_filename,
    with_folders,
)
from snnc.cli.printing import (
    paint_difference,
    paint_report,
    print_data,
    print_diagnostics,
    print_json,
    print_lines,
    say,
)
from snnc.diagnostics import Report
from snnc.driver import compile_file, compile_spec, routed
from snnc.loihi.profile import DEFAULT
from snnc.passes import Compilation
from snnc.report import text
from snnc.report.summary import Summary, summarise
from snnc.rules.loihi import TooManyCores
from snnc.syntax.files import STDIN

if TYPE_CHECKING:
    from snnc.diff import Difference, Version


@click.command(
    "report",
    epilog="Example: snnc report specs/drift.snn --format html > drift.html",
)
@click.argument("spec", type=click.Path())
@format_option(
    "Output format; markdown suits a comment on a pull request, and html is one page"
    " with everything.",
    "markdown",
    "html",
)
@click.option(
    "--why", is_flag=True, help="Also print why each layer doesn't take fewer cores."
)
@click.option(
    "--against",
    metavar="OLD",
    help="With --format html, also show changes since another spec, or git:REV:PATH.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also draw the cores: .png, .svg or .pdf.",
)
@click.option(
    "--packages",
    type=click.Path(file_okay=False, path_type=Path),
    default="models",
    show_default=True,
    help="With a folder of specs, the folder of their packages.",
)
@stdin_filename
def report_command(
    spec: str,
    form: str,
    why: bool,
    against: str | None,
    plot: Path | None,
    packages: Path,
    stdin_filename: str | None,
) -> int:
    """Print the layers, cores and costs of SPEC.

    SPEC may be `-` for stdin, or a folder. With several specs in it, each is a row: its
    cores and energy, whether it fits, and whether its package is up to date.
    """
    if against is not None and form != "html":
        raise click.UsageError("--against goes with --format html; or use `snnc diff`")
    if plot is not None:
        _check_plot(plot)
    report = Report()
    name = checked_stdin([spec], stdin_filename)
    paths = list(with_folders([spec], report))
    if len(paths) > 1:
        if form == "html" or why or plot is not None:
            raise click.UsageError(
                f"{spec} has {len(paths)} specs; --format html, --why and --plot are"
                f" for one of them, such as {paths[0]}"
            )
        return _print_overview(paths, packages, form)
    path = paths[0] if paths else None
    source = None if path is None else read_input(path, name, report)
    made = None if source is None else compile_spec(source, report, "route", device())
    print_diagnostics(report)
    network = None if made is None else routed(made)
    if made is None or network is None:
        return 1
    if form == "html":
        print_data(_page(made, report, None if path == STDIN else path, against))
    else:
        _print(summarise(network, made.cache), form, why)
    if plot is not None:
        from snnc.api.pictures import drawn
        from snnc.plots.networks import cores
        from snnc.plots.style import save

        save(drawn(cores, network.mapped, ax=None), plot)
    return 1 if report.errors else 0


def _print_overview(specs: list[str], packages: Path, form: str) -> int:
    from snnc.overview import overview

    report = Report()
    found = overview(specs, packages, report, device(), chosen_device())
    print_diagnostics(report)
    if form == "json":
        print_json(found.as_dict())
    else:
        print_lines(found.markdown() if form == "markdown" else str(found))
    return 1 if report.errors else 0


def _check_plot(file: Path) -> None:
    from snnc.api.pictures import check_file

    try:
        check_file(file)
    except (ValueError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error)) from error


def _page(
    made: Compilation, report: Report, path: str | None, against: str | None
) -> str:
    from snnc.api.problems import SpecError
    from snnc.api.specs import Spec

    where = None if path is None else Path(path)
    spec = Spec(where, chosen_device() or DEFAULT, False, made, report)
    try:
        return spec.report().html(against)
    except (SpecError, ValueError) as error:  # what it is compared with
        raise click.ClickException(str(error)) from error


def _print(summary: Summary, form: str, why: bool) -> None:
    if form == "json":
        from snnc.report.json import document

        print_json(document(summary, why))
    elif form == "markdown":
        print_lines(text.markdown(summary, why))
    else:
        print_lines(text.table(summary, why), paint_report)


@click.command("limits", epilog="Example: snnc limits")
@format_option("Output format.", "markdown")
def limits_command(form: str) -> None:
    """Print the limits of the chip, with the source of each number."""
    if form == "json":
        print_json(text.limits_document(device()))
    elif form == "markdown":
        print_lines(text.limits_markdown(device()))
    else:
        print_lines(text.limits_table(device()))


@click.command("fit", epilog="Example: snnc fit specs/drift.snn --cores 4")
@click.argument("spec", type=click.Path())
@click.option(
    "--cores",
    type=click.IntRange(min=1),
    help="The number of cores  [default: the spec's target]",
)
@click.option("--all", "everything", is_flag=True, help="Print every variant found.")
@format_option("Output format.", "markdown")
def fit_command(spec: str, cores: int | None, everything: bool, form: str) -> int:
    """List variants of SPEC (filters, strides) that fit a number of cores.

    Variants that keep most of the network come first. If SPEC itself fits, the list
    shows how far each layer could grow, up to 16 times its filters.
    """
    report = Report()
    made = compile_file(spec, report, "place", device())
    large = [d for d in report.diagnostics if isinstance(d, TooManyCores)]
    for diagnostic in large:
        report.withdraw(diagnostic)  # what follows says it
    print_diagnostics(report)
    if made is None or made.spec is None or made.lowered is None:
        return 1
    from snnc.fit.trials import Trials, target_of
    from snnc.fit.variants import offer

    target = target_of(made.lowered.network, cores)
    if target is None:
        say(f"{spec}: `target nengo` has no cores; nothing to fit")
        return 1
    offered = offer(Trials(made.spec, target, made.device, True, made.mapped))
    if form == "json":
        from snnc.fit.variants import document

        print_json(document(offered))
    else:
        from snnc.fit.variants import SHOWN, markdown, table

        written = markdown if form == "markdown" else table
        shown = len(offered.variants) if everything else SHOWN
        print_lines(written(offered, shown))
    return 0 if offered.variants or offered.present is not None else 1


@click.command("diff", epilog="Example: snnc diff git:main:specs/a.snn specs/a.snn")
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@format_option("Output format; markdown suits a comment on a pull request.", "markdown")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 1 if the networks differ, and with 2 if either spec has errors.",
)
def diff_command(old: str, new: str, form: str, exit_code: bool) -> int:
    """Show what changed between two specs, and whether trained weights stay valid.

    OLD and NEW are files, or git:REV:PATH as in `git show REV:PATH`. Two folders are
    compared spec by spec, with one row for each.
    """
    from snnc.diff import compare
    from snnc.diff.folders import is_folder

    report = Report()
    folders = [is_folder(old), is_folder(new)]
    if all(folders):
        return _diff_folders(old, new, form, exit_code)
    if any(folders):
        raise click.UsageError("compare two specs, or two folders")
    versions = [_version(spec, report) for spec in (old, new)]
    print_diagnostics(report)
    before, after = versions
    if before is None or after is None:
        return 2 if exit_code else 1
    difference = compare(before, after)
    _print_difference(difference, form)
    return 1 if exit_code and not difference.same else 0


def _diff_folders(old: str, new: str, form: str, exit_code: bool) -> int:
    from snnc.diff.folders import compare_folders

    report = Report()
    found = compare_folders(old, new, report, device())
    print_diagnostics(report)
    if form == "json":
        print_json(found.as_dict())
    else:
        print_lines(found.markdown() if form == "markdown" else str(found))
    if found.broken:
        return 2 if exit_code else 1
    return 1 if exit_code and not found.same else 0


def _version(spec: str, report: Report) -> Version | None:
    from snnc.diff import compile_version
    from snnc.diff.version import read_spec

    try:
        source = read_spec(spec, report)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return None if source is None else compile_version(source, report, device())


def _print_difference(difference: Difference, form: str) -> None:
    if form == "json":
        from snnc.diff import document

        print_json(document(difference))
    elif form == "markdown":
        from snnc.diff.render import markdown as render

        print_lines(render(difference))
    else:
        from snnc.diff.render import text as render

        print_lines(render(difference), paint_difference)
