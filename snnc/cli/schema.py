"""``snnc schema``."""

from __future__ import annotations

import click

from snnc.cli.printing import print_data, print_json
from snnc.text.printable import printable

MODELINE = "# yaml-language-server: $schema="


def one_line(path: str | None) -> str | None:
    """Return a path that a comment can name.

    Raises
    ------
    click.BadParameter
        If it has a line end, or what is no text.
    """
    if path is not None and path != printable(path):
        raise click.BadParameter("name a path that prints on one line")
    return path


def with_modeline(text: str, schema: str) -> str:
    """Begin a YAML text with the line that names its schema, in place of another."""
    first, _, rest = text.partition("\n")
    return f"{MODELINE}{schema}\n{rest if first.startswith(MODELINE) else text}"


@click.command("schema", epilog="Example: snnc schema > snnc.schema.json")
@click.option(
    "--modeline",
    callback=lambda ctx, option, path: one_line(path),
    metavar="PATH",
    help="Print the line that makes editors use the schema at PATH instead.",
)
def command(modeline: str | None) -> None:
    """Print the JSON Schema (draft-07) of YAML specs, for editors."""
    if modeline is not None:
        print_data(f"{MODELINE}{modeline}\n")
        return
    from snnc.language.schema import schema

    print_json(schema())
