"""``snnc lsp`` and ``snnc explain``: what is wrong, in an editor and in full."""

from __future__ import annotations

import gc
import os
import sys

import click

from snnc.cli.printing import print_data, say
from snnc.source import rule_page, rule_pages


def _codes(ctx: click.Context, argument: click.Parameter, typed: str) -> list[str]:
    """The codes that a shell may complete to."""
    return [code for code in rule_pages() if code.startswith(typed.upper())]


@click.command("explain", epilog="Example: snnc explain SNN301")
@click.argument("code", shell_complete=_codes)
def explain_command(code: str) -> None:
    """Print what the diagnostic CODE means and what to do about it."""
    try:
        page = rule_page(code)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
    print_data(page)


@click.command("lsp", epilog="Example: snnc lsp (editors start it: docs/editors.md)")
@click.option("--stdio", is_flag=True, help="As without it; many clients add it.")
def lsp_command(stdio: bool) -> int:
    """Serve an editor over stdin and stdout, by the Language Server Protocol."""
    try:
        from snnc.language_server.requests import create_server
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("pygls", "lsprotocol"):
            raise
        say(f"{missing} is not installed: pip install 'snnc[lsp]'")
        return 1
    if sys.stdin.isatty():
        say("waiting for an editor on stdin, which starts this by itself: Ctrl-C ends")
    # Not by `cli.device`, which loads what a client need not wait for.
    device = click.get_current_context().find_root().params["device"]
    server = create_server(device)
    # It runs for days, unlike other verbs; what is there by now stays.
    gc.freeze()
    gc.enable()
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # what is printed by mistake is not the protocol's
    server.start_io(sys.stdin.buffer, stdout)
    if server.was_shut_down:
        # An analysis of what nobody sees any more would keep the process.
        os._exit(0)
    return 1
