"""``snnc fmt``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import click

from snnc.cli.inputs import (
    checked_stdin,
    read_input,
    specs_argument,
    stdin_filename,
    with_folders,
)
from snnc.cli.printing import (
    paint_unified_diff,
    print_data,
    print_diagnostics,
    print_lines,
    say,
)
from snnc.diagnostics import Report
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import STDIN, SUFFIXES, can_format, formatted, replace_text


@click.command("fmt", epilog="Example: snnc fmt --check specs/drift.snn")
@specs_argument
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a spec differs.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@stdin_filename
def command(
    specs: tuple[str, ...],
    allow_empty: bool,
    check: bool,
    diff: bool,
    stdin_filename: str | None,
) -> int:
    """Write SPECS in the one true layout; those with syntax errors stay as they are.

    A SPEC of - is read from stdin and written to stdout; a folder stands for the specs
    in it.
    """
    report = Report()
    formatter = _Formatter(check, diff, checked_stdin(specs, stdin_filename))
    paths = list(with_folders(specs, report, allow_empty))
    for path in paths:
        if path != STDIN and not can_format(Path(path).as_posix()):
            raise click.BadParameter(
                f"{path} is no {' or '.join(SUFFIXES)} file", param_hint="SPECS"
            )
    changed = False
    for path in paths:
        own = Report()  # reading ends where a report is full
        changed |= formatter.format(path, own)
        report.extend(own.diagnostics)
    print_diagnostics(report)
    return 1 if report.errors or (check and changed) else 0


@dataclass(frozen=True, slots=True)
class _Formatter:
    """What is done with each file; ``stdin`` is the name of what stands there."""

    check: bool
    diff: bool
    stdin: str

    def format(self, path: str, report: Report) -> bool:
        """Format one file; whether its text differs."""
        source = read_input(path, self.stdin, report)
        document = None if source is None else parse(source, report)
        if source is None or document is None or report.errors:
            return False
        text = formatted(document)
        differs = text != source.text
        if self.diff and differs:
            print_lines(_difference(source, text), paint_unified_diff)
        if self.check and differs:
            say(f"{source.name}: not formatted")
        if not (self.check or self.diff):
            self._write(path, text, differs, report)
        return differs

    def _write(self, path: str, text: str, differs: bool, report: Report) -> None:
        if path == STDIN:
            print_data(text)
        elif differs and replace_text(path, text, report):
            say(f"{path}: formatted")


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
