"""Paths through pools and joins."""

import pytest

from snnc.ir.lowered import KnownPaths, TooManyPathsError, paths
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
    pools = [((1, 2, 2), (1, 12, 12)), ((1, 3, 3), (1, 6, 6))]
    for path in found:
        assert [(pool.window, size) for pool, size in path.pools] == pools
    (own,) = paths(layers, "c")
    assert (own.source, own.first_row, own.pools) == ("c", 0, ())


@pytest.mark.parametrize("seed", range(30))
def test_paths_of_all_layers_can_be_found_together(seed: int) -> None:
    made, _ = compile_text(draw_spec(seed), "resolve")
    layers = made.network.by_name
    known = KnownPaths()
    for name in layers:
        assert paths(layers, name, known) == paths(layers, name)
    assert {*layers} <= {*known}


def test_too_many_paths_are_refused_without_a_look_at_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thousand readers of a thousand paths would take half a minute."""
    pools = "\n".join(
        f"maxpool m{i} {{ window 2, stride 1, padding same }}" for i in range(100)
    )
    text = layered(pools, shape="2x2x1", encode="rate")
    layers = sound(text, "resolve").by_name
    monkeypatch.setattr("snnc.ir.lowered.MAX_PATHS", 200)
    known = KnownPaths()
    with pytest.raises(TooManyPathsError):
        paths(layers, "m99", known)
    assert max(len(found or ()) for found in known.values()) <= 200


def test_a_maximum_of_all_positions_shares_the_paths_of_its_source() -> None:
    """Copies of all paths at each pool would make chains of pools slow."""
    pools = "\n".join(
        f"maxpool m{i} {{ window 2, stride 1, padding same }}" for i in range(9)
    )
    layers = sound(layered(pools, shape="4x4x1", encode="rate"), "resolve").by_name
    known = KnownPaths()
    paths(layers, "m8", known)
    for i in range(1, 9):
        before = known[f"m{i - 1}"]
        after = known[f"m{i}"]
        assert before is not None
        assert after is not None
        shared = zip(before, after, strict=False)
        assert all(own is other for own, other in shared)
