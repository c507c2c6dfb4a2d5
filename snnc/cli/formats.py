"""Diagnostics on stdout, in the formats that programs read."""

from __future__ import annotations

import json

import click

from snnc.cli.talk import show
from snnc.diagnostics import Report

FORMATS = ("text", "json", "github", "sarif")


def show_as(form: str, report: Report) -> None:
    """Print all diagnostics in one of the formats; text goes to stderr."""
    if form == "text":
        show(report)
    elif form == "github":
        from snnc.diagnostics.github import commands

        for line in commands(report.diagnostics):
            click.echo(line)
    else:
        click.echo(json.dumps(_document(form, report), indent=2))


def _document(form: str, report: Report) -> object:
    if form == "sarif":
        from snnc.diagnostics import sarif

        return sarif.document(report.diagnostics)
    from snnc.diagnostics.json import document

    return document(report.diagnostics)
