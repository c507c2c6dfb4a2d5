"""Every spike is the emulator's, in a row and from rest."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snnc.exact.engine import make_engine
from snnc.output.imported import open_package
from tests.agreement.networks import text
from tests.exact.proof import (
    compare,
    draw,
    random_images,
    random_weights,
    write_package,
)
from tests.support import network

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
RICH = {  # the most layer kinds in the fewest networks
    "conv1d": "relu",
    "conv3d": "lif",
    "joins": "lif",
    "residual": "relu",
    "features": "lif",
    "hosted": "lif",
    "depthwise1d": "relu",
    "depthwise2d": "lif",
    "depthwise3d": "relu",
    "grouped_joins": "lif",
    "causal": "relu",
    "maxpool1d": "relu",
    "maxpool_joins": "relu",
}


HOSTED = ("hosted", "grouped_joins", "causal", "maxpool_joins")


@settings(
    max_examples=10,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(1, 10**6))
def test_drawn_networks(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    package = draw(seed, tmp_path_factory.getbasetemp() / "drawn")
    assume(package is not None)
    assert package is not None
    assert not compare(package, random_weights(package), random_images(package))


# Each network has one of the two kinds of axons, drawn ones have both.
@pytest.mark.parametrize(
    ("name", "pop"), zip(RICH, cycle(["auto", "32"]), strict=False)
)
def test_every_kind_of_layer(tmp_path: Path, name: str, pop: str) -> None:
    spec = text(name, RICH[name], f"loihi {{ chips 2, pop {pop} }}")
    package = open_package(write_package(spec, tmp_path))
    weights = random_weights(package, bias=0.3)
    assert not compare(package, weights, random_images(package))
    with make_engine(package, weights) as engine:
        assert engine.hosted == (name in HOSTED)
        counts = engine.run(random_images(package), keep=["counts"]).counts
    assert set(counts) == set(package.network.layers)
    assert all(values.any() for values in counts.values())


def test_a_host_that_hears_both_the_chip_and_what_feeds_it(tmp_path: Path) -> None:
    body = """
        timing { present 20 ms }
        input image 8x8x2 in 0..1
        encode conv e { filters 3 }
        conv2d c from e { filters 4, padding same }
        conv2d h from c { filters 3, padding same, place host, shortcut e }
        readout y { classes 2 }
    """
    package = open_package(write_package(network(body, "echoed"), tmp_path))
    weights = random_weights(package, bias=0.3)
    assert not compare(package, weights, random_images(package))
    with make_engine(package, weights) as engine:
        counts = engine.run(random_images(package), keep=["counts"]).counts
    assert counts["h"].any()


@pytest.mark.parametrize(
    ("encoder", "place"),
    [("conv", "chip"), ("rate", "chip"), ("conv", "host")],
)
def test_voltages_that_are_spread(tmp_path: Path, encoder: str, place: str) -> None:
    """In a row they are spread once; from rest, before each example."""
    body = f"""
        timing {{ present 20 ms }}
        input clip 3x7x7x2 in -1..1
        encode {encoder} e {{ start spread }}
        conv3d c {{ filters 3, kernel 2, place {place} }}
        dense d {{ units 6 }}
        readout y {{ classes 2 }}
    """
    package = open_package(write_package(network(body, "started"), tmp_path))
    weights = random_weights(package, bias=0.3)
    assert not compare(package, weights, random_images(package))
    with make_engine(package, weights) as engine:
        assert engine.hosted == (place == "host")
        twice = np.repeat(random_images(package, 1), 2, axis=0)
        first, second = engine.run(twice, keep=["spikes"]).spikes["e"]
    assert first.any(axis=(1, 2, 3, 4)).all()  # some neuron in each step
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("place", "layers", "readout"),
    [
        ("chip", "0 ms", "0 ms"),
        ("chip", "5 ms", "1 ms"),
        ("host", "0 ms", "0.01 ms"),
        ("host", "5 ms", "10 ms"),
    ],
)
def test_every_synapse_that_can_be_written(
    tmp_path: Path, readout: str, layers: str, place: str
) -> None:
    body = f"""
        timing {{ present 20 ms, synapse {layers} }}
        input image 6x6x1 in 0..1
        encode conv e {{ filters 2 }}
        conv2d c {{ filters 3 }}
        dense d {{ units 6, place {place} }}
        readout y {{ classes 2, synapse {readout} }}
    """
    module = open_package(write_package(network(body, "filtered"), tmp_path))
    weights = random_weights(module, bias=0.3)
    assert not compare(module, weights, random_images(module))


FLOOD = network(
    """
        timing { present 20 ms }
        input values 800 in 0..1
        encode rate { rate 0..1000 Hz }
        dense d { units 8, rate 0..1000 Hz }
        readout y { units 2 }
    """,
    "flood",
)


def test_registers_overflow_as_the_emulator_warns(tmp_path: Path) -> None:
    package = open_package(write_package(FLOOD, tmp_path))
    weights = random_weights(package)
    weights["d.kernel"] = np.ones_like(weights["d.kernel"])
    images = np.ones((2, 800), np.float32)
    assert not compare(package, weights, images)
    with make_engine(package, weights) as engine:
        assert engine.run(images).overflows[0] > 0


def test_spikes_of_the_first_step_are_read_as_nengo_loihi_sends_them(
    tmp_path: Path,
) -> None:
    package = open_package(write_package(FLOOD, tmp_path))
    weights = random_weights(package)
    weights["d.bias"] += 2
    images = random_images(package, 2)
    assert not compare(package, weights, images)
    with make_engine(package, weights) as engine:
        assert engine.run(images, keep=["spikes"]).spikes["d"][:, 0].all()
