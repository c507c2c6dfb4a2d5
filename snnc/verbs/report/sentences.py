"""Explain the cores of a network, its traffic, and its max pools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from snnc.ir.device import Core
from snnc.ir.logical import LogicalLayer, LogicalNetwork
from snnc.ir.mapped import MappedNetwork, most_axons
from snnc.ir.pooling_error import error_of
from snnc.loihi.activity import NetworkActivity
from snnc.loihi.link import LimitViolation
from snnc.loihi.why import Reason, Reasons
from snnc.results.report import LayerReport
from snnc.text.tables import counted, dims, human


def bound_by(reason: Reason) -> str:
    """Name the limit that prevents fewer cores for a layer, in a few words."""
    if reason.cores == 1:
        return "one core"
    if reason.miss is None:
        return reason.bound if reason.bound in ("block", "compartments") else "search"
    limit = reason.miss.violation.limit
    return limit if reason.bound == "alone" else f"{limit} of {reason.miss.layer}"


def bounds(reasons: Sequence[Reason]) -> str:
    """Name the limits that prevent fewer cores for the populations of a layer."""
    if len(reasons) > 1 and all(reason.cores == 1 for reason in reasons):
        return "one core per level"
    return ", ".join(dict.fromkeys(map(bound_by, reasons)))


def sentence(reason: Reason, core: Core) -> str:
    """Explain why a layer needs its number of cores."""
    takes = f"{reason.name}: {counted(reason.cores, 'core')}"
    need = "needs" if reason.neurons == 1 else "need"
    neurons = f"{counted(reason.neurons, 'neuron')} alone {need} {reason.filled}"
    if reason.block is not None:
        return f"{takes}, as `block {dims(reason.block)}` requires; {neurons}."
    if reason.bound == "compartments":
        return f"{takes}. {neurons} ({core.compartments} per core)."
    if reason.bound == "alone":
        return f"{takes}; {reason.filled} would hold its neurons, but {_miss(reason)}."
    enough = "be enough for this layer alone" if reason.tried else "hold its neurons"
    return f"{takes}; {reason.alone} would {enough}, but {_miss(reason)}."


def total(reasons: Reasons, mapped: MappedNetwork) -> str:
    """Compare the cores of a network with the lower bounds."""
    least = mapped.lower_bound
    name = mapped.lowered.network.name
    takes = f"{name}: {counted(reasons.cores, 'core')}"
    kind = "with axons of one kind" if reasons.floor > least else ""
    if reasons.cores == reasons.floor:
        why = ", because no layer takes more than it needs on its own"
        if any(reason.bound == "block" for reason in reasons.layers):
            why = " with the blocks that the spec sets"
        return f"{takes}, the smallest possible number{kind and ' '}{kind}{why}."
    floor = f"the layers on their own need {reasons.floor}"
    if reasons.exact:
        floor = f"{floor}, which is a lower bound"
        return f"{takes}; {floor}, but no split into equal blocks takes fewer."
    also = f"and all together at least {least}" if reasons.floor < least else kind
    floor = f"{floor}, {also or 'which is a lower bound'}"
    return f"{takes}, at most {reasons.cores - least} above the optimum; {floor}."


def _miss(reason: Reason) -> str:
    miss = reason.miss
    if miss is None:
        return "the search ended before all options were tried"
    who = "this core" if miss.cores == 1 else f"one of {miss.cores} cores"
    if miss.layer != reason.name:
        who = f"one of {miss.cores} cores of {miss.layer}"
    alone = reason.bound == "alone"
    rest = "" if alone else "with the other layers split as they are, "
    return f"{rest}{who} {_lacks(miss.violation)}"


def _lacks(violation: LimitViolation) -> str:
    """Compare the needs of a core with its limit."""
    value = violation.value
    most = violation.most
    if violation.limit == "compartments":
        return f"would have to hold {value} neurons (limit {most})"
    if violation.limit == "pop16 bases":
        return f"would need pop16 bases that are not multiples of {most}"
    if violation.limit.startswith("pop16"):
        what = violation.limit.removeprefix("pop16 ")
        return f"would read {value} {what}, but pop16 allows at most {most}"
    return f"would need {value} {violation.limit} (limit {most})"


def pools(network: LogicalNetwork) -> Iterator[str]:
    """Describe the delay and the error of each max pool."""
    for layer in network.layers:
        if not layer.operation.compares:
            continue
        levels = levels_of(network, layer)
        error = error_of(network, layer)
        yield (
            f"{layer.name}: the maximum takes {counted(levels, 'level')} of neurons, a "
            f"delay of about {1000 * latency(network, layer):g} ms; mean error "
            f"{error.bias:+.2f}, standard deviation {error.deviation:.2f} (activations "
            "are 0 to 1)"
        )


def placement(mapped: MappedNetwork) -> Iterator[str]:
    """Compare the cores with the lower bound, and with those that a board needs."""
    core = mapped.lowered.network.device.core
    least = mapped.lower_bound
    over = mapped.cores - least
    if over == 0:
        yield "no mapping into equal blocks takes fewer cores"
    else:
        yield (
            f"no mapping into equal blocks takes fewer than {counted(least, 'core')}: "
            f"this one is at most {over} above the optimum"
        )
    yield from _learning(mapped.lowered.network)
    if mapped.unmixed is not None and mapped.unmixed.cores:
        names = ", ".join(mapped.unmixed.axons)
        more = counted(mapped.unmixed.cores, "core")
        yield f"axons of one kind, which a board needs, add {more} for {names}"
    ensembles = (e for p in mapped.populations for e in p.ensembles)
    axons = (
        (most_axons(mapped, registers), registers.shared_axons)
        for ensemble in ensembles
        for registers in ensemble.registers
    )
    unshared, shared = max(axons, default=(0, 0))
    if unshared > core.out_axons:
        yield (
            f"on a board, a core needs {shared} (shared) to {unshared} (unshared) of "
            f"{core.out_axons} out-axons: they may not fit"
        )


def _learning(network: LogicalNetwork) -> Iterator[str]:
    """Explain how the readout learns in Nengo and nengo-loihi."""
    readout = network.readout
    learn = network.readout.learn
    if learn is None:
        return
    learning = network.learning_from(network.by_name[readout.sources[0]])
    start = "the trained weights" if learn.from_ == "trained" else "zeros"
    yield (
        f"{readout.name} learns on a core of its own, from {start}: one presentation "
        f"removes {100 * learning.rate:.3g} % of an error of at most {learn.error:g}"
    )
    yield (
        f"on a board, each in-axon that learns takes two entries: "
        f"{2 * learning.neurons} of {network.device.core.in_axons}"
    )
    yield (
        f"PES: learning rate {learning.chip_rate:.3g} on the chip "
        f"({learning.learning_rate:.3g} in Nengo), error scale "
        f"{learning.error_scale:.4g}, trace increment {learning.increment():.3g} of at "
        f"most {learning.most_increment:.3g}, weights up to {learning.reach:.3g}"
    )


def traffic(
    activity: NetworkActivity, mapped: MappedNetwork, layers: Sequence[LayerReport]
) -> Iterator[str]:
    """Describe the spikes between the host and the chips."""
    most = mapped.lowered.network.device.traffic.input_spikes
    yield (
        f"per step, at most: {human(activity.to_chip)} spikes from the host to cores, "
        f"{human(activity.to_host)} spikes back"
    )
    if activity.to_chip > most * mapped.chips:
        yield (
            f"note: unless spikes are precomputed, nengo-loihi drops all but {most} "
            "spikes per chip and step"
        )
    if mapped.chips > 1:
        yield (
            f"between chips: at most {human(activity.crossing)} spikes per step, or "
            f"{human(activity.crossing_in_order)} if blocks filled the chips in order"
        )
        for layer in layers:
            chips = [chip for each in layer.ensembles for chip in each.chips or ()]
            if chips:
                yield _say_chips(layer.name, chips)
        yield (
            "note: `hardware_options()` of the package's `nengo_network` applies this "
            "placement on a board"
        )


def _say_chips(name: str, chips: Sequence[int]) -> str:
    """Describe how many cores of a layer are on which chip."""
    runs: list[tuple[int, int, int]] = []  # first chip, last chip, cores on each
    for chip, cores in sorted(Counter(chips).items()):
        if runs and runs[-1][1:] == (chip - 1, cores):
            first, _, _ = runs.pop()
            runs.append((first, chip, cores))
        else:
            runs.append((chip, chip, cores))
    parts = []
    for first, last, cores in runs:
        where = f"chip {first}"
        if last > first:
            where = f"each of chips {first} to {last}"
        parts.append(f"{cores} on {where}")
    return f"cores of {name}: {', '.join(parts)}"


def levels_of(network: LogicalNetwork, layer: LogicalLayer) -> int:
    """Return the number of neuron levels in a max pool."""
    return len(layer.operation.tree(network.shape_of(layer.sources[0])).levels)


def latency(network: LogicalNetwork, layer: LogicalLayer) -> float:
    """Return the delay of a max pool in seconds: a filter and a step per level."""
    per_level = layer.neuron_settings.synapse + network.timing.dt
    return levels_of(network, layer) * per_level
