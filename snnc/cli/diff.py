"""``snnc diff``."""

from __future__ import annotations

import click

from snnc.cli.options import device, format_option
from snnc.cli.printing import (
    paint_difference,
    print_diagnostics,
    print_json,
    print_lines,
)
from snnc.diagnostics import Report
from snnc.diff import Difference, Version, compare, compile_version
from snnc.diff.version import read_spec


@click.command("diff", epilog="Example: snnc diff git:main:specs/a.snn specs/a.snn")
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@format_option("Markdown is fit for a comment on a pull request.", "markdown")
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 1 if the networks differ, and with 2 if one is no sound spec.",
)
def diff_command(old: str, new: str, form: str, exit_code: bool) -> int:
    """Say what changed between two specs, and whether trained weights stay valid.

    OLD and NEW are files, or git:REV:PATH as in `git show REV:PATH`.
    """
    report = Report()
    versions = [_version(spec, report) for spec in (old, new)]
    print_diagnostics(report)
    before, after = versions
    if before is None or after is None:
        return 2 if exit_code else 1
    difference = compare(before, after)
    _print(difference, form)
    return 1 if exit_code and not difference.same else 0


def _version(spec: str, report: Report) -> Version | None:
    try:
        source = read_spec(spec, report)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return None if source is None else compile_version(source, report, device())


def _print(difference: Difference, form: str) -> None:
    if form == "json":
        from snnc.diff.difference_json import document

        print_json(document(difference))
    elif form == "markdown":
        from snnc.diff.difference_markdown import render

        print_lines(render(difference))
    else:
        from snnc.diff.difference_text import render

        print_lines(render(difference), paint_difference)
