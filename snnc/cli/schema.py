"""``snnc schema``."""

from __future__ import annotations

import click

from snnc.cli.talk import offer, offer_json

MODELINE = "# yaml-language-server: $schema="


def with_modeline(text: str, schema: str) -> str:
    """Begin a YAML text with the line that names its schema, in place of another."""
    first, _, rest = text.partition("\n")
    return f"{MODELINE}{schema}\n{rest if first.startswith(MODELINE) else text}"


@click.command("schema", epilog="Example: snnc schema > snnc.schema.json")
@click.option(
    "--modeline",
    metavar="PATH",
    help="Print the line that makes editors use the schema at PATH instead.",
)
def command(modeline: str | None) -> None:
    """Print the JSON Schema (draft-07) of YAML specs, for editors."""
    if modeline is not None:
        offer(f"{MODELINE}{modeline}\n")
        return
    from snnc.spec.schema import schema

    offer_json(schema())
