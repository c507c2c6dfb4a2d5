"""``snnc schema``."""

from __future__ import annotations

import json

import click

MODELINE = "# yaml-language-server: $schema="


@click.command("schema", epilog="Example: snnc schema > snnc.schema.json")
@click.option(
    "--modeline",
    metavar="PATH",
    help="Print the line that makes editors use the schema at PATH instead.",
)
def command(modeline: str | None) -> None:
    """Print the JSON Schema (draft-07) of YAML specs, for editors."""
    if modeline is not None:
        click.echo(MODELINE + modeline)
        return
    from snnc.spec.schema import schema

    click.echo(json.dumps(schema(), indent=2))
