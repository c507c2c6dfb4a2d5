"""``snnc limits``."""

from __future__ import annotations

import click

from snnc.cli.device import device
from snnc.cli.talk import offer_json, offer_lines
from snnc.report import limits


@click.command("limits", epilog="Example: snnc limits")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print them.",
)
def command(form: str) -> None:
    """Print what the device can hold, and where each number comes from."""
    if form == "json":
        offer_json(limits.document(device()))
    elif form == "markdown":
        offer_lines(limits.markdown(device()))
    else:
        offer_lines(limits.text(device()))
