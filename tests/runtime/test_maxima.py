"""The tree of a maximum gives what a maximum does, whatever it is over."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from snnc.runtime.maxima import Grid, Nodes, PoolWindow, entries, max_tree

CASES = [
    ((1, 6, 6), (1, 2, 2), (1, 2, 2)),
    ((1, 7, 5), (1, 2, 2), (1, 2, 2)),
    ((1, 9, 8), (1, 3, 2), (1, 2, 1)),
    ((5, 6, 7), (2, 3, 4), (2, 1, 3)),
    ((1, 11, 1), (1, 11, 1), (1, 1, 1)),
    ((1, 5, 9), (1, 1, 5), (1, 2, 5)),
    ((4, 4, 4), (4, 1, 1), (1, 1, 1)),
]


def maximum(x: NDArray[Any], window: PoolWindow) -> NDArray[Any]:
    """Return the maxima by their definition."""
    axes = range(3)
    counts = [window.count(x.shape[i], i) for i in axes]
    pads = [window.pads(x.shape[i], i) for i in axes]
    padded = np.pad(x, pads)
    found = np.zeros(counts)
    for place in np.ndindex(*counts):
        starts = [i * s for i, s in zip(place, window.stride, strict=True)]
        part = tuple(slice(a, a + n) for a, n in zip(starts, window.size, strict=True))
        found[place] = padded[part].max()
    return found


def read(x: NDArray[Any], axis: int, nodes: Nodes, windows: int) -> NDArray[Any]:
    """Return the inputs of neurons that read along one axis."""
    rows = entries(nodes, windows, range(x.shape[axis]))
    matrix = np.zeros((len(rows), x.shape[axis]))
    for row, places in enumerate(rows):
        for place, weight in places.items():
            matrix[row, place] = weight
    return np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)


def of(x: NDArray[Any], grid: Grid) -> NDArray[Any]:
    return x[np.ix_(*grid)]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "window", "stride"), CASES)
def test_a_tree_gives_the_maximum(
    size: Any, window: Any, stride: Any, padding: Any
) -> None:
    windows = PoolWindow(window, stride, padding)
    x = np.random.default_rng(1).random(size)
    tree = max_tree(size, windows)
    values: list[Any] = []
    for level in tree.levels:
        current: Any = 0
        for each in level.reads:
            source = x if each.level is None else values[each.level]
            part = of(source, each.grid)
            current = current + read(part, level.axis, each.nodes, level.windows)
        assert current.shape == level.shape
        values.append(np.maximum(current, 0))
    total = sum(
        of(x if pick.level is None else values[pick.level], pick.grid)
        for pick in tree.picks
    )
    np.testing.assert_allclose(total, maximum(x, windows), atol=1e-12)


def test_a_window_has_a_neuron_less_than_values() -> None:
    tree = max_tree((1, 4, 4), PoolWindow((1, 2, 2), (1, 2, 2)))
    assert [level.shape for level in tree.levels] == [(1, 2, 4), (1, 2, 2)]
    assert sum(np.prod(level.shape) for level in tree.levels) == 4 * 3
    line = max_tree((1, 7, 1), PoolWindow((1, 7, 1), (1, 1, 1)))
    assert [level.shape[1] for level in line.levels] == [3, 2, 1]
