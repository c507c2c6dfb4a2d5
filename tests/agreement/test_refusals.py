"""Accepted networks build; networks refused for a core's limit don't, if forced."""

import re
from collections import Counter
from math import prod

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from tests.agreement.borderline import LIMITS
from tests.agreement.paper import CORE
from tests.agreement.specs import drawing_settings, specs
from tests.loihi.forcing import complaint, force
from tests.support import QUIET, compile_text

CODES = {"SNN401", "SNN404", "SNN405", "SNN408"}
SIZES, NETWORKS, FORMS = 6, 4, st.integers(0, 3)
START = 7

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.xdist_group("refusals")]


def verdict(text: str, form: int) -> str:
    """Return the code that refuses a spec, or "builds", if nengo-loihi agrees."""
    results, report = compile_text(text, "place")
    codes = {diagnostic.code for diagnostic in report.diagnostics} & CODES
    if not report.errors:
        assert complaint(results.mapped) == ""
        return "builds"
    if codes:
        assert complaint(force(results.lowered, form)), f"it builds, unlike {codes}"
    return min(codes, default="refused for another reason")


def large(text: str) -> bool:
    """Return whether a block of a spec may have more neurons than a core."""
    blocks = re.findall(r"\bblock ([0-9x]+)", text)
    return any(prod(map(int, block.split("x"))) > CORE for block in blocks)


@pytest.mark.parametrize("limit", LIMITS)
def test_the_limit_lies_where_nengo_loihi_has_it(limit: str) -> None:
    code, spec = LIMITS[limit]
    verdicts = set()

    @seed(0)
    @drawing_settings(SIZES)
    @given(spec, FORMS)
    def check(text: str, form: int) -> None:
        verdicts.add(verdict(text, form))

    check()
    assert verdicts == {"builds", code}


def test_drawn_networks_with_too_large_blocks_do_not_build() -> None:
    refused: Counter[str] = Counter()

    @seed(START)
    @drawing_settings(NETWORKS)
    @given(specs(room=4096).filter(large), FORMS)
    def check(text: str, form: int) -> None:
        results, report = compile_text(text, "place")
        problems = [d for d in report.diagnostics if d.code in CODES]
        if problems:
            refused.update(problem.code for problem in problems)
            said = complaint(force(results.lowered, form))
            names = [problem.name for problem in problems]  # type: ignore[attr-defined]
            # nengo-loihi may not give the name of a layer that was split.
            named = [name for name in names if f"'{name}'" in said]
            assert named or "Compartment():" in said

    check()
    assert refused["SNN404"] > NETWORKS // 2
