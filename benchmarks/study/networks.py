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

    @property
    def unaware(self) -> str:
        """The text of a twin that is trained as in Keras, and then scaled."""
        text = self.spec.read_text(encoding="utf-8")
        head, block, rest = text.partition("  train {\n")
        if not block or "  train {\n" in rest:
            raise ValueError(f"{self.spec} has no single train block")
        return f"{head}{block}    aware off\n{rest}"


NETWORKS = (
    Network("mnist", "MNIST", data.mnist, 0.5, 1000, 200),
    Network("fashion", "Fashion-MNIST", data.fashion, 1.0, 1000, 200),
    Network("drift", "Drifting digits", data.drift, 1.0, 500, 200),
)
