"""The features that a drawn network may have, each as a predicate.

If drawn networks no longer have one of them, the tests check less than they claim to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import TypeVar

from snnc.ir.logical import (
    AveragePooling,
    Convolution,
    LifNeuron,
    LogicalLayer,
    MaxPooling,
    RateCode,
    Shortcut,
    Spiking,
)
from snnc.ir.lowered import Full, Pairwise, Window
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection

Question = Callable[[MappedNetwork], bool]
Item = TypeVar("Item")


def features_of(mapped: MappedNetwork) -> frozenset[str]:
    """Return the names of a network's features."""
    return frozenset(name for name, asks in FEATURES.items() if asks(mapped))


def missing(networks: Iterable[MappedNetwork]) -> set[str]:
    """Return the features that none of the networks has."""
    found = (features_of(mapped) for mapped in networks)
    return set(FEATURES).difference(*found)


def _any_of(
    items: Callable[[MappedNetwork], Iterable[Item]],
) -> Callable[[Callable[[Item], object]], Question]:
    """Return a function from a test to whether some item of a network meets it."""
    return lambda test: lambda mapped: any(map(test, items(mapped)))


def _layers(mapped: MappedNetwork) -> tuple[LogicalLayer, ...]:
    return mapped.lowered.network.layers


def _chip(mapped: MappedNetwork) -> list[MappedPopulation]:
    return [p for p in mapped.populations if p.population.on_chip]


def _spiking(mapped: MappedNetwork) -> list[Spiking]:
    found = (p.population.layer.spiking for p in _chip(mapped))
    return [spiking for spiking in found if spiking is not None]


def _shortcuts(mapped: MappedNetwork) -> list[Shortcut]:
    found = (p.population.layer.shortcut for p in _chip(mapped))
    return [shortcut for shortcut in found if shortcut is not None]


def _convolutions(mapped: MappedNetwork) -> list[tuple[Convolution, int]]:
    """Return the convolutions on the chip, and how many channels each gives."""
    layers = (p.population.layer for p in _chip(mapped))
    pairs = ((layer.operation, layer.shape[-1]) for layer in layers)
    return [(o, channels) for o, channels in pairs if isinstance(o, Convolution)]


def _wires(mapped: MappedNetwork) -> list[MappedProjection]:
    populations = mapped.lowered.by_name
    return [p for p in mapped.projections if populations[p.projection.target].on_chip]


def _pooling(mapped: MappedNetwork) -> list[AveragePooling | MaxPooling]:
    operations = (layer.operation for layer in _layers(mapped))
    return [o for o in operations if isinstance(o, AveragePooling | MaxPooling)]


_layer, _on_chip, _spikes = _any_of(_layers), _any_of(_chip), _any_of(_spiking)
_wire, _pool, _shortcut = _any_of(_wires), _any_of(_pooling), _any_of(_shortcuts)
_convolution = _any_of(_convolutions)


def _kind(kind: str) -> Question:
    return _on_chip(lambda p: p.population.layer.kind == kind)


def _padding(padding: str) -> Question:
    return _convolution(lambda c: c[0].padding == padding)


def _pop(pop: int) -> Question:
    return _wire(lambda p: p.pop == pop)


def _depth(fits: Callable[[int, int], bool]) -> Question:
    """Ask whether a volume's depth is cut so, by slices of an ensemble and of all."""
    return _on_chip(
        lambda p: p.population.volume[0] > 1 and fits(p.group, p.population.volume[0])
    )


def _is_grouped(mapped: MappedProjection) -> bool:
    reach = mapped.projection.reach
    return isinstance(reach, Window) and reach.group is not None


def _is_full(mapped: MappedProjection) -> bool:
    return isinstance(mapped.projection.reach, Full)


def _folds(test: Callable[[MappedProjection], bool]) -> Question:
    """Ask whether some projection folds pools and meets a test."""
    return _wire(lambda p: p.projection.pools and test(p))


def _picks(test: Callable[[MappedProjection], object]) -> Question:
    """Ask whether some projection reads a max pool and meets a test."""
    return _wire(lambda p: p.projection.picked is not None and test(p))


def _is_under(padding: str) -> Callable[[MappedProjection], bool]:
    return lambda p: (
        isinstance(p.projection.reach, Window) and p.projection.reach.padding == padding
    )


def _shares_rows(mapped: MappedNetwork) -> bool:
    """Return whether a block stores equal rows of a pooled matrix once."""
    cores = {name: p.cores for name, p in mapped.by_name.items()}
    several = _folds(lambda p: p.form == "dense" and cores[p.projection.target] > 1)
    return several(mapped)


def _skips(found: tuple[Convolution, int]) -> bool:
    axes = zip(found[0].stride, found[0].kernel, strict=True)
    return any(stride > kernel for stride, kernel in axes)


def _is_uneven(population: MappedPopulation) -> bool:
    sizes = ({b.compartments for b in e.blocks} for e in population.ensembles)
    return any(len(found) > 1 for found in sizes)


