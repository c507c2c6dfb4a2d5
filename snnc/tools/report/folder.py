"""Report the networks in a folder, one row per network: `snnc report FOLDER`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import compile_file, place_on_chips
from snnc.ir.device import Profile
from snnc.loihi.activity import activity_of
from snnc.loihi.profile import read_profile
from snnc.output.stale import problems
from snnc.output.write import compare
from snnc.passes import Compilation
from snnc.text.display import Displayed, Json
from snnc.text.tables import Cells, TextTable, counted, human
from snnc.tools.report.formats import round_number
from snnc.verbs.build import package_of

PackageState = Literal["up to date", "out of date", "not built"]


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """The costs of a spec's network, and the state of its package.

    Values are None if ``problems``, the number of errors in the spec, make them
    unknown. ``package`` is also None for a network that can't be built.
    """

    spec: str
    network: str | None = None
    cores: int | None = None
    chips: int | None = None
    energy_joules: float | None = None
    fits: bool = False
    package: PackageState | None = None
    problems: int = 0


@dataclass(frozen=True, eq=False)
class FolderReport(Displayed):
    """The networks in a folder, sorted by path, one row per spec; prints as a table."""

    networks: tuple[NetworkRow, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc report FOLDER --format json``."""
        return {"version": 1, "networks": [asdict(row) for row in self.networks]}

    def markdown(self) -> str:
        """Return the table as GitHub Markdown."""
        return self._table.markdown() + "\n"

    @property
    def _table(self) -> TextTable:
        rows = [_cells(row) for row in self.networks]
        return TextTable.of(_HEAD, rows, {"spec", "network", "fits", "package"})

    def __str__(self) -> str:
        total = sum(row.cores or 0 for row in self.networks)
        count = counted(len(self.networks), "network")
        lines = [*self._table.lines(), "", f"{count}, {counted(total, 'core')}"]
        return "\n".join(lines)


_HEAD = ("spec", "network", "cores", "chips", "energy at most", "fits", "package")


def _cells(row: NetworkRow) -> Cells:
    if row.cores is None:
        return row.spec, "", "", "", "", counted(row.problems, "error"), ""
    joules = human(row.energy_joules or 0.0, "J") if row.cores else ""
    fits = "yes" if row.fits else "no"
    numbers = str(row.cores), str(row.chips), joules
    return row.spec, row.network or "", *numbers, fits, row.package or ""


def report_folder(specs: Iterable[str], packages: Path, device: str) -> FolderReport:
    """Compile specs for a device, and compare their packages with a build's output."""
    profile = read_profile(device)
    found, rows = Diagnostics(), []
    for spec in specs:
        row, _, report = compile_row(spec, packages, device, profile)
        found.extend(report.diagnostics)
        rows.append(row)
    return FolderReport(tuple(rows), found.diagnostics)


def compile_row(
    spec: str, packages: Path, device: str, profile: Profile
) -> tuple[NetworkRow, Compilation | None, Diagnostics]:
    """Compile a spec; return its row, its compilation and its problems."""
    report = Diagnostics()
    made = compile_file(spec, report, device=profile)
    row = NetworkRow(spec, problems=report.errors)
    placed = None if made is None else place_on_chips(made)
    if made is not None and placed is not None:
        row = replace(
            row,
            network=placed.mapped.lowered.network.name,
            cores=placed.mapped.cores,
            chips=placed.mapped.chips,
            energy_joules=round_number(activity_of(placed).joules(profile.energy)),
            fits=made.mapped is not None,
            package=_package(spec, made, packages, device),
        )
    return row, made, report


def _package(
    spec: str, made: Compilation, packages: Path, device: str
) -> PackageState | None:
    if made.modules is None:
        return None
    package = package_of(made, spec, device, packages)
    found = compare(package)
    if found.is_absent:
        return "not built"
    stale = any(problems(found, spec, package.lock, ""))
    return "out of date" if stale else "up to date"
