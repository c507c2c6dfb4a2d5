"""Neurons have axons of one kind, and snnc warns about failures on a board."""

from collections import Counter
from pathlib import Path

import pytest

from snnc.ir.mapped import AxonKind, Unmixed
from snnc.loihi.profile import HERE, read_profile
from tests.support import ROOT, compile_text, layered, sound

DISCRETE: dict[str, AxonKind] = {"a": "discrete", "p.1": "discrete"}


def case(code: str) -> str:
    path = ROOT / "tests" / "rules" / "cases" / code / "invalid.snn"
    return path.read_text(encoding="utf-8")


SHORT, COSTLY = case("SNN410"), case("SNN411")
FREE = COSTLY.replace("filters 32", "filters 8").replace("16x16", "12x12")


@pytest.mark.parametrize(
    ("text", "cores", "mixed", "unmixed"),
    [
        (FREE, 4, (), Unmixed(DISCRETE, 0)),
        (COSTLY, 12, (), Unmixed(DISCRETE, 1)),
        (SHORT, 11, ("a", "p.1"), None),
    ],
)
def test_what_reads_a_max_pool_reads_discrete_axons_if_the_cores_suffice(
    text: str, cores: int, mixed: tuple[str, ...], unmixed: Unmixed | None
) -> None:
    mapped = sound(text, "place")
    assert (mapped.cores, mapped.of_both_forms) == (cores, mixed)
    assert mapped.unmixed == unmixed


def test_all_is_discrete_or_all_of_populations_whichever_is_cheaper() -> None:
    """A depthwise layer next to a convolution may become one with zeros."""
    text = layered(
        "conv2d a { filters 8 }",
        "depthwise2d d { padding same }",
        "conv2d c from a { padding same, filters 8 }",
        "add s from c, d",
        "dense f { units 8 }",
        shape="10x10x1",
    )
    mapped = sound(text, "place")
    forms = Counter(p.form for p in mapped.projections if p.projection.source == "a")
    assert (mapped.of_both_forms, len(forms)) == ((), 1)


@pytest.mark.parametrize(
    ("cores", "told"),
    [
        (18, "place of the `maxpool`, or allow more `cores`"),
        (27, "more cores may be enough; otherwise, write `avgpool p {"),
        (100, "if cores are scarce, write `avgpool p {"),
    ],
)
def test_more_cores_are_advised_only_if_they_may_help(cores: int, told: str) -> None:
    lines = "conv2d a { filters 32, padding same }", "maxpool p"
    last = "conv2d b { filters 32, padding same }"
    text = layered(*lines, last, shape="16x16x2", target=f"loihi {{ cores {cores} }}")
    _, report = compile_text(text, "place")
    helps = [d.help for d in report.diagnostics if d.code in ("SNN410", "SNN411")]
    assert [told in each for each in helps] == [True]


@pytest.mark.parametrize(
    ("code", "errors"),
    [("SNN410", 1), ("SNN411", 0), ("SNN412", 1), ("SNN413", 1), ("SNN414", 1)],
)
def test_doubts_but_not_prices_are_errors_for_a_strict_device(
    code: str, errors: int, tmp_path: Path
) -> None:
    path = tmp_path / "strict.toml"
    text = (HERE / "loihi1.toml").read_text(encoding="utf-8")
    path.write_text(f"strict = true\n{text}", encoding="utf-8")
    for device, wrong in ((read_profile(str(path)), errors), (None, 0)):
        made, report = compile_text(case(code), "emit", device)
        assert [d.code for d in report.diagnostics] == [code]
        assert (report.errors, made.modules is None) == (wrong, bool(wrong))
