"""Sentences that the writers for people share."""

from __future__ import annotations

from collections.abc import Iterable

from snnc.diff.changes import RateChanged, Weights
from snnc.diff.cores import Cores, Fit, Misfit
from snnc.diff.difference import Difference

LOAD = {
    "valid": "Trained weights stay valid",
    "retrain": "Trained weights load, but were trained for another function",
    "incompatible": "Trained weights do not load",
}


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def verdict(weights: Weights) -> str:
    """Return what becomes of the weights, and why they do not load, in one sentence."""
    head = LOAD[weights.verdict]
    why = _why(weights)
    return f"{head}: {why}" if why else head


def _why(weights: Weights) -> str:
    if weights.reordered:
        return "the same tensors are in another order"
    zeros = [tensor for tensor in weights.changed if tensor.old == tensor.new]
    shapes = [tensor for tensor in weights.changed if tensor.old != tensor.new]
    groups = (
        (shapes, "has another shape", "have another shape"),
        (zeros, "has to be 0", "have to be 0"),
        (weights.renamed, "has another name", "have another name"),
        (weights.added, "is new", "are new"),
        (weights.removed, "is gone", "are gone"),
    )
    parts = [
        f"{counted(len(group), 'tensor')} {one if len(group) == 1 else many}"
        for group, one, many in groups
        if group
    ]
    return ", ".join(parts)


def same(difference: Difference) -> str:
    """Return the sentence for specs that mean the same."""
    if difference.respelt:
        return "The same network, written in other words"
    return "The same network"


def fit(found: Fit | Misfit) -> str:
    """Return the cores of one network, or why it has none."""
    if isinstance(found, Misfit):
        return f"does not fit ({found.code}: {found.message})"
    if not found.cores:
        return "no cores"
    return f"{counted(found.cores, 'core')} on {counted(found.chips, 'chip')}"


def fits(cores: Cores) -> tuple[str, ...]:
    """Return one line where both agree or fit, else a line for each network."""
    old, new = fit(cores.old), fit(cores.new)
    if old == new:
        return (new,)
    if isinstance(cores.old, Fit) and isinstance(cores.new, Fit):
        return (f"{old} -> {new}",)
    return (f"old: {old}", f"new: {new}")


def budgets(rates: Iterable[RateChanged]) -> dict[tuple[str, str], list[str]]:
    """Group budgets by old and new value; the layers of each."""
    found: dict[tuple[str, str], list[str]] = {}
    for rate in rates:
        found.setdefault((rate.old, rate.new), []).append(rate.layer)
    return found
