"""Report the cores and costs of a network: `snnc report`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from snnc.ir.mapped import RoutedNetwork
from snnc.loihi.timing import ChipTime
from snnc.text.display import Json, Tabular
from snnc.text.tables import counted
from snnc.tools.pages import draw_cores, draw_network, report_page
from snnc.tools.report import formats
from snnc.tools.report.html import fragment
from snnc.tools.report.summary import Row, Summary, summarise, weights_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.diagnostics import Diagnostic
    from snnc.interface.objects import Spec
    from snnc.text.arguments import FileName


@dataclass(frozen=True, eq=False, repr=False)
class Report(Tabular):
    """The cores of a network, and its costs per example; prints as a table.

    Activity is an upper bound: all neurons fire at the upper rate of their budget.

    Attributes
    ----------
    spec : Spec
        The spec of the network.
    fits : bool
        Whether the network fits its target. If not, ``cores`` is the number of cores
        that it needs.
    routed
        Internal.
    """

    _internal = frozenset(("routed", "summary"))

    spec: Spec
    fits: bool
    routed: RoutedNetwork

    @cached_property
    def summary(self) -> Summary:
        """Internal: the costs of the network."""
        return summarise(self.routed, self.spec.made.cache)

    @property
    def cores(self) -> int:
        """The number of cores; 0 for ``target nengo``."""
        return self.routed.mapped.cores

    @property
    def chips(self) -> int:
        """The number of chips needed for the cores."""
        return self.summary.chips

    @property
    def neurons(self) -> int:
        """The number of neurons on the chip; without a chip, of all neurons."""
        return self.summary.neurons

    @property
    def weights(self) -> int:
        """The number of trained values: kernels, biases and shortcuts."""
        return sum(weights_of(self.routed.mapped.lowered.network).values())

    @property
    def spikes(self) -> float:
        """The maximum number of spikes of all neurons per example."""
        return self.summary.activity.spikes

    @property
    def operations(self) -> float:
        """The maximum number of synaptic operations per example."""
        return self.summary.activity.operations

    @property
    def energy(self) -> float:
        """The maximum energy per example in joules; 0 for ``target nengo``."""
        return self.summary.activity.joules(self.summary.profile.energy)

    @property
    def time(self) -> ChipTime | None:
        """The estimated time on the chip if all neurons fire at their upper rates.

        None for ``target nengo``.
        """
        return self.summary.time

    @property
    def layers(self) -> tuple[Row, ...]:
        """The costs of each layer, in the order of the spec."""
        return self.summary.rows

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings, and the reasons why the network does not fit on its chip."""
        return self.spec.diagnostics

    def text(self, *, why: bool = False) -> str:
        """Return tables; with ``why``, also the limits that prevent fewer cores."""
        return formats.table(self.summary, why)

    def markdown(self, *, why: bool = False) -> str:
        """Return tables for a comment on a pull request."""
        return formats.markdown(self.summary, why)

    def html(self, against: Spec | FileName | None = None) -> str:
        """Return a self-contained page with pictures and the spec.

        Parameters
        ----------
        against
            A spec, its file or a revision; the page shows the changes since then.
        """
        return report_page(self, against)

    def as_dict(self, *, why: bool = False) -> Json:
        """Return the JSON data of ``snnc report --format json``."""
        return formats.document(self.summary, why)

    def _records(self) -> list[Json]:
        return list(self.as_dict()["layers"])

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the layers with their shapes, cores and connections."""
        return draw_network(self.summary, ax)

    def plot_cores(self, ax: Axes | None = None) -> Axes:
        """Draw chips and cores, each filled according to the use of its four limits.

        Raises
        ------
        ValueError
            If the network has no cores.
        """
        return draw_cores(self.summary, ax)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self.spec).report, (self.spec,)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<snnc.Report {self.spec.name}: {counted(self.cores, 'core')}>"

    def _repr_html_(self) -> str:
        return fragment(self.summary)
