"""How Keras sees the axes of a value, which the spec has channels last.

A view has one group for each axis of Keras: the axes of the spec that it is made of, in
their order. Axes of size 1 may be in any group, or in none; flattening joins groups,
`Permute` and channels first order them, and `Reshape` may cut between axes.
"""

from __future__ import annotations

from math import prod

Shape = tuple[int, ...]
Group = tuple[int, ...]
View = tuple[Group, ...]


def plain(rank: int) -> View:
    """Return the view of Keras with channels last; ``rank`` counts all axes."""
    return tuple((axis,) for axis in range(rank))


def channels_first(rank: int) -> View:
    """Return the view of Keras with channels first."""
    return ((rank - 1,), *((axis,) for axis in range(rank - 1)))


def sizes(view: View, shape: Shape) -> Shape:
    """Return the shape that Keras sees."""
    return tuple(prod(shape[axis] for axis in group) for group in view)


def joined(view: View) -> View:
    """Return the view of what is flattened."""
    return (order(view),)


def order(view: View) -> Group:
    """Return the axes in the order in which Keras has them in memory."""
    return tuple(axis for group in view for axis in group)


def regrouped(view: View, shape: Shape, target: Shape) -> View | None:
    """Return the view after a `Reshape`; None if it cuts through an axis."""
    axes = [axis for axis in order(view) if shape[axis] > 1]
    groups: list[Group] = []
    for size in target:
        group: list[int] = []
        left = size
        while left > 1:
            if not axes or left % shape[axes[0]]:
                return None
            left //= shape[axes[0]]
            group.append(axes.pop(0))
        groups.append(tuple(group))
    return None if axes else tuple(groups)


def axis_of(group: Group, shape: Shape) -> int | None:
    """Return the one axis of a group that is longer than 1; None if none is.

    Raises
    ------
    ValueError
        If several are.
    """
    long = [axis for axis in group if shape[axis] > 1]
    if len(long) > 1:
        raise ValueError("several axes are one")
    if long:
        return long[0]
    return group[0] if group else None
