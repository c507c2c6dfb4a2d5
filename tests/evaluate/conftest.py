"""Packages, weights and data that `snnc evaluate` takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.evaluate.subject import Subject, open_subject
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import network

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

    package: Path
    weights: Path
    data: Path
    subject: Subject

    @property
    def arguments(self) -> list[str]:
        return [
            *("evaluate", str(self.package)),
            *("--data", str(self.data), "--weights", str(self.weights)),
        ]


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    """Return what makes a case of one of `BODIES`, with so many examples."""

    def make(name: str = "small", count: int = 21, **save: Any) -> Case:
        folder = tmp_path_factory.mktemp(name)
        package = write_package(network(BODIES[name], name), folder)
        subject = open_subject(package)
        weights = folder / "w.safetensors"
        tensors = random_weights(subject.network, bias=0.3)
        subject.layout.save_weights(weights, tensors)
        x = random_images(subject.network, count)
        np.savez(folder / "data.npz", x=x, y=labels(subject, count))
        return Case(package, weights, folder / "data.npz", subject)

    return make


def labels(subject: Subject, count: int) -> np.ndarray:
    random = np.random.default_rng(2)
    if subject.classifies:
        return random.integers(0, subject.data.CLASSES, count)
    return random.normal(size=(count, subject.data.UNITS)).astype(np.float32)
