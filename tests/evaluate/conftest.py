"""Packages, weights and data that `snnc evaluate` takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.support import network

if TYPE_CHECKING:
    from snnc.exact.package import ImportedPackage

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
BIASLESS = SMALL.replace("filters 3", "filters 3, bias off")
BODIES = {"small": SMALL, "biasless": BIASLESS, "regression": REGRESSION, "host": HOST}


@dataclass(frozen=True)
class Case:
    """A package with weights, and data in its folder."""

    folder: Path
    weights: Path
    data: Path
    package: ImportedPackage

    @property
    def arguments(self) -> list[str]:
        return [
            *("evaluate", str(self.folder)),
            *("--data", str(self.data), "--weights", str(self.weights)),
        ]


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    """Return what makes a case of one of `BODIES`, with so many examples."""
    # They take nengo-loihi with them, which few tests of this folder need.
    from snnc.exact.package import open_package
    from tests.exact.proof import random_images, random_weights, write_package

    def make(name: str = "small", count: int = 21, **save: Any) -> Case:
        folder = tmp_path_factory.mktemp(name)
        written = write_package(network(BODIES[name], name), folder)
        package = open_package(written)
        weights = folder / "w.safetensors"
        package.layout.save(weights, random_weights(package, bias=0.3))
        x = random_images(package, count)
        np.savez(folder / "data.npz", x=x, y=labels(package, count))
        return Case(written, weights, folder / "data.npz", package)

    return make


def labels(package: ImportedPackage, count: int) -> np.ndarray:
    random, readout = np.random.default_rng(2), package.network.readout
    if readout.classes:
        return random.integers(0, readout.units, count)
    return random.normal(size=(count, readout.units)).astype(np.float32)
