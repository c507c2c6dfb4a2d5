"""Neurons have axons of one kind, and snnc warns about failures on a board."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from snnc.loihi.profile import HERE, read_profile
from snnc.rules.loihi import CostlyAxons, MixedAxons
from tests.support import ROOT, codes, compile_text, network

POOLED = """
  target loihi {{ cores {cores} }}
  input x {side}x{side}x1 in 0..1
  encode conv e {{ filters 4, kernel 3 }}
  conv2d a {{ filters {filters} }}
  maxpool p {{ window 2 }}
  conv2d b {{ filters 8 }}
  readout y {{ classes 4 }}
"""


def pooled_spec(side: int = 16, filters: int = 8, cores: int = 128) -> str:
    return network(POOLED.format(side=side, filters=filters, cores=cores))


def case(code: str) -> str:
    path = ROOT / "tests" / "rules" / "cases" / code / "invalid.snn"
    return path.read_text(encoding="utf-8")


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """Write a device file of Loihi 1 that makes doubts errors."""
    path = tmp_path / "strict.toml"
    text = (HERE / "loihi1.toml").read_text(encoding="utf-8")
    path.write_text(f"strict = true\n{text}", encoding="utf-8")
    return path


def test_what_reads_a_max_pool_reads_discrete_axons_where_that_is_free() -> None:
    made, report = compile_text(pooled_spec(side=12), "place")
    mapped = made.mapped
    assert mapped.of_both_forms == ()
    assert mapped.unmixed.axons == {"a": "discrete", "p.1": "discrete"}
    assert mapped.unmixed.cores == 0
    assert report.diagnostics == ()


def test_a_price_is_told_and_names_the_layers() -> None:
    made, report = compile_text(pooled_spec(filters=32), "place")
    mapped = made.mapped
    assert (mapped.of_both_forms, mapped.unmixed.cores) == ((), 1)
    (told,) = report.diagnostics
    assert isinstance(told, CostlyAxons)
    assert (told.layers, told.more) == ("a, p", "1 core")


def test_where_the_cores_are_short_they_stay_mixed_and_a_warning_names_them() -> None:
    made, report = compile_text(pooled_spec(filters=32, cores=11), "place")
    mapped = made.mapped
    assert (mapped.cores, mapped.of_both_forms, mapped.unmixed) == (
        11,
        ("a", "p.1"),
        None,
    )
    (told,) = report.diagnostics
    assert isinstance(told, MixedAxons)
    assert told.layers == "a, p"


def test_all_is_discrete_or_all_of_populations_whichever_is_cheaper() -> None:
    """A depthwise layer next to a convolution may become one with zeros."""
    made, _ = compile_text(
        network(
            """
  input x 10x10x1 in 0..1
  encode conv e { filters 4 }
  conv2d a { filters 8 }
  depthwise2d d { padding same }
  conv2d c from a { padding same, filters 8 }
  add s from c, d
  dense f { units 8 }
  readout y { classes 4 }
"""
        ),
        "place",
    )
    mapped = made.mapped
    forms = Counter(p.form for p in mapped.projections if p.projection.source == "a")
    assert (mapped.of_both_forms, len(forms)) == ((), 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (pooled_spec(filters=32, cores=11), "SNN410"),
        (case("SNN412"), "SNN412"),
        (case("SNN413"), "SNN413"),
        (case("SNN414"), "SNN414"),
    ],
)
def test_doubts_are_errors_for_a_strict_device(
    text: str, code: str, strict: Path
) -> None:
    device = read_profile(str(strict))
    made, report = compile_text(text, "emit", device)
    assert [d.code for d in report.diagnostics] == [code]
    assert (report.errors, made.modules) == (1, None)
    assert codes(text) == [code]
    assert compile_text(text, "emit")[1].errors == 0


def test_a_price_is_no_error(strict: Path) -> None:
    made, report = compile_text(
        pooled_spec(filters=32), "emit", read_profile(str(strict))
    )
    assert (report.errors, report.warnings) == (0, 1)
    assert made.modules is not None
