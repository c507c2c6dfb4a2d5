"""``snnc init``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from snnc.cli.talk import offer, say, show
from snnc.diagnostics import Report
from snnc.output.write import cannot_write, nowhere
from snnc.rules.output import AlreadyThere
from snnc.runtime.files import write_file
from snnc.starter import (
    AT_ROOT,
    SPEC,
    UNPINNED,
    WORKFLOW,
    installed_from,
    starter_files,
)
from snnc.text.printable import printable

NEXT = """\
Next:
  {go}snnc build {spec}
  git add -A && git commit
The package is then models/starter. `snnc report {spec}` tells what it takes,
`snnc check` what is wrong after a change, and the workflow refuses a commit whose
packages are not up to date."""

ROOT = """\
At the root of the repo, where GitHub and pre-commit read them: {files}"""

SOURCE = """\
{workflow} runs `pip install {requirement}`:
if your snnc is from elsewhere, name that by `snnc init --requirement`, or edit it."""


@click.command("init", epilog="Example: snnc init networks")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option(
    "--requirement",
    help="What the workflow installs with pip; by default the git commit that this snnc"
    " was installed from, or else snnc.",
)
def command(folder: str, requirement: str | None) -> int:
    """Write a first spec into FOLDER, and what its repo needs to keep packages."""
    report = Report()
    place = Path(folder)
    root, prefix = _root_of(place)
    requirement = requirement or installed_from()
    files = {
        (root if name in AT_ROOT else place) / name: text
        for name, text in starter_files(prefix, requirement).items()
    }
    # A repo that has hooks, or this workflow, for others keeps them.
    kept = [root / name for name in AT_ROOT if prefix and (root / name).exists()]
    texts = {path: files.pop(path) for path in kept}
    try:
        if _are_free(files, report):
            _write(files)
    except OSError as error:
        report.add(cannot_write(error, Path(folder)))
    show(report)
    if report.errors:
        return 1
    for path, text in texts.items():
        say(f"{path.as_posix()} is there already; add to it what you need of:")
        _say_lines(text)
    _say_lines(NEXT.format(go=_way_to(folder), spec=SPEC))
    at_root = [(root / name).as_posix() for name in AT_ROOT if root / name in files]
    if prefix and at_root:
        say(ROOT.format(files=", ".join(at_root)))
    if root / WORKFLOW in files and requirement == UNPINNED:
        workflow = (root / WORKFLOW).as_posix()
        _say_lines(SOURCE.format(workflow=workflow, requirement=requirement))
    return 0


def _root_of(place: Path) -> tuple[Path, str]:
    """The git repo's root, as one types it, and the way from it to a folder."""
    real = Path(os.path.realpath(place))
    root = next((f for f in (real, *real.parents) if (f / ".git").exists()), real)
    prefix = "" if root == real else f"{real.relative_to(root).as_posix()}/"
    return (Path(os.path.relpath(root)) if prefix else place), prefix


def _are_free(files: Iterable[Path], report: Report) -> bool:
    """Whether none of the files is there, not even as a link that leads nowhere."""
    taken = [path for path in files if os.path.lexists(path)]
    for path in map(Path.as_posix, taken):
        report.add(AlreadyThere(span=nowhere(path), path=path))
    return not taken


def _write(files: dict[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text)
        offer(f"{printable(path.as_posix())}\n")


def _say_lines(text: str) -> None:
    for line in text.split("\n"):
        say(line)


def _way_to(folder: str) -> str:
    """What to type first: the way there, and a repo if there is none around."""
    place = Path(os.path.realpath(folder))
    go = "" if place == Path.cwd() else f"cd {shlex.quote(printable(folder))}\n  "
    is_repo = any((around / ".git").exists() for around in (place, *place.parents))
    return go if is_repo else f"{go}git init\n  "
