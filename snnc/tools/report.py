"""The cores and costs of a network, or of the networks of a folder: `snnc report`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from snnc import diagnostics, plots
from snnc.driver import compile_file, routed
from snnc.ir.device import Profile
from snnc.ir.layout import tensors
from snnc.ir.mapped import RoutedNetwork
from snnc.loihi.activity import activity_of
from snnc.output import compare
from snnc.output.stale import problems
from snnc.passes import Compilation
from snnc.report import json, text
from snnc.report.html import fragment
from snnc.report.summary import Row, Summary, summarise
from snnc.text.display import Displayed
from snnc.text.tables import Row as Cells
from snnc.text.tables import code, columns, counted, human, table
from snnc.tools.building import package_of
from snnc.tools.pages import report_page
from snnc.tools.problems import SpecError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.diagnostics import Diagnostic
    from snnc.tools.opening import FileName
    from snnc.tools.spec import Spec


@dataclass(frozen=True, eq=False, repr=False)
class Report(Displayed):
    """Cores, and the costs of an example; prints and displays as a table.

    Activity is an upper bound: all neurons at the upper rate of their budget.

    Attributes
    ----------
    spec : Spec
        The spec of the network.
    fits : bool
        Whether the network fits its target. If not, the cores are those that it needs.
    routed
        Internal.
    """

    _internal = frozenset(("routed", "summary", "of"))

    spec: Spec
    fits: bool
    routed: RoutedNetwork

    @classmethod
    def of(cls, spec: Spec) -> Report:
        """Return the report of a spec.

        Raises
        ------
        SpecError
            If the network does not fit and its cores can't be counted.
        """
        if spec.routed is None:
            raise SpecError(spec.diagnostics)
        return cls(spec, spec.fits, spec.routed)

    @cached_property
    def summary(self) -> Summary:
        """The costs of the network: internal."""
        return summarise(self.routed, self.spec.made.cache)

    @property
    def cores(self) -> int:
        """Cores of the chip; 0 for ``target nengo``."""
        return self.routed.mapped.cores

    @property
    def chips(self) -> int:
        """The number of chips that the cores take."""
        return self.summary.chips

    @property
    def neurons(self) -> int:
        """Neurons on the chip; without a chip, all of them."""
        return self.summary.neurons

    @property
    def weights(self) -> int:
        """The number of trained values: kernels, biases and shortcuts."""
        network = self.routed.mapped.lowered.network
        return sum(prod(t.shape) for t in tensors(network) if not t.zeros)

    @property
    def spikes(self) -> float:
        """Spikes of all neurons per example, at most."""
        return self.summary.activity.spikes

    @property
    def operations(self) -> float:
        """Synaptic operations per example, at most."""
        return self.summary.activity.operations

    @property
    def energy(self) -> float:
        """Joules per example, at most; 0 for ``target nengo``."""
        summary = self.summary
        return summary.activity.joules(summary.profile.energy) if self.cores else 0.0

    @property
    def layers(self) -> tuple[Row, ...]:
        """The costs of each layer, in the order of the spec."""
        return self.summary.rows

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings, and the reasons why the network does not fit its chip."""
        return self.spec.diagnostics

    def text(self, *, why: bool = False) -> str:
        """Return tables; with ``why``, also the limits that cost layers more cores."""
        return text.table(self.summary, why)

    def markdown(self, *, why: bool = False) -> str:
        """Return tables for a comment on a pull request."""
        return text.markdown(self.summary, why)

    def html(self, against: Spec | FileName | None = None) -> str:
        """Return a self-contained page with pictures and the spec.

        Parameters
        ----------
        against
            A spec, its file or a revision of it, to show the changes since then.
        """
        return report_page(self, against)

    def as_dict(self, *, why: bool = False) -> dict[str, Any]:
        """Return what ``snnc report --format json`` prints."""
        return json.document(self.summary, why)

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the layers with their shapes, cores and connections."""
        return plots.style.drawn(plots.networks.network, self.routed.mapped, ax=ax)

    def plot_cores(self, ax: Axes | None = None) -> Axes:
        """Draw chips and cores, each filled by the use of its four limits.

        Raises
        ------
        ValueError
            If the network has no cores.
        """
        return plots.style.drawn(plots.networks.cores, self.routed.mapped, ax=ax)

    def __reduce__(self) -> tuple[Any, ...]:
        return Report.of, (self.spec,)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<snnc.Report {self.spec.name}: {counted(self.cores, 'core')}>"

    def _repr_html_(self) -> str:
        return fragment(self.summary)


PackageState = Literal["up to date", "out of date", "not built"]


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A spec: what its network takes at most, and whether its package is current.

    ``network``, ``cores``, ``chips`` and ``energy_joules`` are None where errors hide
    them. ``package`` is None for a network that can't be built. ``problems`` counts
    the errors of the spec.
    """

    spec: str
    network: str | None
    cores: int | None
    chips: int | None
    energy_joules: float | None
    fits: bool
    package: PackageState | None
    problems: int


