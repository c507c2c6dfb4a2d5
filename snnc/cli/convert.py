"""``snnc fmt``, ``snnc convert`` and ``snnc schema``: layout and notation of specs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from snnc.cli.options import (
    Renamed,
    checked_stdin,
    force_option,
    output_option,
    read_input,
    refuse_existing,
    specs_argument,
    stdin_filename,
    with_folders,
)
from snnc.cli.printing import (
    paint_unified_diff,
    print_data,
    print_diagnostics,
    print_json,
    print_lines,
    say,
)
from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import compile_file
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.runtime.files import write_file
from snnc.source import SourceFile
from snnc.syntax.files import (
    STDIN,
    SUFFIXES,
    can_format,
    format_document,
    print_document,
    replace_text,
)
from snnc.text.tables import printable


@click.command("fmt", epilog="Example: snnc fmt --check specs/drift.snn")
@specs_argument
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if a spec differs."
)
@click.option("--diff", is_flag=True, help="Write nothing; print the changes.")
@stdin_filename
def fmt_command(
    specs: tuple[str, ...],
    allow_empty: bool,
    check: bool,
    diff: bool,
    stdin_filename: str | None,
) -> int:
    """Format SPECS; specs with syntax errors stay unchanged.

    In a folder, all specs are formatted. `-` reads stdin and writes stdout.
    """
    report = Diagnostics()
    formatter = _Formatter(check, diff, checked_stdin(specs, stdin_filename))
    paths = list(with_folders(specs, report, allow_empty))
    for path in paths:
        if path != STDIN and not can_format(Path(path).as_posix()):
            raise click.BadParameter(
                f"{path} is not a {' or '.join(SUFFIXES)} file", param_hint="SPECS"
            )
    changed = False
    for path in paths:
        own = Diagnostics()  # a full report would stop reading
        changed |= formatter.format(path, own)
        report.extend(own.diagnostics)
    print_diagnostics(report)
    return 1 if report.errors or (check and changed) else 0


@dataclass(frozen=True, slots=True)
class _Formatter:
    """Formats files; ``stdin`` is the name to show for text from stdin."""

    check: bool
    diff: bool
    stdin: str

    def format(self, path: str, report: Diagnostics) -> bool:
        """Format one file; return whether its text changes."""
        source = read_input(path, self.stdin, report)
        document = None if source is None else parse(source, report)
        if source is None or document is None or report.errors:
            return False
        text = format_document(document)
        differs = text != source.text
        if self.diff and differs:
            print_lines(_difference(source, text), paint_unified_diff)
        if self.check and differs:
            say(f"{source.name}: not formatted")
        if not (self.check or self.diff):
            self._write(path, text, differs, report)
        return differs

    def _write(self, path: str, text: str, differs: bool, report: Diagnostics) -> None:
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


MODELINE = "# yaml-language-server: $schema="


def one_line(path: str | None) -> str | None:
    """Return a path if it can be written in a comment.

    Raises
    ------
    click.BadParameter
        If the path contains a line end or bytes that are not UTF-8.
    """
    if path is not None and path != printable(path):
        raise click.BadParameter("use a path without line ends")
    return path


def with_modeline(text: str, schema: str) -> str:
    """Add or replace the first line of a YAML text, which names its schema."""
    first, _, rest = text.partition("\n")
    return f"{MODELINE}{schema}\n{rest if first.startswith(MODELINE) else text}"


@click.command("schema", epilog="Example: snnc schema > snnc.schema.json")
@click.option(
    "--modeline",
    callback=lambda ctx, option, path: one_line(path),
    metavar="PATH",
    help="Instead, print the comment that names the schema at PATH, for editors.",
)
def schema_command(modeline: str | None) -> None:
    """Print the JSON Schema (draft-07) of YAML specs, for editors."""
    if modeline is not None:
        print_data(f"{MODELINE}{modeline}\n")
        return
    from snnc.language.schema import schema  # slow to import

    print_json(schema())


@click.command("convert", epilog="Example: snnc convert specs/drift.snn --to yaml")
@click.argument("spec", type=click.Path())
@click.option(
    "--to",
    "form",
    type=click.Choice(["yaml", "snn"]),
    help="The notation  [default: the other notation]",
)
@click.option(
    "--modeline",
    cls=Renamed,
    former="--schema",
    callback=lambda ctx, option, path: one_line(path),
    metavar="PATH",
    help="Begin the YAML file with a comment that names the schema at PATH, for"
    " editors.",
)
@output_option("-o", "--output", help="The file to write  [default: stdout]")
@force_option
def convert_command(
    spec: str, form: str | None, modeline: str | None, output: Path | None, force: bool
) -> int:
    """Convert SPEC to the other notation, including its comments."""
    form = form or ("snn" if Path(spec).suffix in (".yaml", ".yml") else "yaml")
    if modeline is not None and form != "yaml":
        raise click.BadParameter("only YAML has such a line", param_hint="--modeline")
    report = Diagnostics()
    made = compile_file(spec, report, "validate")
    document = None if made is None else made.document
    if document is not None and form == "yaml":
        report.extend(_warn_of_characters(document))
    print_diagnostics(report)
    if document is None or report.errors:
        return 1
    text = print_document(document, form)
    if modeline is not None:
        text = with_modeline(text, modeline)
    if output is None:
        print_data(text)
        return 0
    refuse_existing(force, output)
    try:
        write_file(output, text)
    except OSError as error:
        say(f"error: {output} can't be written: {error.strerror}")
        return 1
    say(f"{spec}: {output} written")
    return 0


def _warn_of_characters(document: tree.Document) -> Iterator[Diagnostic]:
    from snnc.rules.yaml import NotInComment  # needed for few specs
    from snnc.syntax.yaml.printer import not_in_comments

    for span in not_in_comments(document):
        yield NotInComment(span=span, code_point=f"U+{ord(span.text):04X}")
