"""The exact engine learns what nengo-loihi's emulator learns, to the last bit."""

from pathlib import Path

import numpy as np
import pytest

from snnc.exact import CannotRunError
from snnc.exact.learning import Learner
from snnc.output.imported import open_package
from tests.exact.proof import random_images, random_weights, write_package
from tests.learning.proof import compare, draw
from tests.support import network

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("seed", [6, 10, 12, 44])
def test_drawn_networks_learn_the_same(tmp_path: Path, seed: int) -> None:
    package = draw(seed, tmp_path)
    assert package is not None
    compared = compare(package, seed)
    assert compared is not None
    assert compared.differences == []


CLIPPED = """
    timing { present 60 ms }
    input x 12 in 0..1
    encode rate
    dense b { units 40, rate 0..250 Hz }
    readout y { units 2, learn pes { rate 0.2, error 0.05, from zero } }
"""
SEVERAL_CORES = """
    timing { present 20 ms }
    input x 12 in 0..1
    encode rate
    dense b { units 1100 }
    readout y { classes 2, learn pes { rate 0.2, from zero } }
"""


@pytest.mark.parametrize(
    # Outputs can't reach targets far above the `error` that the first spec expects.
    ("body", "examples", "clips"),
    [(CLIPPED, 20, True), (SEVERAL_CORES, 2, False)],
)
def test_clipped_weights_and_neurons_on_several_cores(
    tmp_path: Path, body: str, examples: int, clips: bool
) -> None:
    package = open_package(write_package(network(body), tmp_path))
    compared = compare(package, examples=examples)
    assert compared is not None
    assert compared.differences == []
    assert (compared.lost[2] > 0) == clips


def test_a_second_call_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    package = draw(10, tmp_path)
    assert package is not None
    tensors, images = random_weights(package, bias=0.3), random_images(package, 4)
    targets = np.random.default_rng(0).random((4, package.network.readout.units))

    def learn(*parts: slice) -> tuple[np.ndarray, np.ndarray]:
        learner = Learner(package, tensors)
        outputs = [learner.present(images[part], targets[part]) for part in parts]
        return np.concatenate(outputs), learner.kernel

    together, apart = learn(slice(4)), learn(slice(1), slice(1, 4))
    for whole, joined in zip(together, apart, strict=True):
        assert np.array_equal(whole, joined)


def test_layers_on_the_host_are_for_the_emulator(tmp_path: Path) -> None:
    spec = network("""
        input x 6x6x1 in 0..1
        encode conv
        conv2d h { filters 2, place host }
        dense b { units 20 }
        readout y { classes 2, learn pes { rate 0.2, from zero } }
    """)
    package = open_package(write_package(spec, tmp_path))
    with pytest.raises(CannotRunError, match="nengo-loihi's emulator"):
        Learner(package, random_weights(package))
