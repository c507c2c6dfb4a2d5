"""SANA-FE adds up the same energy and time from the same spikes and costs.

SANA-FE runs in its own environment, which ``make test-sanafe`` makes.
"""

import pytest

from benchmarks.chip_model import PYTHON, compare

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(
        not (PYTHON.parents[1] / "ready").exists(),
        reason="`make test-sanafe` runs SANA-FE",
    ),
]


@pytest.mark.parametrize("name", ["drift", "residual", "league/autoencoder"])
def test_energy_and_time_are_sanafes(name: str) -> None:
    found = compare(name)
    assert found.ours.neurons == pytest.approx(found.theirs.neurons)
    # `evaluate` uses the mean fan-out of each layer.
    assert found.ours.synapses == pytest.approx(found.theirs.synapses, rel=0.05)
    assert found.ours.spikes == pytest.approx(found.theirs.spikes, rel=0.05)
    assert found.each == pytest.approx(found.simple)
    rounding = 1 + 1e-9  # both are sums of floats, in another order
    assert found.mean <= found.each * rounding
    assert found.simple <= found.detailed * rounding
