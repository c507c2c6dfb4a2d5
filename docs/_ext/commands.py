"""Make the page of a command from click."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from snnc.text.tables import code, prose, table


def page(verb: str, command: click.Command) -> str:
    """Return the page of a command as Markdown: its effect, example and options."""
    context = click.Context(command, info_name=f"snnc {verb}")
    usage = " ".join(["snnc", verb, *command.collect_usage_pieces(context)])
    about = inspect.cleandoc(command.help or "")
    parts = [f"# snnc {verb}", *map(_paragraph, about.split("\n\n"))]
    parts.append(f"    {usage}")
    example = (command.epilog or "").removeprefix("Example: ")
    if example:
        parts += ["## Example", f"    {example}"]
    rows = list(_options(command))
    if rows:
        parts += [
            "## Options",
            "\n".join(table(("option", "meaning", "default"), rows)),
        ]
    return "\n\n".join(parts) + "\n"


def index(verbs: Mapping[str, str]) -> str:
    """Return the index of the commands, with their common options."""
    rows = [(f"[`{verb}`]({verb}.md)", prose(about)) for verb, about in verbs.items()]
    listed = "\n".join(table(("command", "effect"), rows))
    toctree = "```{toctree}\n:hidden:\n\n" + "\n".join(verbs) + "\n```"
    return "\n\n".join(["# Command line", COMMON, listed, toctree]) + "\n"


COMMON = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").strip()
"""The text on all commands."""


def _options(command: click.Command) -> Iterator[tuple[str, str, str]]:
    for option in command.params:
        if not isinstance(option, click.Option) or option.hidden:
            continue
        names = ", ".join(option.opts)
        metavar = "" if option.is_flag else f" {_metavar(option, command)}"
        yield code(names + metavar), prose(option.help or ""), _default(option)


def _metavar(option: click.Option, command: click.Command) -> str:
    return option.make_metavar(click.Context(command))


def _default(option: click.Option) -> str:
    value = option.default
    shown = isinstance(value, (str, int, float)) and not option.is_flag
    return code(str(value)) if shown else ""


def _paragraph(text: str) -> str:
    return prose(" ".join(text.replace("\b", "").split()))
