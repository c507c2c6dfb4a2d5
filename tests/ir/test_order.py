"""An order in which everything comes after what it reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.ir.logical import reading_order


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Draw an acyclic graph whose names are in any order."""
    count = draw(st.integers(0, 12))
    edges = {
        str(i): [str(j) for j in range(i) if draw(st.booleans())] for i in range(count)
    }
    return {name: edges[name] for name in draw(st.permutations(list(edges)))}


@given(graphs())
def test_each_comes_after_what_it_reads(graph: dict[str, list[str]]) -> None:
    order = reading_order(graph)
    assert sorted(order) == sorted(graph)
    for name in graph:
        assert all(order.index(source) < order.index(name) for source in graph[name])


def test_the_given_order_is_kept_where_it_can_be() -> None:
    assert reading_order({"b": [], "a": ["input"], "d": ["c"], "c": ["b"]}) == (
        "b", "a", "c", "d",
    )  # fmt: skip


def test_a_circle_has_no_order() -> None:
    with pytest.raises(ValueError, match="cycle"):
        reading_order({"a": ["b"], "b": ["a"], "c": []})
