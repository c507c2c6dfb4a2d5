"""What `snnc evaluate` refuses, and what it says."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from snnc.cli import main
from tests.evaluate.conftest import Case, Make
from tests.rules.checking import assert_accepted

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("without_keras", "short_rows"),
]


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main([*arguments])
    out, err = capsys.readouterr()
    assert not out
    return f"exit {status}: {err[err.lower().index('error') :].strip()}"


def too_strong(made: Case) -> Iterator[str]:
    """Write weights that nengo-loihi fails on, each in another way."""
    tensors = made.package.layout.load(made.weights)
    kernel, bias = tensors["c0.kernel"], tensors["c0.bias"]
    changes = {
        "strong.safetensors": {"c0.kernel": np.full_like(kernel, 1e4)},
        "stronger.safetensors": {"c0.kernel": np.full_like(kernel, 1e30)},
        "strongest.safetensors": {"c0.kernel": np.full_like(kernel, 3.4e38)},
        "weak.safetensors": {"c0.kernel": np.full_like(kernel, 1e-6)},
        "biased.safetensors": {"c0.bias": np.full_like(bias, 3e38)},
    }
    for name, change in changes.items():
        made.package.layout.save(made.weights.parent / name, tensors | change)
        yield name


@pytest.mark.usefixtures("with_keras")
@pytest.mark.parametrize("simulator", ["exact", "keras", "nengo", "loihi"])
def test_a_bias_that_is_off_is_not_taken_from_a_file(
    case: Make, capsys: pytest.CaptureFixture[str], simulator: str
) -> None:
    made = case("biasless", 3)
    weights = load_file(made.weights)
    biased = {**weights, "c0.bias": weights["c0.bias"] + 0.3}
    save_file(biased, made.weights, {"layout_id": made.package.layout.id})
    text = error_of(capsys, *made.arguments, "--simulator", simulator)
    assert text.startswith("exit 1: error: ")
    assert "w.safetensors: c0 has no bias, but c0.bias is not 0" in text


def test_a_module_that_is_missing_or_damaged_is_named(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    monkeypatch.chdir(made.folder.parent)
    path = Path(made.folder.name, "layout.py")
    layout = path.read_text()
    path.write_text(f"TENSORS = )\n{layout}")
    text = error_of(capsys, *made.arguments)
    assert text.startswith(f"exit 1: error: {path}, line 1: unmatched ')': `snnc build")
    assert text.endswith(" -o . --force` writes it again")
    path.unlink()
    for verb in ("evaluate", "predict"):
        text = error_of(capsys, verb, *made.arguments[1:])
        told = f"{path} is missing: `snnc build SPEC -o .` writes it again"
        assert text == f"exit 1: error: {told}"
    path.write_text(layout)


def test_what_is_refused(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other, host = case(), case("regression"), case("host")
    monkeypatch.chdir(made.weights.parent)
    small = ["evaluate", str(made.folder), "--data", "data.npz", "--weights"]
    fits = [*small, "w.safetensors"]
    calibrate = ["calibrate", str(made.folder), "-o", "out", "--data"]
    for name in ("notes.txt", "net.snn", "model.keras"):
        Path(name).write_text("mine\n")
    (old := made.weights.parent / "old").mkdir()  # without a library
    for source in made.folder.glob("*.py"):
        (old / source.name).write_text(source.read_text())
    content = bytearray(made.data.read_bytes())
    content[200] ^= 1
    Path("damaged.npz").write_bytes(content)
    np.save("x.npy", np.zeros((3, 2, 2)))
    Path("foreign").write_bytes(other.weights.read_bytes())
    texts = [
        error_of(capsys, "evaluate", "nothing", *fits[2:]),
        error_of(capsys, "evaluate", "net.snn", *fits[2:]),
        error_of(capsys, "evaluate", ".", *fits[2:]),
        error_of(capsys, "evaluate", "old", *fits[2:]),
        error_of(capsys, *host.arguments),
        error_of(capsys, *host.arguments, "--simulator", "loihi"),
        error_of(capsys, *small, "foreign"),
        error_of(capsys, *small, "nothing"),
        error_of(capsys, *small, "model.keras"),
        *(error_of(capsys, *small, strong) for strong in too_strong(made)),
        error_of(capsys, *small, "strong.safetensors", "--simulator", "loihi"),
        error_of(capsys, *fits, "--steps", "65536"),
        error_of(capsys, *fits, "--output", "notes.txt"),
        error_of(capsys, *fits, "--output", "nowhere/out"),
        error_of(capsys, *fits[:3], "nothing.npz", *fits[4:]),
        error_of(capsys, *fits[:3], "damaged.npz", *fits[4:]),
        error_of(capsys, *fits, "--examples-out", "nowhere/each.csv"),
        error_of(capsys, *fits, "--dask", "scheduler"),
        error_of(capsys, "predict", *host.arguments[1:]),
        error_of(capsys, "predict", *small[1:], "foreign"),
        error_of(capsys, "predict", *fits[1:3], "x.npy", *fits[4:]),
        error_of(capsys, *calibrate, "x.npy", *fits[4:]),
        error_of(capsys, *calibrate, "notes.txt", *fits[4:]),
        error_of(capsys, *calibrate, "data.npz", "--weights", "notes.txt"),
        error_of(capsys, *calibrate, "data.npz", "--weights", "foreign"),
    ]
    for absent in ("numba", "distributed", "tensorflow"):
        monkeypatch.setitem(sys.modules, absent, None)
    texts.append(error_of(capsys, *fits, "--dask", "tcp://h:1"))
    texts.append(error_of(capsys, *fits, "--simulator", "keras"))
    assert_accepted(Path(__file__).with_name("refused.txt"), "\n".join(texts) + "\n")
