"""Which layers share a scale, and whose channels meet which rows of a kernel."""

import importlib
from itertools import groupby
from typing import Any

import pytest

from tests.agreement.built import import_package
from tests.agreement.networks import text
from tests.support import sound

pytestmark = pytest.mark.slow


def wiring(name: str) -> tuple[Any, Any]:
    """Return the groups of layers, and what kernels read, in a Keras model."""
    with import_package(sound(text(name, "relu"), "emit")) as package:
        library = package.nengo.__package__
        found = importlib.import_module(f"{library}._runtime.keras.wiring")
        program = importlib.import_module(f"{library}.keras_model")
        layers = importlib.import_module(f"{library}.network").LAYERS
        given = program.build_model(), package.layout.LAYOUT
        return found.groups_of(*given, list(layers)), found.reads_of(*given)


@pytest.mark.parametrize(
    ("network", "shared"),
    [
        ("conv2d", ()),
        ("joins", (("a", "b"),)),
        ("residual", (("e", "a0"), ("a1", "b"), ("b1", "b2"))),
        ("residual3d", (("e", "a0"),)),
        ("features", (("d0", "d1"),)),
        ("hosted", (("post", "skip"),)),
    ],
)
def test_identities_and_sums_share_a_scale(
    network: str, shared: tuple[tuple[str, ...], ...]
) -> None:
    found, _ = wiring(network)
    assert tuple(group for group in found if len(group) > 1) == shared
    members = [name for group in found for name in group]
    assert len(members) == len(set(members))


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        ("grouped_joins", {"c d": (("a", 6), ("b", 4)), "f": (("c", 10),)}),
        # `d` reads the channels of s = a + b, of e and of a, one after another, and
        # `c` reads a pool of them, which keeps channels.
        ("joins", {"c d": (("a+b", 4), ("e", 3), ("a", 4)), "e": (("", 2),)}),
        ("residual", {"a1 d": (("a0", 4),)}),
    ],
)
def test_rows_of_a_kernel_are_those_of_its_sources(network: str, wanted: Any) -> None:
    _, found = wiring(network)
    kind = "shortcut" if network == "residual" else "kernel"
    for layers, rows in wanted.items():
        for layer in layers.split():
            names = ("+".join(sorted(each)) for each in found[f"{layer}.{kind}"])
            assert tuple((name, len(list(run))) for name, run in groupby(names)) == rows
