"""Which of several is the best, where nothing says what counts most."""

from __future__ import annotations

from collections.abc import Sequence

Costs = tuple[float, ...]


def front(costs: Sequence[Costs | None]) -> tuple[bool, ...]:
    """Tell which of them no other is better than.

    Parameters
    ----------
    costs
        As many numbers of each, all the better the lower; None for what failed.

    Returns
    -------
    tuple of bool
        True for Pareto-optimal ones; of equal ones, for all.
    """
    known = {own for own in costs if own is not None}
    return tuple(
        own is not None and not any(_is_better(other, own) for other in known)
        for own in costs
    )


def _is_better(one: Costs, other: Costs) -> bool:
    """Whether one is nowhere worse, and somewhere better."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
