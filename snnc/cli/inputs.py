"""What verbs take as specs: files, folders with specs in them, and stdin."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from snnc.diagnostics import Report
from snnc.rules.files import NoSpecInFolder
from snnc.source import SourceFile, Span
from snnc.syntax.files import STDIN, STDIN_NAME, can_format, read, read_stdin, specs_in

stdin_filename = click.option(
    "--stdin-filename",
    metavar="PATH",
    help="With -, the file whose unsaved text stdin is: diagnostics name it, and its"
    " suffix tells the notation.",
)

_allow_empty = click.option(
    "--allow-empty",
    is_flag=True,
    is_eager=True,
    help="Take no SPEC, and a folder without specs or that is not there, for none.",
)


def _given(
    context: click.Context, parameter: click.Parameter, specs: tuple[str, ...]
) -> tuple[str, ...]:
    if not specs and not context.params.get("allow_empty"):
        raise click.MissingParameter(ctx=context, param=parameter)
    return specs


def specs_argument(command: Any) -> Any:
    """The argument SPECS, of which there may be none with ``--allow-empty``."""
    argument = click.argument(
        "specs", nargs=-1, type=click.Path(), metavar="SPECS...", callback=_given
    )
    return argument(_allow_empty(command))


def checked_stdin(specs: Iterable[str], filename: str | None) -> str:
    """Return what stdin is called.

    Raises
    ------
    click.UsageError
        If stdin is named without being read.
    """
    if filename is not None and STDIN not in specs:
        raise click.UsageError("--stdin-filename needs - in place of a SPEC")
    return STDIN_NAME if filename is None else Path(filename).as_posix()


def read_input(path: str, stdin: str, report: Report) -> SourceFile | None:
    """Read a spec from its file, or from stdin under the name that it has."""
    return read_stdin(report, stdin) if path == STDIN else read(path, report)


def with_folders(
    paths: Iterable[str], report: Report, allow_empty: bool = False
) -> Iterator[str]:
    """Put in the place of each folder the specs in it.

    Parameters
    ----------
    report
        Gets SNN706 for a folder without any, unless ``allow_empty``.
    allow_empty
        Leave out what is not there, too, unless it is named like a spec: git keeps no
        folder whose last file was removed.
    """
    for path in paths:
        if allow_empty and not os.path.lexists(path) and not can_format(path):
            continue
        if path == STDIN or not Path(path).is_dir():
            yield path
            continue
        inside = specs_in(Path(path))
        if not inside and not allow_empty:
            name = Path(path).as_posix()
            nowhere = Span(SourceFile(name, ""), 0, 0)
            report.add(NoSpecInFolder(span=nowhere, name=name))
        yield from map(str, inside)


def one_spec(path: str, report: Report) -> str | None:
    """Return the one spec of a folder, or the path itself; None after a report.

    Raises
    ------
    click.BadParameter
        If a folder has several.
    """
    found = list(with_folders([path], report))
    if len(found) > 1:
        names = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
        raise click.BadParameter(
            f"{path} holds {len(found)} specs: name one of {names}", param_hint="SPEC"
        )
    return found[0] if found else None
