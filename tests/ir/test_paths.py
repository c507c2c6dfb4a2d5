"""Paths through pools and joins."""

from __future__ import annotations

import pytest

from snnc.ir.paths import TooManyPathsError, count_paths, paths
from tests.agreement.drawing import draw_spec
from tests.support import compile_text, network, sound

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


@pytest.mark.parametrize("seed", range(30))
def test_paths_are_counted_as_many_as_there_are(seed: int) -> None:
    made, _ = compile_text(draw_spec(seed), "resolve")
    layers = made.network.by_name
    known: dict[str, int] = {}
    for name in layers:
        assert count_paths(layers, name, known) == len(paths(layers, name))
    assert {*layers} <= {*known}


def test_too_many_paths_are_refused_without_a_look_at_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand readers of a thousand paths would take half a minute."""

    def walk(*arguments: object) -> None:
        raise AssertionError("it looks at one")

    pools = "\n".join(
        f"maxpool m{i} {{ window 2, stride 1, padding same }}" for i in range(100)
    )
    text = network(
        f"""
        input x 2x2x1 in 0..1
        encode rate
        {pools}
        readout y {{ classes 2 }}
        """
    )
    layers = sound(text, "resolve").by_name
    monkeypatch.setattr("snnc.ir.paths.MAX_PATHS", 200)
    monkeypatch.setattr("snnc.ir.paths._behind", walk)
    assert count_paths(layers, "m99", {}) == 201
    with pytest.raises(TooManyPathsError):
        paths(layers, "m99")
