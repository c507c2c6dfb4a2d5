"""The recipe for Optuna in ``docs/sweep.md`` runs as it is written."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import ROOT, network

SPEC = network(
    """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 8 }
    dense d0 { units 16 }
    readout y { classes 3 }
    train { epochs 1, batch 8 }
    """,
    "digits",
)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("eagerly")
def test_the_recipe_for_optuna_runs(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/sweep.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```python\n(import optuna\n.*?)```", page, re.DOTALL)
    assert "n_trials=20" in recipe
    assert "epochs=3)" in recipe
    Path("digits.snn").write_text(SPEC)
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 1, (30, 6, 6, 1)).astype("f4"), random.integers(0, 3, 30)
    data: dict[str, Any] = {"x": x, "y": y, "x_valid": x[:9], "y_valid": y[:9]}
    # Of 20 long trainings, one short one shows that the recipe runs.
    short = recipe.replace("epochs=3", "epochs=3, spike_updates=10")
    exec(short.replace("n_trials=20", "n_trials=1"), data)
    study = data["study"]
    assert len(study.trials) == 1
    for trial in study.best_trials:
        assert 0 <= trial.values[0] <= 1
        assert trial.values[1] > 0
    assert "'filters'" in capsys.readouterr().out
