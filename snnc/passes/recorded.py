"""Report more neurons than a board can record.

The number of neurons that the host reads doesn't depend on the mapping, so this is
reported for a network that does not fit, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.ir.logical import LogicalLayer, ReadoutLayer
from snnc.ir.lowered import LoweredNetwork
from snnc.ir.shapes import Shape

RECORDED = 784
"""The most neurons that nengo-loihi's tests for boards record: `test_conv_deepnet`."""

UNITS = 64
"""The units of the layer that is advised: more could take too many cores."""


def find_recorded(lowered: LoweredNetwork) -> Iterator[Diagnostic]:
    """Yield a problem if the host reads too many neurons."""
    network = lowered.network
    limit = network.device.board.too_many_recorded
    read = [lowered.by_name[name] for name in lowered.read_by_host]
    neurons = sum(population.neurons for population in read)
    if neurons < limit:
        return
    names = {population.layer.name for population in read}
    layers = [layer for layer in network.layers if layer.name in names]
    works = min(RECORDED, limit - 1)
    yield rules.loihi.ManyRecorded(
        span=network.readout.span,
        neurons=neurons,
        layers=", ".join(layer.name for layer in layers),
        limit=limit,
        works=works,
        advice=_advise(lowered, layers, works),
    )


def _advise(lowered: LoweredNetwork, read: list[LogicalLayer], works: int) -> str:
    """Name a layer to put before the layer or readout that the host computes."""
    network = lowered.network
    into_host = (*lowered.projections, *lowered.readout)
    readers = {
        p.target
        for p in into_host
        if p.source in lowered.on_chip and p.target not in lowered.on_chip
    }
    # A layer before one of the readers doesn't change what the others read.
    if len(readers) > 1:
        return f"let the host read at most {works} neurons"
    reader: LogicalLayer | ReadoutLayer = network.readout
    for population in lowered.populations:
        if population.name in readers:
            reader = population.layer
    if not reader.operation.flattens:
        shape = network.shape_of(reader.sources[0])
        return _advise_image(reader.name, shape, works)
    last = read[0]
    if reader.sources == (last.name,) and last.operation.flattens:
        return f"write `units {works}` or fewer in `{last.name}`"
    units = min(UNITS, works)
    return (
        f"write `dense NAME {{ units {units} }}` before `{reader.name}`, with at most "
        f"{works} `units`, and let it read this layer"
    )


def _advise_image(reader: str, shape: Shape, works: int) -> str:
    """Name a convolution whose output is as high and wide as ``reader`` needs."""
    filters = works // prod(shape[:-1])
    if not filters:
        return (
            f"let `{reader}` read at most {works} positions, with larger strides or a "
            "smaller input; to run the network on the emulator only, write `# snnc: "
            "allow SNN415 reason` above this line"
        )
    kind = f"conv{len(shape) - 1}d"
    return (
        f"write `{kind} NAME {{ filters {filters}, kernel 1 }}` before `{reader}`, and "
        "let it read this layer: a `dense` layer has no positions"
    )
