"""``snnc diff``."""

from __future__ import annotations

import json

import click

from snnc.cli.talk import show
from snnc.diagnostics import Report
from snnc.diff import Difference, Version, compare, compile_version
from snnc.diff.revision import read_spec


@click.command("diff", epilog="Example: snnc diff git:main:specs/a.snn specs/a.snn")
@click.argument("old", type=click.Path())
@click.argument("new", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Markdown is fit for a comment on a pull request.",
)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 1 if the networks differ, as git does.",
)
def command(old: str, new: str, form: str, exit_code: bool) -> int:
    """Say what changed between two specs, and whether trained weights stay valid.

    OLD and NEW are files, or git:REV:PATH as in `git show REV:PATH`.
    """
    report = Report()
    versions = [_version(spec, report) for spec in (old, new)]
    show(report)
    before, after = versions
    if before is None or after is None:
        return 1
    difference = compare(before, after)
    click.echo(_written(difference, form), nl=False)
    return 1 if exit_code and not difference.same else 0


def _version(spec: str, report: Report) -> Version | None:
    try:
        source = read_spec(spec, report)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return None if source is None else compile_version(source, report)


def _written(difference: Difference, form: str) -> str:
    if form == "json":
        from snnc.diff.json import document

        return json.dumps(document(difference), indent=2) + "\n"
    if form == "markdown":
        from snnc.diff import markdown

        return markdown.render(difference)
    from snnc.diff import text

    return text.render(difference)
