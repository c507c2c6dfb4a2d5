"""``snnc check`` in all formats."""

from __future__ import annotations

import time

import click

from snnc.cli import options
from snnc.cli.printing import say
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.syntax.files import STDIN, read, replace_text
from snnc.tools.autofix import autofix


@click.command("check", epilog="Example: snnc check specs/drift.snn")
@options.specs
@options.diagnostic_format(
    "Format of diagnostics. Text is written to stderr, other formats to stdout."
)
@options.flag("--fix", help="Fix problems that have one obvious fix.")
@options.flag(
    "--unsafe-fixes",
    help="With --fix, also apply fixes that may change the meaning of a spec.",
)
@options.stdin_filename
def check_command(
    specs: tuple[str, ...],
    allow_empty: bool,
    form: str,
    fix: bool,
    unsafe_fixes: bool,
    stdin_filename: str | None,
) -> int:
    """List every problem of SPECS, including networks that don't fit on the chip.

    In a folder, all specs are checked. `-` means stdin.
    """
    options.refuse(
        {
            "--unsafe-fixes needs --fix": unsafe_fixes and not fix,
            "--fix can't change stdin: name a file": fix and STDIN in specs,
        }
    )
    stdin = options.checked_stdin(specs, stdin_filename)
    report = Diagnostics()
    for path in options.with_folders(specs, report, allow_empty):
        started = time.perf_counter()
        own = _fix(path, unsafe_fixes) if fix else _check(path, stdin)
        if form == "text" and not own.errors:
            name = stdin if path == STDIN else path
            say(f"{name}: ok ({1000 * (time.perf_counter() - started):.0f} ms)")
        report.extend(own.diagnostics)
    options.print_diagnostics_as(form, report)
    return 1 if report.errors else 0


def _check(path: str, stdin: str) -> Diagnostics:
    report = Diagnostics()
    source = options.read_input(path, stdin, report)
    if source is not None:
        compile_spec(source, report, "place", options.device())
    return report


def _fix(path: str, unsafe: bool) -> Diagnostics:
    """Fix a file; report the remaining problems."""
    report = Diagnostics()
    source = read(path, report)
    if source is None:
        return report
    fixed = autofix(source, unsafe, options.device())
    if fixed.count and replace_text(path, fixed.source.text, fixed.report):
        say(f"{path}: {fixed.count} fixed")
    return fixed.report
