"""Calibration: rates within bounds, outputs as they were."""

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from snnc.exact import make_engine
from snnc.output.imported import CannotRunError, ImportedPackage, open_package
from snnc.runtime.examples import check_budget
from snnc.verbs.scaling import ScaledWeights, scale_weights
from tests.agreement.networks import text
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import QUIET, ROOT, network

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

BODIES: tuple[str, ...] = ("rate_signed", "pools", "joins", "residual", "normed")
BODIES += ("depthwise1d", "grouped_joins")
MIXED = network(
    """
    input image 10x10x2 in 0..1
    encode conv e { filters 3 }
    conv2d a { filters 4 }
    conv2d b { filters 4, neuron lif }
    conv2d c from b { filters 4, padding same, shortcut n }
    conv2d n from a { filters 4 }
    concat k from c, n
    dense d from k { units 6 }
    readout y { classes 3 }
    """,
    "mixed",
)
# The shortcut ties `a` and `b`, and no scale serves both ranges.
AT_ODDS = """
    timing { present 1000 ms }
    input values 12 in 0..1
    encode rate
    dense a { units 16, rate 300..310 Hz }
    dense b { units 16, rate 1..2 Hz, shortcut a }
    readout y { units 2 }
"""
# The shortcut ties `a`, which is too fast, to the encoder, which is within its range.
SHORTCUT = """
    timing { present 200 ms }
    input values 6x1 in 0..1
    encode conv e { filters 4, rate 1..250 Hz }
    conv1d a { filters 4, kernel 3, padding same, rate 1..150 Hz, shortcut e }
    readout y { classes 2 }
"""
LOUD = """
    input values 6x1 in 0..1
    encode conv e { filters 2, rate RATES }
    conv1d c { filters 4, rate 1..150 Hz }
    readout y { classes 2 }
"""

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.usefixtures("eagerly")]


@pytest.fixture
def compiled(eagerly: None) -> None:
    """Compile functions again: this is faster for many steps."""
    import_module("tensorflow").config.run_functions_eagerly(False)


@dataclass(frozen=True)
class Drawn:
    """A package with random weights and random data."""

    package: ImportedPackage
    weights: dict[str, np.ndarray]
    x: np.ndarray

    def calibrate(self) -> ScaledWeights:
        return scale_weights(self.package, self.x, self.weights)

    def refusal(self) -> str:
        with pytest.raises(CannotRunError) as raised:
            self.calibrate()
        return str(raised.value)


def draw(spec: str, folder: Path) -> Drawn:
    """Write a package, and draw kernels and data.

    The kernels make each layer louder than the last, except for the encoder.
    """
    package = open_package(write_package(spec, folder))
    weights = random_weights(package, 4.0)
    for encoder in weights.keys() & {"e.kernel", "encode.kernel"}:
        weights[encoder] /= 8
    return Drawn(package, weights, random_images(package, 24))


def outputs(drawn: Drawn, weights: dict[str, np.ndarray], path: Path) -> np.ndarray:
    """Return the outputs of the Keras model."""
    drawn.package.layout.save(path, weights)
    program = drawn.package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, path)
    return np.asarray(model(drawn.x, training=False))


def verdicts(drawn: Drawn, weights: dict[str, np.ndarray]) -> dict[str, str]:
    """Say whether each layer holds its budget on the chip."""
    with make_engine(drawn.package, weights) as engine:
        counts = engine.run(drawn.x, "row", keep=("counts",)).counts
    network = drawn.package.network
    found: dict[str, str] = {}
    for name, layer in network.layers.items():
        rate = np.percentile(counts[name], layer.percentile) / network.present
        found[name] = check_budget(float(rate), layer.rate, network.present)
    return found


def check(drawn: Drawn, path: Path) -> ScaledWeights:
    """Calibrate, and compare the outputs."""
    found = drawn.calibrate()
    before = outputs(drawn, drawn.weights, path)
    after = outputs(drawn, found.tensors, path)
    assert np.abs(after - before).max() <= 1e-5 * np.abs(before).max()
    assert found.change <= 1e-5
    assert any(layer.scale != 1 for layer in found.layers)
    return found


def scales(found: ScaledWeights) -> dict[str, float]:
    return {layer.name: layer.scale for layer in found.layers}


def fixed(found: ScaledWeights) -> dict[str, str]:
    """Return the reason for each layer that can't be scaled."""
    return {x.name: x.not_scaled for x in found.layers if x.not_scaled is not None}


def missed(found: ScaledWeights) -> list[str]:
    return [layer.name for layer in found.layers if not layer.holds]


@pytest.mark.parametrize("name", BODIES)
def test_rates_hold_and_outputs_stay(name: str, tmp_path: Path) -> None:
    drawn = draw(text(name, "relu"), tmp_path)
    found = check(drawn, tmp_path / "w.safetensors")
    on_chip = verdicts(drawn, found.tensors)
    free = [name for name in on_chip if name not in fixed(found)]
    # Weights of 8 bits move single rates of layers of few neurons.
    assert sum(on_chip[name] == "missed" for name in free) <= len(free) // 4


