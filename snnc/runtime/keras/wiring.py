# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Which layers of neurons a Keras model's kernels read, channel by channel."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tensorflow import keras

from ..layout import Layout

NEURONS = ".neurons"


class Stretch(NamedTuple):
    """Neighbouring channels, and the layers that are summed in them.

    The values of the input have no layer.
    """

    sources: frozenset[str]
    size: int


class Wiring(NamedTuple):
    """What scales of layers have to do with one another.

    ``reads`` has the channels that the rows of each kernel meet, one after
    another. The layers of each of ``groups`` have to share a scale: a sum adds
    what they give, or an identity shortcut what one gives to another's sum.
    """

    reads: dict[str, tuple[Stretch, ...]]
    groups: tuple[tuple[str, ...], ...]


def wiring_of(
    model: keras.Model,
    layout: Layout,
    names: Sequence[str],
) -> Wiring:
    """Return the wiring of a model whose layers of neurons are ``names``."""
    reads, ties = {}, []
    for tensor in layout.tensors:
        layer, _, part = tensor.name.rpartition(".")
        if part == "bias":
            continue
        keras_name = layer if part == "kernel" else tensor.name
        stretches = stretches_of(model.get_layer(keras_name).input)
        reads[tensor.name] = stretches
        ties += [stretch.sources for stretch in stretches]
    known = {layer.name for layer in model.layers}
    for name in names:
        if f"{name}.sum" in known and f"{name}.shortcut" not in known:
            _, added = model.get_layer(f"{name}.sum").input
            ties += [s.sources | {name} for s in stretches_of(added)]
        elif f"{name}{NEURONS}" not in known:
            # What a max pool compares has the scale of what it pools.
            pooled = stretches_of(model.get_layer(name).input)
            ties.append(frozenset({name}).union(*(s.sources for s in pooled)))
    return Wiring(reads, _groups(names, ties))


def stretches_of(tensor: Any) -> tuple[Stretch, ...]:
    """Return the stretches that make up the channels of a tensor of Keras."""
    layer = tensor._keras_history[0]
    size = int(tensor.shape[-1])
    if layer.name.endswith(NEURONS):
        name = layer.name.removesuffix(NEURONS)
        return (Stretch(frozenset({name}), size),)
    if isinstance(layer, keras.layers.InputLayer):
        return (Stretch(frozenset(), size),)
    if isinstance(layer, keras.layers.Add):
        first, *others = map(stretches_of, layer.input)
        for other in others:
            first = _summed(first, other)
        return first
    if isinstance(layer, keras.layers.Concatenate):
        joined = map(stretches_of, layer.input)
        return tuple(stretch for part in joined for stretch in part)
    return stretches_of(layer.input)


def _summed(
    first: tuple[Stretch, ...],
    second: tuple[Stretch, ...],
) -> tuple[Stretch, ...]:
    """Return the stretches of a sum, cut where those of either end."""
    merged, one, other = [], list(first), list(second)
    while one and other:
        size = min(one[0].size, other[0].size)
        sources = one[0].sources | other[0].sources
        merged.append(Stretch(sources, size))
        for rest in (one, other):
            part = rest.pop(0)
            if part.size > size:
                rest.insert(0, part._replace(size=part.size - size))
    return tuple(merged)


def _groups(
    names: Sequence[str],
    ties: Iterable[frozenset[str]],
) -> tuple[tuple[str, ...], ...]:
    """Return the layers in groups, in order; ties bind their members."""
    group = {name: {name} for name in names}
    for tie in ties:
        merged = set().union(*(group[name] for name in tie))
        group.update(dict.fromkeys(merged, merged))
    return tuple(
        tuple(other for other in names if other in group[name])
        for name in names
        if name == min(group[name], key=names.index)
    )
