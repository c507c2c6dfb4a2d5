"""Training that is killed at random moments and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kill_training import kill_training

pytestmark = pytest.mark.slow


def test_kills_cost_an_epoch_at_most(tmp_path: Path) -> None:
    kills = kill_training(tmp_path, kills=2, seed=1)
    assert kills[-1].after >= 1
