"""A difference for the terminal, at most 88 columns wide.

``+`` is added, ``-`` removed, ``~`` changed, ``>`` renamed, ``=`` kept.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from snnc.diff import Difference
from snnc.diff.changes import (
    LayerAdded,
    LayerChange,
    LayerChanged,
    LayerRemoved,
    LayerRenamed,
    RateChanged,
    WeightsChange,
    arrow,
)
from snnc.diff.cores import Cores, CoresRefused, CoresTaken, UseChanged
from snnc.text.tables import counted, dims, human, printable

WIDTH = 88
SIGNS = {LayerAdded: "+", LayerRemoved: "-", LayerRenamed: ">", LayerChanged: "~"}
ELSEWHERE = ("rate", "percentile")
"""Properties of layers that have a section of their own."""
MIGRATE = (
    "`snnc weights FILE --migrate OLD_SPEC NEW_SPEC -o NEW_FILE` keeps what still fits"
)

Lines = Iterator[str]

_GLUE = "\N{NO-BREAK SPACE}"
_UNIT = re.compile(r"(?<=\d) (%|Hz|ms|s)(?!\w)")
LOAD = {
    "valid": "Trained weights stay valid",
    "retrain": "Trained weights load, but were trained for another function",
    "incompatible": "Trained weights do not load",
}


def render(difference: Difference) -> str:
    """Write what changed; the first lines are the verdict.

    Returns
    -------
    str
        Text that ends with a line end.
    """
    blocks = (list(block) for block in _blocks(difference))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _blocks(difference: Difference) -> Iterator[Lines]:
    yield _head(difference)
    if difference.same:
        return
    yield _section("weights", _weights(difference.weights))
    yield _section("layers", _layers(difference.layers))
    yield _section("rates", _rates(difference))
    for section in difference.sections:
        lines = (_item("~", change.explain()) for change in section.properties)
        yield _section(section.name, lines)
    yield _section("cores", _cores(difference))


def _head(difference: Difference) -> Lines:
    old, new = difference.old, difference.new
    names = arrow(old.network, new.network)
    yield _wrapped(f"{names}: {old.source} -> {new.source}", "", "  ")
    if difference.same:
        yield f"{same_sentence(difference)}."
    else:
        yield _wrapped(f"{verdict_sentence(difference.weights)}.", "", "  ")


def _section(title: str, lines: Lines) -> Lines:
    shown = list(lines)
    if shown:
        yield title
        yield from shown


def _item(sign: str, text: str) -> str:
    return _wrapped(text, f"  {sign} ", "      ")


def _wrapped(text: str, first: str, others: str) -> str:
    """Break a text into lines, but not between a number and its unit."""
    glued = _UNIT.sub(f"{_GLUE}\\1", printable(text))
    filled = textwrap.fill(
        glued,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def _weights(weights: WeightsChange) -> Lines:
    for cause in (*weights.causes, *weights.notes):
        yield _item("~", cause.explain())
    if weights.verdict != "incompatible":
        return
    for changed in weights.changed:
        yield _item("~", changed.explain())
    for renamed in weights.renamed:
        yield _item(">", renamed.explain())
    for tensor in weights.added:
        yield _item("+", f"{tensor.name} {dims(tensor.shape)}")
    for tensor in weights.removed:
        yield _item("-", f"{tensor.name} {dims(tensor.shape)}")
    if weights.kept:
        yield _item("=", ", ".join(weights.kept))
    if weights.old_id != weights.new_id:
        yield _item("~", f"layout {weights.old_id} -> {weights.new_id}")
    if weights.kept or weights.renamed:
        yield _item(" ", MIGRATE)


def _layers(layers: tuple[LayerChange, ...]) -> Lines:
    for change in layers:
        if isinstance(change, LayerChanged):
            shown = [c for c in change.properties if c.key not in ELSEWHERE]
            change = LayerChanged(change.name, change.kind, tuple(shown))
            if not shown:
                continue
        yield _item(SIGNS.get(type(change), "~"), change.explain())


def _rates(difference: Difference) -> Lines:
    for change, layers in budget_groups(difference.rates).items():
        yield _item("~", f"{', '.join(layers)}: {arrow(*change)}")


def _cores(difference: Difference) -> Lines:
    for line in core_lines(difference.cores):
        yield _wrapped(line, "  ", "      ")
    if costs := cost_line(difference.cores):
        yield _wrapped(costs, "  ", "      ")
    for change in difference.cores.layers:
        yield _item("~", _use_of(change))


def _use_of(change: UseChanged) -> str:
    parts = [f"cores {arrow(*change.cores)}"]
    if any(change.blocks):
        parts.append(f"block {arrow(*(block or 'none' for block in change.blocks))}")
    parts += [fuller.explain() for fuller in change.fuller]
    return f"{change.layer}: {', '.join(parts)}"


def verdict_sentence(weights: WeightsChange) -> str:
    """Return what becomes of the weights, and why they do not load, in one sentence."""
    head = LOAD[weights.verdict]
    why = _why(weights)
    return f"{head}: {why}" if why else head


def _why(weights: WeightsChange) -> str:
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


def same_sentence(difference: Difference) -> str:
    """Return the sentence for specs that mean the same."""
    if difference.respelt:
        return "The same network, written in other words"
    return "The same network"


def _core_line(taken: CoresTaken | CoresRefused) -> str:
    """Return the cores of one network, or why it has none."""
    if isinstance(taken, CoresRefused):
        return f"does not fit ({taken.code}: {taken.message})"
    if not taken.cores:
        return "no cores"
    return f"{counted(taken.cores, 'core')} on {counted(taken.chips, 'chip')}"


def cost_line(cores: Cores) -> str:
    """Return how spikes and energy change; empty where they don't, or are unknown."""
    old, new = cores.old, cores.new
    if isinstance(old, CoresRefused) or isinstance(new, CoresRefused):
        return ""
    changes = [
        _change(old.spikes, new.spikes, "", " spikes"),
        _change(old.energy_joules, new.energy_joules, "J"),
    ]
    return (
        f"at most per example: {', '.join(filter(None, changes))}"
        if any(changes)
        else ""
    )


def _change(old: float, new: float, unit: str, what: str = "") -> str:
    """Write a change and its share: ``10 k -> 12 k spikes (+20 %)``."""
    if old == new:
        return ""
    percent = 100 * (new / old - 1) if old else 0.0
    digits = 0 if abs(percent) >= 10 else 1
    share = f" ({percent:+.{digits}f} %)" if old else ""
    return f"{human(old, unit)} -> {human(new, unit)}{what}{share}"


def core_lines(cores: Cores) -> tuple[str, ...]:
    """Return one line where both agree or fit, else a line for each network."""
    old, new = _core_line(cores.old), _core_line(cores.new)
    if old == new:
        return (new,)
    if isinstance(cores.old, CoresTaken) and isinstance(cores.new, CoresTaken):
        return (f"{old} -> {new}",)
    return (f"old: {old}", f"new: {new}")


def budget_groups(rates: Iterable[RateChanged]) -> dict[tuple[str, str], list[str]]:
    """Group budgets by old and new value; the layers of each."""
    groups: dict[tuple[str, str], list[str]] = {}
    for rate in rates:
        groups.setdefault((rate.old, rate.new), []).append(rate.layer)
    return groups
