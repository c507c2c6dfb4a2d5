"""Which layers share a scale, and whose channels meet which rows of a kernel."""

from __future__ import annotations

import importlib
from itertools import groupby
from typing import Any

import pytest

from tests.agreement.built import import_package
from tests.agreement.networks import text
from tests.support import sound

pytestmark = pytest.mark.slow


def wiring(name: str) -> Any:
    """Return the wiring of a network's Keras model."""
    with import_package(sound(text(name, "relu"), "emit")) as package:
        library = package.nengo.__package__
        found = importlib.import_module(f"{library}._runtime.keras.wiring")
        program = importlib.import_module(f"{library}.keras_model")
        layers = importlib.import_module(f"{library}.network").LAYERS
        model = program.build_model()
        return found.wiring_of(model, package.layout.LAYOUT, tuple(layers))


def reads(found: Any, tensor: str) -> tuple[tuple[str, int], ...]:
    """Return the layers of neighbouring rows, joined by +, and how many they are."""
    names = ("+".join(sorted(sources)) for sources in found.reads[tensor])
    return tuple((name, len(list(rows))) for name, rows in groupby(names))


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
    found = wiring(network).groups
    assert tuple(group for group in found if len(group) > 1) == shared
    members = [name for group in found for name in group]
    assert len(members) == len(set(members))


def test_groups_read_all_of_a_join() -> None:
    found = wiring("grouped_joins")
    assert reads(found, "c.kernel") == (("a", 6), ("b", 4))
    assert reads(found, "d.kernel") == (("a", 6), ("b", 4))
    assert reads(found, "f.kernel") == (("c", 10),)


def test_rows_of_a_join_are_those_of_its_sources() -> None:
    found = wiring("joins")
    # `d` reads the channels of s = a + b, of e and of a, one after another.
    assert reads(found, "d.kernel") == (("a+b", 4), ("e", 3), ("a", 4))
    assert reads(found, "c.kernel") == reads(found, "d.kernel")  # a pool keeps channels
    assert reads(found, "f.kernel") == (("c", 5), ("d", 5))
    assert reads(found, "e.kernel") == (("", 2),)  # the input


def test_a_learned_shortcut_reads_its_source() -> None:
    found = wiring("residual")
    assert reads(found, "a1.shortcut") == (("a0", 4),)
    assert reads(found, "d.shortcut") == (("a0", 4),)
