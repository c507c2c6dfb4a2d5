"""``snnc init`` and ``snnc demo``: a starter spec, and a demo network."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.output.write import cannot_write
from snnc.rules.files import AlreadyThere
from snnc.source import whole_file
from snnc.starter import SPEC, UNPINNED, WORKFLOW, StarterPlan, installed_from
from snnc.text.tables import printable
from snnc.verbs.repository_options import DemoOptions, InitOptions

NEXT = """\
Next:
  {go}snnc build {spec}
  snnc train models/starter --data train.npz --weights-out starter.safetensors
  git add -A && git commit
`snnc build` writes the package models/starter. `snnc report {spec}` shows its costs,
and `snnc check` lists problems after a change. The workflow fails if a package is out
of date."""

ROOT = """\
At the root of the repo, where GitHub and pre-commit read them: {files}"""

SOURCE = """\
{workflow} installs {requirement}.
Commit that wheel, which `python -m pip wheel --no-deps .` makes in a clone of snnc, or
name another source with `snnc init --requirement`."""


@click.command("init", epilog="Example: snnc init networks")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@options.of(InitOptions)
def init_command(folder: str, requirement: str | None) -> int:
    """Create a starter spec in FOLDER, with hooks, a workflow and .gitattributes."""
    report = Diagnostics()
    requirement = requirement or installed_from()
    plan = StarterPlan.of(Path(folder), requirement)
    try:
        for name in map(Path.as_posix, plan.existing_files):
            report.add(AlreadyThere(span=whole_file(name)))
        if not plan.existing_files:
            for written in plan.write():
                printing.print_data(f"{printable(written.as_posix())}\n")
    except OSError as error:
        report.add(cannot_write(error, Path(folder)))
    printing.print_diagnostics(report)
    if report.errors:
        return 1
    _say_next(folder, plan, requirement)
    return 0


def _say_next(folder: str, plan: StarterPlan, requirement: str) -> None:
    """Name what is left to do after writing the files."""
    for path, text in plan.kept.items():
        printing.say(f"{path.as_posix()} exists; add the lines that you need from:")
        printing.say_lines(text)
    is_here = os.path.samefile(folder, os.curdir)
    go = "" if is_here else f"cd {shlex.quote(printable(folder))}\n  "
    if not (plan.root / ".git").exists():
        go += "git init\n  "
    printing.say_lines(NEXT.format(go=go, spec=SPEC))
    if plan.at_root:
        names = ", ".join(path.as_posix() for path in plan.at_root)
        printing.say(ROOT.format(files=names))
    workflow = plan.root / WORKFLOW
    if workflow in plan.files and requirement == UNPINNED:
        name = workflow.as_posix()
        printing.say_lines(SOURCE.format(workflow=name, requirement=requirement))


@click.command("demo", epilog="Example: snnc demo -o /tmp/drift")
@options.of(DemoOptions)
def demo_command(folder: Path, *, every: bool) -> int:
    """Run a network on drifting digits as spikes, then train it.

    The first results take seconds: they use weights that ship with snnc. With
    TensorFlow, the network is then trained on this machine, which takes minutes.
    """
    options.quiet_tensorflow("nengo_dl" if every else "")
    from snnc.interface.functions import demo  # slow to import

    with options.one_line_errors(RuntimeError):
        demonstration = demo(folder, every=every, tell=printing.say_lines)
        printing.print_lines(str(demonstration))
    return 0
