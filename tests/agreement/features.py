"""The features that a drawn network may have.

If drawn networks no longer have one of them, the tests check less than they claim to.
"""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

from snnc.ir.logical import LogicalLayer
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection
from snnc.ir.operation import Operation
from snnc.ir.reach import Full, Pairwise, Window
from snnc.operations.average_pool import AveragePooling
from snnc.operations.convolution import Convolution
from snnc.operations.joins import Add, Concat
from snnc.operations.max_pool import MaxPooling
from snnc.operations.rate_code import RateCode

NAMES = """
conv1d, conv2d, conv3d, depthwise1d, depthwise2d, depthwise3d, downsample, maxpool,
add, concat, encode conv, encode rate of one sign, encode rate of two signs,
place host before the chip, place host after the chip,
avgpool whose windows overlap or skip, maxpool whose windows overlap or skip,
maxpool of several levels, maxpool that pads,
depth with an ensemble a slice, depth with several slices an ensemble,
depth whose last ensemble is smaller, depth in one ensemble,
several multiples of a channel, groups of several channels, taps apart,
padding same, padding valid, padding causal, stride over pixels that nothing reads,
shortcut that is the identity, shortcut of a stride, shortcut of a matrix,
relu, lif, bias off, tiles that do not divide evenly,
a block that the spec gives, several cores that the mapper chose,
pop16, pop32, sparse connections, groups of joined layers, several readers,
dense by a matrix, dense by a convolution, groups under a pool,
avgpool under a valid reader, avgpool under a same reader, avgpool under a dense reader,
avgpool under a dense reader of several cores, avgpool over avgpool,
maxpool of averages, maxpool under an average, maxpool under a dense reader,
maxpool under groups
"""
FEATURES = tuple(name.strip() for name in NAMES.split(","))


def features_of(mapped: MappedNetwork) -> frozenset[str]:
    """Return the names of a network's features."""
    parts = [
        *_of_wires(mapped),
        *(_of_layer(mapped, layer) for layer in mapped.lowered.network.layers),
        *(_of_population(p) for p in mapped.populations if p.population.on_chip),
    ]
    found = {name for part in parts for name, holds in part.items() if holds}
    return frozenset(found & {*FEATURES})


def missing(networks: Iterable[MappedNetwork]) -> set[str]:
    """Return the features that none of the networks has."""
    return set(FEATURES).difference(*map(features_of, networks))


def _of_layer(mapped: MappedNetwork, layer: LogicalLayer) -> dict[str, bool]:
    """Return what a spec says of a layer, wherever it runs."""
    by_name = mapped.lowered.by_name
    operation: Any = layer.operation
    kinds: dict[type, str] = {AveragePooling: "avgpool", MaxPooling: "maxpool"}
    pool = kinds.get(type(operation), "")
    reads = [by_name.get(p.source) for p in mapped.lowered.into(layer.name)]
    after = any(source is not None and source.on_chip for source in reads)
    is_on_host = not (layer.on_chip or layer.is_encoder or layer.spiking is None)
    signs = "two signs" if getattr(operation, "signed", False) else "one sign"
    return {
        layer.kind: layer.is_encoder or isinstance(operation, Add | Concat),
        f"encode rate of {signs}": isinstance(operation, RateCode),
        f"{pool} whose windows overlap or skip": (
            bool(pool) and operation.window != operation.stride
        ),
        "maxpool that pads": pool == "maxpool" and operation.padding == "same",
        "maxpool of several levels": len(mapped.of_layer(layer.name)) > 2,
        "place host after the chip": is_on_host and after,
        "place host before the chip": is_on_host and not after,
    }


def _of_population(mapped: MappedPopulation) -> dict[str, bool]:
    """Return what a population on the chip is, and how it is cut."""
    population, layer = mapped.population, mapped.population.layer
    depth, group, spiking = population.volume[0], mapped.group, layer.spiking
    through = None if layer.shortcut is None else layer.shortcut.operation
    strides = getattr(through, "stride", ())
    has_block = spiking is not None and bool(spiking.block)
    uneven = any(len({b.compartments for b in e.blocks}) > 1 for e in mapped.ensembles)
    return {
        layer.kind: True,
        "depth with an ensemble a slice": depth > 1 and group == 1,
        "depth with several slices an ensemble": 1 < group < depth,
        "depth whose last ensemble is smaller": depth % group > 0,
        "depth in one ensemble": depth > 1 and group == depth,
        "shortcut that is the identity": layer.shortcut is not None and through is None,
        "shortcut of a matrix": through is not None and not strides,
        "shortcut of a stride": prod(strides) > 1,
        "relu": spiking is not None and spiking.neuron.name == "relu",
        "lif": spiking is not None and spiking.neuron.name == "lif",
        "bias off": not getattr(layer.operation, "bias", True),
        "tiles that do not divide evenly": uneven,
        "a block that the spec gives": has_block,
        "several cores that the mapper chose": not has_block and mapped.cores > 1,
        **_of_convolution(layer.operation, layer.shape[-1]),
    }


def _of_convolution(convolution: Operation, channels: int) -> dict[str, bool]:
    if not isinstance(convolution, Convolution):
        return {}
    groups, is_depthwise = convolution.groups, convolution.depthwise
    axes = zip(convolution.stride, convolution.kernel, strict=True)
    skips = any(stride > kernel for stride, kernel in axes)
    return {
        "several multiples of a channel": is_depthwise and channels > groups,
        "groups of several channels": groups > 1 and not is_depthwise,
        "taps apart": max(convolution.dilation) > 1,
        f"padding {convolution.padding}": True,
        "stride over pixels that nothing reads": skips,
    }


def _of_wires(mapped: MappedNetwork) -> Iterator[dict[str, bool]]:
    """Yield how the projections that end on the chip are stored."""
    populations, sources = mapped.lowered.by_name, []
    for wire in mapped.projections:
        if populations[wire.projection.target].on_chip:
            sources.append(wire.projection.source)
            yield _of_wire(wire, mapped.by_name[wire.projection.target].cores)
    chip = [name for name in sources if populations[name].on_chip]
    yield {"several readers": len(set(chip)) < len(chip)}


def _of_wire(wire: MappedProjection, cores: int) -> dict[str, bool]:
    reach, pools = wire.projection.reach, wire.projection.pools
    is_full, of_maxima = isinstance(reach, Full), wire.projection.picked is not None
    is_grouped = isinstance(reach, Window) and reach.group is not None
    by, padding = wire.form, getattr(reach, "padding", "")
    is_split = by == "dense" and cores > 1
    return {
        f"pop{wire.pop}": True,
        "sparse connections": by == "sparse",
        "groups of joined layers": is_grouped and wire.projection.rows[0] > 0,
        f"dense by a {'matrix' if by == 'dense' else by}": is_full,
        "groups under a pool": bool(pools) and is_grouped,
        f"avgpool under a {padding} reader": bool(pools) and isinstance(reach, Window),
        "avgpool under a dense reader": bool(pools) and is_full,
        "avgpool under a dense reader of several cores": bool(pools) and is_split,
        "avgpool over avgpool": len(pools) > 1,
        "maxpool of averages": bool(pools) and isinstance(reach, Pairwise),
        "maxpool under an average": of_maxima and bool(pools),
        "maxpool under a dense reader": of_maxima and is_full,
        "maxpool under groups": of_maxima and is_grouped,
    }
