"""``snnc check``, ``fmt``, ``convert`` and ``schema``: the text of specs."""

from __future__ import annotations

import time
from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file, compile_spec
from snnc.interface.spec_options import CheckOptions, ConvertOptions
from snnc.language.editions import EDITIONS
from snnc.language.tree import Document
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
@options.of(CheckOptions)
@options.flag(
    "--unsafe-fixes",
    help="With --fix, also apply fixes that may change the meaning of a spec.",
)
@options.stdin_filename
def check_command(
    specs: tuple[str, ...],
    *,
    allow_empty: bool,
    form: str,
    fix: bool,
    unsafe_fixes: bool,
    stdin_filename: str | None,
) -> int:
    """List every problem of SPECS, including networks that don't fit on the chip.

    In a folder, all specs are checked. `-` means stdin.
    """
    if unsafe_fixes and not fix:
        raise click.UsageError("--unsafe-fixes needs --fix")
    if fix and files.STDIN in specs:
        raise click.UsageError("--fix can't change stdin: name a file")
    stdin = options.checked_stdin(specs, stdin_filename)
    report = Diagnostics()
    for path in options.with_folders(specs, report, allow_empty=allow_empty):
        started = time.perf_counter()
        problems = _check(path, stdin, fix=fix, unsafe_fixes=unsafe_fixes)
        if form == "text" and not problems.errors:
            name = stdin if path == files.STDIN else path
            milliseconds = 1000 * (time.perf_counter() - started)
            printing.say(f"{name}: ok ({milliseconds:.0f} ms)")
        report.extend(problems)
    options.print_diagnostics_as(form, report)
    return 1 if report.errors else 0


def _check(path: str, stdin: str, *, fix: bool, unsafe_fixes: bool) -> Diagnostics:
    """Return the problems of a spec, with ``fix`` those that are left."""
    report = Diagnostics()
    source = options.read_input(path, stdin, report)
    if source is None:
        return report
    if not fix:
        compile_spec(source, report, "place", options.device())
        return report
    fixed = autofix(source, unsafe=unsafe_fixes, device=options.device())
    if fixed.count and files.replace_text(path, fixed.source.text, fixed.report):
        printing.say(f"{path}: {fixed.count} fixed")
    return fixed.report


@click.command("fmt", epilog="Example: snnc fmt --check specs/drift.snn")
@options.specs
@options.flag("--check", help="Write nothing; exit with 1 if a spec differs.")
@options.flag("--diff", help="Write nothing; print the changes.")
@options.stdin_filename
def fmt_command(
    specs: tuple[str, ...],
    *,
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
    paths = list(options.with_folders(specs, report, allow_empty=allow_empty))
    for path in paths:
        if path != files.STDIN and not files.can_format(Path(path).as_posix()):
            problem = f"{path} is not a {' or '.join(files.SUFFIXES)} file"
            raise click.BadParameter(problem, param_hint="SPECS")
    is_changed = False
    for path in paths:
        problems = Diagnostics()  # a full report would stop reading
        source = options.read_input(path, stdin, problems)
        if source is not None:
            is_changed |= _format(path, source, problems, check=check, diff=diff)
        report.extend(problems)
    printing.print_diagnostics(report)
    return 1 if report.errors or (check and is_changed) else 0


def _format(
    path: str, source: SourceFile, report: Diagnostics, *, check: bool, diff: bool
) -> bool:
    """Format a file, or show its changes, and return whether it has any.

    The formatted text of stdin is written to stdout.
    """
    document = parse(source, report)
    if report.errors:
        return False
    text = files.format_document(document)
    if path == files.STDIN and not (check or diff):
        printing.print_data(text)
        return text != source.text
    if text == source.text:
        return False
    if diff:
        after = f"{source.name} (formatted)"
        changes = unified_diff(source.text, text, source.name, after)
        printing.print_lines(changes, printing.UNIFIED_DIFF)
    if check:
        printing.say(f"{source.name}: not formatted")
    elif not diff and files.replace_text(path, text, report):
        printing.say(f"{path}: formatted")
    return True


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
@options.spec
@options.of(ConvertOptions)
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
    to: str | None,
    edition: str | None,
    modeline: str | None,
    output: Path | None,
    *,
    force: bool,
) -> int:
    """Convert SPEC to the other notation, including its comments."""
    form = to or _notation(spec, is_other=edition is None)
    if modeline is not None and form != "yaml":
        raise click.BadParameter("only YAML has such a line", param_hint="--modeline")
    document = _read_valid(spec, form)
    if document is None:
        return 1
    if edition is not None:
        from snnc.syntax.editions import in_edition  # rarely used

        document = in_edition(document, int(edition))
    text = files.print_document(document, form)
    if modeline is not None:
        first, _, rest = text.partition("\n")
        if first.startswith(MODELINE):
            text = rest
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


def _read_valid(spec: str, form: str) -> Document | None:
    """Print the problems of a spec; return it if it can be written in a notation."""
    report = Diagnostics()
    compilation = compile_file(spec, report, "validate")
    document = None if compilation is None else compilation.document
    if document is not None and form == "yaml":
        from snnc.rules.yaml import NotInComment  # needed for few specs
        from snnc.syntax.yaml.printer import not_in_comments

        for span in not_in_comments(document):
            code_point = f"U+{ord(span.text):04X}"
            report.add(NotInComment(span=span, code_point=code_point))
    printing.print_diagnostics(report)
    return None if report.errors else document


def _notation(spec: str, *, is_other: bool) -> str:
    """Return the notation of a spec, or the other one."""
    is_yaml = Path(spec).suffix in (".yaml", ".yml")
    return "yaml" if is_yaml != is_other else "snn"
