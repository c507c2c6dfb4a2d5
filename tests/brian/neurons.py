"""Single neurons with one synapse each, drawn at random and run on the exact engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnc.exact.kernel import file_spikes, mark_spikes, run_chip
from snnc.exact.tables import BuiltChip, Compartments, Fanin, Rows, resting_state

DECAY_ONE = 4096
V_MAX = 2**23 - 1


@dataclass(frozen=True)
class Neurons:
    """Neurons, (count,), and the spikes of their sources, (count, steps)."""

    weight: np.ndarray
    exponent: np.ndarray
    decay_u: np.ndarray
    decay_v: np.ndarray
    threshold: np.ndarray
    refractory: np.ndarray
    inputs: np.ndarray

    @property
    def parameters(self) -> np.ndarray:
        """The parameters as rows, in the order that the other program reads."""
        return np.stack(
            [
                self.weight,
                self.exponent,
                self.decay_u,
                self.decay_v,
                self.threshold,
                self.refractory,
            ],
            axis=1,
        )


def draw(count: int, steps: int, seed: int) -> Neurons:
    """Draw neurons; weights are positive, since one of the chips has no floor at 0.

    Thresholds are drawn so that most neurons fire, and some don't.
    """
    random = np.random.default_rng(seed)
    weight = random.integers(1, 256, count)
    exponent = random.integers(-4, 4, count)
    decay_u = random.integers(1, DECAY_ONE + 1, count)
    decay_v = random.integers(0, DECAY_ONE + 1, count)
    # A part of neurons has slow decays, as trained networks have.
    slow = random.random(count) < 0.5
    decay_u[slow] = random.integers(1, 1024, slow.sum())
    decay_v[slow] = random.integers(0, 256, slow.sum())
    scale = stored_weight(weight, exponent) / 64 * random.uniform(0.2, 8, count)
    rate = random.uniform(0.02, 0.6, (count, 1))
    refractory = random.integers(1, 64, count)
    refractory[random.random(count) < 0.7] %= 8
    return Neurons(
        weight=weight,
        exponent=exponent,
        decay_u=decay_u,
        decay_v=decay_v,
        threshold=np.clip(scale.astype(int), 1, 131071),
        refractory=np.maximum(refractory, 1),
        inputs=random.random((count, steps)) < rate,
    )


def stored_weight(weight: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Return what a spike adds to the current; the last 6 bits are 0."""
    return np.floor(weight * 2.0**exponent).astype(int) * 64


def run(neurons: Neurons) -> np.ndarray:
    """Return the spikes (count, steps) of neurons on the exact engine."""
    count, steps = neurons.inputs.shape
    each = np.arange(count + 1)
    words = stored_weight(neurons.weight, neurons.exponent).astype(np.int32)
    compartments = Compartments(
        bias=np.zeros(count, np.int32),
        start=each[:-1],
        stop=each[1:],
        keep_u=(DECAY_ONE - neurons.decay_u).astype(np.int32),
        keep_v=(DECAY_ONE - neurons.decay_v).astype(np.int32),
        v_min=np.zeros(count, np.int32),
        v_max=np.full(count, V_MAX, np.int32),
        threshold=(neurons.threshold * 64).astype(np.int32),
        refractory=neurons.refractory.astype(np.int32),
    )
    rows = Rows(
        first=each,
        offset=np.zeros(count, np.int64),
        begin=each[:-1],
        length=np.ones(count, np.int64),
        weights=words,
    )
    fanin = Fanin(
        order=np.zeros(1, np.int64),
        start=np.array([0, count]),
        segment=np.array([0, count]),
        first=np.array([0, count]),
        source=each[:-1] + count,
        row=each[:-1],
        base=each[:-1],
    )
    state = resting_state(fanin.start, 2 * count, steps)
    sent = [np.flatnonzero(fired) for fired in neurons.inputs.T]
    starts = np.cumsum([0, *map(len, sent)])
    ids = np.concatenate(sent).astype(np.int32)
    file_spikes(ids, starts, count, count, state)
    run_chip(BuiltChip(compartments, rows, fanin), state)
    spikes = np.zeros((steps, 2 * count), np.uint8)
    mark_spikes(state, np.zeros(0, np.uint16), spikes)
    return spikes[:, :count].T.astype(bool)
