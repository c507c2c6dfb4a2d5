"""Paths through pools and joins."""

from __future__ import annotations

from snnc.ir.paths import paths
from tests.support import network, sound

JOINS = network(
    """
    input image 12x12x2 in 0..1
    encode conv e { filters 3 }
    conv2d a from e { filters 4, padding same }
    concat k from a, e
    avgpool p { window 2 }
    conv2d c from p { filters 5 }
    readout y { classes 2 }
    """
)


def test_a_concat_shifts_rows_and_a_pool_is_remembered() -> None:
    layers = sound(JOINS, "resolve").by_name
    found = paths(layers, "p")
    assert [(path.source, path.first_row) for path in found] == [("a", 0), ("e", 4)]
    assert all(
        [(pool.window, shape) for pool, shape in path.pools] == [((2, 2), (12, 12, 7))]
        for path in found
    )


def test_a_spiking_layer_is_its_own_only_path() -> None:
    layers = sound(JOINS, "resolve").by_name
    (path,) = paths(layers, "c")
    assert (path.source, path.first_row, path.pools) == ("c", 0, ())


def test_pools_are_listed_source_first() -> None:
    text = network(
        """
        input image 12x12x2 in 0..1
        encode conv e { filters 3 }
        avgpool p { window 2 }
        avgpool q { window 3 }
        dense d { units 2 }
        readout y { classes 2 }
        """
    )
    (path,) = paths(sound(text, "resolve").by_name, "q")
    assert [pool.window for pool, _ in path.pools] == [(2, 2), (3, 3)]
