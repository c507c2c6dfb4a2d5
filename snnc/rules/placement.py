"""What runs on the host and what on the chip, and max pools that it compares badly."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from snnc.diagnostics import Diagnostic, Severity
from snnc.ir.logical import Layer, Loihi, MaxPool, Network
from snnc.ir.shapes import error_of


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


class MaxPoolOffChip(Diagnostic):
    """A max pool reads what no spikes carry to the chip.

    Its neurons compare spikes on the chip. What the input gives are values, which an
    encoder has to turn into spikes first; and what a layer on the host gives that reads
    the chip would have to go back to it, so that nothing could be precomputed. Behind
    both, `avgpool` averages.
    """

    code = "SNN900"
    title = "max pool off the chip"
    message = "the maximum `{name}` is over {what}"
    label = "compares spikes on the chip"
    help = "{remedy}"

    name: str
    what: str
    remedy: str

    @classmethod
    def check(cls, network: Network) -> Iterator[MaxPoolOffChip]:
        if not isinstance(network.target, Loihi):
            return
        before = chip_before(network)
        for layer in network.layers:
            if not isinstance(layer.operation, MaxPool):
                continue
            host = _host_behind_chip(network, layer, before)
            if host is not None:
                yield cls(
                    span=layer.span,
                    name=layer.name,
                    what=f"`{host.name}`, on the host behind `{before[host.name]}`",
                    remedy=f"write `place chip` in `{host.name}`, or pool before it",
                )


class LargeMaxPool(Diagnostic):
    """A max pool whose windows are so large that its maximum is far off.

    Each comparison adds the noise of spikes: of two values that are nearly equal, the
    larger seems larger than it is. With more than nine values in a window that adds up
    to an error which a network feels unless it was trained with it. A smaller window,
    or higher rates and a longer presentation, keep it small.
    """

    code = "SNN316"
    title = "large max pool"
    severity = Severity.WARNING
    message = (
        "the maximum `{name}` is off by {bias:+.2f} on average, give or take "
        "{deviation:.2f}"
    )
    label = "{count} values"
    notes = ("1.0 is the activation that fires at the upper rate",)
    help = "use smaller windows, a higher `rate` or a longer `present`"

    name: str
    count: int
    bias: float
    deviation: float

    @classmethod
    def check(cls, network: Network) -> Iterator[LargeMaxPool]:
        for layer in network.layers:
            operation = layer.operation
            if not isinstance(operation, MaxPool) or layer.spiking is None:
                continue
            count = prod(operation.window)
            if count > MOST:
                error = error_of(network, layer)
                yield cls(
                    span=layer.spans.get("window", layer.span),
                    name=layer.name,
                    count=count,
                    bias=error.bias,
                    deviation=error.deviation,
                )


MOST = 9
"""Values of a window beyond which a maximum is told to be far off."""


def _host_behind_chip(
    network: Network, layer: Layer, before: dict[str, str]
) -> Layer | None:
    """What a max pool reads, through pools and joins, that is on the host too late."""
    pending = list(layer.sources)
    while pending:
        source = network.by_name.get(pending.pop())
        if source is None:
            continue
        if source.spiking is None:
            pending += source.sources
        elif not source.on_chip and source.name in before:
            return source
    return None
