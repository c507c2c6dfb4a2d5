"""The changes between two networks, as rows of a table.

Values are in the notation of the language (``8``, ``3x3``, ``20..150 Hz``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from snnc.text.display import Json

Verdict = Literal["valid", "retrain", "incompatible"]
Became = Literal["added", "removed", "renamed", "changed", "reordered"]
SIGNS: dict[Became, str] = {"added": "+", "removed": "-", "renamed": ">"}


def arrow(old: object, new: object) -> str:
    """Write a change, or only the value if nothing changed."""
    return f"{old}" if old == new else f"{old} -> {new}"


BUDGET = ("rate", "percentile")


@dataclass(frozen=True, slots=True)
class Changed:
    """A property with its old and new value; None where it does not exist."""

    key: str
    old: str | None
    new: str | None

    def explain(self) -> str:
        """Describe the change in a few words."""
        if self.old is None:
            return f"{self.key} {self.new} (new)"
        if self.new is None:
            return f"{self.key} {self.old} (gone)"
        return f"{self.key} {arrow(self.old, self.new)}"


def properties_json(rows: Iterable[Changed]) -> list[Json]:
    """Convert changed properties to plain data."""
    return [{"property": row.key, "old": row.old, "new": row.new} for row in rows]


@dataclass(frozen=True, slots=True)
class Change:
    """The changes of one subject: a layer, its cores, a tensor, or a statement.

    Attributes
    ----------
    rows
        The rows of the table: property, old and new value.
    text
        The text for a terminal, if there are no rows or these would be hard to read.
    data
        The change as plain data, for JSON.
    """

    became: Became
    subject: str
    rows: tuple[Changed, ...] = ()
    text: str = ""
    data: Json = field(default_factory=dict)

    def explain(self) -> str:
        """Describe the change in one line."""
        if self.text:
            return f"{self.subject}: {self.text}" if not self.rows else self.text
        changes = ", ".join(row.explain() for row in self.rows)
        return f"{self.subject}: {changes}" if self.subject else changes


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """Whether the new network can use weights that were trained for the old network.

    Attributes
    ----------
    verdict
        ``valid``: the weights load and have the same meaning. ``retrain``: the weights
        load, but ``build_model()`` uses them to compute a different function (see
        ``causes``). ``incompatible``: the weights do not load.
    old_id, new_id
        The identities of the two layouts.
    tensors
        The changed tensors.
    kept
        The names of tensors whose name and shape are unchanged.
    reordered
        Whether the layouts differ only in the order of the tensors.
    notes
        Changes that keep the weights valid.
    """

    verdict: Verdict
    old_id: str
    new_id: str
    tensors: tuple[Change, ...] = ()
    kept: tuple[str, ...] = ()
    reordered: bool = False
    causes: tuple[Change, ...] = ()
    notes: tuple[Change, ...] = ()

    def of(self, became: Became) -> list[Change]:
        """Return the tensors with a given kind of change."""
        return [tensor for tensor in self.tensors if tensor.became == became]

    def as_dict(self) -> Json:
        """Convert the changes to plain data; all keys are always present."""
        kinds: tuple[Became, ...] = ("added", "removed", "changed", "renamed")
        return {
            "verdict": self.verdict,
            "old_layout_id": self.old_id,
            "new_layout_id": self.new_id,
            **{kind: [tensor.data for tensor in self.of(kind)] for kind in kinds},
            "kept": list(self.kept),
            "reordered": self.reordered,
            "causes": [cause.explain() for cause in self.causes],
            "notes": [note.explain() for note in self.notes],
        }
