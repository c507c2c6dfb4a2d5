"""``snnc weights`` as a user types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from snnc.cli import main
from tests.support import FULL_STACK
from tests.weights.files import SMALL, check_expected, save, weights_of

WIDER = SMALL.replace("conv2d a { filters 3", "conv2d a { filters 4").replace(
    ", shortcut a", ""
)


@pytest.fixture(autouse=True)
def folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return a folder with a spec, a changed spec, and weights of the first."""
    (tmp_path / "small.snn").write_text(SMALL)
    (tmp_path / "wider.snn").write_text(WIDER)
    save(tmp_path / "small.safetensors", SMALL, weights_of(SMALL))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit status, stdout and stderr."""
    status = main(["weights", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def transcript(status: int, out: str, err: str) -> str:
    return f"exit {status}\n-- stdout\n{out}-- stderr\n{err}"


def spoilt(name: str) -> None:
    """Replace the weights by some that the chip or nobody takes."""
    weights = weights_of(SMALL)
    if name == "not-finite":
        weights["a.kernel"].flat[:2] = np.nan
        weights["b.bias"][0] = np.inf
    elif name == "too-small":
        weights["a.kernel"] *= 2e-4
    elif name == "bias-too-large":
        weights["a.kernel"] *= 1e-2
        weights["a.bias"] *= 100
    elif name == "too-large":
        weights["a.kernel"] *= 1e5
    elif name == "beyond-float32":
        weights["a.kernel"].flat[0] = weights["b.bias"][0] = 3e38
    elif name == "biases-too-large":
        weights["a.kernel"][:] = 0
        weights["a.bias"] *= 1e8
    elif name == "outlier":
        weights["a.kernel"][..., 1] *= 300
        weights["a.bias"][:] = 0
    elif name == "strong-spikes":
        weights["b.kernel"] *= 60
    elif name == "few-bits":
        weights["a.kernel"] *= 1e-2
        weights["a.bias"][:] = 0
    elif name == "dead":
        weights["a.kernel"][:] = 0
        weights["a.bias"][:] = 0
    elif name == "no-weights":
        weights["a.kernel"][:] = 0
        weights["a.bias"] *= 1e-5
    elif name == "too-strong":
        weights["a.kernel"] *= 2e-2
        weights["b.kernel"] *= 2e-2
    save(Path("small.safetensors"), SMALL, weights)


CHIP = (
    "not-finite",
    "too-small",
    "bias-too-large",
    "too-large",
    "beyond-float32",
    "biases-too-large",
    "no-weights",
    "outlier",
    "few-bits",
    "strong-spikes",
    "dead",
    "too-strong",
)


GOOD = ("sound", "dead", "too-strong", "outlier", "few-bits", "strong-spikes")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[FULL_STACK] * (name == "bias-too-large"))
        for name in ("sound", *CHIP)
    ],
)
def test_a_file_is_held_against_the_chip(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(name)
    done = run(capsys, "small.safetensors", "small.snn")
    assert done[0] == (name not in GOOD)
    check_expected(f"{name}.txt", transcript(*done))


def test_weights_too_far_apart(capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.replace("conv2d b { filters 3", "conv2d b { filters 4")
    weights = weights_of(text, 3.0)
    weights["b.shortcut"][:] = 1.1e-19
    Path("apart.snn").write_text(text)
    save(Path("apart.safetensors"), text, weights)
    done = run(capsys, "apart.safetensors", "apart.snn")
    assert done[0] == 1
    check_expected("too-far-apart.txt", transcript(*done))


def test_a_bias_that_is_off_is_zeros(capsys: pytest.CaptureFixture[str]) -> None:
    off = SMALL.replace("filters 3, padding", "bias off, filters 3, padding", 1)
    Path("off.snn").write_text(off)
    done = run(capsys, "small.safetensors", "off.snn")
    assert done[0] == 1
    check_expected("bias-off.txt", transcript(*done))
    moved = ("small.snn", "off.snn", "-o", "off.safetensors")
    status, out, _ = run(capsys, "small.safetensors", "--migrate", *moved)
    assert status == 0
    assert "  + a.bias 3, was 3: zeros\n" in out
    assert run(capsys, "off.safetensors", "off.snn")[0] == 0
    back = ("off.snn", "small.snn", "-o", "on.safetensors")
    assert "8 tensors kept" in run(capsys, "off.safetensors", "--migrate", *back)[1]
    status, _, err = run(capsys, "small.safetensors", "--migrate", *back, "--force")
    assert status == 1
    assert "SNN749" in err


def test_a_bias_of_a_batch_norm_is_not_zeros(
    capsys: pytest.CaptureFixture[str],
) -> None:
    normed = SMALL.replace("filters 3, ", "bias off, batchnorm on, filters 3, ", 1)
    Path("off.snn").write_text(normed)
    assert run(capsys, "small.safetensors", "off.snn")[0] == 0


def test_without_a_spec_a_file_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "small.safetensors")
    assert done[0] == 0
    check_expected("list.txt", transcript(*done))


def test_another_network_is_explained_tensor_by_tensor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = run(capsys, "small.safetensors", "wider.snn")
    assert done[0] == 1
    check_expected("another.txt", transcript(*done))


def test_half_precision_is_to_be_converted(capsys: pytest.CaptureFixture[str]) -> None:
    half = {name: t.astype("f2") for name, t in weights_of(SMALL).items()}
    save(Path("half.safetensors"), SMALL, half)
    status, _, err = run(capsys, "half.safetensors", "small.snn")
    assert status == 1
    assert "pixels.kernel is 1x1x1x2 float16, should be float32" in err
    assert "help: convert the tensors to float32" in err


def test_a_file_without_a_layout_does_not_fit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_file(weights_of(SMALL), "plain.safetensors")
    status, out, err = run(capsys, "plain.safetensors", "small.snn")
    assert status == 1
    assert "written for a different network than small" in out
    assert "the layout_id of the file is missing" in err


@FULL_STACK
def test_json_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "small.safetensors", "small.snn", "--format", "json")
    assert status == 0
    assert json.loads(out)["fits"] is True
    check_expected("sound.json", out)
    status, out, _ = run(capsys, "small.safetensors", "wider.snn", "--format", "json")
    assert status == 1
    found = {tensor["name"]: tensor["problem"] for tensor in json.loads(out)["tensors"]}
    assert found["a.bias"] == "should be 4"
    assert found["b.bias"] is None


def test_a_network_without_a_chip_has_no_precision(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = SMALL.replace("input image", "target nengo\n    input image")
    Path("free.snn").write_text(text)
    status, out, _ = run(capsys, "small.safetensors", "free.snn")
    assert status == 0
    assert "which fit small" in out
    assert "On the chip" not in out


def test_a_spec_with_errors_is_not_compared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("bad.snn").write_text(SMALL.replace("filters 2", "filtres 2"))
    status, out, err = run(capsys, "small.safetensors", "bad.snn")
    assert (status, out) == (1, "")
    assert "filtres" in err


def migrate(
    capsys: pytest.CaptureFixture[str], *more: str, old: str = "small.snn"
) -> tuple[int, str, str]:
    arguments = ("small.safetensors", "--migrate", old, "wider.snn")
    return run(capsys, *arguments, "-o", "new.safetensors", *more)


def test_migrated_weights_fit_the_new_network(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = migrate(capsys)
    assert done[0] == 0
    check_expected("migrate.txt", transcript(*done))
    assert run(capsys, "new.safetensors", "wider.snn")[0] == 0
    np.testing.assert_array_equal(
        load_file("new.safetensors")["y.kernel"], weights_of(SMALL)["y.kernel"]
    )


def test_migrating_writes_over_nothing_unless_it_is_forced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("new.safetensors").write_text("mine")
    status, out, err = migrate(capsys)
    assert (status, out) == (1, "")
    assert "SNN747" in err
    assert Path("new.safetensors").read_text() == "mine"
    assert migrate(capsys, "--force")[0] == 0
    assert len(load_file("new.safetensors")) == 8


def test_migrating_needs_weights_of_the_old_network(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    status, _, err = migrate(capsys, old="wider.snn")
    assert status == 1
    assert "`small.safetensors` does not fit `small`" in err
    assert not (folder / "new.safetensors").exists()


def test_migrating_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = migrate(capsys, "--format", "json")
    found = {tensor["name"]: tensor for tensor in json.loads(out)["tensors"]}
    assert found["pixels.bias"] == {"name": "pixels.bias", "becomes": "kept"}
    assert found["a.kernel"]["initializer"] == "he_uniform"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--force"],
        ["-o", "x"],
        ["--migrate", "small.snn", "wider.snn"],
        ["small.snn", "--migrate", "small.snn", "wider.snn", "-o", "x"],
    ],
)
def test_options_that_do_not_go_together(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "small.safetensors", *arguments)[0] == 2


def test_without_numpy_the_header_is_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib_without("numpy")
    monkeypatch.setattr("importlib.util.find_spec", found)
    monkeypatch.setitem(sys.modules, "snnc.weight_files.values", None)
    status, out, err = run(capsys, "small.safetensors", "small.snn")
    assert status == 0
    assert err == (
        "note: the values are not read, because numpy is missing: "
        "pip install numpy safetensors\n"
    )
    assert "which fit small" in out
    assert "min" not in out
    assert migrate(capsys)[0] == 1


def importlib_without(name: str):  # type: ignore[no-untyped-def]
    """Return a `find_spec` that does not find a library."""
    from importlib.util import find_spec

    return lambda wanted: None if wanted == name else find_spec(wanted)


def test_a_renamed_layer_keeps_its_weights(capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.replace("conv2d a ", "conv2d first ").replace(
        "shortcut a", "shortcut first"
    )
    Path("wider.snn").write_text(text)
    status, out, _ = migrate(capsys)
    assert status == 0
    assert "  > first.kernel 3x3x2x3: a.kernel of the old network\n" in out
    assert "8 tensors kept, 0 new" in out
    moved = load_file("new.safetensors")["first.kernel"]
    np.testing.assert_array_equal(moved, weights_of(SMALL)["a.kernel"])


def test_a_file_and_a_spec_that_are_swapped(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "small.snn", "small.safetensors")
    assert status == 2
    assert "swap them: snnc weights small.safetensors small.snn" in err


def test_a_revision_without_its_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "small.safetensors", "HEAD:small.snn")
    assert status == 2
    assert "write git:HEAD:small.snn" in err


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda n, t: (n, t.T if t.ndim == 2 else t), "look transposed"),
        (lambda n, t: (n.replace(".", "/") + ":0", t), "`export_weights`"),
        (lambda n, t: (n.replace("a.", "c0."), t), "rename the tensors"),
        (lambda n, t: (n, t), "the package's `save_weights` did not write"),
    ],
)
def test_each_cause_has_its_help(change, hint: str, capsys) -> None:  # type: ignore[no-untyped-def]
    changed = dict(change(name, t) for name, t in weights_of(SMALL).items())
    contiguous = {name: np.ascontiguousarray(t) for name, t in changed.items()}
    save_file(contiguous, "other.safetensors")
    status, _, err = run(capsys, "other.safetensors", "small.snn")
    assert status == 1
    assert hint in err.split("help:")[1]


def test_a_bias_that_makes_weights_too_strong_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights = weights_of(SMALL)
    weights["b.bias"] += 500
    save(Path("small.safetensors"), SMALL, weights)
    _, _, err = run(capsys, "small.safetensors", "small.snn")
    assert "check `b.bias`" in err
