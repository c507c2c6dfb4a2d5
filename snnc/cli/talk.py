"""Diagnostics and messages on stderr."""

from __future__ import annotations

import os
import sys

import click

from snnc.diagnostics import Report


def show(report: Report) -> None:
    """Print all diagnostics to stderr, in colour on a terminal without NO_COLOR."""
    if not report.diagnostics:
        return
    from snnc.diagnostics.text import render

    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render(report.diagnostics, colour=colour), err=True, nl=False)


def offer(text: str) -> None:
    """Print data to stdout; that nobody reads it any more hides no diagnostics.

    What is written later goes nowhere, and Python does not fail to flush it at the end.

    Raises
    ------
    OSError
        If stdout can't take it, as on a full disk.
    """
    try:
        click.echo(text, nl=False)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OSError(error.errno, error.strerror, "stdout") from error


def say(text: str) -> None:
    """Print one line of talk to stderr."""
    click.echo(text, err=True)