def test_all_rates_of_an_example_hold(tmp_path: Path) -> None:
    drawn = draw((ROOT / "specs/drift.snn").read_text(encoding="utf-8"), tmp_path)
    found = check(drawn, tmp_path / "w.safetensors")
    assert not missed(found)
    assert {*verdicts(drawn, found.tensors).values()} <= {"held", "tolerated"}


def test_lif_layers_stay_as_they_are(tmp_path: Path) -> None:
    found = check(draw(MIXED, tmp_path), tmp_path / "w.safetensors")
    assert fixed(found) == {"b": "LIF"}
    assert scales(found)["b"] == 1
    assert scales(found)["n"] == scales(found)["c"] != 1


def test_of_a_lif_network_only_the_encoder_is_scaled(tmp_path: Path) -> None:
    drawn = draw(text("conv2d", "lif"), tmp_path)
    drawn.weights["encode.kernel"] *= 4
    found = drawn.calibrate()
    scaled = {name for name, scale in scales(found).items() if scale != 1}
    assert scaled == {"encode"}
    assert found.change <= 1e-5
    assert {*fixed(found)} == {*drawn.package.network.layers} - {"encode"}


def test_what_holds_already_is_not_touched(tmp_path: Path) -> None:
    drawn = draw(text("features", "relu", "nengo"), tmp_path)
    once = drawn.calibrate().tensors
    drawn.weights.update(once)
    for name, tensor in drawn.calibrate().tensors.items():
        np.testing.assert_array_equal(tensor, once[name])


def test_a_layer_that_never_fires_is_named(tmp_path: Path) -> None:
    drawn = draw(text("conv2d", "relu"), tmp_path)
    drawn.weights["c0.bias"] -= 1000
    assert drawn.refusal() == (
        "c0 is at 0 Hz of 20..150 Hz: it never fires; train longer, or remove it"
    )  # and not those after it


def test_a_percentile_of_zeros_is_told(tmp_path: Path) -> None:
    spec = text("features", "relu").replace(
        "9, shortcut d0, bias off", "9, percentile 10"
    )
    drawn = draw(spec.replace("present 20 ms", "present 200 ms"), tmp_path)
    drawn.weights["d2.bias"] -= (1000 * (np.arange(9) < 3)).astype(np.float32)
    assert drawn.refusal() == (
        "d2 is at 0 Hz of 20..150 Hz: 10 % of its values are 0; give it fewer "
        "channels, or a higher percentile"
    )


@pytest.mark.usefixtures("compiled")
def test_rates_at_odds_are_told(tmp_path: Path) -> None:
    message = draw(network(AT_ODDS, "odds"), tmp_path).refusal()
    assert message.startswith("a is at ")
    assert " Hz of 300..310 Hz: it shares a scale with b; widen the rate" in message


def test_a_layer_within_its_range_keeps_its_scale(tmp_path: Path) -> None:
    drawn = draw(network(SHORTCUT, "tied"), tmp_path)
    make_loud(drawn, 0.5)
    drawn.weights["a.kernel"][:] = 1
    found = drawn.calibrate()
    before = {layer.name: layer.before for layer in found.layers}
    assert before["e"] < 250
    assert before["a"] > 400
    assert scales(found) == {"e": 1.0, "a": 1.0}
    assert fixed(found) == {
        "e": "is within its range",
        "a": "shares a scale with e, which is within its range",
    }
    assert missed(found) == ["a"]


def make_loud(drawn: Drawn, gain: float) -> None:
    drawn.weights["e.kernel"][:] = gain
    drawn.weights["e.bias"][:] = 0


def test_an_encoder_that_clips_is_left_as_it_is(tmp_path: Path) -> None:
    drawn = draw(network(LOUD.replace("RATES", "..250 Hz"), "loud"), tmp_path)
    make_loud(drawn, 8.0)
    found = drawn.calibrate()
    assert fixed(found) == {"e": "clips its highest values"}
    assert scales(found)["e"] == 1
    assert found.change <= 1e-5
    assert missed(found) == ["e"]


@pytest.mark.usefixtures("compiled")
def test_an_encoder_is_not_lifted_until_it_clips(tmp_path: Path) -> None:
    drawn = draw(network(LOUD.replace("RATES", "240..250 Hz"), "lifted"), tmp_path)
    make_loud(drawn, 1.0)
    # One value in 12,000 is 100 times the others.
    x = np.full((2000, 6, 1), 0.01, np.float32)
    x[0, 0] = 1
    message = Drawn(drawn.package, drawn.weights, x).refusal()
    assert message.startswith("e is at ")
    assert "scaled up, its highest values would clip; widen its rate" in message
