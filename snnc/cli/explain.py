"""``snnc explain``."""

from __future__ import annotations

import click

from snnc.cli.printing import print_data
from snnc.resources import rule_page, rule_pages


def _codes(ctx: click.Context, argument: click.Parameter, typed: str) -> list[str]:
    """The codes that a shell may complete to."""
    return [code for code in rule_pages() if code.startswith(typed.upper())]


@click.command("explain", epilog="Example: snnc explain SNN301")
@click.argument("code", shell_complete=_codes)
def command(code: str) -> None:
    """Print what the diagnostic CODE means and what to do about it."""
    try:
        page = rule_page(code)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
    print_data(page)
