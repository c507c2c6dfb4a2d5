"""An interrupted study goes on: what was done of the same inputs is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.study import packages
from benchmarks.study.remembered import remember


class Measure:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> dict[str, Any]:
        self.asked += 1
        return {"asked": self.asked}


def test_the_same_inputs_are_measured_once(tmp_path: Path) -> None:
    file, measure = tmp_path / "weights", Measure()
    file.write_text("a", encoding="ascii")
    first = remember(tmp_path / "kept", "cell", [file, "10"], measure)
    assert remember(tmp_path / "kept", "cell", [file, "10"], measure) == first
    assert measure.asked == 1


def test_other_inputs_are_measured_again(tmp_path: Path) -> None:
    file, measure = tmp_path / "weights", Measure()
    package = tmp_path / "package"
    package.mkdir()
    module = package / "nengo_network.py"
    for path in (file, module):
        path.write_text("a", encoding="ascii")
    remember(tmp_path, "cell", [file, package, "10"], measure)
    remember(tmp_path, "cell", [file, package, "20"], measure)
    for path in (file, module):
        path.write_text("b", encoding="ascii")
        remember(tmp_path, "cell", [file, package, "20"], measure)
    assert measure.asked == 4


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "net"
    (folder / "_runtime/keras").mkdir(parents=True)
    for name in ("keras_model.py", "_runtime/keras/phases.py"):
        (folder / name).write_text(name, encoding="ascii")
    (tmp_path / "data.npz").write_text("data", encoding="ascii")
    return folder


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Trainings that write the name of the package as weights."""
    done: list[Path] = []

    def module(package: Path, name: str, *_: str) -> None:
        done.append(package)
        weights = package.parent / f"{package.name}.safetensors"
        weights.write_text(name, encoding="ascii")

    monkeypatch.setattr(packages, "_module", module)
    return done


def test_a_training_is_done_once(package: Path, trainings: list[Path]) -> None:
    data = package.parent / "data.npz"
    first = packages.train(package, data)
    assert packages.train(package, data) == first
    assert trainings == [package]


@pytest.mark.parametrize(
    "changed", ["net/keras_model.py", "net/_runtime/keras/phases.py", "data.npz"]
)
def test_another_training_starts_anew(
    package: Path, trainings: list[Path], changed: str
) -> None:
    data = package.parent / "data.npz"
    files = packages.train(package, data)
    progress = Path(f"{files.weights}.progress.npz")
    progress.write_text("of the old one", encoding="ascii")
    (package.parent / changed).write_text("other", encoding="ascii")
    packages.train(package, data)
    assert len(trainings) == 2
    assert not progress.exists()
