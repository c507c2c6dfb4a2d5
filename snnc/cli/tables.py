"""``snnc status`` and ``limits``: tables of specs and of the chip's limits."""

from __future__ import annotations

from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.verbs.limits import limits_of
from snnc.verbs.repository_options import StatusOptions


@click.command("status", epilog="Example: snnc status specs")
@options.specs
@options.of(StatusOptions)
@options.output_format()
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
        result = status(specs, packages, options.device_name())
    printing.print_diagnostics(result)
    printing.print_result(result, form)
    return 1 if any(row.problems for row in result.specs) else 0


@click.command("limits", epilog="Example: snnc limits")
@options.output_format("Output format.", "markdown")
def limits_command(form: str) -> None:
    """Print the limits of the chip, with the source of each number."""
    printing.print_result(limits_of(options.device()), form)
