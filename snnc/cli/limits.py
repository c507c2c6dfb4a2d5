"""``snnc limits``."""

from __future__ import annotations

import click

from snnc.cli.device import device
from snnc.cli.formats import format_option
from snnc.cli.talk import offer_json, offer_lines
from snnc.report import limits


@click.command("limits", epilog="Example: snnc limits")
@format_option("How to print them.", "markdown")
def command(form: str) -> None:
    """Print what the device can hold, and where each number comes from."""
    if form == "json":
        offer_json(limits.document(device()))
    elif form == "markdown":
        offer_lines(limits.markdown(device()))
    else:
        offer_lines(limits.text(device()))
