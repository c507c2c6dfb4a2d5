"""The spec that `snnc init` writes trains and runs."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from tests.consumer.repo import Repo

pytestmark = pytest.mark.slow


def test_the_first_spec_trains_and_runs(repo: Repo) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = digits.images[..., np.newaxis].astype(np.float32)
    np.savez(repo.folder / "models" / "data.npz", x=x, y=digits.target)
    python = f'cd models && "{sys.executable}" -m starter'
    files = "--data data.npz --weights w.safetensors"
    repo.run(f"{python}.train {files} --epochs 10", TF_CPP_MIN_LOG_LEVEL="3")
    told = repo.run(f"{python}.evaluate {files} --examples 50 --format json")
    assert json.loads(told)["accuracy"] > 0.8
