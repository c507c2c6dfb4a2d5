"""Report the cores and costs of a network: `snnc report`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from math import prod

from snnc.diagnostics import Diagnostic
from snnc.ir.device import Core
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.ir.mapped import Block, Ensemble, MappedNetwork, RoutedNetwork, block_of
from snnc.ir.pooling_error import error_of
from snnc.loihi.activity import Activity, NetworkActivity, activity_of, sum_activity
from snnc.loihi.plan import PlanCache
from snnc.loihi.timing import time_at_upper_rates
from snnc.loihi.why import Reasons, reasons_of
from snnc.results.report import (
    ChipCosts,
    CoreBounds,
    EnsembleReport,
    LayerHead,
    LayerReport,
    PoolError,
    Report,
    ReportedSpec,
    ReportNotes,
)
from snnc.verbs.report import sentences

COUNTED = {"synapse bits": "synapses", "pop16 in-axons": "in-axons"}
"""The counters of limits whose names differ."""


def report_of(
    routed: RoutedNetwork,
    cache: PlanCache | None = None,
    *,
    fits: bool = True,
    diagnostics: Sequence[Diagnostic] = (),
    path: str = "",
    text: str | None = None,
) -> Report:
    """Compute a network's costs and activity; ``cache`` holds mappings.

    ``path`` and ``text`` belong to the spec, if they are not in its source.
    """
    report = _Reporter(routed, cache).report()
    spec = replace(report.spec, path=path, text=text or report.spec.text)
    return replace(report, fits=fits, diagnostics=tuple(diagnostics), spec=spec)


@dataclass(frozen=True)
class _Reporter:
    routed: RoutedNetwork
    cache: PlanCache | None

    @property
    def mapped(self) -> MappedNetwork:
        return self.routed.mapped

    @property
    def network(self) -> LogicalNetwork:
        return self.routed.mapped.lowered.network

    @cached_property
    def activity(self) -> NetworkActivity:
        return activity_of(self.routed)

    @cached_property
    def reasons(self) -> Reasons:
        return reasons_of(self.mapped, self.cache)

    @cached_property
    def limits(self) -> Mapping[str, set[str]]:
        """The counters of each layer that prevent fewer cores of it or another one.

        Layers with a single core need no fewer.
        """
        counters: dict[str, set[str]] = defaultdict(set)
        for reason in self.reasons.layers:
            if reason.cores == 1:
                continue
            # A population's name may include a max pool's level.
            if reason.miss is not None:
                limit = reason.miss.violation.limit
                layer = reason.miss.layer.partition(".")[0]
                counters[layer].add(COUNTED.get(limit, limit))
            elif reason.bound == "compartments":
                counters[reason.name.partition(".")[0]].add("compartments")
        return counters

    def report(self) -> Report:
        network = self.network
        weights = weights_of(network)
        layers = [self._layer(layer, weights) for layer in network.layers]
        layers.append(self._readout(weights))
        on_chip = isinstance(network.target, Loihi)
        folded = [layer for layer in layers if layer.place == "folded"]
        source = network.span.source
        return Report(
            network=network.name,
            cores=self.mapped.cores,
            chips=self.mapped.chips,
            layers=tuple(layers),
            folded=tuple(LayerHead(x.name, x.kind, x.shape) for x in folded),
            neurons=neurons_of(self.mapped),
            bounds=(
                CoreBounds(self.reasons.floor, self.reasons.exact) if on_chip else None
            ),
            present_seconds=network.timing.present,
            spikes=round_number(self.activity.spikes),
            costs=self._costs() if on_chip else None,
            fits=True,
            weights=weights.total(),
            device=network.device.name,
            spec=ReportedSpec(
                text=source.text,
                notation=source.notation,
                path="",
                about=" ".join((network.about or "").split()),
                input_name=network.input.name,
                input_shape=network.input.shape,
            ),
            notes=self._notes(layers, on_chip=on_chip),
        )

    def _costs(self) -> ChipCosts:
        activity = self.activity
        energy = self.network.device.energy
        between = activity.crossing * self.network.timing.steps
        return ChipCosts(
            synaptic_operations=round_number(activity.operations),
            energy_joules=round_number(activity.joules(energy)),
            idle_energy_joules=round_number(activity.idle_joules(energy)),
            time=time_at_upper_rates(self.routed),
            spikes_to_chip_per_step=round_number(activity.to_chip),
            spikes_to_host_per_step=round_number(activity.to_host),
            spikes_between_chips=round_number(between),
            spikes_between_chips_per_step=round_number(activity.crossing),
            spikes_between_chips_per_step_in_order=round_number(
                activity.crossing_in_order
            ),
        )

    def _notes(self, layers: Sequence[LayerReport], *, on_chip: bool) -> ReportNotes:
        network = self.network
        pools = tuple(sentences.pools(network))
        if not on_chip:
            return ReportNotes(pools=pools)
        return ReportNotes(
            placement=tuple(sentences.placement(self.mapped)),
            traffic=tuple(sentences.traffic(self.activity, self.mapped, layers)),
            pools=pools,
            total=sentences.total(self.reasons, self.mapped),
        )

    def _layer(self, layer: LogicalLayer, weights: Counter[str]) -> LayerReport:
        """Return the row of a layer: folded, on the host, or on the chip."""
        row = LayerReport(
            name=layer.name,
            kind=layer.kind,
            shape=layer.shape,
            place="folded",
            sources=layer.sources,
            line=layer.span.first.line,
        )
        levels = self.mapped.of_layer(layer.name)
        if not levels:
            return row
        names = [level.population.name for level in levels]
        activities = [self.activity.by_name[name] for name in names]
        activity = sum_activity(layer.name, activities)
        row = replace(
            row,
            place="host",
            neurons=sum(level.population.neurons for level in levels),
            spikes=round_number(activity.spikes),
            weights=weights[layer.name],
            block=block_of(levels[0]) if len(levels) == 1 else None,
            limited_by=frozenset(self.limits[layer.name]),
            shortcut=None if layer.shortcut is None else layer.shortcut.source,
        )
        if layer.operation.compares:
            row = self._with_delay(row, layer)
        ensembles = [e for level in levels for e in level.ensembles]
        row = self._with_cores(row, ensembles, names, activity)
        return self._with_reasons(row, names)

    def _with_delay(self, row: LayerReport, layer: LogicalLayer) -> LayerReport:
        """Add the delay and the error of a max pool."""
        error = error_of(self.network, layer)
        return replace(
            row,
            levels=sentences.levels_of(self.network, layer),
            latency_seconds=round_number(sentences.latency(self.network, layer)),
            expected_error=PoolError(
                round_number(error.bias), round_number(error.deviation)
            ),
        )

    def _with_cores(
        self,
        row: LayerReport,
        ensembles: Sequence[Ensemble],
        names: Sequence[str],
        activity: Activity,
    ) -> LayerReport:
        """Add the cores, if any, and what the layer does there."""
        blocks = [block for ensemble in ensembles for block in ensemble.blocks]
        if not blocks:
            return row
        device = self.network.device
        return replace(
            row,
            place="chip",
            cores=len(blocks),
            ensembles=self._ensembles(ensembles, names),
            synaptic_operations=round_number(activity.operations),
            energy_joules=round_number(activity.joules(device.energy)),
            use=use_of(blocks, device.core),
        )

    def _with_reasons(self, row: LayerReport, names: Sequence[str]) -> LayerReport:
        """Return the row with the reasons why the layer can't use fewer cores."""
        by_name = {reason.name: reason for reason in self.reasons.layers}
        reasons = [by_name[name] for name in names if name in by_name]
        if not reasons:
            return row
        core = self.network.device.core
        return replace(
            row,
            bound_by=sentences.bounds(reasons),
            neuron_bound=sum(reason.filled for reason in reasons),
            lower_bound=sum(reason.alone for reason in reasons),
            reasons=tuple(sentences.sentence(reason, core) for reason in reasons),
        )

    def _readout(self, weights: Counter[str]) -> LayerReport:
        """Describe the readout: on the host, or on its own core if it learns."""
        readout = self.network.readout
        name = readout.name
        row = LayerReport(
            name=name,
            kind="readout",
            shape=readout.shape,
            place="host",
            weights=weights[name],
            sources=readout.sources,
        )
        if self.mapped.learned is None:
            return row
        activity = self.activity.by_name[name]
        row = replace(row, spikes=round_number(activity.spikes))
        return self._with_cores(row, [self.mapped.learned], [name], activity)

    def _ensembles(
        self, ensembles: Sequence[Ensemble], names: Sequence[str]
    ) -> tuple[EnsembleReport, ...]:
        """Return the ensembles on the chip; blocks are in nengo-loihi's order."""
        core = self.network.device.core
        # On a single chip, its number says nothing.
        chips: Iterator[int] = iter(())
        if self.mapped.chips > 1:
            chips = chain(*(self.routed.chips.get(name, ()) for name in names))
        return tuple(
            EnsembleReport(
                shape=ensemble.shape,
                block_shape=ensemble.block_shape,
                blocks=ensemble.blocks,
                use=tuple(use_of([block], core) for block in ensemble.blocks),
                chips=tuple(islice(chips, len(ensemble.blocks))) or None,
            )
            for ensemble in ensembles
            if ensemble.block_shape is not None
        )


def round_number(value: float) -> float:
    """Round to nine digits, because further digits depend on the machine."""
    rounded = float(f"{value:.9g}")
    return int(rounded) if rounded.is_integer() else rounded


def neurons_of(mapped: MappedNetwork) -> int:
    """Return the number of neurons on the chip; without a chip, of all neurons."""
    on_chip = isinstance(mapped.lowered.network.target, Loihi)
    shown = (p.population for p in mapped.populations if p.cores or not on_chip)
    return sum(population.neurons for population in shown)


def weights_of(network: LogicalNetwork) -> Counter[str]:
    """Return the number of trained values of each layer."""
    learned: Counter[str] = Counter()
    for tensor in tensors(network):
        if not tensor.zeros:
            learned[tensor.name.rpartition(".")[0]] += prod(tensor.shape)
    return learned


def use_of(blocks: Sequence[Block], core: Core) -> tuple[float, ...]:
    """Return the use of the fullest core as fractions of its limits."""
    limits = ("compartments", "in_axons", "out_axons", "synapse_bits")
    return tuple(max(getattr(b, n) for b in blocks) / getattr(core, n) for n in limits)
