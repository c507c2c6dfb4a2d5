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
    arrow,
)
from snnc.tools.diff.cores import Cores, CoresRefused, CoresTaken

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
    layers: dict[Changed, list[str]] = {}
    for layer, row in difference.rates:
        layers.setdefault(row, []).append(layer)
    yield "rates", [TableEntry("~", ", ".join(n), (r,)) for r, n in layers.items()]
    for name, rows in difference.sections.items():
        yield name, [TableEntry("~", "", (row,)) for row in rows]
    uses = difference.cores.layers
    yield "cores", [TableEntry("~", use.layer, tuple(use.rows())) for use in uses]


def _weights(weights: WeightsChange) -> Iterator[TableEntry]:
    yield from (*weights.causes, *weights.notes)
    if weights.verdict != "incompatible":
        return
    yield from map(_tensor, weights.tensors)
    if weights.old_id != weights.new_id:
        row = Changed("id", weights.old_id, weights.new_id)
        yield TableEntry("~", "layout", (row,))


def _tensor(tensor: TensorChange) -> TableEntry:
    old, new = (dims(side.shape) for side in (tensor.old, tensor.new))
    if tensor.became == "changed" and tensor.new.zeros:
        new += " zeros"
    row = Changed(
        "shape",
        None if tensor.became == "added" else old,
        None if tensor.became == "removed" else new,
    )
    name = arrow(tensor.old.name, tensor.new.name)
    return TableEntry(SIGNS.get(tensor.became, "~"), name, (row,))


def _layer(change: LayerChange) -> Iterator[TableEntry]:
    sign, rows, text = SIGNS.get(change.became, "~"), change.rows, ""
    row = rows[0]
    if change.became in ("added", "removed"):
        text = f"{row.old or row.new}, of shape {dims(change.shape)}"
        rows = (Changed(row.key, row.old and text, row.new and text),)
    elif change.became == "renamed":
        text = f"{change.kind} {row.old} is now called {row.new}"
    else:
        rows = tuple(row for row in rows if row.key not in BUDGET)
    if rows:
        yield TableEntry(sign, change.name, rows, text)


def verdict(difference: Diff) -> str:
    """Return the verdict on the networks or the weights, with a reason."""
    if difference.same:
        other_words = ", written differently" if difference.respelt else ""
        return f"The same network{other_words}"
    weights = difference.tensors
    why = _why(weights)
    return f"{LOAD[weights.verdict]}{': ' if why else ''}{why}"


def _why(weights: WeightsChange) -> str:
    if weights.reordered:
        return "the same tensors are in a different order"
    changed = weights.of("changed")
    reshaped = [t for t in changed if t.old.shape != t.new.shape]
    groups = (
        (len(reshaped), "has a different shape", "have a different shape"),
        (len(changed) - len(reshaped), "has to be 0", "have to be 0"),
        (len(weights.of("renamed")), "has a different name", "have a different name"),
        (len(weights.of("added")), "is new", "are new"),
        (len(weights.of("removed")), "is gone", "are gone"),
    )
    return ", ".join(
        f"{counted(count, 'tensor')} {one if count == 1 else many}"
        for count, one, many in groups
        if count
    )


def core_lines(cores: Cores) -> list[str]:
    """Return one line if both networks fit or agree, otherwise one line per network."""
    old, new = _core_line(cores.old), _core_line(cores.new)
    if cores.old.fits and cores.new.fits:
        return [arrow(old, new)]
    return [new] if old == new else [f"old: {old}", f"new: {new}"]


def _core_line(taken: CoresTaken | CoresRefused) -> str:
    """Describe the cores of one network, or why it does not fit."""
    if not taken.fits:
        return f"does not fit ({taken.code}: {taken.message})"
    if not taken.cores:
        return "no cores"
    return f"{counted(taken.cores, 'core')} on {counted(taken.chips, 'chip')}"


def cost_line(cores: Cores) -> str:
    """Describe how spikes and energy change; empty if unchanged or unknown."""
    old, new = cores.old, cores.new
    if not (old.fits and new.fits):
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
