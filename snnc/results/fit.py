"""The variants of a network that fit a number of cores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snnc.results.base import INLINE, Result
from snnc.text.tables import counted

if TYPE_CHECKING:
    from snnc.fitting.trials import Change, VariantCost
    from snnc.loihi.timing import ChipTime


@dataclass(frozen=True, slots=True)
class FitVariant:
    """A legal network that is similar to the spec.

    ``kept`` is the geometric mean of the kept fractions of neurons and weights, above 1
    for a larger network. Values above the one in ``open_end`` were not tried.
    """

    _omitted = ("open_end",)

    changes: tuple[Change, ...]
    cost: VariantCost = field(metadata=INLINE)
    kept: float
    open_end: Change | None = None

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The changed properties by layer: ``spec.replace(**variant.settings)``."""
        values: dict[str, dict[str, Any]] = {}
        for change in self.changes:
            values.setdefault(change.layer, {})[change.key] = change.value
        return values


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Fit(Result):
    """The variants that fit, sorted by the fraction of the network that they keep.

    Attributes
    ----------
    network : str
        The name of the network.
    cores : int
        The number of available cores.
    needed : int or None
        The number of cores of the unchanged network; None if it can't be computed.
    present : VariantCost or None
        The costs of the unchanged network; None if it does not fit.
    variants : tuple of FitVariant
        The changes, their ``cost`` (cores, neurons, weights), and the fraction
        ``kept``.
    layers, untried : int
        The number of layers that can change, and the number of layers that were not
        fully tried because the network is large.
    delay : float
        The mean time until the unchanged network responds, in seconds.
    time : ChipTime or None
        The estimated time of the unchanged network on the chip, at upper rates; None if
        the network does not fit.
    delay_causes, largest, target, hidden
        Internal: what causes the delay, the layers with the most neurons, the target if
        it is not the spec's, and the number of variants that are not listed.
    """

    _omitted = ("layers", "delay_causes", "largest", "target", "hidden")

    _internal = frozenset(("delay_causes", "hidden", "largest", "target"))

    network: str
    cores: int
    needed: int | None
    present: VariantCost | None
    variants: tuple[FitVariant, ...]
    layers: int
    untried: int
    delay: float
    delay_causes: str
    time: ChipTime | None
    largest: tuple[str, ...]
    target: str
    hidden: int = 0

    @property
    def fits(self) -> bool:
        """Whether the unchanged network fits."""
        return self.present is not None

    def __repr__(self) -> str:
        count = counted(len(self.variants), "variant")
        cores = counted(self.cores, "core")
        return f"<snnc.Fit {self.network}: {count} on {cores}>"
