"""``snnc build``, once or whenever a spec is saved.

``--watch`` checks the files five times per second. Polling needs no library, detects
saves by renaming, and works on network drives and in containers, where notifications
don't arrive.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from snnc.cli import options, printing
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.verbs.build import Build, Mode, Tell, Wanted, ignore

INTERVAL = 0.2
PACKAGES = "*/train.py"


@click.command("build", epilog="Example: snnc build specs/drift.snn -o models")
@options.specs
@options.packages_folder("-o", "--output", help="The folder for the packages.")
@options.flag(
    "--check",
    help="Write nothing; list the packages that would change, and exit with 1 if"
    " there are any.",
)
@options.diagnostic_format(
    "Format of diagnostics, with --check. Text is written to stderr, other formats to"
    " stdout."
)
@options.flag(
    "--tracked",
    help="Also exit with 1 if git does not track a file of a package (for hooks).",
)
@options.flag("--dry-run", help="Write nothing; list the files that would change.")
@options.flag(
    "--force",
    help="Replace files that were edited by hand, and packages of other specs.",
)
@options.flag("--watch", help="Build again whenever a spec is saved.")
def build_command(
    specs: tuple[str, ...],
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
    modes["--force"] = check and force
    chosen = [name for name, is_set in modes.items() if is_set]
    refusals = {
        f"choose one of {' and '.join(chosen)}": len(chosen) > 1,
        f"--format {form} needs --check": form != "text" and not check,
        "--tracked works only alone or with --check": (tracked and (dry_run or watch)),
    }
    options.refuse(refusals)
    report = Diagnostics()
    paths = tuple(options.with_folders(specs, report, allow_empty))
    if report.errors:  # also name the packages whose specs were removed
        Build(output, "check").run((), lambda own: report.extend(own.diagnostics))
        options.print_diagnostics_as(form, report)
        return 1
    show: Tell = ignore
    if dry_run or (printing.has_option("verbose") and form == "text"):
        paint = partial(printing.print_lines, palette=printing.UNIFIED_DIFF)
        show = paint if check else printing.print_lines
    mode: Mode = "check" if check else "list" if dry_run else "write"
    build = Build(output, mode, force, tracked, printing.say, show)
    wanted = list(map(_describe_build, paths))
    if form != "text":
        done = build.run(wanted, lambda own: report.extend(own.diagnostics))
        options.print_diagnostics_as(form, report)
        return 0 if done else 1
    if not watch:
        before = {*output.glob(PACKAGES)}
        done = build.run(wanted, printing.print_diagnostics)
        new = sorted({*output.glob(PACKAGES)} - before)
        if len(new) == 1:
            name = new[0].parent.name
            folder = new[0].parent.as_posix()
            weights = f"--weights-out {name}.safetensors"
            printing.say(f"Next: snnc train {folder} --data train.npz {weights}")
        return 0 if done else 1

    # A spec may be missing for a moment while it is saved or checked out.
    def now() -> list[Path]:
        found = options.with_folders(specs, Diagnostics(), allow_empty=True)
        return list(map(Path, found))

    def again() -> None:
        found = [_describe_build(str(path)) for path in now()]
        build.run(found, printing.print_diagnostics, finds_orphans=False)

    watch_files(now, again)


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
