"""``snnc weights`` as a user types it."""

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests import commands
from tests.commands import Done
from tests.rules.checking import assert_accepted
from tests.support import FULL_STACK
from tests.weights.files import SMALL, WIDER, save, weights_of

EXPECTED = Path(__file__).parent / "expected"


SPECS = {
    "small": SMALL,
    "wider": WIDER,
    "off": SMALL.replace("filters 3, padding", "bias off, filters 3, padding", 1),
    "normed": SMALL.replace("filters 3, ", "bias off, batchnorm on, filters 3, ", 1),
    "free": SMALL.replace("input image", "target nengo\n    input image"),
    "bad": SMALL.replace("filters 2", "filtres 2"),
}


@pytest.fixture(autouse=True)
def folder(here: Path) -> None:
    """Make a folder with specs, and weights of the first with and without a layout."""
    for name, text in SPECS.items():
        Path(f"{name}.snn").write_text(text)
    save(Path("small.safetensors"), SMALL, weights_of(SMALL))
    save_file(weights_of(SMALL), "plain.safetensors")


def run(*arguments: str) -> Done:
    return commands.run("weights", *arguments)


def accept(name: str, done: Done) -> None:
    told = f"exit {done.returncode}\n-- stdout\n{done.stdout}-- stderr\n{done.stderr}"
    assert_accepted(EXPECTED / f"{name}.txt", told)


Edit = Callable[[Any], None]


def scale(factor: float, where: object = ...) -> Edit:
    return lambda tensor: tensor.__setitem__(where, factor * tensor[where])


def put(value: float, count: int) -> Edit:
    return lambda tensor: tensor.flat.__setitem__(slice(count), value)


OFF = put(0, 10**6)
NO_BIAS = ("a.bias", OFF)
SPOILT: dict[str, tuple[tuple[str, Edit], ...]] = {
    "sound": (),
    "dead": (("a.kernel", OFF), NO_BIAS),
    "too-strong": (("a.kernel", scale(2e-2)), ("b.kernel", scale(2e-2))),
    "outlier": (("a.kernel", scale(300, (..., 1))), NO_BIAS),
    "few-bits": (("a.kernel", scale(1e-2)), NO_BIAS),
    "strong-bias": (("b.bias", lambda tensor: tensor.__iadd__(500)),),
    "not-finite": (("a.kernel", put(np.nan, 2)), ("b.bias", put(np.inf, 1))),
    "too-small": (("a.kernel", scale(2e-4)),),
    "bias-too-large": (("a.kernel", scale(1e-2)), ("a.bias", scale(100))),
    "too-large": (("a.kernel", scale(1e5)),),
    "beyond-float32": (("a.kernel", put(3e38, 1)), ("b.bias", put(3e38, 1))),
    "biases-too-large": (("a.kernel", OFF), ("a.bias", scale(1e8))),
    "no-weights": (("a.kernel", OFF), ("a.bias", scale(1e-5))),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[FULL_STACK] * (name == "bias-too-large"))
        for name in SPOILT
    ],
)
def test_a_file_is_held_against_the_chip(name: str) -> None:
    weights = weights_of(SMALL)
    for tensor, edit in SPOILT[name]:
        edit(weights[tensor])
    save(Path("small.safetensors"), SMALL, weights)
    accept(name, run("small.safetensors", "small.snn"))


def test_weights_too_far_apart() -> None:
    text = SMALL.replace("conv2d b { filters 3", "conv2d b { filters 4")
    weights = weights_of(text, 3.0)
    weights["b.shortcut"][:] = 1.1e-19
    Path("apart.snn").write_text(text)
    save(Path("apart.safetensors"), text, weights)
    accept("too-far-apart", run("apart.safetensors", "apart.snn"))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list", "small.safetensors"),
        ("another", "small.safetensors wider.snn"),
        ("no-layout", "plain.safetensors small.snn"),
        ("bias-off", "small.safetensors off.snn"),
        ("batch-norm", "small.safetensors normed.snn"),
        ("no-chip", "small.safetensors free.snn"),
        ("bad-spec", "small.safetensors bad.snn"),
        ("swapped", "small.snn small.safetensors"),
        ("only-force", "small.safetensors --force"),
        ("only-output", "small.safetensors -o x"),
        ("no-output", "small.safetensors --migrate small.snn wider.snn"),
        ("too-many", "small.safetensors small.snn --migrate small.snn wider.snn -o x"),
        ("no-git", "small.safetensors HEAD:small.snn"),
    ],
)
def test_a_command_prints_what_is_accepted(name: str, arguments: str) -> None:
    accept(name, run(*arguments.split()))


