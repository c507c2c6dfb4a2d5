"""An interrupted study goes on: what was done of the same inputs is kept."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.study import packages
from benchmarks.study.remembered import remember


@pytest.fixture
def measure() -> Callable[[], dict[str, Any]]:
    """Return what counts how often it is asked."""
    numbers = count(1)
    return lambda: {"asked": next(numbers)}


def test_the_same_inputs_are_measured_once(tmp_path: Path, measure: Any) -> None:
    file = tmp_path / "weights"
    file.write_text("a", encoding="ascii")
    for _ in range(2):
        found = remember(tmp_path / "kept", "cell", [file, "10"], measure)
        assert found == {"asked": 1}


def test_other_inputs_are_measured_again(tmp_path: Path, measure: Any) -> None:
    file, package = tmp_path / "weights", tmp_path / "package"
    package.mkdir()
    module = package / "nengo_network.py"
    for path in (file, module):
        path.write_text("a", encoding="ascii")
    remember(tmp_path, "cell", [file, package, "10"], measure)
    remember(tmp_path, "cell", [file, package, "20"], measure)
    for asked, path in enumerate((file, module), 3):
        path.write_text("b", encoding="ascii")
        found = remember(tmp_path, "cell", [file, package, "20"], measure)
        assert found == {"asked": asked}


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


@pytest.mark.parametrize(
    "changed", ["", "net/keras_model.py", "net/_runtime/keras/phases.py", "data.npz"]
)
def test_another_training_starts_anew(
    package: Path, trainings: list[Path], changed: str
) -> None:
    data = package.parent / "data.npz"
    files = packages.train(package, data)
    progress = Path(f"{files.weights}.progress.npz")
    progress.write_text("of the old one", encoding="ascii")
    if changed:
        (package.parent / changed).write_text("other", encoding="ascii")
    assert packages.train(package, data).weights == files.weights
    assert trainings == [package] * (2 if changed else 1)
    assert progress.exists() == (not changed)
