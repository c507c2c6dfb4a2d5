"""``snnc report``."""

from __future__ import annotations

import json

import click

from snnc.cli.talk import show
from snnc.diagnostics import Report
from snnc.passes import compile_spec
from snnc.source.read import read


@click.command("report", epilog="Example: snnc report specs/drift.snn")
@click.argument("spec", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
def command(spec: str, form: str) -> int:
    """Print the layers of SPEC, the cores they take and how full those are."""
    report = Report()
    source = read(spec, report)
    results = {} if source is None else compile_spec(source, report, through="map")
    show(report)
    mapped = results.get("map")
    if mapped is None or report.errors:
        return 1
    if form == "json":
        from snnc.report.json import document

        click.echo(json.dumps(document(mapped), indent=2))
    else:
        from snnc.report.text import table

        click.echo(table(mapped))
    return 0
