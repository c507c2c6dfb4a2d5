"""Options that verbs share: the device, the format, and those with a former name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from snnc.cli.printing import print_data, print_diagnostics, print_json
from snnc.diagnostics import Report

if TYPE_CHECKING:
    from snnc.ir.device import Profile

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What `click.option` returns."""


def chosen_device() -> str | None:
    """The name or the file of the device, as it was given; None for Loihi 1."""
    from snnc.loihi.profile import DEFAULT  # not all verbs have a device

    context = click.get_current_context(silent=True)
    name = None if context is None else context.find_root().params.get("device")
    return None if name == DEFAULT else name


def device() -> Profile:
    """What is compiled for."""
    from snnc.loihi.profile import DEFAULT, read_profile

    return read_profile(chosen_device() or DEFAULT)


def format_option(help_text: str, *others: str) -> Option:
    """Return the option ``--format``: text, JSON, and what others a verb prints."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", *others]),
        default="text",
        show_default=True,
        help=help_text,
    )


def diagnostic_format(help_text: str) -> Option:
    """Return the option ``--format`` of a verb that prints diagnostics."""
    return format_option(help_text, "github", "sarif")


def print_diagnostics_as(form: str, report: Report) -> None:
    """Print all diagnostics in one of the formats; text goes to stderr."""
    if form == "text":
        print_diagnostics(report)
    elif form == "github":
        from snnc.diagnostics.machine_formats import github_commands

        for line in github_commands(report.diagnostics):
            print_data(f"{line}\n")
    else:
        print_json(_document(form, report))


def _document(form: str, report: Report) -> dict[str, Any]:
    if form == "sarif":
        from snnc.diagnostics.machine_formats import sarif_document

        return sarif_document(report.diagnostics)
    from snnc.diagnostics.machine_formats import document

    return document(report.diagnostics)


class Renamed(click.Option):
    """An option that also takes its former name, of which no help tells."""

    def __init__(self, names: Sequence[str], former: str, **settings: Any) -> None:
        super().__init__([*names, former], **settings)
        self.former = former

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        names = self.opts
        self.opts = [name for name in names if name != self.former]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = names
