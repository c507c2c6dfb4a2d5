"""How networks sit on a chip, and what changed in that."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.diff.changes import Changed


@dataclass(frozen=True, slots=True)
class Fit:
    """How a network sits on the chip: its cores and chips."""

    cores: int
    chips: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a network does not fit the chip: the first diagnostic that says so."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Seat:
    """How one layer sits on the chip.

    Attributes
    ----------
    block
        What one core holds, as `snnc report` writes it; empty on the host.
    use
        Per cent of each limit that the fullest core of the layer takes.
    """

    cores: int
    block: str = ""
    use: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SeatChanged:
    """A layer takes other cores; None where a network has no such layer."""

    layer: str
    old: Seat | None
    new: Seat | None
    fuller: tuple[Changed, ...]

    @property
    def cores(self) -> tuple[int, int]:
        """The cores before and after; 0 where there is no such layer."""
        old, new = (seat.cores if seat else 0 for seat in (self.old, self.new))
        return old, new

    @property
    def blocks(self) -> tuple[str, str]:
        """The blocks before and after; empty where nothing is on the chip."""
        old, new = (seat.block if seat else "" for seat in (self.old, self.new))
        return old, new


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of both networks, and the layers where they differ."""

    old: Fit | Misfit
    new: Fit | Misfit
    layers: tuple[SeatChanged, ...]
