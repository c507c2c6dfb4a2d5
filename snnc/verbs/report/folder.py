"""Report the networks in a folder, one row per network: `snnc report FOLDER`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file, place_on_chips
from snnc.loihi.activity import activity_of
from snnc.loihi.profile import read_profile
from snnc.output.stale import problems
from snnc.output.write import compare
from snnc.passes import Compilation
from snnc.results.tables import FolderReport, NetworkRow, PackageState
from snnc.verbs.build import package_of
from snnc.verbs.report.summary import round_number


def report_folder(specs: Iterable[str], packages: Path, device: str) -> FolderReport:
    """Compile specs for a device, and compare their packages with a build's output."""
    report = Diagnostics()
    rows = []
    for spec in specs:
        row, _, problems_of_spec = compile_row(spec, packages, device)
        report.extend(problems_of_spec.diagnostics)
        rows.append(row)
    return FolderReport(tuple(rows), report.diagnostics)


def compile_row(
    spec: str, packages: Path, device: str
) -> tuple[NetworkRow, Compilation | None, Diagnostics]:
    """Compile a spec; return its row, its compilation and its problems."""
    report = Diagnostics()
    profile = read_profile(device)
    compilation = compile_file(spec, report, device=profile)
    row = NetworkRow(spec, problems=report.errors)
    placed = None if compilation is None else place_on_chips(compilation)
    if compilation is not None and placed is not None:
        row = replace(
            row,
            network=placed.mapped.lowered.network.name,
            cores=placed.mapped.cores,
            chips=placed.mapped.chips,
            energy_joules=round_number(activity_of(placed).joules(profile.energy)),
            fits=compilation.mapped is not None,
            package=_package(spec, compilation, packages, device),
        )
    return row, compilation, report


def _package(
    spec: str, compilation: Compilation, packages: Path, device: str
) -> PackageState | None:
    """Return the state of a package; None if the network can't be built."""
    if compilation.modules is None:
        return None
    package = package_of(compilation, spec, device, packages)
    comparison = compare(package)
    if comparison.is_absent:
        return "not built"
    stale = any(problems(comparison, spec, package.lock, ""))
    return "out of date" if stale else "up to date"
