"""The cores of a network, and its costs per example."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from snnc.results.base import INLINE, Result, to_json
from snnc.text.tables import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.diagnostics import Diagnostic
    from snnc.ir.mapped import Block
    from snnc.loihi.timing import ChipTime

COUNTERS = ("compartments", "in-axons", "out-axons", "synapses")
Shape = tuple[int, ...]
_OR_0 = {"write": lambda count: count or 0}
"""The metadata of an optional number, which is 0 in JSON if it is missing."""


@dataclass(frozen=True, slots=True)
class EnsembleReport:
    """An ensemble on the chip.

    With several chips, ``chips`` has that of each block. ``use`` has the shares of the
    limits in `COUNTERS` that each block uses.
    """

    _omitted = ("use",)
    _optional = ("chips",)

    shape: Shape
    block_shape: Shape
    blocks: tuple[Block, ...]
    use: tuple[tuple[float, ...], ...]
    chips: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class PoolError:
    """The mean error and standard deviation of a max pool, as a part of 1."""

    bias: float
    deviation: float


@dataclass(frozen=True, slots=True)
class LayerHead:
    """The name, kind and shape of a layer."""

    name: str
    kind: str
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReport(LayerHead):
    """One layer of a report.

    The readout and a ``folded`` layer, which is part of the next layers' weights, have
    no ``neurons`` (None). Layers off the chip have no ``cores``. Spikes, operations and
    energy are upper bounds. Max pools have ``levels`` of neurons. ``block`` is the part
    on one core, or None if the levels of a max pool differ. ``use`` has the shares of
    the limits in `COUNTERS` that the fullest core uses, ``limited_by`` has those that
    prevent fewer cores, and ``reasons`` explain it. ``line`` is that of its statement.
    """

    _omitted = (
        "place",
        "weights",
        "block",
        "use",
        "limited_by",
        "reasons",
        "sources",
        "shortcut",
        "line",
    )
    _optional = (
        "spikes",
        "synaptic_operations",
        "energy_joules",
        "bound_by",
        "neuron_bound",
        "lower_bound",
        "levels",
        "latency_seconds",
        "expected_error",
        "why",
    )

    neurons: int | None = field(default=None, metadata=_OR_0)
    cores: int | None = field(default=None, metadata=_OR_0)
    ensembles: tuple[EnsembleReport, ...] = ()
    spikes: float | None = None
    synaptic_operations: float | None = None
    energy_joules: float | None = None
    bound_by: str | None = None
    neuron_bound: int | None = None
    lower_bound: int | None = None
    levels: int | None = None
    latency_seconds: float | None = None
    expected_error: PoolError | None = None
    why: str | None = None
    place: str
    weights: int = 0
    block: Shape | None = None
    use: tuple[float, ...] | None = None
    limited_by: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    shortcut: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class CoreBounds:
    """The cores that the layers need on their own, and whether this is exact."""

    lower_bound: int
    exact: bool


@dataclass(frozen=True, slots=True)
class ChipCosts:
    """The costs on a chip: upper bounds per example or step."""

    synaptic_operations: float
    energy_joules: float
    idle_energy_joules: float
    time: ChipTime | None
    spikes_to_chip_per_step: float
    spikes_to_host_per_step: float
    spikes_between_chips: float
    spikes_between_chips_per_step: float
    spikes_between_chips_per_step_in_order: float


@dataclass(frozen=True, slots=True)
class ReportNotes:
    """Sentences about what the tables don't show.

    ``total`` compares the cores with their lower bounds.
    """

    placement: tuple[str, ...] = ()
    traffic: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    total: str = ""


@dataclass(frozen=True, slots=True)
class ReportedSpec:
    """The spec of a report: its text, its file if any, and the statements around it."""

    text: str
    notation: str
    path: str
    about: str
    input_name: str
    input_shape: Shape


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Report(Result):
    """The cores of a network, and its costs per example; prints as a table.

    Activity is an upper bound: all neurons fire at the upper rate of their budget.

    Attributes
    ----------
    network : str
        The name of the network.
    cores : int
        The number of cores; 0 for ``target nengo``.
    chips : int
        The number of chips needed for the cores.
    layers : tuple of LayerReport
        The costs of each layer, in the order of the spec.
    neurons : int
        The number of neurons on the chip; without a chip, of all neurons.
    spikes : float
        The maximum number of spikes of all neurons per example.
    fits : bool
        Whether the network fits its target. If not, ``cores`` is the number of cores
        that it needs.
    weights : int
        The number of trained values: kernels, biases and shortcuts.
    diagnostics : tuple of Diagnostic
        Warnings, and the reasons why the network does not fit on its chip.
    folded, bounds, costs, present_seconds, why, device, spec, notes
        Internal.
    """

    _omitted = ("fits", "weights", "device", "spec", "notes", "diagnostics")
    _optional = ("why",)

    _internal = frozenset(
        ("bounds", "costs", "device", "folded", "notes", "present_seconds", "spec")
    )

    network: str
    cores: int
    chips: int
    layers: tuple[LayerReport, ...] = field(
        metadata={
            "write": lambda rows: [to_json(x) for x in rows if x.place != "folded"]
        }
    )
    folded: tuple[LayerHead, ...]
    neurons: int
    bounds: CoreBounds | None = field(metadata=INLINE)
    present_seconds: float
    spikes: float
    costs: ChipCosts | None = field(metadata=INLINE)
    why: str | None = None
    fits: bool
    weights: int
    device: str
    spec: ReportedSpec
    notes: ReportNotes
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def on_chip(self) -> bool:
        """Whether the target is a chip."""
        return self.costs is not None

    @property
    def operations(self) -> float:
        """The maximum number of synaptic operations per example; 0 without a chip."""
        return 0.0 if self.costs is None else self.costs.synaptic_operations

    @property
    def energy(self) -> float:
        """The maximum energy per example in joules; 0 for ``target nengo``."""
        return 0.0 if self.costs is None else self.costs.energy_joules

    @property
    def time(self) -> ChipTime | None:
        """The estimated time on the chip if all neurons fire at their upper rates.

        None for ``target nengo``.
        """
        return None if self.costs is None else self.costs.time

    def explained(self) -> Report:
        """Return the report with the limits that prevent fewer cores."""
        if self.costs is None:
            return self
        layers = [
            replace(layer, why=" ".join(layer.reasons)) if layer.reasons else layer
            for layer in self.layers
        ]
        return replace(self, why=self.notes.total, layers=tuple(layers))

    def plot_network(self, ax: Axes | None = None) -> Axes:
        """Draw the layers with their shapes, cores and connections."""
        return self._drawn("network", self, ax)

    def plot_cores(self, ax: Axes | None = None) -> Axes:
        """Draw chips and cores, each filled according to the use of its four limits.

        Raises
        ------
        ValueError
            If the network has no cores.
        """
        return self._drawn("cores", self, ax)

    def __repr__(self) -> str:
        return f"<snnc.Report {self.network}: {counted(self.cores, 'core')}>"
