"""``snnc init``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from snnc.cli.talk import say, show
from snnc.diagnostics import Report
from snnc.emit.owned.write import cannot_write, nowhere
from snnc.rules.output import AlreadyThere
from snnc.starter import SPEC, starter_files

NEXT = """\
Next:
  {go}snnc build {spec}
  git add . && git commit
The package is then models/starter. `snnc report {spec}` tells what it takes,
`snnc check` what is wrong after a change, and the workflow refuses a commit whose
packages are not up to date."""


@click.command("init", epilog="Example: snnc init networks")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
def command(folder: str) -> int:
    """Write a first spec into FOLDER, and what its repo needs to keep packages."""
    report = Report()
    files = starter_files()
    try:
        if _are_free(Path(folder), files, report):
            _write(Path(folder), files)
    except OSError as error:
        report.add(cannot_write(error, Path(folder)))
    show(report)
    if report.errors:
        return 1
    say(NEXT.format(go=_way_to(folder), spec=SPEC))
    return 0


def _are_free(folder: Path, names: Iterable[str], report: Report) -> bool:
    """Whether none of the files is there, not even as a link that leads nowhere."""
    taken = [folder / name for name in names if os.path.lexists(folder / name)]
    for path in map(Path.as_posix, taken):
        report.add(AlreadyThere(span=nowhere(path), path=path))
    return not taken


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        click.echo(path.as_posix())


def _way_to(folder: str) -> str:
    """What to type first: the way there, and a repo if there is none around."""
    place = Path(folder).resolve()
    go = "" if place == Path.cwd() else f"cd {shlex.quote(folder)}\n  "
    is_repo = any((around / ".git").exists() for around in (place, *place.parents))
    return go if is_repo else f"{go}git init\n  "
