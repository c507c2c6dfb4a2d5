"""What a run gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from snnc.exact.tables import Int64

Kept = Literal["counts", "spikes", "rows", "early"]
Layers = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class LaneResult:
    """What a lane gives: rows, and the rest as in `Outcome`."""

    rows: NDArray[np.float64]
    overflows: Int64
    counts: Layers
    spikes: Layers


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outputs of examples, and what was asked to be kept.

    Attributes
    ----------
    outputs : (examples, units)
        What the readout decides by.
    overflows : (3,)
        How often, over compartments and steps, the input, the current and the
        current with its bias did not fit the chip's registers and wrapped around;
        the emulator warns where it does.
    counts : uint16 (examples, *shape) of each layer
        Spikes an example.
    spikes : uint8 (examples, steps, *shape) of each layer
        Spikes a step.
    rows : (examples, steps, units)
        The readout at each step.
    early : (moments, examples, units)
        What the readout decides by if an example ends after each of its quarters,
        the last of which is all of it.
    """

    outputs: NDArray[np.float64]
    overflows: Int64
    counts: Layers = field(default_factory=dict)
    spikes: Layers = field(default_factory=dict)
    rows: NDArray[np.float64] | None = None
    early: NDArray[np.float64] | None = None


def join(parts: Sequence[Outcome]) -> Outcome:
    """Return outcomes of the same kind, one after another, as one."""
    rows = [part.rows for part in parts if part.rows is not None]
    early = [part.early for part in parts if part.early is not None]
    return Outcome(
        np.concatenate([part.outputs for part in parts]),
        np.sum([part.overflows for part in parts], axis=0),
        _join([part.counts for part in parts]),
        _join([part.spikes for part in parts]),
        np.concatenate(rows) if rows else None,
        np.concatenate(early, axis=1) if early else None,
    )


def _join(layers: list[Layers]) -> Layers:
    return {name: np.concatenate([part[name] for part in layers]) for name in layers[0]}
