"""``snnc check``, ``fmt``, ``convert`` and ``schema``: the text of specs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file, compile_spec
from snnc.language.editions import EDITIONS
from snnc.passes.parse import parse
from snnc.runtime.files import write_file
from snnc.source import SourceFile
from snnc.syntax import files
from snnc.text.display import unified_diff
from snnc.text.tables import printable
from snnc.verbs.autofix import autofix


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
    refusals = {
        "--unsafe-fixes needs --fix": unsafe_fixes and not fix,
        "--fix can't change stdin: name a file": fix and files.STDIN in specs,
    }
    options.refuse(refusals)
    stdin = options.checked_stdin(specs, stdin_filename)
    report = Diagnostics()
    for path in options.with_folders(specs, report, allow_empty):
        started = time.perf_counter()
        own = Diagnostics()
        source = options.read_input(path, stdin, own)
        if source is not None and fix:
            fixed = autofix(source, unsafe_fixes, options.device())
            own = fixed.report
            if fixed.count and files.replace_text(path, fixed.source.text, own):
                printing.say(f"{path}: {fixed.count} fixed")
        elif source is not None:
            compile_spec(source, own, "place", options.device())
        if form == "text" and not own.errors:
            name = stdin if path == files.STDIN else path
            milliseconds = 1000 * (time.perf_counter() - started)
            printing.say(f"{name}: ok ({milliseconds:.0f} ms)")
        report.extend(own.diagnostics)
    options.print_diagnostics_as(form, report)
    return 1 if report.errors else 0


@click.command("fmt", epilog="Example: snnc fmt --check specs/drift.snn")
@options.specs
@options.flag("--check", help="Write nothing; exit with 1 if a spec differs.")
@options.flag("--diff", help="Write nothing; print the changes.")
@options.stdin_filename
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
    stdin = options.checked_stdin(specs, stdin_filename)
    paths = list(options.with_folders(specs, report, allow_empty))
    _check_suffixes(paths)
    changed = False
    for path in paths:
        own = Diagnostics()  # a full report would stop reading
        source = options.read_input(path, stdin, own)
        text = None if source is None else _formatted(source, own)
        if source is not None and text is not None:
            changed |= text != source.text
            if check or diff:
                _show_changes(source, text, check=check, diff=diff)
            elif path == files.STDIN:
                printing.print_data(text)
            elif text != source.text and files.replace_text(path, text, own):
                printing.say(f"{path}: formatted")
        report.extend(own.diagnostics)
    printing.print_diagnostics(report)
    return 1 if report.errors or (check and changed) else 0


def _check_suffixes(paths: Sequence[str]) -> None:
    """Refuse files that are not specs."""
    for path in paths:
        if path != files.STDIN and not files.can_format(Path(path).as_posix()):
            problem = f"{path} is not a {' or '.join(files.SUFFIXES)} file"
            raise click.BadParameter(problem, param_hint="SPECS")


def _show_changes(source: SourceFile, text: str, *, check: bool, diff: bool) -> None:
    """Print the changes from a spec to its standard layout, and name the spec."""
    if text == source.text:
        return
    if diff:
        name = f"{source.name} (formatted)"
        changes = unified_diff(source.text, text, source.name, name)
        printing.print_lines(changes, printing.UNIFIED_DIFF)
    if check:
        printing.say(f"{source.name}: not formatted")


def _formatted(source: SourceFile, report: Diagnostics) -> str | None:
    """Return a spec in the standard layout; None with syntax errors."""
    document = parse(source, report)
    if document is None or report.errors:
        return None
    return files.format_document(document)


MODELINE = "# yaml-language-server: $schema="


def one_line(
    context: click.Context, parameter: click.Parameter, path: str | None
) -> str | None:
    """Refuse a path with a line end or bytes that are not UTF-8, for a comment."""
    if path is not None and path != printable(path):
        raise click.BadParameter("use a path without line ends")
    return path


@click.command("schema", epilog="Example: snnc schema > snnc.schema.json")
@click.option(
    "--modeline",
    callback=one_line,
    metavar="PATH",
    help="Instead, print the comment that names the schema at PATH, for editors.",
)
def schema_command(modeline: str | None) -> None:
    """Print the JSON Schema (draft-07) of YAML specs, for editors."""
    if modeline is not None:
        printing.print_data(f"{MODELINE}{modeline}\n")
        return
    from snnc.language.schema import schema  # slow to import

    printing.print_json(schema())


@click.command("convert", epilog="Example: snnc convert specs/drift.snn --to yaml")
@click.argument("spec", type=click.Path())
@options.choice(
    "--to",
    "form",
    among=["yaml", "snn"],
    help="The notation  [default: the other one; with --edition, the same one]",
)
@options.choice(
    "--edition",
    among=[*map(str, EDITIONS)],
    help="Write the spec in this edition of the language. The old edition's defaults"
    " on which the spec relies are written, so its meaning stays the same.",
)
@click.option(
    "--modeline",
    callback=one_line,
    metavar="PATH",
    help="Begin the YAML file with a comment that names the schema at PATH, for"
    " editors.",
)
@options.file("-o", "--output", help="The file to write  [default: stdout]")
@options.force
def convert_command(
    spec: str,
    form: str | None,
    edition: str | None,
    modeline: str | None,
    output: Path | None,
    force: bool,
) -> int:
    """Convert SPEC to the other notation, including its comments."""
    form = form or _notation(spec, is_other=edition is None)
    if modeline is not None and form != "yaml":
        raise click.BadParameter("only YAML has such a line", param_hint="--modeline")
    report = Diagnostics()
    made = compile_file(spec, report, "validate")
    document = None if made is None else made.document
    if document is not None and form == "yaml":
        from snnc.rules.yaml import NotInComment  # needed for few specs
        from snnc.syntax.yaml.printer import not_in_comments

        for span in not_in_comments(document):
            code_point = f"U+{ord(span.text):04X}"
            report.add(NotInComment(span=span, code_point=code_point))
    printing.print_diagnostics(report)
    if document is None or report.errors:
        return 1
    if edition is not None:
        from snnc.syntax.editions import in_edition  # rarely used

        document = in_edition(document, int(edition))
    text = files.print_document(document, form)
    if modeline is not None:  # add the first line, or replace it
        first, _, rest = text.partition("\n")
        text = rest if first.startswith(MODELINE) else text
        text = f"{MODELINE}{modeline}\n{text}"
    if output is None:
        printing.print_data(text)
        return 0
    options.refuse_existing(force, output)
    try:
        write_file(output, text)
    except OSError as error:
        printing.say(f"error: {output} can't be written: {error.strerror}")
        return 1
    printing.say(f"{spec}: {output} written")
    return 0


def _notation(spec: str, *, is_other: bool) -> str:
    """Return the notation of a spec, or the other one."""
    is_yaml = Path(spec).suffix in (".yaml", ".yml")
    return "yaml" if is_yaml != is_other else "snn"
