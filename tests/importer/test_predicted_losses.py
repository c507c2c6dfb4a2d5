"""Imports warn of models that lose accuracy on spikes, as the exact engine measures."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

from benchmarks.predicted_losses import (  # noqa: E402
    MODELS,
    PredictedLoss,
    compare_prediction,
    load_digits,
    train_in_keras,
)


def compare(name: str, folder: Path) -> PredictedLoss:
    data = load_digits()
    return compare_prediction(train_in_keras(MODELS[name], data), data, folder)


def test_a_model_that_keeps_its_accuracy_causes_no_warning(tmp_path: Path) -> None:
    loss = compare("convolutions", tmp_path)
    assert loss.verdict == "right"
    assert loss.warning is None


def test_calibrate_is_advised_first_where_it_helps(tmp_path: Path) -> None:
    loss = compare("separable", tmp_path)
    assert loss.verdict == "right"
    assert loss.warning is not None
    assert loss.calibrated is not None
    assert loss.calibrated > loss.imported + 0.03
    calibrate, train = loss.warning.help.split("if they still lose accuracy")
    assert "snnc calibrate" in calibrate
    assert "--phases scale,spikes" in train


def test_training_is_advised_where_calibrate_does_not_help(tmp_path: Path) -> None:
    loss = compare("residual, identity", tmp_path)
    assert loss.verdict == "right"
    assert loss.warning is not None
    assert loss.calibrated is None
    assert "snnc calibrate" not in loss.warning.help
    assert "--phases scale,spikes" in loss.warning.help
