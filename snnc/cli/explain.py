"""``snnc explain``."""

from __future__ import annotations

import difflib

import click

from snnc.diagnostics.page import page
from snnc.rules.catalogue import RULES


@click.command("explain", epilog="Example: snnc explain SNN301")
@click.argument("code")
def command(code: str) -> None:
    """Print what the diagnostic CODE means and what to do about it."""
    rules = {rule.code: rule for rule in RULES}
    rule = rules.get(code.upper())
    if rule is None:
        near = difflib.get_close_matches(code.upper(), rules, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise click.BadParameter(f"there is no code {code}{hint}", param_hint="CODE")
    click.echo(page(rule))
