"""``snnc build``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from snnc.cli.building.actions import Action
from snnc.cli.building.specs import build_specs
from snnc.cli.inputs import with_folders
from snnc.cli.talk import show
from snnc.diagnostics import Report


@click.command("build", epilog="Example: snnc build specs/drift.snn -o models")
@click.argument("specs", nargs=-1, required=True, type=click.Path())
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
@click.option("--dry-run", is_flag=True, help="Write nothing; list what would be.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files edited by hand, and take over another spec's package.",
)
@click.option("--watch", is_flag=True, help="Build again whenever a spec is saved.")
def command(
    specs: tuple[str, ...],
    output: str,
    check: bool,
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
    report = Report()
    specs = tuple(with_folders(specs, report))
    if report.errors:
        show(report)
        return 1
    action = _deed(check, dry_run, force)
    if not watch:
        return 0 if build_specs(specs, Path(output), action, force=force) else 1
    from snnc.cli.building.watch import watch_files

    # A spec that is being saved, or checked out, may be gone for a moment.
    act = partial(build_specs, specs, Path(output), action)
    again = partial(act, sweep=False, force=force)
    watch_files([Path(spec) for spec in specs], again)


def _deed(check: bool, dry_run: bool, force: bool) -> Action:
    if check:
        from snnc.cli.building.actions import Check

        return Check()
    if dry_run:
        from snnc.cli.building.actions import DryRun

        return DryRun(force)
    from snnc.cli.building.actions import Write

    return Write(force)
