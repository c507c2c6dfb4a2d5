"""The contents of a report, for writing as text, JSON or HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snnc.ir.device import Core, Profile
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi, ReadoutLayer, Shape
from snnc.ir.mapped import (
    Block,
    Ensemble,
    MappedNetwork,
    RoutedNetwork,
    Unmixed,
    block_of,
    most_axons,
)
from snnc.loihi.activity import Activity, NetworkActivity, activity_of, sum_activity
from snnc.loihi.plan import PlanCache
from snnc.loihi.why import Reason, Reasons, reasons_of

COUNTERS = ("compartments", "in-axons", "out-axons", "synapses")


@dataclass(frozen=True, slots=True)
class Row:
    """One layer of a report.

    Attributes
    ----------
    neurons
        The number of neurons; None for ``folded`` layers and the readout.
    place
        Where the layer runs; a folded layer is part of the weights of the next layers.
    cores
        The number of cores; None for layers that are not on the chip.
    block
        The part of the layer on one core, with the layer's axes; None if the levels of
        a max pool have different blocks.
    use
        The use of the fullest core as fractions of its limits, in the order of
        `COUNTERS`.
    activity
        The upper bounds of the layer's activity.
    reasons
        The reasons for its number of cores: one, or one per level of a max pool.
    chips
        If there are several chips, the chip of each core, in nengo-loihi's order.
    ensembles
        The ensembles of the layer, with the resources of each core.
    """

    name: str
    kind: str
    shape: Shape
    neurons: int | None
    place: str
    cores: int | None = None
    block: Shape | None = None
    use: tuple[float, ...] | None = None
    activity: Activity | None = None
    reasons: tuple[Reason, ...] = ()
    chips: tuple[int, ...] = ()
    ensembles: tuple[Ensemble, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """The layers of a network in spec order, with the readout last, and totals.

    ``chips`` is the number of chips needed for the cores. No mapping into equal blocks
    has fewer cores than ``lower_bound``. ``unmixed`` lists the layers that were limited
    to one kind of axon, and the extra cores for this. ``axons`` is the maximum number
    of out-axon slots on a core, with and without shared lists.
    """

    network: LogicalNetwork
    profile: Profile
    rows: tuple[Row, ...]
    activity: NetworkActivity
    reasons: Reasons
    neurons: int
    cores: int
    lower_bound: int
    chips: int
    unmixed: Unmixed | None = None
    axons: tuple[int, int] = (0, 0)

    @property
    def on_chip(self) -> bool:
        """Whether the target is a chip."""
        return isinstance(self.network.target, Loihi)


def summarise(routed: RoutedNetwork, cache: PlanCache | None = None) -> Summary:
    """Compute the costs and the activity of a network.

    ``cache`` contains results from the mapping, which are reused.
    """
    mapped = routed.mapped
    network = mapped.lowered.network
    activity = activity_of(routed)
    reasons = reasons_of(mapped, cache)
    by_name = {reason.name: reason for reason in reasons.layers}
    readout = network.readout
    rows = [_row(layer, routed, activity, by_name) for layer in network.layers]
    rows.append(_readout(readout, routed, activity))
    return Summary(
        network,
        network.device,
        tuple(rows),
        activity,
        reasons,
        neurons_of(mapped),
        mapped.cores,
        mapped.lower_bound,
        mapped.chips,
        mapped.unmixed,
        _axons(mapped),
    )


def _axons(mapped: MappedNetwork) -> tuple[int, int]:
    ensembles = (e for p in mapped.populations for e in p.ensembles)
    registers = [each for ensemble in ensembles for each in ensemble.registers]
    every = ((most_axons(mapped, each), each.shared_axons) for each in registers)
    own, shared = max(every, default=(0, 0))
    return shared, own


def neurons_of(mapped: MappedNetwork) -> int:
    """Return the number of neurons on the chip; without a chip, of all neurons."""
    on_chip = isinstance(mapped.lowered.network.target, Loihi)
    return sum(
        p.population.neurons for p in mapped.populations if p.cores or not on_chip
    )


def _row(
    layer: LogicalLayer,
    routed: RoutedNetwork,
    activity: NetworkActivity,
    reasons: Mapping[str, Reason],
) -> Row:
    levels = routed.mapped.of_layer(layer.name)
    if not levels:
        return Row(layer.name, layer.kind, layer.shape, None, "folded")
    ensembles = tuple(e for level in levels for e in level.ensembles)
    blocks = [block for ensemble in ensembles for block in ensemble.blocks]
    names = [level.population.name for level in levels]
    return Row(
        layer.name,
        layer.kind,
        layer.shape,
        sum(level.population.neurons for level in levels),
        "chip" if blocks else "host",
        sum(level.cores for level in levels) if blocks else None,
        block_of(levels[0]) if len(levels) == 1 else None,
        use_of(blocks, routed.mapped.lowered.network.device.core) if blocks else None,
        sum_activity(layer.name, [activity.by_name[name] for name in names]),
        tuple(reasons[name] for name in names if name in reasons),
        _chips(routed, names),
        ensembles,
    )


def _readout(
    readout: ReadoutLayer, routed: RoutedNetwork, activity: NetworkActivity
) -> Row:
    """Describe the readout, which is on the host, or on its own core if it learns."""
    head = readout.name, "readout", readout.shape, None
    learned = routed.mapped.learned
    if learned is None:
        return Row(*head, "host")
    return Row(
        *head,
        "chip",
        1,
        use=use_of(learned.blocks, routed.mapped.lowered.network.device.core),
        activity=activity.by_name[readout.name],
        chips=_chips(routed, [readout.name]),
        ensembles=(learned,),
    )


def _chips(routed: RoutedNetwork, names: Sequence[str]) -> tuple[int, ...]:
    if routed.mapped.chips < 2:
        return ()
    return tuple(chip for name in names for chip in routed.chips.get(name, ()))


def use_of(blocks: Sequence[Block], core: Core) -> tuple[float, ...]:
    """Return the use of the fullest core as fractions of its limits."""
    return (
        max(b.compartments for b in blocks) / core.compartments,
        max(b.in_axons for b in blocks) / core.in_axons,
        max(b.out_axons for b in blocks) / core.out_axons,
        max(b.synapse_bits for b in blocks) / core.synapse_bits,
    )
