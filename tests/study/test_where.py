"""What the same spikes decide behind other filters of the readout."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nengo
import numpy as np
import pytest

from benchmarks.fidelity.where import FILTERS, Where
from snnc.runtime.scores import decide

pytestmark = pytest.mark.slow

DT, SYNAPSE = 0.001, 0.01


def test_other_filters_of_the_readout_are_nengos() -> None:
    random = np.random.default_rng(0)
    examples, steps, units = 40, 30, 4
    spikes = random.uniform(0, 1, (examples * steps, units)) ** 8
    y = random.integers(0, units, examples)
    rows = nengo.Lowpass(SYNAPSE).filt(spikes, dt=DT, y0=0).reshape(-1, steps, units)
    network = SimpleNamespace(dt=DT, readout=SimpleNamespace(synapse=SYNAPSE))
    package: Any = SimpleNamespace(network=network)
    where = Where(package, Path(), np.empty((examples, 1), np.float32), y)
    _, *lines = where._by_filters(rows)
    for milliseconds, line in zip(FILTERS, lines, strict=True):
        other = nengo.Lowpass(milliseconds / 1000).filt(spikes, dt=DT, y0=0)
        shown = other.reshape(-1, steps, units)
        wanted = [where._right(decide(shown, way)) for way in ("last", "mean")]
        assert line.split("  ")[-1].strip() == wanted[1]
        assert wanted[0] in line
