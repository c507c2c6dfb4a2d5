"""``snnc limits``."""

from __future__ import annotations

import click

from snnc.cli.options import device, format_option
from snnc.cli.printing import print_json, print_lines
from snnc.report import limits


@click.command("limits", epilog="Example: snnc limits")
@format_option("How to print them.", "markdown")
def command(form: str) -> None:
    """Print what the device can hold, and where each number comes from."""
    if form == "json":
        print_json(limits.document(device()))
    elif form == "markdown":
        print_lines(limits.markdown(device()))
    else:
        print_lines(limits.text(device()))
