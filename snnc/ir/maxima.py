"""The neurons of max pools, level by level."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from snnc.ir.logical import Layer, MaxPool, Network, Shape
from snnc.ir.shapes import triple_of, volume_of
from snnc.runtime.maxima import MaxTree, Window, max_tree
from snnc.runtime.pooling_error import PoolingError, expected_error


@lru_cache(maxsize=256)
def tree_of(pool: MaxPool, shape: Shape) -> MaxTree:
    """The levels of a max pool that reads values of ``shape``, channels last."""
    window = Window(triple_of(pool.window), triple_of(pool.stride), pool.padding)
    return max_tree(triple_of(shape[:-1]), window)


def volume_named(network: Network, population: str) -> Shape:
    """The volume of a layer's neurons, or of one level of a max pool's."""
    name, _, level = population.partition(".")
    if not level:
        return volume_of(network.shape_of(name))
    layer = network.by_name[name]
    assert isinstance(layer.operation, MaxPool)
    tree = tree_of(layer.operation, network.shape_of(layer.sources[0]))
    return (*tree.levels[int(level) - 1].shape, layer.shape[-1])


def level_name(layer: str, level: int) -> str:
    """What the population of a level is called; no layer can have such a name."""
    return f"{layer}.{level + 1}"


def error_of(network: Network, layer: Layer) -> PoolingError:
    """How far the maxima of a max pool are off, as spikes tell them."""
    spiking, pool = layer.spiking, layer.operation
    assert spiking is not None
    assert isinstance(pool, MaxPool)
    timing = network.timing
    return expected_error(
        prod(pool.window), spiking.rate.high, spiking.synapse, timing.present
    )


def levels_of(network: Network, layer: Layer) -> int:
    """How many levels of neurons a max pool has."""
    assert isinstance(layer.operation, MaxPool)
    tree = tree_of(layer.operation, network.shape_of(layer.sources[0]))
    return len(tree.levels)
