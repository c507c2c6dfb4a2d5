"""nengo-loihi writes to a board what snnc predicts, and nothing fails there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.league import SPECS as LEAGUE
from snnc.passes import Compilation
from tests.agreement.specs import each_spec
from tests.board.recording import check_registers
from tests.support import SPECS, compile_text, network

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
NETWORKS = int(os.environ.get("SNNC_BOARD_NETWORKS", "12"))
"""`make test-board` draws 300."""
ON_A_CHIP = [
    "autoencoder", "ds_cnn", "keras_to_loihi", "lenet5", "nengo_cifar10",
    "nengo_cifar10_parts", "nxtf_mnist", "nxtf_mobile", "pilotnet", "resnet8",
    "sanafe_gesture", "slayer_gesture", "slayer_nmnist",
]  # fmt: skip
"""Networks of the league that take up to 128 cores; a short run builds some."""
SHORT_LEAGUE = ["autoencoder", "keras_to_loihi"]
IS_LONG = NETWORKS >= 300  # as in `make test-board`
LEAGUE_NAMES = ON_A_CHIP if IS_LONG else SHORT_LEAGUE
LEAGUE_SPECS = [LEAGUE / f"{name}.snn" for name in LEAGUE_NAMES]
SHORT_SPECS = [path for path in SPECS if IS_LONG or path.stem != "forum"]


@pytest.mark.parametrize("path", [*SHORT_SPECS, *LEAGUE_SPECS], ids=lambda p: p.stem)
def test_specs_pass_the_builder_for_the_hardware(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    check_registers(compile_text(text)[0])


ONE_CHIP = network(
    """
    timing { present 60 ms }
    input image 8x8x1 in 0..1
    encode conv { filters 2 }
    dense d { units 150 }
    readout y { classes 10, learn pes }
    """
)
TWO_CHIPS = network(
    """
    target loihi { chips 2 }
    timing { present 60 ms }
    input x 130x1 in 0..1
    encode rate
    conv1d c { filters 1, kernel 1, block 1x1 }
    dense d { units 40 }
    readout y { classes 3, learn pes { rate 0.1, from zero } }
    """
)


@pytest.mark.parametrize("text", [ONE_CHIP, TWO_CHIPS], ids=["one chip", "two chips"])
def test_readouts_that_learn_pass_it(text: str) -> None:
    results, _ = compile_text(text)
    *_, learned = check_registers(results)
    # An in-axon that learns takes two entries.
    assert learned.in_axons == 2 * results.mapped.learned.blocks[0].in_axons


def test_drawn_networks_pass_it() -> None:
    drawn = 0

    def check(_: str, results: Compilation) -> None:
        nonlocal drawn
        check_registers(results)
        drawn += 1

    each_spec(check, NETWORKS, 48)
    assert drawn == NETWORKS
