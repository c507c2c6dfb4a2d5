"""What a statement of neurons has besides its kernel: bias, norm, penalty and name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from snnc.importer.draft import Bias, Unit
from snnc.importer.linear import Term
from snnc.importer.walk import Walk


def shift_of(terms: Iterable[Term]) -> str:
    """Say whether terms add something: ``none``, by ``channel`` or by ``place``."""
    found = {term.shifts_at() for term in terms}
    return next((kind for kind in ("place", "channel") if kind in found), "none")


def bias_of(
    main: Sequence[Term], beside: Sequence[Term], units: tuple[Unit, ...]
) -> Bias:
    """Return what bias a statement has; a batch norm of its own has one itself."""
    terms = [*main, *beside]
    if shift_of(terms) == "place":
        return "neuron"
    if ends_in_norm(main):
        terms[0] = replace(main[0], steps=main[0].steps[:-1])
    found = shift_of(terms)
    return "on" if found == "channel" or any(unit.shift for unit in units) else "off"


def l2_of(walk: Walk, terms: Iterable[Term]) -> float:
    """Return the penalty of the kernel that stands last."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    return walk.l2.get(layers[-1], 0.0) if layers else 0.0


def ends_in_norm(main: Sequence[Term]) -> bool:
    """Whether a kernel ends in a batch norm, which stays one in training."""
    if len(main) != 1 or not main[0].steps or main[0].steps[-1].op != "norm":
        return False
    return any(step.is_kernel for step in main[0].steps)


def name_of(walk: Walk, owner: str, terms: Sequence[Term]) -> str:
    """Return the layer whose kernel stands last, if nothing else is named after it."""
    layers = [s.layer for term in terms for s in term.steps if s.is_kernel]
    for name in (*layers[::-1], owner):
        if name not in walk.drafts:
            return name
    return walk.free(owner)
