"""An order in which everything comes after what it reads."""

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
def test_each_is_the_first_that_is_ready(graph: dict[str, list[str]]) -> None:
    order = reading_order(graph)
    assert sorted(order) == sorted(graph)
    for place, name in enumerate(order):
        ready = (n for n in graph if {*graph[n]} <= {*order[:place]})
        assert name == next(n for n in ready if n not in order[:place])


def test_names_that_are_not_ordered_are_ready_and_a_circle_has_no_order() -> None:
    assert reading_order({"a": ["b", "input"], "b": ["input"]}) == ("b", "a")
    with pytest.raises(ValueError, match="cycle"):
        reading_order({"a": ["b"], "b": ["a"], "c": []})
