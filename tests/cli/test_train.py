"""`snnc train` finds, builds or refuses a package, and then trains it."""

from pathlib import Path
from typing import Any

import pytest

from snnc.cli import command_of
from snnc.output.imported import open_package
from tests.commands import Done, run
from tests.exact.proof import write_package
from tests.support import network

BODY = """
    input image 8x8x1 in 0..1
    encode conv { filters 2 }
    conv2d c0 { filters 3 }
    readout y { classes 3 }
"""
FILES = "--data", "data.npz", "--weights-out", "w.safetensors"


@pytest.fixture(autouse=True)
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Return the calls of the function that trains."""
    calls: list[Any] = []
    monkeypatch.setattr("snnc.verbs.train.train", lambda *args, **_: calls.append(args))
    monkeypatch.chdir(tmp_path)
    Path("small.snn").write_text(f"snn 2\nnetwork small {{{BODY}}}\n")
    return calls


def train(target: str, *others: str) -> Done:
    return run("train", target, *FILES, *others)


def test_a_spec_without_a_package_is_built(trained: list[Any]) -> None:
    done = train("small.snn")
    assert done.returncode == 0, done.stderr
    assert "building models/small, which does not exist\n" in done.stderr
    assert Path("models/small/train.py").exists()
    assert "snnc evaluate models/small --data test.npz" in done.stderr
    assert trained[0][0].folder == Path("models/small").resolve()
    again = train("small.snn")
    assert "building it" not in again.stderr
    assert len(trained) == 2


@pytest.mark.parametrize("target", ["small.snn", "models/small"])
@pytest.mark.parametrize("code", ["SNN725", "SNN721"])
def test_a_stale_or_edited_package_is_refused(
    trained: list[Any], target: str, code: str
) -> None:
    assert run("build", "small.snn").returncode == 0
    if code == "SNN725":
        spec = Path("small.snn")
        spec.write_text(spec.read_text().replace("filters 3", "filters 4"))
    else:
        with Path("models/small/network.py").open("a") as file:
            file.write("# mine\n")
    done = train(target)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert trained == []


def test_a_package_whose_spec_was_moved_is_trained(trained: list[Any]) -> None:
    assert run("build", "small.snn").returncode == 0
    Path("small.snn").unlink()
    assert train("models/small").returncode == 0
    assert trained[0][0].folder == Path("models/small").resolve()


def test_a_spec_with_errors_is_not_trained(trained: list[Any]) -> None:
    Path("small.snn").write_text("snn 2\nnetwork small { conv }\n")
    done = train("small.snn")
    assert done.returncode == 1
    assert "error[SNN" in done.stderr
    assert trained == []


def test_training_without_tensorflow_says_what_to_install(
    trained: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snnc.text.installing.missing", lambda *_: ["tensorflow"])
    done = train("small.snn")
    assert done.returncode == 1
    assert "training needs tensorflow: `python -m pip install" in done.stderr
    assert trained == []


def test_weights_are_ambiguous(trained: list[Any]) -> None:
    done = run("train", "small.snn", "--data", "data.npz", "--weights", "w")
    assert done.returncode == 2
    assert "`--weights-out w`" in done.stderr
    assert "`--from w`" in done.stderr


def test_the_options_are_those_of_the_package(tmp_path: Path) -> None:
    package = open_package(write_package(network(BODY, "small"), tmp_path))
    parser = package.module("train").TRAINER._parser()
    own = {name for action in parser._actions for name in action.option_strings}
    ours = {name for option in command_of("train").params for name in option.opts}
    ours -= {"package", "--force"}
    assert own - {"-h", "--help", "--initial"} == ours - {"--weights-out"}


def test_the_first_build_of_a_package_names_how_to_train_it() -> None:
    built = run("build", "small.snn").stderr
    command = "snnc train models/small --data train.npz --weights-out small.safetensors"
    assert built.endswith(f"Next: {command}\n")
    assert "Next" not in run("build", "small.snn").stderr
