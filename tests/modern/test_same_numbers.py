"""One package gives the same numbers on TensorFlow 2.12 and on TensorFlow 2.21.

``expected/`` was computed on the primary stack (Python 3.11, NumPy 1, Keras 2), by
``SNNC_ACCEPT=1 python -m pytest tests/modern``. These tests run there, and by
``make test-modern`` on the modern one (NumPy 2, Keras 3), and compare with it.

Between them the networks have every neuron, a 3-D and a 1-D convolution cut into
groups, batch norm, both kinds of shortcut, both kinds of pool, causal taps apart, a
signed encoder and a regression.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from snnc.emit.files import Origin
from tests.emit.packages import importable, module
from tests.support import sound, write_modules

pytestmark = pytest.mark.slow

EXPECTED = Path(__file__).parent / "expected"
EXAMPLES = 6
CLIPS = """snn 1

network both_clips {
  timing { dt 1 ms, present 40 ms, synapse 5 ms }
  defaults { rate 20..200 Hz }
  input clip 4x8x8x1 in 0..1
  encode conv { filters 2 }
  conv3d c0 { filters 4, kernel 3x3x3, stride 1x2x2, batchnorm on }
  conv3d c1 { filters 4, kernel 1, shortcut c0 }
  dense d0 { units 12, shortcut c0, dropout 0.2 }
  readout kind { classes 4 }
  train { loss focal, batch 8, epochs 2, label_smoothing 0.1 }
}
"""

WAVES = """snn 1

network both_waves {
  timing { dt 1 ms, present 40 ms, synapse 5 ms }
  neuron lif { tau_rc 20 ms, tau_ref 2 ms }
  input wave 24x2 in -1..1
  encode rate
  conv1d c0 { filters 6, kernel 3, padding causal, dilation 2, batchnorm on }
  maxpool p0 { window 2 }
  avgpool { window 2 }
  dense d0 { units 8 }
  readout level { units 2 }
  train { optimizer adamw, schedule cosine, batch 8, epochs 2 }
}
"""

TEXTS = {"both_clips": CLIPS, "both_waves": WAVES}


class Package(NamedTuple):
    """A package that is importable, and examples and weights for it."""

    folder: Path
    weights: Path
    x: Any
    y: Any

    def module(self, name: str) -> Any:
        return module(self.folder, name)


@pytest.fixture(scope="module", params=TEXTS)
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Package]:
    name, folder = request.param, tmp_path_factory.mktemp("packages")
    modules, origin = sound(TEXTS[name], "emit"), Origin(f"specs/{name}.snn", "models")
    with importable(write_modules(modules, folder / name, origin)):
        yield write_inputs(folder / name)


def write_inputs(folder: Path) -> Package:
    network, layout = module(folder, "network"), module(folder, "layout")
    rng = np.random.default_rng(7)
    read, readout = network.INPUT, network.READOUT
    x = rng.uniform(read.low, read.high, (EXAMPLES, *read.shape)).astype("f4")
    y = np.arange(EXAMPLES) % 4
    if not readout.classes:
        y = rng.uniform(-1, 1, (EXAMPLES, readout.units)).astype("f4")
    package = Package(folder, folder.with_suffix(".safetensors"), x, y)
    weights = {t.name: draw_weights(t, rng) for t in layout.TENSORS}
    layout.save_weights(package.weights, weights)
    np.savez(folder.with_suffix(".npz"), x=x, y=y)
    return package


def draw_weights(tensor: Any, rng: np.random.Generator) -> Any:
    """Return weights in sixteenths: sums of them depend on no order of adding."""
    fan_in = max(1, int(np.prod(tensor.shape[:-1])))
    spread = 3 / np.sqrt(fan_in) if len(tensor.shape) > 1 else 0.2
    drawn = rng.uniform(-0.5, 1, tensor.shape) * spread
    return (np.rint(drawn * 64) / 64).astype("f4")


def load_expected(package: Package, key: str, computed: Any) -> Any:
    """Return the primary stack's numbers, having accepted new ones if asked to."""
    path = EXPECTED / f"{package.folder.name}.{key}.npy"
    if os.environ.get("SNNC_ACCEPT"):
        assert np.__version__ < "2", "accept on the primary stack"
        np.save(path, computed)
    return np.load(path)


def test_keras_computes_the_same(package: Package) -> None:
    keras_model = package.module("keras_model")
    model = keras_model.build_model()
    keras_model.import_weights(model, package.weights)
    outputs = model.predict(package.x, verbose=0)
    wanted = load_expected(package, "smooth", outputs)
    assert np.abs(wanted).max() > 0.1
    assert np.abs(outputs - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_evaluate_reports_the_same(
    package: Package, simulator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--data", str(package.folder.with_suffix(".npz"))]
    files += ["--weights", str(package.weights), "--format", "json"]
    assert package.module("evaluate").main([*files, "--simulator", simulator]) == 0
    rates = np.array([*json.loads(capsys.readouterr().out)["rates"].values()])
    wanted = load_expected(package, f"{simulator}.rates", rates)
    np.testing.assert_array_equal(rates, wanted)
    assert (rates > 0).all()


def spike_counts(package: Package, simulator: str) -> np.ndarray:
    """Return the spikes of each neuron in each example, layer after layer."""
    network = package.module("network").NETWORK
    tensors = package.module("layout").load_weights(package.weights)
    build = package.module("nengo_network").build_network
    run = package.module("_runtime.nengo.simulators").run_examples
    (found,) = run(build, network, tensors, package.x, simulator, "row")
    counts = [found.spikes[name] for name in network.layers]
    return np.concatenate(counts, axis=1).astype(np.uint8)


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_every_neuron_spikes_as_often(package: Package, simulator: str) -> None:
    counts = spike_counts(package, simulator)
    assert counts.max() > 3
    wanted = load_expected(package, f"{simulator}.spikes", counts)
    np.testing.assert_array_equal(counts, wanted)


@pytest.mark.parametrize("package", ["both_waves"], indirect=True)
def test_it_trains_and_resumes(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To trace a graph of more steps takes longer than to run it.
    monkeypatch.setattr(package.module("_runtime.keras.spiking"), "CHUNK", 2)
    train = package.module("train").train
    weights = tmp_path / "w"
    how: Any = {"epochs": 1, "spike_updates": 10}
    model = train(package.x, package.y, weights, **how)
    again = train(package.x, package.y, weights, **how, resume=True)
    for first, second in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"w", "w.smooth.safetensors"}
