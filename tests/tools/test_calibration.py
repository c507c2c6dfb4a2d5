"""Calibration: rates within bounds, outputs as they were."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.exact import make_engine
from snnc.output.imported import open_package
from snnc.runtime.data import DataError
from snnc.runtime.examples import check_budget
from snnc.runtime.layout import LayoutError
from snnc.tools.scaling import CannotCalibrateError, scale_weights
from tests.agreement.built import import_package
from tests.agreement.networks import text
from tests.support import SPECS, network, sound

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

BODIES = (
    "conv2d",  # other tests have convolutions of other ranks
    "rate_signed",
    "features",
    "pools",
    "joins",
    "residual",
    "normed",
    "depthwise3d",
    "grouped_joins",
)
SPEC_OF = {spec.stem: spec.read_text(encoding="utf-8") for spec in SPECS}
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
LOUD = """
    input values 6x1 in 0..1
    encode conv e { filters 2, rate RATES }
    conv1d c { filters 4, rate 1..150 Hz }
    readout y { classes 2 }
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("eagerly"),
]


@pytest.fixture
def compiled(eagerly: None) -> None:
    """Compile functions again: this is faster for many steps."""
    import_module("tensorflow").config.run_functions_eagerly(False)


@contextmanager
def write_random_package(spec: str, gain: float = 4.0) -> Iterator[SimpleNamespace]:
    """Write a package; give its modules, random weights and random data."""
    with import_package(sound(spec, "emit")) as package:
        opened = open_package(Path(package.nengo.__file__).parent)
        network, keras = opened.network, opened.module("keras_model")
        layout = opened.module("layout")
        random = np.random.default_rng(0)
        read = network.input
        x = random.uniform(read.low, read.high, (24, *read.shape)).astype(np.float32)
        yield SimpleNamespace(
            keras=keras,
            layout=layout,
            network=network,
            layers=network.layers,
            folder=opened.folder,
            calibrate=partial(scale_weights, network, layout.LAYOUT, keras.build_model),
            x=x,
            weights=random_weights(keras.build_model(), layout, gain),
        )


def random_weights(model: Any, layout: Any, gain: float) -> dict[str, np.ndarray]:
    """Return kernels that make each layer louder than the last, but the encoder."""
    random = np.random.default_rng(1)
    found = {}
    for tensor in layout.TENSORS:
        layer, part = tensor.name.split(".")
        if part == "bias":
            values = random.normal(0, 0.1, tensor.shape)
            found[tensor.name] = values * model.get_layer(layer).use_bias
            continue
        spread = 0.5 if layer in ("e", "encode", "pixels") else gain
        each = "multiplier" in tensor.axes  # channel is read by itself
        spread /= np.sqrt(np.prod(tensor.shape[: -1 - each]))
        found[tensor.name] = random.normal(0, spread, tensor.shape)
    return {name: values.astype(np.float32) for name, values in found.items()}


def outputs(
    package: SimpleNamespace, weights: dict[str, np.ndarray], path: Path
) -> np.ndarray:
    """Return the outputs of the Keras model."""
    package.layout.save_weights(path, weights)
    model = package.keras.build_model()
    package.keras.import_weights(model, path)
    return np.asarray(model(package.x, training=False))


def rates(
    package: SimpleNamespace, weights: dict[str, np.ndarray]
) -> dict[str, tuple[float, str]]:
    """Return each layer's percentile in Hz on the chip, and whether it holds."""
    opened = open_package(Path(package.keras.__file__).parent)
    with make_engine(opened, weights) as engine:
        counts = engine.run(package.x, "row", keep=("counts",)).counts
    present = package.network.present
    found: dict[str, tuple[float, str]] = {}
    for name, layer in package.layers.items():
        rate = float(np.percentile(counts[name], layer.percentile)) / present
        found[name] = rate, check_budget(rate, layer.rate, present)
    return found


def check(package: SimpleNamespace, path: Path) -> Any:
    """Calibrate; compare outputs and the chip's rates, both measured by other means."""
    found = package.calibrate(package.x, package.weights)
    before = outputs(package, package.weights, path)
    after = outputs(package, found.tensors, path)
    assert np.abs(after - before).max() <= 1e-5 * np.abs(before).max()
    assert found.change <= 1e-5
    assert any(scale != 1 for scale in found.scales.values())
    return found


@pytest.mark.parametrize("name", BODIES)
def test_rates_hold_and_outputs_stay(name: str, tmp_path: Path) -> None:
    if name == "depthwise3d":  # no kernel but a compiled one has its groups
        import_module("tensorflow").config.run_functions_eagerly(False)
    with write_random_package(text(name, "relu")) as package:
        found = check(package, tmp_path / "w.safetensors")
        on_chip = rates(package, found.tensors)
    free = [name for name in on_chip if name not in found.fixed]
    # Weights of 8 bits move single rates of layers of few neurons.
    assert sum(on_chip[name][1] == "missed" for name in free) <= len(free) // 4


