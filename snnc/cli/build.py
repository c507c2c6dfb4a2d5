"""``snnc build``, once or whenever a spec is saved.

To watch, it asks for the state of files five times a second: that needs no library,
sees saves by rename, and works on network drives and in containers, where notices do
not arrive.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from snnc.building import Action, Wanted, build_specs
from snnc.cli.options import (
    chosen_device,
    device,
    diagnostic_format,
    print_diagnostics_as,
    specs_argument,
    with_folders,
)
from snnc.cli.printing import print_diagnostics, say
from snnc.diagnostics import Report
from snnc.driver import compile_file

INTERVAL = 0.2

_State = dict[Path, tuple[int, int, int] | None]


@click.command("build", epilog="Example: snnc build specs/drift.snn -o models")
@specs_argument
@click.option(
    "-o",
    "--output",
    default="models",
    show_default=True,
    type=click.Path(file_okay=False),
    help="The folder that holds the packages' folders.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; print what would change and exit 1 if anything would.",
)
@diagnostic_format("With --check, how to print diagnostics; all but text go to stdout.")
@click.option(
    "--tracked",
    is_flag=True,
    help="Exit with 1 too if git does not track a file of a package: for hooks.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; list what would be.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files edited by hand, and take over another spec's package.",
)
@click.option("--watch", is_flag=True, help="Build again whenever a spec is saved.")
def build_command(
    specs: tuple[str, ...],
    allow_empty: bool,
    output: str,
    check: bool,
    form: str,
    tracked: bool,
    dry_run: bool,
    force: bool,
    watch: bool,
) -> int:
    """Check SPECS and write the package of each into OUTPUT.

    A folder stands for the specs in it.
    Packages in OUTPUT whose network was renamed or whose spec was removed go away.
    """
    modes = {"--check": check, "--dry-run": dry_run, "--watch": watch}
    chosen = [name for name, is_set in modes.items() if is_set]
    if check and force:
        chosen.append("--force")
    if len(chosen) > 1:
        raise click.UsageError(f"choose one of {' and '.join(chosen)}")
    if form != "text" and not check:
        raise click.UsageError(f"--format {form} needs --check")
    if tracked and (dry_run or watch):
        raise click.UsageError("--tracked goes with --check or alone")
    report = Report()
    paths = tuple(with_folders(specs, report, allow_empty))
    if report.errors:
        print_diagnostics_as(form, report)
        return 1
    wanted = list(map(_wanted, paths))
    action = _action_of(check, dry_run, force, tracked, form)
    if form != "text":
        done = build_specs(wanted, Path(output), action, partial(_gather, report))
        print_diagnostics_as(form, report)
        return 0 if done else 1
    if not watch:
        built = build_specs(
            wanted, Path(output), action, print_diagnostics, force=force
        )
        return 0 if built else 1

    # A spec that is being saved, or checked out, may be gone for a moment.
    def now() -> list[Path]:
        return [Path(path) for path in with_folders(specs, Report(), allow_empty=True)]

    def again() -> None:
        found = [_wanted(str(path)) for path in now()]
        build_specs(
            found, Path(output), action, print_diagnostics, sweep=False, force=force
        )

    watch_files(now, again)


def _wanted(spec: str) -> Wanted:
    compiled = partial(compile_file, spec, device=device())
    return Wanted(spec, chosen_device(), compiled)


def _gather(all_of_them: Report, report: Report) -> None:
    all_of_them.extend(report.diagnostics)


def _action_of(
    check: bool, dry_run: bool, force: bool, tracked: bool, form: str
) -> Action:
    if check:
        from snnc.cli.build_actions import Check

        return Check(tracked, shows_difference=form == "text")
    if dry_run:
        from snnc.cli.build_actions import DryRun

        return DryRun(force)
    from snnc.cli.build_actions import Write

    return Write(force, tracked)


def watch_files(
    find: Callable[[], Sequence[Path]],
    act: Callable[[], object],
    pause: Callable[[float], object] = time.sleep,
) -> NoReturn:
    """Act now and after each save of what is found, until the user interrupts.

    A change counts when it is the same twice in a row: a file that is being written,
    or replaced, is left alone until it rests.

    Raises
    ------
    KeyboardInterrupt
        When the user has had enough.
    """
    gc.enable()  # the command line turns it off, for runs that are short
    done = seen = _state(find())
    act()
    say(f"watching {', '.join(path.as_posix() for path in seen)}: Ctrl-C ends")
    while True:
        pause(INTERVAL)
        now = _state(find())
        if now == seen != done:
            done = now
            act()
        seen = now


def _state(paths: Sequence[Path]) -> _State:
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
