"""The page of a verb, from its click command."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from snnc.text.tables import code, prose, table


def page(verb: str, command: click.Command) -> str:
    """What a verb does, its example, its arguments and options, as Markdown."""
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
        parts += ["## Options", "\n".join(table(("option", "means", "default"), rows))]
    return "\n\n".join(parts) + "\n"


def index(verbs: Mapping[str, str]) -> str:
    """What all verbs have in common, and a list of them."""
    rows = [(f"[`{verb}`]({verb}.md)", prose(about)) for verb, about in verbs.items()]
    listed = "\n".join(table(("verb", "does"), rows))
    toctree = "```{toctree}\n:hidden:\n\n" + "\n".join(verbs) + "\n```"
    return "\n\n".join(["# Command line", COMMON, listed, toctree]) + "\n"


COMMON = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").strip()
"""What all verbs have in common."""


def _options(command: click.Command) -> Iterator[tuple[str, str, str]]:
    for option in command.params:
        if not isinstance(option, click.Option) or option.hidden:
            continue
        former = getattr(option, "former", None)
        names = ", ".join(name for name in option.opts if name != former)
        metavar = "" if option.is_flag else f" {_metavar(option, command)}"
        yield code(names + metavar), prose(option.help or ""), _default(option)


def _metavar(option: click.Option, command: click.Command) -> str:
    return option.make_metavar(click.Context(command))


def _default(option: click.Option) -> str:
    value = option.default
    shown = not (option.is_flag or value is None or callable(value))
    return code(str(value)) if shown and value != () else ""


def _paragraph(text: str) -> str:
    return prose(" ".join(text.replace("\b", "").split()))
