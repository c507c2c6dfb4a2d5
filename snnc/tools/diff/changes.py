"""Every change between two networks, as rows of one table.

Values are as the language writes them (``8``, ``3x3``, ``20..150 Hz``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnc.ir.logical import Shape

Verdict = Literal["valid", "retrain", "incompatible"]
Became = Literal["added", "removed", "renamed", "changed", "reordered"]
Sign = Literal["+", "-", "~", ">", "="]
SIGNS: dict[Became, Sign] = {"added": "+", "removed": "-", "renamed": ">"}


def arrow(old: object, new: object) -> str:
    """Write a change, or the one value without a change."""
    return f"{old}" if old == new else f"{old} -> {new}"


BUDGET = ("rate", "percentile")


@dataclass(frozen=True, slots=True)
class Changed:
    """A property has another value; None where one of the two has no such property."""

    key: str
    old: str | None
    new: str | None

    def explain(self) -> str:
        """Write the change in a few words."""
        if self.old is None:
            return f"{self.key} {self.new} (new)"
        if self.new is None:
            return f"{self.key} {self.old} (gone)"
        return f"{self.key} {arrow(self.old, self.new)}"


@dataclass(frozen=True, slots=True)
class TableEntry:
    """The changes of one subject: a layer, a tensor, or the statement of a section.

    Attributes
    ----------
    sign
        ``+`` added, ``-`` removed, ``~`` changed, ``>`` renamed, ``=`` kept.
    rows
        The rows of the table: property, old and new value.
    text
        The text for a terminal, if rows would be hard to read or are missing.
    """

    sign: Sign
    subject: str
    rows: tuple[Changed, ...] = ()
    text: str = ""

    def explain(self) -> str:
        """Write the entry as one line."""
        if self.text:
            return f"{self.subject}: {self.text}" if not self.rows else self.text
        changes = ", ".join(row.explain() for row in self.rows)
        return f"{self.subject}: {changes}" if self.subject else changes


@dataclass(frozen=True, slots=True)
class LayerChange:
    """The change of a layer, or of the order of layers, which has no ``name``.

    ``name`` is the name in the new network; for a removed layer, in the old network.
    ``rows`` are the changed properties. An added or removed layer has one row with its
    statement, a renamed layer one with both names, and an order one with all layers.
    """

    became: Became
    name: str
    kind: str = ""
    shape: Shape = ()
    rows: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class TensorChange:
    """The change of a tensor; ``old`` and ``new`` are its shapes or None.

    ``before`` is the name in the old network. With ``zeros``, all values have to be 0
    in the new network.
    """

    became: Became
    name: str
    before: str
    old: Shape | None
    new: Shape | None
    zeros: bool = False


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """The use of weights in the new network that were trained for the old one.

    Attributes
    ----------
    verdict
        ``valid``: they load and mean the same; ``retrain``: they load, but
        ``build_model()`` computes another function of them (``causes`` say why);
        ``incompatible``: they do not load.
    old_id, new_id
        The identities of the two layouts.
    tensors
        The changed tensors.
    kept
        Names of tensors whose name and shape stay.
    reordered
        Whether the layouts differ only in the order of the tensors.
    notes
        The changes that leave the weights valid.
    """

    verdict: Verdict
    old_id: str
    new_id: str
    tensors: tuple[TensorChange, ...] = ()
    kept: tuple[str, ...] = ()
    reordered: bool = False
    causes: tuple[TableEntry, ...] = ()
    notes: tuple[TableEntry, ...] = ()

    def of(self, became: Became) -> list[TensorChange]:
        """Return the tensors to which one thing happened."""
        return [tensor for tensor in self.tensors if tensor.became == became]
