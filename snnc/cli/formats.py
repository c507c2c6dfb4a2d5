"""The option ``--format``, and diagnostics in each of their formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from snnc.cli.talk import offer, offer_json, show
from snnc.diagnostics import Report

Option = Callable[[Callable[..., Any]], Callable[..., Any]]
"""What `click.option` returns."""


def format_option(told: str, *others: str) -> Option:
    """Return the option ``--format``: text, JSON, and what others a verb prints."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json", *others]),
        default="text",
        show_default=True,
        help=told,
    )


def diagnostic_format(told: str) -> Option:
    """Return the option ``--format`` of a verb that prints diagnostics."""
    return format_option(told, "github", "sarif")


def show_as(form: str, report: Report) -> None:
    """Print all diagnostics in one of the formats; text goes to stderr."""
    if form == "text":
        show(report)
    elif form == "github":
        from snnc.diagnostics.code_hosts import github_commands

        for line in github_commands(report.diagnostics):
            offer(f"{line}\n")
    else:
        offer_json(_document(form, report))


def _document(form: str, report: Report) -> dict[str, Any]:
    if form == "sarif":
        from snnc.diagnostics.code_hosts import sarif_document

        return sarif_document(report.diagnostics)
    from snnc.diagnostics.diagnostic_json import document

    return document(report.diagnostics)
