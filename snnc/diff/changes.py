"""Every kind of change between two networks; each explains itself in one line.

Values are as the language writes them (``8``, ``3x3``, ``20..150 Hz``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnc.ir.layout import Tensor
from snnc.ir.logical import Shape
from snnc.text.tables import dims

Verdict = Literal["valid", "retrain", "incompatible"]


def arrow(old: object, new: object) -> str:
    """Write a change, or the one value where nothing changed."""
    return f"{old}" if old == new else f"{old} -> {new}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A property has another value; None where one of the two has no such property."""

    key: str
    old: str | None
    new: str | None

    def explain(self) -> str:
        if self.old is None:
            return f"{self.key} {self.new} (new)"
        if self.new is None:
            return f"{self.key} {self.old} (gone)"
        return f"{self.key} {arrow(self.old, self.new)}"


@dataclass(frozen=True, slots=True)
class _OneSided:
    """A layer that one of the networks has; ``definition`` is its statement."""

    name: str
    kind: str
    shape: Shape
    definition: str

    def explain(self) -> str:
        return f"{self.definition}, of shape {dims(self.shape)}"


@dataclass(frozen=True, slots=True)
class LayerAdded(_OneSided):
    """A layer that the old network does not have."""


@dataclass(frozen=True, slots=True)
class LayerRemoved(_OneSided):
    """A layer that the new network does not have."""


@dataclass(frozen=True, slots=True)
class LayerRenamed:
    """The same definition under another name."""

    old: str
    new: str
    kind: str

    def explain(self) -> str:
        return f"{self.kind} {self.old} is now called {self.new}"


@dataclass(frozen=True, slots=True)
class LayerChanged:
    """A layer of the same name with other properties, or another shape."""

    name: str
    kind: str
    properties: tuple[Changed, ...]

    def explain(self) -> str:
        changes = ", ".join(change.explain() for change in self.properties)
        return f"{self.name}: {changes}"


@dataclass(frozen=True, slots=True)
class LayersReordered:
    """Layers that both have stand in another order; renamed ones by the new name."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    def explain(self) -> str:
        return f"order {', '.join(self.old)} -> {', '.join(self.new)}"


LayerChange = LayerAdded | LayerRemoved | LayerRenamed | LayerChanged | LayersReordered


@dataclass(frozen=True, slots=True)
class RateChanged:
    """Another budget: ``..HI Hz`` or ``LO..HI Hz`` at a percentile."""

    layer: str
    old: str
    new: str

    def explain(self) -> str:
        return f"{self.layer} {arrow(self.old, self.new)}"


@dataclass(frozen=True, slots=True)
class TensorChanged:
    """A tensor of the same name with another shape, or with ``zeros`` alone now."""

    name: str
    old: Shape
    new: Shape
    zeros: bool = False

    @property
    def becomes(self) -> str:
        """The new shape, and whether all its values have to be 0."""
        return f"{dims(self.new)} zeros" if self.zeros else dims(self.new)

    def explain(self) -> str:
        return f"{self.name} {dims(self.old)} -> {self.becomes}"


@dataclass(frozen=True, slots=True)
class TensorRenamed:
    """A tensor of the same shape whose layer has another name."""

    old: str
    new: str
    shape: Shape

    def explain(self) -> str:
        return f"{self.old} -> {self.new}, {dims(self.shape)}"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why weights that load were trained for another function."""

    subject: str
    text: str

    def explain(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """What becomes of weights that were trained for the old network.

    Attributes
    ----------
    verdict
        ``valid``: they load and mean the same; ``retrain``: they load, but
        ``build_model()`` computes another function of them (``causes`` say why);
        ``incompatible``: they do not load.
    old_id, new_id
        The identities of the two layouts.
    kept
        Names of tensors whose name and shape stay.
    reordered
        Whether the layouts differ in the order of the same tensors alone.
    notes
        What changes although the weights stay valid.
    """

    verdict: Verdict
    old_id: str
    new_id: str
    added: tuple[Tensor, ...] = ()
    removed: tuple[Tensor, ...] = ()
    changed: tuple[TensorChanged, ...] = ()
    renamed: tuple[TensorRenamed, ...] = ()
    kept: tuple[str, ...] = ()
    reordered: bool = False
    causes: tuple[Cause, ...] = ()
    notes: tuple[Cause, ...] = ()
