"""Packages, weights and data that `snnc evaluate` takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.support import network

if TYPE_CHECKING:
    from snnc.output.imported import ImportedPackage

SMALL = """
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 3 }
    readout y { classes 3 }
"""
REGRESSION = """
    timing { present 20 ms }
    input values 6 in 0..1
    encode rate
    dense d0 { units 5 }
    readout y { units 2, decide last }
"""
HOST = """
    target nengo
    timing { present 20 ms }
    input image 6x6x1 in 0..1
    encode conv
    dense d0 { units 3 }
    readout y { classes 2 }
"""
IMAGE = """
    timing { present 20 ms }
    input image 12x12x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 2, padding same }
    readout y { filters 1 }
"""
BODIES = {
    "small": SMALL,
    "image": IMAGE,
    "biasless": SMALL.replace("filters 3", "filters 3, bias off"),
    "bytes": SMALL.replace("0..1", "0..255"),
    "regression": REGRESSION,
    "host": HOST,
}


@dataclass(frozen=True)
class Case:
    """A package, and weights and data in another folder."""

    package: ImportedPackage
    weights: Path
    data: Path

    @property
    def folder(self) -> Path:
        return self.package.folder

    @property
    def arguments(self) -> list[str]:
        return [
            *("evaluate", str(self.folder)),
            *("--data", str(self.data), "--weights", str(self.weights)),
        ]


Make = Callable[..., Case]
Told = dict[str, Any]
Tell = Callable[..., Told]
Arrays = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a factory of cases: one of `BODIES` and a number of examples."""
    # They take nengo-loihi with them, which few tests of this folder need.
    from snnc.output.imported import open_package
    from tests.exact.proof import random_images, random_weights, write_package

    @cache
    def build(name: str) -> ImportedPackage:
        folder = tmp_path_factory.mktemp(name)
        return open_package(write_package(network(BODIES[name], name), folder))

    def make(name: str = "small", count: int = 21) -> Case:
        package, folder = build(name), tmp_path_factory.mktemp("case")
        weights, data = folder / "w.safetensors", folder / "data.npz"
        package.layout.save(weights, random_weights(package, bias=0.3))
        y = labels(package, count)
        np.savez(data, x=random_images(package, count), y=y)
        return Case(package, weights, data)

    return make


@pytest.fixture(scope="session")
def full(case: Make) -> Case:
    """Return a case that no test changes."""
    return case()


@pytest.fixture(scope="session")
def data(full: Case) -> Arrays:
    with np.load(full.data) as file:
        return file["x"], file["y"]


def labels(package: ImportedPackage, count: int) -> np.ndarray:
    random, readout = np.random.default_rng(2), package.network.readout
    if readout.classes:
        return random.integers(0, readout.units, count)
    return random.normal(size=(count, readout.units)).astype(np.float32)


@pytest.fixture
def with_keras() -> None:
    """Let a test in a file `without_keras` compare with Keras."""


@pytest.fixture
def without_keras(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnc.verbs.evaluate import run

    if "with_keras" not in request.fixturenames:
        monkeypatch.setattr(run, "has_keras", lambda: False)


@pytest.fixture
def short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows be as short as the data of a test."""
    from snnc.runtime.nengo import simulators
    from snnc.verbs.evaluate import exact

    monkeypatch.setattr(exact, "ROW", 4)
    monkeypatch.setattr(simulators, "ROW", 4)
    monkeypatch.setattr(exact, "REST", 3)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Return what runs the verb and reads its JSON, its seconds left out."""
    from snnc.cli import main

    def act(case: Case, *options: str) -> Told:
        status = main([*case.arguments, "--format", "json", *options])
        out, err = capsys.readouterr()
        assert status == 0, err
        found: Told = json.loads(out)
        assert found.pop("seconds") > 0
        return found

    return act


def approximately(found: Any) -> Any:
    """Compare numbers in documents with the tolerance of a float32."""
    if isinstance(found, dict):
        return {name: approximately(value) for name, value in found.items()}
    if isinstance(found, list):
        return [approximately(value) for value in found]
    return pytest.approx(found, rel=1e-6) if isinstance(found, float) else found


def lines(path: Path) -> list[Told]:
    """Return the parts of a file of results, each presentation's by their examples."""
    records = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return sorted(records, key=lambda part: (part["presentation"], part["start"]))


def outputs(path: Path) -> list[list[float]]:
    return [row for record in lines(path) for row in record["outputs"][-1]]
