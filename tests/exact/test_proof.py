"""Every spike is the emulator's, in a row and from rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.exact import Engine, make_engine
from snnc.output.imported import ImportedPackage, open_package
from tests.agreement.networks import text
from tests.agreement.specs import draw_specs, name_of
from tests.exact.proof import compare, random_images, random_weights, write_package
from tests.support import layered

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
    "upsampled": "relu",
    "upsampled_series": "lif",
    "upsampled_clip": "relu",
}


HOSTED = ("hosted", "grouped_joins", "causal", "maxpool_joins", "upsampled_series")


@contextmanager
def proven(
    package: ImportedPackage,
    weights: dict[str, Any] | None = None,
    images: np.ndarray | None = None,
) -> Iterator[Engine]:
    """Give an engine whose spikes are the emulator's."""
    weights = random_weights(package, bias=0.3) if weights is None else weights
    images = random_images(package) if images is None else images
    with make_engine(package, weights) as engine:
        assert not compare(engine, package, weights, images)
        yield engine


def built(text: str, folder: Path) -> ImportedPackage:
    return open_package(write_package(text, folder))


def silent(engine: Engine, images: np.ndarray) -> list[str]:
    """Return the layers without a spike."""
    counts = engine.run(images, keep=["counts"]).counts
    return [name for name in engine.network.layers if not counts[name].any()]


@pytest.mark.parametrize("text", [*draw_specs(10)], ids=name_of)
def test_drawn_networks(tmp_path: Path, text: str) -> None:
    package = built(text.replace("present 10 ms", "present 40 ms"), tmp_path)
    with proven(package, random_weights(package)):
        pass


# Each network has one of the two kinds of axons, drawn ones have both.
@pytest.mark.parametrize(
    ("name", "pop"), [*zip(RICH, cycle(["auto", "32"]), strict=False)]
)
def test_every_kind_of_layer(tmp_path: Path, name: str, pop: str) -> None:
    spec = text(name, RICH[name], f"loihi {{ chips 2, pop {pop} }}")
    package = built(spec, tmp_path)
    with proven(package) as engine:
        assert (engine.circuit is None) == (name in HOSTED)
        assert not silent(engine, random_images(package))


def test_a_host_that_hears_both_the_chip_and_what_feeds_it(tmp_path: Path) -> None:
    body = layered(
        "timing { present 20 ms }",
        "conv2d c from e { filters 4, padding same }",
        "conv2d h from c { filters 3, padding same, place host, shortcut e }",
        shape="8x8x2",
        encode="conv e { filters 3 }",
    )
    package = built(body, tmp_path)
    with proven(package) as engine:
        assert not silent(engine, random_images(package))


@pytest.mark.parametrize(
    ("encoder", "place"),
    [("conv", "chip"), ("rate", "chip"), ("conv", "host")],
)
def test_voltages_that_are_spread(tmp_path: Path, encoder: str, place: str) -> None:
    """In a row they are spread once; from rest, before each example."""
    body = layered(
        "timing { present 20 ms }",
        f"conv3d c {{ filters 3, kernel 2, place {place} }}",
        "dense d { units 6 }",
        shape="3x7x7x2",
        encode=f"{encoder} e {{ start spread }}",
    )
    package = built(body.replace("in 0..1", "in -1..1"), tmp_path)
    with proven(package) as engine:
        assert (engine.circuit is None) == (place == "host")
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
    body = layered(
        f"timing {{ present 20 ms, synapse {layers} }}",
        "conv2d c { filters 3 }",
        f"dense d {{ units 6, place {place} }}",
        shape="6x6x1",
        encode="conv e { filters 2 }",
    )
    read = body.replace("{ classes 4", f"{{ classes 4, synapse {readout}")
    with proven(built(read, tmp_path)):
        pass


FLOOD = layered(
    "timing { present 20 ms }",
    "dense d { units 8, rate 0..1000 Hz }",
    shape="800",
    encode="rate { rate 0..1000 Hz }",
)


def test_registers_overflow_as_the_emulator_warns(tmp_path: Path) -> None:
    package = built(FLOOD, tmp_path)
    weights = random_weights(package)
    weights["d.kernel"] = np.ones_like(weights["d.kernel"])
    images = np.ones((2, 800), np.float32)
    with proven(package, weights, images) as engine:
        assert engine.run(images).overflows[0] > 0


def test_spikes_of_the_first_step_are_read_as_nengo_loihi_sends_them(
    tmp_path: Path,
) -> None:
    package = built(FLOOD, tmp_path)
    weights = random_weights(package)
    weights["d.bias"] += 2
    images = random_images(package, 2)
    with proven(package, weights, images) as engine:
        assert engine.run(images, keep=["spikes"]).spikes["d"][:, 0].all()


@pytest.mark.parametrize(
    ("shape", "layers", "readout"),
    [
        ("6x6x1", ["conv2d c { filters 4 }"], "filters 2, padding same"),
        ("6x6x1", ["conv2d c { filters 4 }"], "filters 1, kernel 2, stride 2"),
        (
            "8x8x2",
            [
                "conv2d a { filters 3, padding same }",
                "conv2d b { filters 5, kernel 1 }",
                "concat both from a, b",
            ],
            "filters 2",
        ),
        ("24x24x1", ["conv2d c { filters 8, padding same }"], "filters 1"),
        (
            "6x6x1",
            [
                "conv2d_transpose u { filters 4, kernel 4, stride 2, padding same }",
                "avgpool { window 2 }",
            ],
            "filters 2, padding same",
        ),
        (
            "12x2",
            ["conv1d c { filters 4, kernel 1 }", "maxpool m { window 2 }"],
            "filters 1",
        ),
    ],
)
def test_readouts_of_images_run_without_nengo(
    tmp_path: Path, shape: str, layers: list[str], readout: str
) -> None:
    body = layered(
        "timing { present 40 ms }",
        *layers,
        shape=shape,
        encode="conv e { filters 3, kernel 1 }",
    )
    package = built(body.replace("classes 4", readout), tmp_path)
    with proven(package) as engine:
        assert engine.circuit is not None
        assert not silent(engine, random_images(package))
