"""What is studied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.study import data

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Network:
    """A spec with its data, and how far below Keras the chip may be.

    ``points`` are percentage points; ``rate_examples`` and ``spiking_examples`` are
    how many test examples run as rates and as spikes on Nengo, which take long.
    """

    name: str
    title: str
    load: Callable[[], data.Split]
    points: float
    rate_examples: int
    spiking_examples: int

    @property
    def spec(self) -> Path:
        return ROOT / "specs" / f"{self.name}.snn"


NETWORKS = (
    Network("mnist", "MNIST", data.mnist, 0.5, 1000, 200),
    Network("fashion", "Fashion-MNIST", data.fashion, 1.0, 1000, 200),
    Network("drift", "Drifting digits", data.drift, 1.0, 500, 200),
)
