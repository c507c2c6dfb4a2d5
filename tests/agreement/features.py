"""The features that a drawn network may have, each as a predicate.

If drawn networks no longer have one of them, the tests check less than they claim to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import prod

from snnc.ir.logical import (
    AveragePooling,
    Convolution,
    LifNeuron,
    LogicalLayer,
    MaxPooling,
    RateCode,
)
from snnc.ir.lowered import Full, Pairwise, Window
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection

Question = Callable[[MappedNetwork], bool]


def features_of(mapped: MappedNetwork) -> frozenset[str]:
    """Return the names of a network's features."""
    return frozenset(name for name, asks in FEATURES.items() if asks(mapped))


def missing(networks: Iterable[MappedNetwork]) -> set[str]:
    """Return the features that none of the networks has."""
    found = (features_of(mapped) for mapped in networks)
    return set(FEATURES).difference(*found)


def _layers(mapped: MappedNetwork) -> tuple[LogicalLayer, ...]:
    return mapped.lowered.network.layers


def _chip(mapped: MappedNetwork) -> Iterator[MappedPopulation]:
    return (p for p in mapped.populations if p.population.on_chip)


def _wires(mapped: MappedNetwork) -> Iterator[MappedProjection]:
    populations = mapped.lowered.by_name
    return (p for p in mapped.projections if populations[p.projection.target].on_chip)


def _kind(kind: str) -> Question:
    return lambda mapped: any(p.population.layer.kind == kind for p in _chip(mapped))


def _has_kind(kind: str) -> Question:
    return lambda mapped: any(layer.kind == kind for layer in _layers(mapped))


def _convolutions(mapped: MappedNetwork) -> Iterator[Convolution]:
    operations = (p.population.layer.operation for p in _chip(mapped))
    return (o for o in operations if isinstance(o, Convolution))


def _groups(fits: Callable[[int, int], bool]) -> Question:
    """Ask whether a volume's depth is cut so, by slices of an ensemble and of all."""
    return lambda mapped: any(
        p.population.volume[0] > 1 and fits(p.group, p.population.volume[0])
        for p in _chip(mapped)
    )


def _any_convolution(fits: Callable[[Convolution, tuple[int, ...]], bool]) -> Question:
    """Ask whether some convolution on the chip meets a test of itself and its shape."""
    return lambda mapped: any(
        isinstance(p.population.layer.operation, Convolution)
        and fits(p.population.layer.operation, p.population.layer.shape)
        for p in _chip(mapped)
    )


def _is_grouped(mapped: MappedProjection) -> bool:
    reach = mapped.projection.reach
    return isinstance(reach, Window) and reach.group is not None


def _matrix(form: str) -> Question:
    return lambda mapped: any(
        isinstance(p.projection.reach, Full) and p.form == form for p in _wires(mapped)
    )


def _any_folding(fits: Callable[[MappedProjection], bool]) -> Question:
    """Ask whether some projection folds pools and meets a test."""
    return lambda mapped: any(p.projection.pools and fits(p) for p in _wires(mapped))


def _under(padding: str) -> Callable[[MappedProjection], bool]:
    return lambda p: (
        isinstance(p.projection.reach, Window) and p.projection.reach.padding == padding
    )


def _pooled_rows(mapped: MappedNetwork) -> bool:
    """Return whether a block stores equal rows of a pooled matrix once."""
    return any(
        p.form == "dense"
        and p.projection.pools
        and mapped.by_name[p.projection.target].cores > 1
        for p in _wires(mapped)
    )


def _overlapping(mapped: MappedNetwork) -> bool:
    pools = (o.operation for o in _layers(mapped))
    return any(isinstance(p, AveragePooling) and p.window != p.stride for p in pools)


def _shortcut(fits: Callable[[tuple[int, ...] | None], bool]) -> Question:
    """Ask whether a layer on the chip has a shortcut of a stride."""

    def asks(mapped: MappedNetwork) -> bool:
        shortcuts = (p.population.layer.shortcut for p in _chip(mapped))
        return any(s is not None and fits(s.stride) for s in shortcuts)

    return asks


def _pop(pop: int) -> Question:
    return lambda mapped: any(p.pop == pop for p in _wires(mapped))


def _padding(padding: str) -> Question:
    return lambda mapped: any(o.padding == padding for o in _convolutions(mapped))


def _skips(mapped: MappedNetwork) -> bool:
    steps = (zip(o.stride, o.kernel, strict=True) for o in _convolutions(mapped))
    return any(stride > kernel for axes in steps for stride, kernel in axes)


def _uneven(mapped: MappedNetwork) -> bool:
    ensembles = (e for p in _chip(mapped) for e in p.ensembles)
    return any(len({b.compartments for b in e.blocks}) > 1 for e in ensembles)


def _spread(mapped: MappedNetwork) -> bool:
    """Return whether a layer without a `block` takes several cores."""
    return any(p.cores > 1 and _block(p) is None for p in _chip(mapped))


def _block(population: MappedPopulation) -> tuple[int, ...] | None:
    spiking = population.population.layer.spiking
    return spiking.block if spiking is not None else None


def _without_bias(mapped: MappedNetwork) -> bool:
    operations = (p.population.layer.operation for p in _chip(mapped))
    return any(not getattr(o, "bias", True) for o in operations)


