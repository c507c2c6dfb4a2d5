"""Diagnostics in the formats of ``--format``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from snnc.cli.talk import offer, offer_json, show
from snnc.diagnostics import Report

FORMATS = ("text", "json", "github", "sarif")


def diagnostic_format(help_text: str) -> Callable[[Any], Any]:
    """The option ``--format`` of a verb that prints diagnostics."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help=help_text,
    )


def show_as(form: str, report: Report) -> None:
    """Print all diagnostics in one of the formats; text goes to stderr."""
    if form == "text":
        show(report)
    elif form == "github":
        from snnc.diagnostics.github import commands

        for line in commands(report.diagnostics):
            offer(f"{line}\n")
    else:
        offer_json(_document(form, report))


def _document(form: str, report: Report) -> dict[str, Any]:
    if form == "sarif":
        from snnc.diagnostics import sarif

        return sarif.document(report.diagnostics)
    from snnc.diagnostics.json import document

    return document(report.diagnostics)
