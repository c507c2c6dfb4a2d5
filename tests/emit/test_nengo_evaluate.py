"""What the generated `evaluate.py` prints, against texts beside this file.

``SNNC_ACCEPT=1 python -m pytest tests/emit/test_nengo_evaluate.py`` writes them.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.agreement.built import imported
from tests.support import SPECS, network, sound

TEXTS = Path(__file__).parent / "evaluated"
REGRESSION = network(
    """
    target nengo
    timing { present 40 ms }
    input x 6 in -1..1
    encode rate
    dense d { units 4 }
    readout level { units 2 }
    """,
    "waves",
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def drift() -> Iterator[ModuleType]:
    (spec,) = (spec for spec in SPECS if spec.stem == "drift")
    with imported(sound(spec.read_text(encoding="utf-8"), "emit")) as package:
        yield importlib.import_module(f"{package.nengo.__package__}.evaluate")


@pytest.fixture(scope="module")
def waves() -> Iterator[ModuleType]:
    with imported(sound(REGRESSION, "emit")) as package:
        yield importlib.import_module(f"{package.nengo.__package__}.evaluate")


def layer(
    name: str,
    bounds: tuple[float, float],
    rate: float,
    holds: bool,
    correlation: float | None = None,
) -> dict[str, Any]:
    low, high = bounds
    return {
        "name": name,
        "low": low,
        "high": high,
        "percentile": 99.9,
        "rate": rate,
        "holds": holds,
        "spikes": 11.5 * rate,
        "silent": 0.5,
        "saturated": 0.001,
        "correlation": correlation,
    }


def classification(module: ModuleType) -> dict[str, Any]:
    return {
        "network": "drift",
        "simulator": "loihi",
        "examples": 200,
        "steps": 60,
        "accuracy": 0.98,
        "accuracy_interval": module.interval(0.98, 200),
        "keras_accuracy": 0.995,
        "agreement": 0.985,
        "layers": [
            layer("encode", (0.0, 250.0), 250.0, True, 0.99712),
            layer("c0", (20.0, 150.0), 183.3, False, 0.9),
            layer("direction_of_motion", (20.0, 150.0), 3.2, False),
        ],
        "accuracy_over_time": [
            {"steps": 15, "accuracy": 0.125},
            {"steps": 30, "accuracy": 0.5},
            {"steps": 45, "accuracy": 0.975},
            {"steps": 60, "accuracy": 0.98},
        ],
        "spikes": 85_800.0,
        "clipped": 0.0125,
        "cores": 5,
        "synaptic_operations": 160_020.3,
        "energy_joules": 16.9e-6,
    }


def regression(keras: bool) -> dict[str, Any]:
    return {
        "network": "waves",
        "simulator": "nengo",
        "examples": 1000,
        "steps": 40,
        "rmse": 0.123456,
        "keras_rmse": 0.0987654 if keras else None,
        "difference": 0.05 if keras else None,
        "rmse_over_time": [
            {"steps": 10, "rmse": 1.5},
            {"steps": 40, "rmse": 0.123456},
        ],
        "layers": [layer("encode", (0.0, 250.0), 7.0, True, 0.5 if keras else None)],
        "spikes": 812.4,
        "clipped": 0.0,
    }


def check(name: str, text: str) -> None:
    path = TEXTS / f"{name}.txt"
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    assert f"{text}\n" == path.read_text(encoding="utf-8")


def test_a_classification_as_text(drift: ModuleType) -> None:
    check("classification", drift.evaluation(classification(drift)))


def test_a_layer_that_never_fires_is_named(drift: ModuleType) -> None:
    found = classification(drift)
    found["layers"][1]["silent"] = 1
    told = drift.evaluation(found).splitlines()[-1]
    assert told.startswith("never fires: c0; look at the data")


def test_a_regression_as_text(waves: ModuleType) -> None:
    check("regression", waves.evaluation(regression(keras=True)))
    check("regression_without_keras", waves.evaluation(regression(keras=False)))


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
        (1, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_is_wilsons(
    drift: ModuleType, share: float, count: int, low: float, high: float
) -> None:
    assert drift.interval(share, count) == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        ("nengo_dl", r"nengo-dl \(free for non-commercial use\) is not installed: "),
        ("loihi", r"nengo-loihi \(Apache-2\.0\) is not installed: pip install nengo-l"),
    ],
)
def test_a_missing_simulator_is_named_with_its_licence(
    drift: ModuleType,
    simulator: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drift, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=message):
        drift.evaluate([], [], "none", simulator)


@pytest.mark.parametrize("simulator", ["loihi", "brian", "nengo-dl", ""])
def test_a_simulator_that_there_is_not_is_refused(
    waves: ModuleType, simulator: str
) -> None:
    known = f"no simulator {simulator!r}: there are nengo, nengo_dl$"
    with pytest.raises(ValueError, match=known):
        waves.evaluate([], [], "none", simulator)


def test_no_example_is_refused(waves: ModuleType) -> None:
    with pytest.raises(ValueError, match="examples is 0, not 1 or more"):
        waves.evaluate([], [], "none", examples=0)
