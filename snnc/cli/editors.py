"""``snnc lsp``, ``snnc explain`` and ``snnc completion``."""

from __future__ import annotations

import gc
import os
import re
import sys

import click

from snnc.cli import printing
from snnc.source import rule_page, rule_pages
from snnc.text.installing import installation

_LINK = re.compile(r"\[([^\[\]\n]+)\]\([^()\s]+\)")
"""A link in Markdown; only its text is of use in a terminal."""


def _codes(ctx: click.Context, argument: click.Parameter, typed: str) -> list[str]:
    return [code for code in rule_pages() if code.startswith(typed.upper())]


@click.command("explain", epilog="Example: snnc explain SNN301")
@click.argument("code", shell_complete=_codes, required=False)
def explain_command(code: str | None) -> None:
    """Explain the diagnostic CODE, with an example and its fix.

    Without CODE, list all codes with their titles.
    """
    if code is None:
        for path in rule_pages().values():
            with path.open(encoding="utf-8") as file:
                printing.print_lines(file.readline().removeprefix("# "))
        return
    try:
        page = rule_page(code)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="CODE") from error
    printing.print_data(_LINK.sub(r"\1", page))


@click.command("completion", epilog='Example: eval "$(snnc completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script for SHELL, to add to the shell's start-up file."""
    from click.shell_completion import get_completion_class  # rarely used

    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    printing.print_data(f"{kind(root, {}, 'snnc', '_SNNC_COMPLETE').source()}\n")


@click.command("lsp", epilog="Example: snnc lsp (editors start it: docs/editors.md)")
@click.option("--stdio", is_flag=True, help="Accepted for compatibility; no effect.")
def lsp_command(*, stdio: bool) -> int:
    """Run the language server (LSP) on stdin and stdout."""
    try:
        from snnc.language_server.server import SpecServer  # needs the extra `lsp`
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("pygls", "lsprotocol"):
            raise
        printing.say(f"{missing} is not installed: {installation('lsp')}")
        return 1
    # Don't use `cli.device`, which imports modules that delay the start.
    device = click.get_current_context().find_root().params["device"]
    server = SpecServer(device)
    # The server runs for days, so collect garbage, but only of new objects.
    gc.freeze()
    gc.enable()
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # keep accidental output out of the protocol
    server.start_io(sys.stdin.buffer, stdout)
    if server.was_shut_down:
        # A running analysis would otherwise keep the process alive.
        os._exit(0)
    return 1
