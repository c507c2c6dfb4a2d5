"""What ``snnc weights`` says of a file, before it is laid out as text or JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snnc.weights.fit import Fit, Pair
from snnc.weights.header import Header

if TYPE_CHECKING:
    from snnc.weights.chip import Precision
    from snnc.weights.values import Spread


@dataclass(frozen=True, slots=True)
class Listing:
    """A file and, where a spec is given, how it fits that.

    Attributes
    ----------
    header
        The file.
    spreads
        By tensor; None where numpy is not installed.
    network
        The name of the spec's network; None without a spec.
    fit
        How the file fits it; None without a spec.
    layers
        What the chip makes of it: layers on the chip, if the file fits.
    """

    header: Header
    spreads: dict[str, Spread] | None
    network: str | None = None
    fit: Fit | None = None
    layers: tuple[Precision, ...] = ()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The tensors to list: without a spec, those of the file."""
        if self.fit is not None:
            return self.fit.pairs
        return tuple(Pair(None, tensor) for tensor in self.header.tensors.values())

    def problem(self, pair: Pair) -> str:
        """What is wrong with one of the pairs, its values included, in one phrase."""
        if self.fit is None:
            return ""
        spread = (self.spreads or {}).get(pair.name)
        has_to_be_0 = pair.wanted is not None and pair.wanted.zeros
        if not pair.problem and has_to_be_0 and spread and spread.nonzero:
            return "should be 0"
        return pair.problem

    @property
    def layout_id(self) -> str | None:
        return self.header.layout_id
