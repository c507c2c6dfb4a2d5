"""The phases of training: located syntax to their names in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from snnc.language import tree
from snnc.language.scalars import bare, refused, unexpected
from snnc.language.written import listed

Phase = Literal["smooth", "scale", "aware"]

PHASES: tuple[Phase, ...] = ("smooth", "scale", "aware")


def phases(value: Any) -> tuple[Any, ...]:
    """Read a list of phases; words that are none are left to its type."""
    if isinstance(value, tree.List):
        items: Sequence[Any] = value.items
    elif isinstance(value, (tuple, list)):
        items = value
    else:
        is_phase = bare(value) in PHASES
        example = listed([bare(value)] if is_phase else PHASES)
        sure = {"instead": example} if is_phase else {}
        raise unexpected("a list of phases", example, **sure)
    if not items:
        raise refused(
            "the list is empty",
            limit="at least one phase",
            advice=f"write `phases {listed(PHASES)}`, which are all",
        )
    names = tuple(map(bare, items))
    if all(name in PHASES for name in names):
        _check_order(names, items)
    return names


def _check_order(names: Sequence[Phase], items: Sequence[Any]) -> None:
    """Refuse a phase that stands twice, or behind one that follows it."""
    ordered = [phase for phase in PHASES if phase in names]
    for before, name, item in zip(names, names[1:], items[1:], strict=False):
        place = {"span": item.span} if hasattr(item, "span") else {}
        if names.index(name) <= names.index(before):
            reason, limit = f"`{name}` is given twice", "each phase once at most"
        elif PHASES.index(name) < PHASES.index(before):
            reason, limit = f"`{name}` is behind `{before}`", f"goes before `{before}`"
        else:
            continue
        raise refused(reason, limit=limit, instead=listed(ordered), **place)
