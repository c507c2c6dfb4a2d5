"""Count the spikes that go from chip to chip in the league's networks of several chips.

Run it from the repository's root as ``python -m benchmarks.chips``. Shares are of all
spikes that cores send to cores while every neuron fires at its budget's upper rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.league import SPECS, map_spec
from snnc.loihi.activity import activity_of
from snnc.passes.route import route
from snnc.text.tables import table


def rows() -> Iterator[tuple[str, ...]]:
    """One row for each network that takes several chips."""
    for name in sorted(spec.stem for spec in SPECS.glob("*.snn")):
        mapped = map_spec(name)
        if mapped.chips < 2:
            continue
        populations, routed = mapped.lowered.by_name, route(mapped)
        sent = sum(
            populations[r.source].upper_rate * r.messages
            for r in routed.routes
            if populations[r.source].on_chip
        )
        activity = activity_of(routed)
        every = sent * mapped.lowered.network.timing.dt
        shares = (activity.crossing_in_order / every, activity.crossing / every)
        yield (f"`{name}`", str(mapped.chips), *(f"{share:.1%}" for share in shares))


if __name__ == "__main__":
    head = ("network", "chips", "in order", "placed")
    print("\n".join(table(head, list(rows()), right=(1, 2, 3))))
