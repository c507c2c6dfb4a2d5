"""``snnc fmt``."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from snnc.cli.talk import offer_lines, say, show
from snnc.diagnostics import Report
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import read, replace_text
from snnc.syntax.formatted import PRINTERS, can_format, formatted


@click.command("fmt", epilog="Example: snnc fmt --check specs/drift.snn")
@click.argument("specs", nargs=-1, required=True, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a spec differs.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
def command(specs: tuple[str, ...], check: bool, diff: bool) -> int:
    """Write SPECS in the one true layout; those with syntax errors stay as they are."""
    for path in specs:
        if not can_format(Path(path).as_posix()):
            raise click.BadParameter(
                f"{path} is no {' or '.join(PRINTERS)} file", param_hint="SPECS"
            )
    report = Report()
    changed = False
    for path in specs:
        own = Report()  # reading ends where a report is full
        changed |= _format(path, check, diff, own)
        report.extend(own.diagnostics)
    show(report)
    return 1 if report.errors or (check and changed) else 0


def _format(path: str, check: bool, diff: bool, report: Report) -> bool:
    """Format one file; whether its text differs."""
    source = read(path, report)
    document = None if source is None else parse(source, report)
    if source is None or document is None or report.errors:
        return False
    text = formatted(document)
    if text == source.text:
        return False
    if diff:
        offer_lines(_difference(source, text))
    if check:
        say(f"{path}: not formatted")
    if not (check or diff) and replace_text(path, text, report):
        say(f"{path}: formatted")
    return True


def _difference(source: SourceFile, text: str) -> str:
    lines = difflib.unified_diff(
        source.text.splitlines(keepends=True),
        text.splitlines(keepends=True),
        source.name,
        f"{source.name} (formatted)",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in lines
    )
