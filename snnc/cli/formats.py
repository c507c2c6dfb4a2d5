"""Diagnostics on stdout, in the formats that programs read."""

from __future__ import annotations

from typing import Any

from snnc.cli.talk import offer, offer_json, show
from snnc.diagnostics import Report

FORMATS = ("text", "json", "github", "sarif")


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
