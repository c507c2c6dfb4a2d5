"""What runs on the host and what on the chip."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic
from snnc.ir.logical import Loihi, MaxPool, Network


class HostBetweenChip(Diagnostic):
    """A host layer lies between chip layers.

    Then the host's spikes depend on the chip's, nothing can be precomputed, and
    every step waits for a round trip. `place host` is allowed before the first or
    after the last chip layer.
    """

    code = "SNN310"
    title = "host layer between chip layers"
    message = (
        "`{name}` is on the host, but `{before}` before it and `{after}` after it "
        "are on the chip"
    )
    label = "on the host"
    help = "write `place chip`, or put the layers on one side of it on the host"

    name: str
    before: str
    after: str

    @classmethod
    def check(cls, network: Network) -> Iterator[HostBetweenChip]:
        if not isinstance(network.target, Loihi):
            return
        before = chip_before(network)
        after: dict[str, str] = {}
        for layer in reversed(network.in_reading_order):
            # What is wrong behind a max pool, the rule for max pools tells.
            pools = isinstance(layer.operation, MaxPool)
            on_chip = layer.on_chip and not pools
            ahead = layer.name if on_chip else after.get(layer.name)
            for source in layer.reads:
                if ahead is not None:
                    after.setdefault(source, ahead)
        for layer in network.layers:
            if layer.spiking is None or layer.on_chip:
                continue
            if layer.name in before and layer.name in after:
                yield cls(
                    span=layer.spans.get("place", layer.span),
                    name=layer.name,
                    before=before[layer.name],
                    after=after[layer.name],
                )


class NothingOnChip(Diagnostic):
    """A network for Loihi has no layer on the chip.

    nengo-loihi refuses such a network. `target nengo` runs it without a chip.
    """

    code = "SNN311"
    title = "nothing on the chip"
    message = "no layer of `{name}` is on the chip"
    help = "add a spiking layer, or write `target nengo`"

    name: str


def chip_before(network: Network) -> dict[str, str]:
    """For each layer that depends on the chip, a chip layer before it."""
    before: dict[str, str] = {}
    for layer in network.in_reading_order:
        for source in layer.reads:
            behind = network.by_name.get(source)
            if behind is not None and behind.on_chip:
                before.setdefault(layer.name, source)
            elif source in before:
                before.setdefault(layer.name, before[source])
    return before