@pytest.mark.parametrize(
    ("name", "gain"), [("drift", 4.0), ("mnist", 4.0), ("residual", 2.0)]
)
def test_rates_of_the_examples_hold(name: str, gain: float, tmp_path: Path) -> None:
    with write_random_package(SPEC_OF[name], gain) as package:
        found = check(package, tmp_path / "w.safetensors")
        on_chip = rates(package, found.tensors)
    assert not found.missed
    assert {verdict for _, verdict in on_chip.values()} <= {"held", "tolerated"}


def test_lif_layers_stay_as_they_are(tmp_path: Path) -> None:
    with write_random_package(MIXED) as package:
        found = check(package, tmp_path / "w.safetensors")
    assert found.fixed == {"b": "LIF"}
    assert found.scales["b"] == 1
    assert found.scales["n"] == found.scales["c"] != 1


def test_of_a_lif_network_only_the_encoder_is_scaled(tmp_path: Path) -> None:
    with write_random_package(SPEC_OF["allconv"]) as package:
        package.weights["encode.kernel"] /= 2
        package.weights["encode.kernel"] *= 5
        package.weights["encode.bias"] *= 0
        found = package.calibrate(package.x, package.weights)
    scaled = {name for name, scale in found.scales.items() if scale != 1}
    assert scaled <= {"encode"}
    assert found.change <= 1e-5
    assert set(found.fixed) >= {"c0", "s0", "c1", "s1", "c2", "d0"}


def test_what_holds_already_is_not_touched() -> None:
    with write_random_package(text("features", "relu", "nengo")) as package:
        once = package.calibrate(package.x, package.weights).tensors
        twice = package.calibrate(package.x, once).tensors
    for name, tensor in once.items():
        np.testing.assert_array_equal(twice[name], tensor)


def test_a_layer_that_never_fires_is_named() -> None:
    with write_random_package(text("conv2d", "relu")) as package:
        package.weights["c0.bias"] -= 1000
        with pytest.raises(CannotCalibrateError) as raised:
            package.calibrate(package.x, package.weights)
    assert str(raised.value) == (
        "c0 is at 0 Hz of 20..150 Hz: it never fires; train longer, or remove it"
    )  # and not those after it


def refusal(spec: str, added: Mapping[str, np.ndarray] | None = None) -> str:
    """Return why the random weights of a network can't be calibrated."""
    with write_random_package(spec) as package:
        for name, values in (added or {}).items():
            package.weights[name] += values.astype(np.float32)
        with pytest.raises(CannotCalibrateError) as raised:
            package.calibrate(package.x, package.weights)
    return str(raised.value)


def test_a_percentile_of_zeros_is_told() -> None:
    spec = text("features", "relu").replace(
        "9, shortcut d0, bias off", "9, percentile 10"
    )
    spec = spec.replace("present 20 ms", "present 200 ms")
    message = refusal(spec, {"d2.bias": -1000 * (np.arange(9) < 3)})
    assert message == (
        "d2 is at 0 Hz of 20..150 Hz: 10 % of its values are 0; give it fewer "
        "channels, or a higher percentile"
    )


@pytest.mark.usefixtures("compiled")
def test_rates_at_odds_are_told() -> None:
    message = refusal(network(AT_ODDS, "odds"))
    assert message.startswith("a is at ")
    assert " Hz of 300..310 Hz: it shares a scale with b; widen the rate" in message


def make_loud(package: SimpleNamespace, gain: float) -> None:
    package.weights["e.kernel"][:] = gain
    package.weights["e.bias"][:] = 0


def test_an_encoder_that_clips_is_left_as_it_is() -> None:
    with write_random_package(
        network(LOUD.replace("RATES", "..250 Hz"), "loud")
    ) as package:
        make_loud(package, 8.0)
        found = package.calibrate(package.x, package.weights)
    assert found.fixed == {"e": "clips its highest values"}
    assert found.scales["e"] == 1
    assert found.change <= 1e-5
    assert found.missed == ["e"]


@pytest.mark.usefixtures("compiled")
def test_an_encoder_is_not_lifted_until_it_clips() -> None:
    spec = LOUD.replace("RATES", "240..250 Hz")
    # One value in 12,000 is 100 times the others.
    x = np.full((2000, 6, 1), 0.01, np.float32)
    x[0, 0] = 1
    with write_random_package(network(spec, "lifted")) as package:
        make_loud(package, 1.0)
        with pytest.raises(CannotCalibrateError) as raised:
            package.calibrate(x, package.weights)
    message = str(raised.value)
    assert message.startswith("e is at ")
    assert "scaled up, its highest values would clip; widen its rate" in message


@pytest.mark.parametrize("shape", [(0, 12), (4, 11), (4, 12, 1)])
def test_data_that_does_not_fit_is_refused(shape: tuple[int, ...]) -> None:
    with (
        write_random_package(text("features", "relu")) as package,
        pytest.raises(DataError, match=r"^x "),
    ):
        snnc.calibrate(package.folder, np.zeros(shape), package.weights)


def test_weights_of_another_layout_are_refused() -> None:
    with write_random_package(text("features", "relu")) as package:
        package.weights["d0.kernel"] = package.weights["d0.kernel"].T
        with pytest.raises(LayoutError, match=r"^weights: d0\.kernel"):
            snnc.calibrate(package.folder, package.x, package.weights)
