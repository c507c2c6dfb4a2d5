"""What `diff` says about weights is true for the generated Keras models."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from snnc.output.imported import open_package
from snnc.verbs.diff.compare import compare
from tests.diff.comparing import CASES, case_version
from tests.emit.packages import write

pytestmark = pytest.mark.slow

# Keras computes the same for any order of class names.
ABOUT_NAMES = ("classes",)
# A network that does not fit has no package.
UNBUILT = ("does-not-fit", "too-many-cores")
VERDICTS = [case for case in CASES if case.name not in (*ABOUT_NAMES, *UNBUILT)]


def build_side(case: Path, side: str, folder: Path) -> ModuleType:
    """Return the module of a side's model."""
    package = write(case_version(case, side).network, folder / side)
    return open_package(package).module("keras_model")


def randomise(model: Any) -> None:
    """Give every weight a random value, the encoder's so large that it is clipped."""
    random = np.random.default_rng(1)
    for layer in model.layers:
        scale = 8 if layer.name == "encode" else 0.8
        if not layer.name.endswith(".rate"):
            layer.set_weights([random.normal(0, scale, w.shape) for w in layer.weights])


def outcome(old: ModuleType, new: ModuleType, shape: Any, folder: Path) -> str:
    """Say what the new model makes of weights that the old one wrote."""
    before, after = old.build_model(), new.build_model()
    randomise(before)
    old.export_weights(before, folder / "weights")
    try:
        new.import_weights(after, folder / "weights")
    except ValueError:
        return "incompatible"
    if before.input_shape != after.input_shape:
        return "retrain"
    values = np.random.default_rng(2).uniform(0, 1, (8, *shape)).astype("float32")
    equal = np.allclose(before(values), after(values), rtol=1e-4, atol=1e-4)
    return "valid" if equal else "retrain"


@pytest.mark.parametrize("case", VERDICTS, ids=lambda case: case.name)
def test_the_verdict_is_what_keras_does(case: Path, tmp_path: Path) -> None:
    before, after = (build_side(case, side, tmp_path) for side in ("old", "new"))
    old, new = (case_version(case, side) for side in ("old", "new"))
    shape = old.network.input.shape
    assert outcome(before, after, shape, tmp_path) == compare(old, new).weights
