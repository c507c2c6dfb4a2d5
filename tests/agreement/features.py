"""The features that a drawn network may have.

If drawn networks no longer have one of them, the tests check less than they claim to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from snnc.ir.logical import (
    Add,
    AveragePooling,
    Concat,
    Convolution,
    LogicalLayer,
    MaxPooling,
    RateCode,
)
from snnc.ir.lowered import Full, Pairwise, Window
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection

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
    parts: list[Iterator[str]] = [_of_wires(mapped)]
    parts += [_of_layer(mapped, layer) for layer in mapped.lowered.network.layers]
    parts += [_of_population(p) for p in mapped.populations if p.population.on_chip]
    return frozenset(name for part in parts for name in part if name in FEATURES)


def missing(networks: Iterable[MappedNetwork]) -> set[str]:
    """Return the features that none of the networks has."""
    return set(FEATURES).difference(*map(features_of, networks))


def _of_layer(mapped: MappedNetwork, layer: LogicalLayer) -> Iterator[str]:
    """Yield what a spec says of a layer, wherever it runs."""
    operation, by_name = layer.operation, mapped.lowered.by_name
    if layer.is_encoder or isinstance(operation, Add | Concat):
        yield layer.kind
    if isinstance(operation, RateCode):
        yield f"encode rate of {'two signs' if operation.signed else 'one sign'}"
    if isinstance(operation, AveragePooling | MaxPooling):
        name = "maxpool" if isinstance(operation, MaxPooling) else "avgpool"
        if operation.window != operation.stride:
            yield f"{name} whose windows overlap or skip"
    if isinstance(operation, MaxPooling) and operation.padding == "same":
        yield "maxpool that pads"
    if len(mapped.of_layer(layer.name)) > 2:
        yield "maxpool of several levels"
    if not (layer.on_chip or layer.is_encoder or layer.spiking is None):
        read = (by_name.get(p.source) for p in mapped.lowered.into(layer.name))
        after = any(source is not None and source.on_chip for source in read)
        yield f"place host {'after' if after else 'before'} the chip"


def _of_population(mapped: MappedPopulation) -> Iterator[str]:
    """Yield what a population on the chip is, and how it is cut."""
    population, layer = mapped.population, mapped.population.layer
    depth, group, shortcut = population.volume[0], mapped.group, layer.shortcut
    yield layer.kind
    if isinstance(layer.operation, Convolution):
        yield from _of_convolution(layer.operation, layer.shape[-1])
    if depth > 1 and group == 1:
        yield "depth with an ensemble a slice"
    if 1 < group < depth:
        yield "depth with several slices an ensemble"
    if depth % group > 0:
        yield "depth whose last ensemble is smaller"
    if depth > 1 and group == depth:
        yield "depth in one ensemble"
    if shortcut is not None and shortcut.stride is None:
        yield "shortcut that is the identity"
    elif shortcut is not None:
        if shortcut.stride == ():
            yield "shortcut of a matrix"
        if prod(shortcut.stride or ()) > 1:
            yield "shortcut of a stride"
    if layer.spiking is not None:
        yield "relu" if layer.spiking.neuron is None else "lif"
    if not getattr(layer.operation, "bias", True):
        yield "bias off"
    if any(len({b.compartments for b in e.blocks}) > 1 for e in mapped.ensembles):
        yield "tiles that do not divide evenly"
    if layer.spiking is not None and layer.spiking.block:
        yield "a block that the spec gives"
    elif mapped.cores > 1:
        yield "several cores that the mapper chose"


def _of_convolution(convolution: Convolution, channels: int) -> Iterator[str]:
    if convolution.depthwise and channels > convolution.groups:
        yield "several multiples of a channel"
    if convolution.groups > 1 and not convolution.depthwise:
        yield "groups of several channels"
    if max(convolution.dilation) > 1:
        yield "taps apart"
    yield f"padding {convolution.padding}"
    axes = zip(convolution.stride, convolution.kernel, strict=True)
    if any(stride > kernel for stride, kernel in axes):
        yield "stride over pixels that nothing reads"


def _of_wires(mapped: MappedNetwork) -> Iterator[str]:
    """Yield how the projections that end on the chip are stored."""
    populations, sources = mapped.lowered.by_name, []
    for wire in mapped.projections:
        if populations[wire.projection.target].on_chip:
            sources.append(wire.projection.source)
            yield from _of_wire(wire, mapped.by_name[wire.projection.target].cores)
    chip = [name for name in sources if populations[name].on_chip]
    if len(set(chip)) < len(chip):
        yield "several readers"


def _of_wire(wire: MappedProjection, cores: int) -> Iterator[str]:
    reach, pools = wire.projection.reach, wire.projection.pools
    is_full, of_maxima = isinstance(reach, Full), wire.projection.picked is not None
    is_grouped = isinstance(reach, Window) and reach.group is not None
    yield f"pop{wire.pop}"
    if wire.form == "sparse":
        yield "sparse connections"
    if is_grouped and wire.projection.rows[0] > 0:
        yield "groups of joined layers"
    if is_full:
        yield f"dense by a {'matrix' if wire.form == 'dense' else wire.form}"
    if pools and is_grouped:
        yield "groups under a pool"
    if pools and isinstance(reach, Window):
        yield f"avgpool under a {reach.padding} reader"
    if pools and is_full:
        yield "avgpool under a dense reader"
    if pools and wire.form == "dense" and cores > 1:
        yield "avgpool under a dense reader of several cores"
    if len(pools) > 1:
        yield "avgpool over avgpool"
    if pools and isinstance(reach, Pairwise):
        yield "maxpool of averages"
    if of_maxima and pools:
        yield "maxpool under an average"
    if of_maxima and is_full:
        yield "maxpool under a dense reader"
    if of_maxima and is_grouped:
        yield "maxpool under groups"
