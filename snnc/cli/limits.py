"""``snnc limits``."""

from __future__ import annotations

import click

from snnc.cli.device import device
from snnc.cli.talk import offer_lines
from snnc.report.limits import limits


@click.command("limits", epilog="Example: snnc limits")
def command() -> None:
    """Print what the device can hold, and where each number comes from."""
    offer_lines(limits(device()))
