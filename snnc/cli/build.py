"""``snnc build``, once or whenever a spec is saved.

``--watch`` checks the files five times per second. Polling needs no library, detects
saves by renaming, and works on network drives and in containers, where notifications
don't arrive (decision 012).
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.interface.spec_options import BuildOptions
from snnc.verbs.build import Build, Mode, Tell, Wanted, ignore

INTERVAL = 0.2
PACKAGES = "*/train.py"


@click.command("build", epilog="Example: snnc build specs/drift.snn -o models")
@options.specs
@options.of(BuildOptions)
@options.diagnostic_format(
    "Format of diagnostics, with --check. Text is written to stderr, other formats to"
    " stdout."
)
@options.flag(
    "--tracked",
    help="Also exit with 1 if git does not track a file of a package (for hooks).",
)
@options.flag("--dry-run", help="Write nothing; list the files that would change.")
@options.flag("--watch", help="Build again whenever a spec is saved.")
def build_command(
    specs: tuple[str, ...],
    *,
    allow_empty: bool,
    output: Path,
    check: bool,
    form: str,
    tracked: bool,
    dry_run: bool,
    force: bool,
    watch: bool,
) -> int:
    """Check SPECS and write their packages into OUTPUT.

    In a folder, all specs are built. Packages in OUTPUT whose network was renamed, or
    whose spec was removed, are deleted. -v also prints the path of each written file
    or, with --check, the differences.
    """
    modes = {"--check": check, "--dry-run": dry_run, "--watch": watch}
    _refuse_options({**modes, "--force": check and force}, form, tracked=tracked)
    report = Diagnostics()
    paths = tuple(options.with_folders(specs, report, allow_empty=allow_empty))
    if report.errors:  # also name the packages whose specs were removed
        Build(output, "check").run((), report.extend)
        options.print_diagnostics_as(form, report)
        return 1
    mode: Mode = "write"
    if check:
        mode = "check"
    elif dry_run:
        mode = "list"
    build = Build(
        output=output,
        mode=mode,
        force=force,
        tracked=tracked,
        say=printing.say,
        show=_show_details(mode, form),
    )
    wanted = list(map(_describe_build, paths))
    if form != "text":
        is_done = build.run(wanted, report.extend)
        options.print_diagnostics_as(form, report)
        return 0 if is_done else 1
    if not watch:
        return 0 if _build_once(build, wanted) else 1
    _watch(build, specs)


def _refuse_options(modes: Mapping[str, bool], form: str, *, tracked: bool) -> None:
    """Refuse options that contradict each other; at most one mode may be true."""
    chosen = [option for option, is_set in modes.items() if is_set]
    if len(chosen) > 1:
        raise click.UsageError(f"choose one of {' and '.join(chosen)}")
    if form != "text" and not modes["--check"]:
        raise click.UsageError(f"--format {form} needs --check")
    if tracked and (modes["--dry-run"] or modes["--watch"]):
        raise click.UsageError("--tracked works only alone or with --check")


def _show_details(mode: Mode, form: str) -> Tell:
    """Return the function that prints what `Build` shows in a mode."""
    if form != "text" or not (mode == "list" or printing.has_option("verbose")):
        return ignore
    if mode == "check":
        return partial(printing.print_lines, palette=printing.UNIFIED_DIFF)
    return printing.print_lines


def _build_once(build: Build, specs: Sequence[Wanted]) -> bool:
    """Build, and name the next command if there is one new package."""
    before = {*build.output.glob(PACKAGES)}
    is_done = build.run(specs, printing.print_diagnostics)
    new = sorted({*build.output.glob(PACKAGES)} - before)
    if len(new) == 1:
        package = new[0].parent
        weights = f"--weights-out {package.name}.safetensors"
        command = f"snnc train {package.as_posix()} --data train.npz {weights}"
        printing.say(f"Next: {command}")
    return is_done


def _watch(build: Build, specs: Sequence[str]) -> NoReturn:
    """Build again whenever a spec is saved, until Ctrl-C."""

    # A spec may be missing for a moment while it is saved or checked out.
    def find() -> list[Path]:
        paths = options.with_folders(specs, Diagnostics(), allow_empty=True)
        return list(map(Path, paths))

    again = replace(build, finds_orphans=False)

    def build_again() -> None:
        wanted = [_describe_build(str(path)) for path in find()]
        again.run(wanted, printing.print_diagnostics)

    watch_files(find, build_again)


def _describe_build(spec: str) -> Wanted:
    compiled = partial(compile_file, spec, device=options.device())
    return Wanted(spec, options.device_name(), compiled)


def watch_files(
    find: Callable[[], Sequence[Path]],
    act: Callable[[], object],
    pause: Callable[[float], object] = time.sleep,
) -> NoReturn:
    """Run an action now and after each save, until KeyboardInterrupt.

    A file is only read after two equal polls, so files that are still being written are
    ignored.
    """
    gc.enable()  # the command line disables it for short runs
    done = seen = {path: _stamp(path) for path in find()}
    act()
    printing.say(
        f"watching {', '.join(path.as_posix() for path in seen)}: press Ctrl-C to stop"
    )
    while True:
        pause(INTERVAL)
        now = {path: _stamp(path) for path in find()}
        if now == seen != done:
            done = now
            act()
        seen = now


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
