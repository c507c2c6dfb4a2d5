"""``snnc build``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from snnc.building.jobs import Action, Wanted
from snnc.building.specs import build_specs
from snnc.cli.device import chosen_device, device
from snnc.cli.formats import diagnostic_format, show_as
from snnc.cli.inputs import specs_argument, with_folders
from snnc.cli.talk import show
from snnc.diagnostics import Report
from snnc.driver import compile_file


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
def command(
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
        show_as(form, report)
        return 1
    wanted = list(map(_wanted, paths))
    action = _deed(check, dry_run, force, tracked, form)
    if form != "text":
        done = build_specs(wanted, Path(output), action, partial(_gather, report))
        show_as(form, report)
        return 0 if done else 1
    if not watch:
        built = build_specs(wanted, Path(output), action, show, force=force)
        return 0 if built else 1
    from snnc.cli.building.watch import watch_files

    # A spec that is being saved, or checked out, may be gone for a moment.
    act = partial(build_specs, wanted, Path(output), action, show)
    again = partial(act, sweep=False, force=force)
    watch_files([Path(path) for path in paths], again)


def _wanted(spec: str) -> Wanted:
    compiled = partial(compile_file, spec, device=device())
    return Wanted(spec, chosen_device(), compiled)


def _gather(all_of_them: Report, report: Report) -> None:
    all_of_them.extend(report.diagnostics)


def _deed(check: bool, dry_run: bool, force: bool, tracked: bool, form: str) -> Action:
    if check:
        from snnc.cli.building.actions import Check

        return Check(tracked, shows_difference=form == "text")
    if dry_run:
        from snnc.cli.building.actions import DryRun

        return DryRun(force)
    from snnc.cli.building.actions import Write

    return Write(force, tracked)
