"""Estimate the time on the chip from the spikes of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from snnc.ir.device import Profile
from snnc.loihi.timing import ChipTime, CoreLoad, estimate_time
from snnc.results.statistics import Floats


@dataclass(frozen=True)
class WorkCounts:
    """The work of cores, summed over examples.

    ``counts`` is the result of `CoreWork.count`; ``layers`` and ``neurons`` are those
    of `CoreWork`.
    """

    layers: tuple[str, ...]
    neurons: tuple[int, ...]
    counts: Floats


def join_work(parts: Sequence[WorkCounts]) -> WorkCounts | None:
    """Add the work of several parts of a run; without parts, return None."""
    if not parts:
        return None
    return replace(parts[0], counts=np.sum([part.counts for part in parts], axis=0))


def time_of(
    work: WorkCounts | None, examples: int, steps: int, device: Profile
) -> ChipTime | None:
    """Estimate the time on the chip from the work for a number of examples."""
    if work is None:
        return None
    per_step = work.counts / (examples * steps)
    cores = zip(work.layers, work.neurons, per_step.T.tolist(), strict=True)
    loads = []
    for layer, neurons, (spikes, sent, received, operations) in cores:
        load = CoreLoad(
            layer=layer,
            neurons=neurons,
            spikes=spikes,
            sent=sent,
            received=received,
            operations=operations,
        )
        loads.append(load)
    return estimate_time(loads, device, steps)
