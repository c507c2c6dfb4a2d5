"""The best variants of a sweep, and their text."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from snnc.results.sweep import Sweep, Variant, parse_setting, select_best
from tests.rules.checking import assert_accepted


def judged(score: float, cores: int, joules: int = 1, error: float = 0) -> Variant:
    """Return a variant whose mean score has a standard error."""
    results = tuple(
        {"accuracy": own, "energy_joules": joules}
        for own in (score - error, score + error)
    )
    return Variant({}, cores=cores).with_results(results)


def best(*variants: Variant) -> list[bool]:
    found = select_best(variants, "energy", "cores")
    return [variant in found for variant in variants]


@given(st.lists(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_front_has_what_nothing_is_better_than(
    costs: list[tuple[int, int] | None],
) -> None:
    failed = Variant({}, problem="no")
    variants = [failed if own is None else judged(-own[0], own[1]) for own in costs]
    for own, is_best in zip(costs, best(*variants), strict=True):
        others = [other for other in costs if other is not None and own is not None]
        beaten = any(
            o != own and o[0] <= own[0] and o[1] <= own[1]  # type: ignore[index]
            for o in others
        )
        assert is_best == (own is not None and not beaten)


def test_a_difference_within_the_noise_makes_nothing_better() -> None:
    cheap = judged(0.90, 1, error=0.01)
    assert best(cheap, judged(0.92, 2, error=0.01)) == [True, False]
    assert best(cheap, judged(0.94, 2, error=0.01)) == [True, True]
    assert best(judged(0.90, 1), judged(0.92, 2)) == [True, True]
    assert best(cheap, judged(0.91, 1, error=0.01)) == [True, True]


@given(
    st.lists(
        st.builds(judged, *(st.integers(0, top) for top in (9, 2, 2, 3))), min_size=1
    )
)
def test_something_is_always_best(variants: list[Variant]) -> None:
    assert any(best(*variants))


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
    settings = {"c0.filters": str(n), "timing.present": "60 ms"}
    own = Variant(settings, cores=2 + n, weights=100 * n, is_best=n % 2 == 0)
    return own.with_results((found,))


def test_a_table_tells_what_is_best() -> None:
    failed = Variant({"c0.filters": "9"}, problem="no")
    told = Sweep("net", (variant(4), variant(7), failed)).text()
    assert_accepted(Path(__file__).with_name("table.txt"), told)
