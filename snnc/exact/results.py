"""A built network, how to run its examples, and what a run returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from snnc.exact.tables import Floats
from snnc.output.imported import ImportedPackage
from snnc.runtime.examples import Array, Presentation, decide
from snnc.runtime.network import Decide

if TYPE_CHECKING:
    from nengo_loihi import Simulator

    from snnc.runtime.nengo.neurons import BuiltNetwork

Kept = Literal["counts", "spikes", "rows"]
Layers = dict[str, Array]


@dataclass(frozen=True, slots=True)
class EngineResult:
    """The outputs of examples, and other requested results.

    Attributes
    ----------
    outputs : (examples, units)
        The outputs that determine the result.
    overflows : (3,)
        How often, over compartments and steps, the input, the current and the biased
        current overflowed the chip's registers and wrapped around.
    counts, spikes
        Each layer's spikes per example, uint16 (examples, *shape), and per step, uint8
        (examples, steps, *shape).
    rows : (examples, steps, units)
        The readout at each step.
    """

    outputs: Floats
    overflows: Array
    counts: Layers = field(default_factory=dict)
    spikes: Layers = field(default_factory=dict)
    rows: Floats | None = None


def join(parts: Sequence[EngineResult]) -> EngineResult:
    """Join the results of consecutive examples, which all keep the same arrays."""
    rows = [part.rows for part in parts if part.rows is not None]
    return EngineResult(
        outputs=np.concatenate([part.outputs for part in parts]),
        overflows=np.sum([part.overflows for part in parts], axis=0),
        counts=_join_layers([part.counts for part in parts]),
        spikes=_join_layers([part.spikes for part in parts]),
        rows=np.concatenate(rows) if rows else None,
    )


def _join_layers(parts: Sequence[Layers]) -> Layers:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run examples, and which results to keep."""

    presentation: Presentation
    decide: Decide
    keep: tuple[Kept, ...]

    def result(
        self, rows: Floats, overflows: Array, counts: Layers, spikes: Layers
    ) -> EngineResult:
        """Return the results to keep of some examples."""
        return EngineResult(
            outputs=decide(rows, self.decide),
            overflows=overflows,
            counts=counts if "counts" in self.keep else {},
            spikes=spikes if "spikes" in self.keep else {},
            rows=rows if "rows" in self.keep else None,
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A package, its network, and nengo-loihi's simulator for the network.

    An example takes ``steps`` steps.
    """

    package: ImportedPackage
    network: BuiltNetwork
    simulator: Simulator
    steps: int
