"""``snnc explain``."""

from __future__ import annotations

import difflib

import click

from snnc.cli.talk import offer
from snnc.resources import rule_pages


def _codes(ctx: click.Context, argument: click.Parameter, typed: str) -> list[str]:
    """The codes that a shell may complete to."""
    return [code for code in rule_pages() if code.startswith(typed.upper())]


@click.command("explain", epilog="Example: snnc explain SNN301")
@click.argument("code", shell_complete=_codes)
def command(code: str) -> None:
    """Print what the diagnostic CODE means and what to do about it."""
    pages = rule_pages()
    page = pages.get(code.upper())
    if page is None:
        near = difflib.get_close_matches(code.upper(), pages, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise click.BadParameter(f"there is no code {code}{hint}", param_hint="CODE")
    offer(page.read_text(encoding="utf-8"))
