"""Every counter of every block of drawn networks is what nengo-loihi's build counts.

``make oracle`` draws five hundred of them.
"""

from typing import Any

import pytest

from snnc.passes import Compilation
from tests.agreement.built import check_blocks
from tests.agreement.features import missing
from tests.agreement.pieces import DECODER_PIECES
from tests.agreement.specs import each_spec
from tests.support import QUIET

NETWORKS, START = 60, 1
DECODERS = 15
"""If a new Hypothesis draws other networks, take a start from which all is said."""

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.xdist_group("drawn")]


def test_drawn_networks_say_everything_and_build_as_predicted() -> None:
    drawn: list[Any] = []

    def check(_: str, results: Compilation) -> None:
        assert results.mapped is not None
        check_blocks(results.mapped)
        drawn.append(results.mapped)

    each_spec(check, NETWORKS, START)
    assert len(drawn) == NETWORKS
    assert missing(drawn) == set()


def test_drawn_decoders_build_as_predicted() -> None:
    transposed = 0

    def check(_: str, results: Compilation) -> None:
        nonlocal transposed
        assert results.mapped is not None
        check_blocks(results.mapped)
        layers = results.mapped.lowered.network.layers
        transposed += sum(layer.kind == "conv2d_transpose" for layer in layers)

    each_spec(check, DECODERS, pieces=DECODER_PIECES)
    assert transposed >= DECODERS // 3
