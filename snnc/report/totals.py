"""The sentences of a report about the network as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.report.summary import Summary
from snnc.report.units import counted, human


def caption(summary: Summary) -> Iterator[str]:
    """Say what the second table counts."""
    if summary.on_chip:
        yield f"How full the fullest core is, and {example(summary)}:"
    else:
        yield f"{example(summary).capitalize()}:"


def example(summary: Summary) -> str:
    """Say for what spikes, operations and energy are counted."""
    present = f"{1000 * summary.network.timing.present:g} ms"
    return f"an example of {present} at most, all neurons at their upper rates"


def totals(summary: Summary) -> Iterator[str]:
    """Say what the network takes; on a chip also what it does at most."""
    name, neurons = summary.network.name, counted(summary.neurons, "neuron")
    if not summary.on_chip:
        yield f"{name}: {neurons}, and no chip to fit"
        return
    cores, chips = counted(summary.cores, "core"), counted(summary.chips, "chip")
    yield f"{name}: {neurons} on {cores} of {chips}"
    yield from _example(summary)
    yield from _traffic(summary)


def _example(summary: Summary) -> Iterator[str]:
    activity, energy = summary.activity, summary.profile.energy
    yield (
        f"an example at most: {human(activity.spikes)} spikes, "
        f"{human(activity.operations)} synaptic operations"
    )
    yield (
        f"energy of it: {human(activity.joules(energy), 'J')}, or "
        f"{human(activity.idle_joules(energy), 'J')} if nothing spikes "
        "(each event at its least cost, the cores alone)"
    )


def _traffic(summary: Summary) -> Iterator[str]:
    activity, most = summary.activity, summary.profile.traffic.input_spikes
    yield (
        f"a step at most: {human(activity.to_chip)} spikes from the host to cores, "
        f"{human(activity.to_host)} spikes back"
    )
    if activity.to_chip > most * summary.chips:
        yield (
            f"note: nengo-loihi passes {most} a chip and step and drops the rest, "
            "unless it precomputes them"
        )
    if summary.chips > 1:
        yield (
            f"between chips: at most {human(activity.crossing)} spikes an example, if "
            "blocks fill one chip after the other"
        )
        yield (
            "note: so does nengo-loihi's allocator Greedy; GreedyInterchip, its "
            "default, may do with fewer"
        )