def test_a_bias_that_is_off_is_zeros() -> None:
    moved = ("small.snn", "off.snn", "-o", "off.safetensors")
    done = run("small.safetensors", "--migrate", *moved)
    assert done.returncode == 0
    assert "  + a.bias 3, was 3: zeros\n" in done.stdout
    assert run("off.safetensors", "off.snn").returncode == 0
    back = ("off.snn", "small.snn", "-o", "on.safetensors")
    assert "8 tensors kept" in run("off.safetensors", "--migrate", *back).stdout
    done = run("small.safetensors", "--migrate", *back, "--force")
    assert done.returncode == 1
    assert "SNN749" in done.stderr


@FULL_STACK
def test_json_has_all_of_it() -> None:
    done = run("small.safetensors", "small.snn", "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["fits"] is True
    assert_accepted(EXPECTED / "sound.json", done.stdout)
    done = run("small.safetensors", "wider.snn", "--format", "json")
    assert done.returncode == 1
    found = {
        tensor["name"]: tensor["problem"]
        for tensor in json.loads(done.stdout)["tensors"]
    }
    assert found["a.bias"] == "should be 4"
    assert found["b.bias"] is None


def migrate(*more: str, old: str = "small.snn") -> Done:
    arguments = ("small.safetensors", "--migrate", old, "wider.snn")
    return run(*arguments, "-o", "new.safetensors", *more)


def test_migrated_weights_fit_the_new_network() -> None:
    done = migrate()
    assert done.returncode == 0
    accept("migrate", done)
    assert run("new.safetensors", "wider.snn").returncode == 0
    np.testing.assert_array_equal(
        load_file("new.safetensors")["y.kernel"], weights_of(SMALL)["y.kernel"]
    )


def test_migrating_writes_over_nothing_unless_it_is_forced() -> None:
    Path("new.safetensors").write_text("mine")
    done = migrate()
    assert (done.returncode, done.stdout) == (1, "")
    assert "SNN747" in done.stderr
    assert Path("new.safetensors").read_text() == "mine"
    assert migrate("--force").returncode == 0
    assert len(load_file("new.safetensors")) == 8


def test_migrating_needs_weights_of_the_old_network() -> None:
    done = migrate(old="wider.snn")
    assert done.returncode == 1
    assert "`small.safetensors` does not fit `small`" in done.stderr
    assert not Path("new.safetensors").exists()


def test_migrating_is_json_too() -> None:
    done = migrate("--format", "json")
    found = {tensor["name"]: tensor for tensor in json.loads(done.stdout)["tensors"]}
    assert found["pixels.bias"] == {"name": "pixels.bias", "becomes": "kept"}
    assert found["a.kernel"]["initializer"] == "he_uniform"


def test_without_numpy_the_header_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name: None if name == "numpy" else find_spec(name),
    )
    monkeypatch.setitem(sys.modules, "snnc.weight_files.values", None)
    done = run("small.safetensors", "small.snn")
    assert done.returncode == 0
    assert done.stderr == (
        "note: the values are not read, because numpy is missing: "
        "pip install numpy safetensors\n"
    )
    assert "which fit small" in done.stdout
    assert "min" not in done.stdout
    assert migrate().returncode == 1


def test_a_renamed_layer_keeps_its_weights() -> None:
    text = SMALL.replace("conv2d a ", "conv2d first ")
    Path("wider.snn").write_text(text.replace("shortcut a", "shortcut first"))
    done = migrate()
    assert done.returncode == 0
    assert "  > first.kernel 3x3x2x3: a.kernel of the old network\n" in done.stdout
    assert "8 tensors kept, 0 new" in done.stdout
    moved = load_file("new.safetensors")["first.kernel"]
    np.testing.assert_array_equal(moved, weights_of(SMALL)["a.kernel"])


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda n, t: (n, t.T if t.ndim == 2 else t), "look transposed"),
        (lambda n, t: (n.replace(".", "/") + ":0", t), "`export_weights`"),
        (lambda n, t: (n.replace("a.", "c0."), t), "rename the tensors"),
        (lambda n, t: (n, t.astype("f2")), "convert the tensors to float32"),
        (lambda n, t: (n, t), "the package's `save_weights` did not write"),
    ],
)
def test_each_cause_has_its_help(change: Any, hint: str) -> None:
    changed = dict(change(name, t) for name, t in weights_of(SMALL).items())
    contiguous = {name: np.ascontiguousarray(t) for name, t in changed.items()}
    save_file(contiguous, "other.safetensors")
    done = run("other.safetensors", "small.snn")
    assert done.returncode == 1
    assert hint in done.stderr.split("help:")[1]
