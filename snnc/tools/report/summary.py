"""The contents of a report, for writing as text, JSON or HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from snnc.ir.device import Core, Profile
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi
from snnc.ir.mapped import Block, Ensemble, MappedNetwork, RoutedNetwork, block_of
from snnc.ir.shapes import Shape
from snnc.loihi.activity import Activity, NetworkActivity, activity_of, sum_activity
from snnc.loihi.plan import PlanCache
from snnc.loihi.timing import ChipTime, time_at_upper_rates
from snnc.loihi.why import Reason, Reasons, reasons_of

COUNTERS = ("compartments", "in-axons", "out-axons", "synapses")


@dataclass(frozen=True, slots=True)
class Row:
    """One layer of a report.

    The readout and a ``folded`` layer, which is part of the next layers' weights, have
    no ``neurons`` (None). Layers off the chip have no ``cores``. ``block`` is the part
    on one core, or None if the levels of a max pool differ. ``use`` has the shares of
    the limits in `COUNTERS` that the fullest core uses. ``activity`` is an upper bound.
    ``reasons`` explain the number of cores: one, or one per level of a max pool. With
    several chips, ``chips`` has the chip of each core, in nengo-loihi's order.
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

    ``on_chip`` says whether the target is a chip.
    """

    mapped: MappedNetwork
    network: LogicalNetwork
    profile: Profile
    on_chip: bool
    rows: tuple[Row, ...]
    activity: NetworkActivity
    reasons: Reasons
    neurons: int
    cores: int
    chips: int
    time: ChipTime | None


def summarise(routed: RoutedNetwork, cache: PlanCache | None = None) -> Summary:
    """Compute a network's costs and activity; ``cache`` holds mappings."""
    mapped = routed.mapped
    network = mapped.lowered.network
    activity, reasons = activity_of(routed), reasons_of(mapped, cache)
    by_name = {reason.name: reason for reason in reasons.layers}
    layers = [_row(layer, routed, activity, by_name) for layer in network.layers]
    rows = (*layers, _readout(routed, activity))
    target = network.device, isinstance(network.target, Loihi)
    totals = neurons_of(mapped), mapped.cores, mapped.chips
    time = time_at_upper_rates(routed)
    return Summary(mapped, network, *target, rows, activity, reasons, *totals, time)


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


def _row(
    layer: LogicalLayer,
    routed: RoutedNetwork,
    activity: NetworkActivity,
    reasons: Mapping[str, Reason],
) -> Row:
    levels, head = routed.mapped.of_layer(layer.name), (layer.name, layer.kind)
    if not levels:
        return Row(*head, layer.shape, None, "folded")
    ensembles = tuple(e for level in levels for e in level.ensembles)
    blocks = [block for ensemble in ensembles for block in ensemble.blocks]
    names = [level.population.name for level in levels]
    core = routed.mapped.lowered.network.device.core
    return Row(
        *head,
        layer.shape,
        sum(level.population.neurons for level in levels),
        "chip" if blocks else "host",
        len(blocks) or None,
        block_of(levels[0]) if len(levels) == 1 else None,
        use_of(blocks, core) if blocks else None,
        sum_activity(layer.name, [activity.by_name[name] for name in names]),
        tuple(reasons[name] for name in names if name in reasons),
        _chips(routed, names),
        ensembles,
    )


def _readout(routed: RoutedNetwork, activity: NetworkActivity) -> Row:
    """Describe the readout, which is on the host, or on its own core if it learns."""
    network, learned = routed.mapped.lowered.network, routed.mapped.learned
    readout = network.readout
    head = readout.name, "readout", readout.shape, None
    if learned is None:
        return Row(*head, "host")
    return Row(
        *head,
        "chip",
        1,
        use=use_of(learned.blocks, network.device.core),
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
    limits = ("compartments", "in_axons", "out_axons", "synapse_bits")
    return tuple(max(getattr(b, n) for b in blocks) / getattr(core, n) for n in limits)
