"""The best variants of a sweep, and their text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from snnc.tools.sweep import Sweep, Variant
from snnc.tools.sweep_table import VariantCosts, front, parse_setting
from tests.rules.checking import assert_accepted


@given(st.lists(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_front_has_what_nothing_is_better_than(
    costs: list[tuple[int, int] | None],
) -> None:
    best = front([own and VariantCosts(own[0], own[1:]) for own in costs])
    for own, is_best in zip(costs, best, strict=True):
        others = [other for other in costs if other is not None and own is not None]
        beaten = any(
            o != own and o[0] <= own[0] and o[1] <= own[1]  # type: ignore[index]
            for o in others
        )
        assert is_best == (own is not None and not beaten)


def test_a_difference_within_the_noise_makes_nothing_better() -> None:
    cheap, dear = VariantCosts(-0.90, (1.0,), 0.01), VariantCosts(-0.92, (2.0,), 0.01)
    assert front([cheap, dear]) == (True, False)
    better = VariantCosts(-0.94, (2.0,), 0.01)
    assert front([cheap, better]) == (True, True)
    assert front([replace(c, error=0.0) for c in (cheap, dear)]) == (True, True)
    alike = VariantCosts(-0.91, (1.0,), 0.01)
    assert front([cheap, alike]) == (True, True)


@given(
    st.lists(
        st.builds(
            VariantCosts,
            st.integers(0, 9),
            st.tuples(st.integers(0, 2), st.integers(0, 2)),
            st.integers(0, 3),
        ),
        min_size=1,
    )
)
def test_something_is_always_best(costs: list[VariantCosts]) -> None:
    assert any(front(costs))


def test_values_of_settings_are_typed() -> None:
    texts = ("8", "1e-3", "on", "20..99 Hz", "3x3", "", "lif")
    values = (8, 0.001, True, "20..99 Hz", "3x3", None, "lif")
    assert tuple(map(parse_setting, texts)) == values


def variant(n: int) -> Variant:
    """Return a variant that was trained once; even numbers are best."""
    found = {
        "accuracy": 0.5 + n / 40,
        "accuracy_interval": (0.4, 0.9),
        "energy_joules": (n + n % 2) * 1e-6,
    }
    report: Any = SimpleNamespace(cores=2 + n, weights=100 * n)
    settings = {"c0.filters": str(n), "timing.present": "60 ms"}
    return Variant(settings, None, report, results=(found,), is_best=n % 2 == 0)


def test_a_table_tells_what_is_best() -> None:
    failed = Variant({"c0.filters": "9"}, None, None, problem="no")
    base: Any = SimpleNamespace(name="net")
    told = f"{Sweep(base, (variant(4), variant(7), failed))}\n"
    assert_accepted(Path(__file__).with_name("table.txt"), told)
