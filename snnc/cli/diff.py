"""``snnc diff``: the changes from one spec to another, or between two folders."""

from __future__ import annotations

from typing import Literal

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.verbs.diff.compare import compare
from snnc.verbs.diff.folders import compare_folders, is_folder
from snnc.verbs.diff.properties import read_version

Outcome = Literal["same", "changed", "broken"]
EXIT_CODES: dict[Outcome, int] = {"same": 0, "changed": 1, "broken": 2}
"""The exit codes with ``--exit-code``, as with git's option (decision 010)."""


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
    if is_folder(old) != is_folder(new):
        raise click.UsageError(
            "compare two specs, or two folders; after `git:REV:`, a path is relative to"
            " the root of the repository, or begins with `./`"
        )
    outcome = _folders(old, new, form) if is_folder(old) else _specs(old, new, form)
    if exit_code:
        return EXIT_CODES[outcome]
    return 1 if outcome == "broken" else 0


def _folders(old: str, new: str, form: str) -> Outcome:
    """Print the changes of the specs of a folder."""
    report = Diagnostics()
    rows = compare_folders(old, new, report, options.device())
    printing.print_diagnostics(report)
    printing.print_result(rows, form)
    if rows.broken:
        return "broken"
    return "same" if rows.same else "changed"


def _specs(old: str, new: str, form: str) -> Outcome:
    """Print the changes of a spec."""
    report = Diagnostics()
    device = options.device()
    try:
        before = read_version(old, report, device)
        after = read_version(new, report, device)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    printing.print_diagnostics(report)
    if before is None or after is None:
        return "broken"
    difference = compare(before, after)
    printing.print_result(difference, form, printing.DIFFERENCE)
    return "same" if difference.same else "changed"
