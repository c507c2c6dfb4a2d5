"""Training that is killed at random moments and resumed."""

from pathlib import Path

import pytest

from benchmarks.kill_training import kill_training

pytestmark = pytest.mark.slow


def test_a_kill_costs_an_epoch_at_most(tmp_path: Path) -> None:
    (kill,) = kill_training(tmp_path, kills=1, seed=0)
    assert kill.after >= 1