@dataclass(frozen=True, eq=False)
class FolderReport(Displayed):
    """The networks of a folder, in the order of their paths; prints as a table.

    Attributes
    ----------
    networks : tuple of NetworkRow
        A row for each spec.
    diagnostics : tuple of Diagnostic
        The problems of the specs.
    """

    networks: tuple[NetworkRow, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc report FOLDER --format json`` prints."""
        return {"version": 1, "networks": [asdict(row) for row in self.networks]}

    def markdown(self) -> str:
        """Return the table as GitHub's Markdown."""
        rows = [(code(row.spec), *_cells(row)[1:]) for row in self.networks]
        return "\n".join(table(_HEAD, rows, right=(2, 3, 4))) + "\n"

    def __str__(self) -> str:
        rows = [_cells(row) for row in self.networks]
        left = {"spec", "network", "fits", "package"}
        total = sum(row.cores or 0 for row in self.networks)
        count = counted(len(rows), "network")
        return "\n".join(
            [*columns(_HEAD, rows, left), "", f"{count}, {counted(total, 'core')}"]
        )


_HEAD = ("spec", "network", "cores", "chips", "energy at most", "fits", "package")


def _cells(row: NetworkRow) -> Cells:
    known = row.energy_joules is not None and row.cores
    fits = "yes" if row.fits else "no"
    return (
        row.spec,
        row.network or "",
        "" if row.cores is None else str(row.cores),
        "" if row.chips is None else str(row.chips),
        human(row.energy_joules or 0.0, "J") if known else "",
        fits if row.cores is not None else counted(row.problems, "error"),
        row.package or "",
    )


def report_folder(
    specs: Iterable[str], packages: Path, device: Profile, device_name: str | None
) -> FolderReport:
    """Compile specs, and compare their packages with what a build would write.

    Parameters
    ----------
    packages
        The folder of the packages' folders.
    device, device_name
        What specs are compiled for; the name is None for Loihi 1.
    """
    report = diagnostics.Report()
    rows = [_row(spec, packages, report, device, device_name) for spec in specs]
    return FolderReport(tuple(rows), report.diagnostics)


def _row(
    spec: str,
    packages: Path,
    report: diagnostics.Report,
    device: Profile,
    device_name: str | None,
) -> NetworkRow:
    own = diagnostics.Report()
    made = compile_file(spec, own, device=device)
    report.extend(own.diagnostics)
    placed = None if made is None else routed(made)
    if made is None or made.spec is None or placed is None:
        return NetworkRow(spec, None, None, None, None, False, None, own.errors)
    mapped, network = placed.mapped, placed.mapped.lowered.network
    joules = activity_of(placed).joules(network.device.energy) if mapped.cores else 0.0
    return NetworkRow(
        spec,
        network.name,
        mapped.cores,
        mapped.chips,
        json.rounded(joules),
        made.mapped is not None,
        _package(spec, made, packages, device_name),
        own.errors,
    )


def _package(
    spec: str, made: Compilation, packages: Path, device_name: str | None
) -> PackageState | None:
    if made.modules is None:
        return None
    package = package_of(made, spec, device_name, packages)
    found = compare(package)
    if found.is_absent:
        return "not built"
    stale = any(problems(found, spec, package.lock, ""))
    return "out of date" if stale else "up to date"
