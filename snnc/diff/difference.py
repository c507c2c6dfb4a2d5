"""All that changed from one network to another."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diff.changes import Changed, LayerChange, RateChanged, Weights
from snnc.diff.cores import Cores


@dataclass(frozen=True, slots=True)
class Section:
    """A statement about the whole network, such as `train`, and what changed in it."""

    name: str
    properties: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the name of its source and that of its network."""

    source: str
    network: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that changed from one network to another.

    ``rates`` repeats what ``layers`` says of budgets, for those who look for it.
    ``respelt`` says that the specs differ in words that mean the same.
    """

    old: Side
    new: Side
    weights: Weights
    cores: Cores
    layers: tuple[LayerChange, ...] = ()
    rates: tuple[RateChanged, ...] = ()
    sections: tuple[Section, ...] = ()
    respelt: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing changed in what the two specs mean."""
        return not self.layers and not self.sections
