"""The exact engine and brian2-loihi compute the same spikes.

brian2-loihi runs in its own environment, which ``make test-brian`` makes.
"""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.brian.neurons import Neurons, draw, run, stored_weight
from tests.support import ROOT

ENVIRONMENT = ROOT / ".venv-brian"
CLIENT = Path(__file__).parent / "clients/run.py"
COUNT = 1000
STEPS = 200
SHIFT = 1
"""The steps by which spikes are later: a spike takes a step to a core."""

pytestmark = pytest.mark.slow


def run_brian(neurons: Neurons, folder: Path) -> np.ndarray:
    """Return the spikes (count, steps) of neurons in brian2-loihi."""
    source, target = folder / "in.npz", folder / "out.npz"
    np.savez(source, parameters=neurons.parameters, inputs=neurons.inputs)
    python = ENVIRONMENT / "bin/python"
    subprocess.run([python, CLIENT, source, target], check=True, capture_output=True)
    with np.load(target) as results:
        return np.asarray(results["spikes"])


@pytest.mark.skipif(
    not (ENVIRONMENT / "ready").exists(), reason="`make test-brian` runs brian2-loihi"
)
def test_every_spike_of_drawn_neurons_is_brians(tmp_path: Path) -> None:
    neurons = draw(COUNT, STEPS, seed=0)
    exact = run(neurons)[:, SHIFT:]
    brian = run_brian(neurons, tmp_path)[:, :-SHIFT]
    assert (exact != brian).sum() == 0
    assert exact.sum() > 10 * COUNT
    assert exact.any(axis=1).mean() > 0.5


def test_a_neuron_by_hand() -> None:
    """The current halves in each step, and the voltage keeps its value."""
    one = np.ones(1, int)
    inputs = np.zeros((1, 12), bool)
    inputs[0, [0, 6, 7]] = True
    neurons = Neurons(
        weight=100 * one,
        exponent=0 * one,
        decay_u=2048 * one,
        decay_v=0 * one,
        threshold=160 * one,
        refractory=one,
        inputs=inputs,
    )
    assert stored_weight(neurons.weight, neurons.exponent) == 6400
    # 100 + 50 + 25 > 160 in the third step after the first arrives.
    assert np.flatnonzero(run(neurons)).tolist() == [3, 8]


def test_neurons_are_drawn_from_a_seed() -> None:
    assert (draw(5, 9, seed=3).parameters == draw(5, 9, seed=3).parameters).all()
    assert (draw(5, 9, seed=3).weight > 0).all()
