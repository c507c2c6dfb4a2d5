"""``snnc convert``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from snnc.cli.options import Renamed
from snnc.cli.printing import print_data, print_diagnostics, say
from snnc.cli.schema import one_line, with_modeline
from snnc.diagnostics import Diagnostic, Report
from snnc.driver import compile_file
from snnc.language import tree
from snnc.runtime.files import write_file
from snnc.syntax.files import printed


@click.command("convert", epilog="Example: snnc convert specs/drift.snn --to yaml")
@click.argument("spec", type=click.Path())
@click.option(
    "--to",
    "form",
    type=click.Choice(["yaml", "snn"]),
    help="Notation; without it the one that SPEC is not in.",
)
@click.option(
    "--modeline",
    cls=Renamed,
    former="--schema",
    callback=lambda ctx, option, path: one_line(path),
    metavar="PATH",
    help="Begin YAML with the line that makes editors use the schema at PATH.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; without it, the text goes to stdout.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def command(
    spec: str, form: str | None, modeline: str | None, output: Path | None, force: bool
) -> int:
    """Write SPEC in the other notation, comments included."""
    form = form or ("snn" if Path(spec).suffix in (".yaml", ".yml") else "yaml")
    if modeline is not None and form != "yaml":
        raise click.BadParameter("only YAML has one", param_hint="--modeline")
    report = Report()
    made = compile_file(spec, report, "validate")
    document = None if made is None else made.document
    if document is not None and form == "yaml":
        report.extend(_lost(document))
    print_diagnostics(report)
    if document is None or report.errors:
        return 1
    text = printed(document, form)
    if modeline is not None:
        text = with_modeline(text, modeline)
    if output is None:
        print_data(text)
        return 0
    if output.exists() and not force:
        say(f"error: {output} is there already; `--force` replaces it")
        return 1
    try:
        write_file(output, text)
    except OSError as error:
        say(f"error: {output} can't be written: {error.strerror}")
        return 1
    say(f"{spec}: {output} written")
    return 0


def _lost(document: tree.Document) -> Iterator[Diagnostic]:
    from snnc.rules.yaml import NotInComment
    from snnc.syntax.yaml.printer import not_in_comments

    for span in not_in_comments(document):
        yield NotInComment(span=span, code_point=f"U+{ord(span.text):04X}")
