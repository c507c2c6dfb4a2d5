"""``snnc check``."""

from __future__ import annotations

import json
import time

import click

from snnc.cli.talk import say, show
from snnc.diagnostics import Report
from snnc.passes import compile_spec
from snnc.source.read import read


@click.command("check", epilog="Example: snnc check specs/drift.snn")
@click.argument("specs", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print diagnostics; json goes to stdout.",
)
def command(specs: tuple[str, ...], form: str) -> int:
    """Report every problem of SPECS, up to whether they fit the chip."""
    report = Report()
    for path in specs:
        started = time.perf_counter()
        own = Report()
        source = read(path, own)
        if source is not None:
            compile_spec(source, own, through="map")
        if form == "text" and not own.errors:
            say(f"{path}: ok ({1000 * (time.perf_counter() - started):.0f} ms)")
        for diagnostic in own.diagnostics:
            report.add(diagnostic)
    if form == "json":
        from snnc.diagnostics.json import document

        click.echo(json.dumps(document(report.diagnostics), indent=2))
    else:
        show(report)
    return 1 if report.errors else 0
