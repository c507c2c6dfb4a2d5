"""Paths through pools and joins."""

from __future__ import annotations

import pytest

from snnc.ir.paths import TooManyPathsError, count_paths, paths
from tests.agreement.specs import draw_spec
from tests.support import compile_text, layered, sound


def test_a_concat_shifts_rows_and_pools_are_listed_source_first() -> None:
    text = layered(
        "conv2d a from e { filters 4, padding same }",
        "concat k from a, e",
        "avgpool p { window 2 }",
        "avgpool q { window 3 }",
        "conv2d c { filters 5, kernel 1 }",
        encode="conv e { filters 3 }",
    )
    layers = sound(text, "resolve").by_name
    found = paths(layers, "q")
    assert [(path.source, path.first_row) for path in found] == [("a", 0), ("e", 4)]
    shapes = [((2, 2), (12, 12, 7)), ((3, 3), (6, 6, 7))]
    for path in found:
        assert [(pool.window, shape) for pool, shape in path.pools] == shapes
    (own,) = paths(layers, "c")
    assert (own.source, own.first_row, own.pools) == ("c", 0, ())


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
    text = layered(pools, shape="2x2x1", encode="rate")
    layers = sound(text, "resolve").by_name
    monkeypatch.setattr("snnc.ir.paths.MAX_PATHS", 200)
    monkeypatch.setattr("snnc.ir.paths._behind", walk)
    assert count_paths(layers, "m99", {}) == 201
    with pytest.raises(TooManyPathsError):
        paths(layers, "m99")