def _neuron(lif: bool) -> Question:
    def asks(mapped: MappedNetwork) -> bool:
        spiking = (p.population.layer.spiking for p in _chip(mapped))
        return any(
            s is not None and isinstance(s.neuron, LifNeuron) is lif for s in spiking
        )

    return asks


def _several_readers(mapped: MappedNetwork) -> bool:
    sources = [
        p.projection.source
        for p in _wires(mapped)
        if mapped.lowered.by_name[p.projection.source].on_chip
    ]
    return len(set(sources)) < len(sources)


def _has_signed_values(mapped: MappedNetwork) -> bool:
    operations = (layer.operation for layer in _layers(mapped))
    return any(isinstance(o, RateCode) and o.signed for o in operations)


def _has_host_layer(after: bool) -> Question:
    """Ask whether the host runs a layer, not the encoder, before or after the chip."""

    def asks(mapped: MappedNetwork) -> bool:
        chip = {p.population.name for p in _chip(mapped)}
        return any(
            not layer.on_chip
            and not layer.is_encoder
            and layer.spiking is not None
            and any(p.source in chip for p in mapped.lowered.into(layer.name)) is after
            for layer in _layers(mapped)
        )

    return asks


FEATURES: dict[str, Question] = {
    "conv1d": _kind("conv1d"),
    "conv2d": _kind("conv2d"),
    "conv3d": _kind("conv3d"),
    "depth with an ensemble a slice": _groups(lambda group, _: group == 1),
    "depth with several slices an ensemble": _groups(lambda g, all_: 1 < g < all_),
    "depth whose last ensemble is smaller": _groups(lambda g, all_: all_ % g > 0),
    "depth in one ensemble": _groups(lambda group, slices: group == slices),
    "depthwise1d": _kind("depthwise1d"),
    "depthwise2d": _kind("depthwise2d"),
    "depthwise3d": _kind("depthwise3d"),
    "several multiples of a channel": _any_convolution(
        lambda o, shape: o.depthwise and shape[-1] > o.groups
    ),
    "groups of several channels": _any_convolution(
        lambda o, _: not o.depthwise and o.groups > 1
    ),
    "taps apart": _any_convolution(lambda o, _: max(o.dilation) > 1),
    "sparse connections": lambda m: any(p.form == "sparse" for p in _wires(m)),
    "groups of joined layers": lambda m: any(
        _is_grouped(p) and p.projection.rows[0] > 0 for p in _wires(m)
    ),
    "groups under a pool": _any_folding(lambda p: _is_grouped(p)),
    "downsample": _kind("downsample"),
    "dense by a matrix": _matrix("dense"),
    "dense by a convolution": _matrix("convolution"),
    "avgpool under a valid reader": _any_folding(_under("valid")),
    "avgpool under a same reader": _any_folding(_under("same")),
    "avgpool under a dense reader": _any_folding(
        lambda p: isinstance(p.projection.reach, Full)
    ),
    "avgpool under a dense reader of several cores": _pooled_rows,
    "avgpool whose windows overlap or skip": _overlapping,
    "avgpool over avgpool": _any_folding(lambda p: len(p.projection.pools) > 1),
    "maxpool": _kind("maxpool"),
    "maxpool of several levels": lambda m: any(
        len(m.of_layer(layer.name)) > 2 for layer in _layers(m)
    ),
    "maxpool that pads": lambda m: any(
        isinstance(o.operation, MaxPooling) and o.operation.padding == "same"
        for o in _layers(m)
    ),
    "maxpool whose windows overlap or skip": lambda m: any(
        isinstance(o.operation, MaxPooling) and o.operation.window != o.operation.stride
        for o in _layers(m)
    ),
    "maxpool of averages": lambda m: any(
        isinstance(p.projection.reach, Pairwise) and bool(p.projection.pools)
        for p in _wires(m)
    ),
    "maxpool under an average": _any_folding(lambda p: p.projection.picked is not None),
    "maxpool under a dense reader": lambda m: any(
        isinstance(p.projection.reach, Full) and p.projection.picked is not None
        for p in _wires(m)
    ),
    "maxpool under groups": lambda m: any(
        _is_grouped(p) and p.projection.picked is not None for p in _wires(m)
    ),
    "add": _has_kind("add"),
    "concat": _has_kind("concat"),
    "shortcut that is the identity": _shortcut(lambda stride: stride is None),
    "shortcut of a stride": _shortcut(lambda s: bool(s) and prod(s or ()) > 1),
    "shortcut of a matrix": _shortcut(lambda stride: stride == ()),
    "pop16": _pop(16),
    "pop32": _pop(32),
    "padding same": _padding("same"),
    "padding valid": _padding("valid"),
    "padding causal": _padding("causal"),
    "stride over pixels that nothing reads": _skips,
    "tiles that do not divide evenly": _uneven,
    "a block that the spec gives": lambda m: any(_block(p) for p in _chip(m)),
    "several cores that the mapper chose": _spread,
    "relu": _neuron(lif=False),
    "lif": _neuron(lif=True),
    "bias off": _without_bias,
    "several readers": _several_readers,
    "encode conv": _has_kind("encode conv"),
    "encode rate of one sign": lambda m: (
        _has_kind("encode rate")(m) and not _has_signed_values(m)
    ),
    "encode rate of two signs": _has_signed_values,
    "place host before the chip": _has_host_layer(after=False),
    "place host after the chip": _has_host_layer(after=True),
}
