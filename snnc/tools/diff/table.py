"""The table of changes for text and Markdown, and the sentences above the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snnc.text.tables import counted, dims, human
from snnc.tools.diff.changes import (
    BUDGET,
    SIGNS,
    Changed,
    LayerChange,
    TableEntry,
    TensorChange,
    WeightsChange,
)
from snnc.tools.diff.cores import Cores, CoresRefused, CoresTaken, UseChanged

if TYPE_CHECKING:
    from snnc.tools.diff.compare import Diff

LOAD = {
    "valid": "Trained weights stay valid",
    "retrain": "Trained weights load, but were trained for a different function",
    "incompatible": "Trained weights do not load",
}


def sections(difference: Diff) -> Iterator[tuple[str, list[TableEntry]]]:
    """Yield the sections of the table with their entries; `cores` is the last."""
    if difference.same:
        return
    yield "weights", list(_weights(difference.tensors))
    yield "layers", [e for change in difference.layers for e in _layer(change)]
    yield "rates", _rates(difference)
    for name, rows in difference.sections.items():
        yield name, [TableEntry("~", "", (row,)) for row in rows]
    yield "cores", [_use(change) for change in difference.cores.layers]


def _weights(weights: WeightsChange) -> Iterator[TableEntry]:
    yield from (*weights.causes, *weights.notes)
    if weights.verdict != "incompatible":
        return
    yield from map(_tensor, weights.tensors)
    if weights.old_id != weights.new_id:
        yield TableEntry(
            "~", "layout", (Changed("id", weights.old_id, weights.new_id),)
        )


def _tensor(tensor: TensorChange) -> TableEntry:
    old = None if tensor.old is None else dims(tensor.old)
    new = None if tensor.new is None else dims(tensor.new)
    if tensor.zeros:
        new = f"{new} zeros"
    name = tensor.name
    if tensor.before != name:
        name = f"{tensor.before} -> {name}"
    return TableEntry(
        SIGNS.get(tensor.became, "~"), name, (Changed("shape", old, new),)
    )


def _layer(change: LayerChange) -> Iterator[TableEntry]:
    sign = SIGNS.get(change.became, "~")
    if change.became in ("added", "removed"):
        (row,) = change.rows
        text = f"{row.old or row.new}, of shape {dims(change.shape)}"
        told = Changed(row.key, row.old and text, row.new and text)
        yield TableEntry(sign, change.name, (told,), text)
    elif change.became == "renamed":
        (row,) = change.rows
        text = f"{change.kind} {row.old} is now called {row.new}"
        yield TableEntry(sign, change.name, change.rows, text)
    elif rows := tuple(row for row in change.rows if row.key not in BUDGET):
        yield TableEntry(sign, change.name, rows)


def _rates(difference: Diff) -> list[TableEntry]:
    """Return the changed budgets, with the layers that use each."""
    layers: dict[Changed, list[str]] = {}
    for layer, row in difference.rates:
        layers.setdefault(row, []).append(layer)
    return [TableEntry("~", ", ".join(names), (row,)) for row, names in layers.items()]


def _use(change: UseChanged) -> TableEntry:
    rows = [Changed("cores", *map(str, change.cores))]
    if any(change.blocks):
        rows.append(Changed("block", *(block or "none" for block in change.blocks)))
    return TableEntry("~", change.layer, (*rows, *change.fuller))


def verdict_sentence(weights: WeightsChange) -> str:
    """Return the verdict on the weights, with a reason, as one sentence."""
    head = LOAD[weights.verdict]
    why = _why(weights)
    return f"{head}: {why}" if why else head


def _why(weights: WeightsChange) -> str:
    if weights.reordered:
        return "the same tensors are in a different order"
    changed = weights.of("changed")
    groups = (
        (
            [t for t in changed if t.old != t.new],
            "has a different shape",
            "have a different shape",
        ),
        ([t for t in changed if t.old == t.new], "has to be 0", "have to be 0"),
        (weights.of("renamed"), "has a different name", "have a different name"),
        (weights.of("added"), "is new", "are new"),
        (weights.of("removed"), "is gone", "are gone"),
    )
    parts = [
        f"{counted(len(group), 'tensor')} {one if len(group) == 1 else many}"
        for group, one, many in groups
        if group
    ]
    return ", ".join(parts)


def same_sentence(difference: Diff) -> str:
    """Return the sentence for specs with the same meaning."""
    if difference.respelt:
        return "The same network, written differently"
    return "The same network"


def core_lines(cores: Cores) -> tuple[str, ...]:
    """Return one line if both networks fit or agree, otherwise one line per network."""
    old, new = _core_line(cores.old), _core_line(cores.new)
    if old == new:
        return (new,)
    if isinstance(cores.old, CoresTaken) and isinstance(cores.new, CoresTaken):
        return (f"{old} -> {new}",)
    return (f"old: {old}", f"new: {new}")


def _core_line(taken: CoresTaken | CoresRefused) -> str:
    """Describe the cores of one network, or why it does not fit."""
    if isinstance(taken, CoresRefused):
        return f"does not fit ({taken.code}: {taken.message})"
    if not taken.cores:
        return "no cores"
    return f"{counted(taken.cores, 'core')} on {counted(taken.chips, 'chip')}"


def cost_line(cores: Cores) -> str:
    """Describe how spikes and energy change; empty if unchanged or unknown."""
    old, new = cores.old, cores.new
    if isinstance(old, CoresRefused) or isinstance(new, CoresRefused):
        return ""
    changes = [
        _change(old.spikes, new.spikes, "", " spikes"),
        _change(old.energy_joules, new.energy_joules, "J"),
    ]
    told = ", ".join(filter(None, changes))
    return f"at most per example: {told}" if told else ""


def _change(old: float, new: float, unit: str, what: str = "") -> str:
    """Write a change and its percentage: ``10 k -> 12 k spikes (+20 %)``."""
    if old == new:
        return ""
    percent = 100 * (new / old - 1) if old else 0.0
    digits = 0 if abs(percent) >= 10 else 1
    share = f" ({percent:+.{digits}f} %)" if old else ""
    return f"{human(old, unit)} -> {human(new, unit)}{what}{share}"