def _has_block(population: MappedPopulation) -> bool:
    spiking = population.population.layer.spiking
    return spiking is not None and bool(spiking.block)


def _has_several_readers(mapped: MappedNetwork) -> bool:
    sources = [p.projection.source for p in _wires(mapped)]
    chip = [name for name in sources if mapped.lowered.by_name[name].on_chip]
    return len(set(chip)) < len(chip)


def _has_host_layer(after: bool) -> Question:
    """Ask whether the host runs a layer, not the encoder, before or after the chip."""

    def asks(mapped: MappedNetwork) -> bool:
        chip = {p.population.name for p in _chip(mapped)}
        host = (
            layer
            for layer in _layers(mapped)
            if not layer.on_chip and not layer.is_encoder and layer.spiking is not None
        )
        return any(
            any(p.source in chip for p in mapped.lowered.into(layer.name)) is after
            for layer in host
        )

    return asks


KINDS = (
    *("conv1d", "conv2d", "conv3d", "depthwise1d", "depthwise2d", "depthwise3d"),
    *("downsample", "maxpool"),
)
_rates = _layer(lambda layer: layer.kind == "encode rate")
_signed = _layer(lambda x: isinstance(x.operation, RateCode) and x.operation.signed)
FEATURES: dict[str, Question] = {
    **{kind: _kind(kind) for kind in KINDS},
    "depth with an ensemble a slice": _depth(lambda group, _: group == 1),
    "depth with several slices an ensemble": _depth(lambda g, all_: 1 < g < all_),
    "depth whose last ensemble is smaller": _depth(lambda g, all_: all_ % g > 0),
    "depth in one ensemble": _depth(lambda group, slices: group == slices),
    "several multiples of a channel": _convolution(
        lambda c: c[0].depthwise and c[1] > c[0].groups
    ),
    "groups of several channels": _convolution(
        lambda c: not c[0].depthwise and c[0].groups > 1
    ),
    "taps apart": _convolution(lambda c: max(c[0].dilation) > 1),
    "sparse connections": _wire(lambda p: p.form == "sparse"),
    "groups of joined layers": _wire(
        lambda p: _is_grouped(p) and p.projection.rows[0] > 0
    ),
    "groups under a pool": _folds(_is_grouped),
    "dense by a matrix": _wire(lambda p: _is_full(p) and p.form == "dense"),
    "dense by a convolution": _wire(lambda p: _is_full(p) and p.form == "convolution"),
    "avgpool under a valid reader": _folds(_is_under("valid")),
    "avgpool under a same reader": _folds(_is_under("same")),
    "avgpool under a dense reader": _folds(_is_full),
    "avgpool under a dense reader of several cores": _shares_rows,
    "avgpool whose windows overlap or skip": _pool(
        lambda o: isinstance(o, AveragePooling) and o.window != o.stride
    ),
    "avgpool over avgpool": _folds(lambda p: len(p.projection.pools) > 1),
    "maxpool of several levels": lambda m: any(
        len(m.of_layer(layer.name)) > 2 for layer in _layers(m)
    ),
    "maxpool that pads": _pool(
        lambda o: isinstance(o, MaxPooling) and o.padding == "same"
    ),
    "maxpool whose windows overlap or skip": _pool(
        lambda o: isinstance(o, MaxPooling) and o.window != o.stride
    ),
    "maxpool of averages": _folds(lambda p: isinstance(p.projection.reach, Pairwise)),
    "maxpool under an average": _picks(lambda p: p.projection.pools),
    "maxpool under a dense reader": _picks(_is_full),
    "maxpool under groups": _picks(_is_grouped),
    "add": _layer(lambda layer: layer.kind == "add"),
    "concat": _layer(lambda layer: layer.kind == "concat"),
    "shortcut that is the identity": _shortcut(lambda s: s.stride is None),
    "shortcut of a stride": _shortcut(lambda s: s.stride and prod(s.stride) > 1),
    "shortcut of a matrix": _shortcut(lambda s: s.stride == ()),
    **{f"pop{pop}": _pop(pop) for pop in (16, 32)},
    **{f"padding {name}": _padding(name) for name in ("same", "valid", "causal")},
    "stride over pixels that nothing reads": _convolution(_skips),
    "tiles that do not divide evenly": _on_chip(_is_uneven),
    "a block that the spec gives": _on_chip(_has_block),
    "several cores that the mapper chose": _on_chip(
        lambda p: p.cores > 1 and not _has_block(p)
    ),
    "relu": _spikes(lambda s: not isinstance(s.neuron, LifNeuron)),
    "lif": _spikes(lambda s: isinstance(s.neuron, LifNeuron)),
    "bias off": _on_chip(
        lambda p: not getattr(p.population.layer.operation, "bias", True)
    ),
    "several readers": _has_several_readers,
    "encode conv": _layer(lambda layer: layer.kind == "encode conv"),
    "encode rate of one sign": lambda m: _rates(m) and not _signed(m),
    "encode rate of two signs": _signed,
    "place host before the chip": _has_host_layer(after=False),
    "place host after the chip": _has_host_layer(after=True),
}
