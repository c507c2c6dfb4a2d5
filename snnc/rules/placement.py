"""Rules for layers on the host and on the chip, and for pools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from snnc.diagnostics import LayerDiagnostic, LayerWarning
from snnc.ir.logical import LogicalLayer, LogicalNetwork
from snnc.ir.pooling_error import PoolingError, error_of
from snnc.rules.times import chip_layers, spiking_layers


class HostBetweenChip(LayerDiagnostic):
    """Checks for a layer on the host between layers on the chip.

    The spikes of such a layer depend on the chip, so they can't be precomputed, and
    every time step would wait for a round trip. `place host` is valid only before the
    first and after the last layer on the chip.
    """

    code = "SNN310"
    title = "host layer between chip layers"
    message = (
        "`{name}` is on the host, but `{before}` before it and `{after}` after it "
        "are on the chip"
    )
    label = "on the host"
    help = "write `place chip`, or put all layers before or after `{name}` on the host"

    before: str
    after: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[HostBetweenChip]:
        before = chip_before(network)
        # Another rule reports a host layer before a max pool.
        layers = (layer for layer, _ in chip_layers(network))
        chip = {each.name for each in layers if not each.operation.compares}
        # Backwards: the nearest chip layer that depends on each layer.
        after = _nearest(chip, ((b, a) for a, b in reversed(_edges(network))))
        for layer, _ in spiking_layers(network):
            name = layer.name
            if not layer.on_chip and name in before and name in after:
                yield cls.at(layer, "place", before=before[name], after=after[name])


class NothingOnChip(LayerDiagnostic):
    """Checks that a network for Loihi has a layer on the chip.

    nengo-loihi refuses a network without such a layer. `target nengo` needs no chip.
    """

    code = "SNN311"
    title = "no layer on the chip"
    message = "no layer of `{name}` is on the chip"

    moved: str

    @property
    def hint(self) -> str:
        layer = f"write `place chip` in `{self.moved}`" if self.moved else ""
        return f"{layer or 'add a spiking layer'}, or write `target nengo`"


def chip_before(network: LogicalNetwork) -> dict[str, str]:
    """Return a preceding chip layer for each layer that depends on the chip."""
    chip = {layer.name for layer, _ in chip_layers(network)}
    return _nearest(chip, _edges(network))


def _edges(network: LogicalNetwork) -> list[tuple[str, str]]:
    """Return each source and its reader, in the order of the signals."""
    layers = network.in_reading_order
    return [(source, layer.name) for layer in layers for source in layer.reads]


def _nearest(chip: set[str], edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a chip layer from which edges lead to a layer, for each such layer."""
    nearest: dict[str, str] = {}
    for first, second in edges:
        origin = first if first in chip else nearest.get(first)
        if origin is not None:
            nearest.setdefault(second, origin)
    return nearest


def neurons_read(
    network: LogicalNetwork, reader: LogicalLayer, seen: set[str]
) -> Iterator[LogicalLayer]:
    """Yield the layers with neurons that a layer reads, also through pools or joins.

    Layers in ``seen`` are skipped, and the others are added to it.
    """
    ahead = [*reader.sources]
    while ahead:
        layer = network.by_name.get(ahead.pop())
        if layer is None or layer.name in seen:
            continue
        seen.add(layer.name)
        if layer.spiking is None:
            ahead += layer.sources
        else:
            yield layer


class MaxPoolOffChip(LayerDiagnostic):
    """Checks that the inputs of a max pool are spikes on the chip.

    The neurons of a max pool compare spikes on the chip. The input has values, not
    spikes, so a max pool needs an encoder before it. A host layer after the chip would
    have to send its spikes back, so they could not be precomputed. `avgpool` works
    after both.
    """

    code = "SNN900"
    title = "max pool off the chip"
    message = "the max pool `{name}` reads {what}"
    label = "compares spikes on the chip"

    what: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[MaxPoolOffChip]:
        before = chip_before(network)
        for layer in network.layers:
            is_pool = layer.operation.compares
            for source in neurons_read(network, layer, set()) if is_pool else ():
                name = source.name
                if not source.on_chip and name in before:
                    yield cls.at(
                        layer,
                        what=f"`{name}`, which is on the host after `{before[name]}`",
                        advice=f"write `place chip` in `{name}`, or put the max pool "
                        "before this layer",
                    )
                    break


class LargeMaxPool(LayerWarning):
    """Checks for max pools with large windows, which have a large error.

    Spikes are noisy, and each comparison of two close values adds to the error. With
    more than nine values per window, the error affects networks whose training did not
    include it. Smaller windows, higher rates and a longer presentation reduce the
    error.
    """

    code = "SNN316"
    title = "large max pool"
    message = (
        "the max pool `{name}` has a mean error of {error.bias:+.2f} and a standard "
        "deviation of {error.deviation:.2f}"
    )
    label = "{count} values"
    notes = ("an activation of 1.0 corresponds to the upper rate",)
    help = (
        "use windows of at most {most} values; to accept this error, which a higher "
        "`rate` and a longer `present` reduce, write `# snnc: allow SNN316 reason` "
        "above this line"
    )

    count: int
    most: int
    error: PoolingError

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[LargeMaxPool]:
        for layer, _ in spiking_layers(network):
            pool = layer.operation
            count = prod(pool.window) if pool.compares else 1
            if count > MOST:
                error = error_of(network, layer)
                yield cls.at(layer, "window", count=count, most=MOST, error=error)


MOST = 9
"""The number of values per window above which the error of a maximum is large."""


class AveragedLif(LayerWarning):
    """Checks for averages of LIF neurons on the chip, since they reduce accuracy.

    Filtered spikes are noisy, and the rate curve of a LIF neuron is steepest at its
    threshold. Near the threshold, noise therefore makes neurons fire that should be
    silent. An average does not remove these spikes, so later layers read them. A ReLU
    neuron has no such step. `docs/measured-accuracy.md` compares ReLU and LIF networks.
    """

    code = "SNN508"
    title = "average of LIF neurons"
    message = (
        "`{pool}` averages LIF neurons, which are less accurate on the chip than ReLU"
    )
    label = "near their threshold, noise makes these neurons fire"
    notes = ("`{pool}` reads `{name}`",)
    help = "write `neuron relu`, unless you need LIF neurons"

    pool: str

    @classmethod
    def check(cls, network: LogicalNetwork) -> Iterator[AveragedLif]:
        averaged: dict[str, str] = {}  # the first pool that reads a layer
        seen: set[str] = set()
        for pool in network.layers:
            if pool.operation.is_pool and not pool.operation.compares:
                for layer in neurons_read(network, pool, seen):
                    averaged[layer.name] = pool.name
        for layer, spiking in chip_layers(network):
            if layer.name in averaged and not spiking.neuron.is_linear:
                yield cls.at(layer, "neuron", pool=averaged[layer.name])
