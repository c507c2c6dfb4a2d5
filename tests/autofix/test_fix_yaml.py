"""Fixes of YAML specs work among comments, quotes and braces, and keep them."""

from __future__ import annotations

import pytest

from snnc.source import SourceFile
from snnc.tools.autofix import Fixed, autofix

GOOD = """\
# yaml-language-server: $schema=snn.schema.json
snn: 1
network: net
about: "A net: small."
input: {name: image, shape: 12x12x2, in: 0..1}
encode: {conv: {name: e, filters: 2}}

layers:
  # the stem
  - conv2d: {name: stem, filters: 4}
  - dense:
      name: d0
      units: 8  # few
      synapse: 5 ms
readout: {name: y, classes: [yes, "no way"]}  # two
"""


def fix(text: str, unsafe: bool = False) -> Fixed:
    return autofix(SourceFile("x.yaml", text), unsafe)


def test_the_spec_is_good_and_formatted() -> None:
    assert fix(GOOD).report.diagnostics == ()
    assert fix(GOOD.replace("units: 8", "unit: 8")).source.text == GOOD


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("filters: 4", "filtres: 4"),
        ("- conv2d:", "- conv2:"),
        ("encode: {conv:", "encode: {cnv:"),
        ("5 ms", "5 msec"),
        ("5 ms", "5ms"),
        ("5 ms", "5"),
        ("5 ms", "'5 msec'"),
        ("5 ms", '"5"'),
        ("5 ms", "'5ms'"),
        ("synapse:", '"synpase":'),
        ("name: stem", "nam: stem"),
        ("shape: 12x12x2", "shpae: [12, 12, 2]"),
        ("snn: 1", "snn: v1"),
        ("snn: 1", "version: 1"),
        ("units: 8", "units:8"),
        ("filters: 4", "filters:4"),
        ("readout:", "readuot:"),
        ("units: 8", "units: 8 ms"),
        ("synapse: 5 ms", "synapse: 5 ms\n      from: stm"),
    ],
)
def test_one_mistake_is_mended_and_all_else_kept(good: str, bad: str) -> None:
    result = fix(GOOD.replace(good, bad))
    same = GOOD.replace(good, bad.replace("stm", "stem")) if "stm" in bad else GOOD
    assert (result.source.text, result.count) == (same, 1)
    assert result.report.diagnostics == ()


def test_all_mistakes_are_mended_at_once() -> None:
    text = GOOD.replace("filters: 4", "filtres: 4").replace("5 ms", "'5'")
    result = fix(text.replace("units", "unit"))
    assert (result.source.text, result.count) == (GOOD, 3)


def test_what_may_mean_another_network_is_replaced_only_if_asked_for() -> None:
    text = GOOD.replace("snn: 1", "snn: 2")
    kept = fix(text)
    assert (kept.source.text, kept.count, kept.report.errors) == (text, 0, 1)
    replaced = fix(text, unsafe=True)
    assert replaced.source.text == GOOD
    assert replaced.report.diagnostics == ()


def test_an_allowance_of_nothing_is_removed() -> None:
    remark = "  # snnc: allow SNN309 crossing is meant\n"
    result = fix(GOOD.replace("  - dense", f"{remark}  - dense"))
    assert (result.source.text, result.count) == (GOOD, 1)


def test_what_is_no_yaml_is_left_alone() -> None:
    text = GOOD.replace("filters: 4}", "filtres: 4")
    result = fix(text)
    assert (result.source.text, result.count) == (text, 0)
    assert result.report.errors == 1


def test_a_misspelt_key_is_mended_where_other_lines_are_wrong() -> None:
    text = GOOD.replace("filters: 4", "filtres: 4").replace("units: 8", "units: 1:30")
    result = fix(text)
    assert "filters: 4" in result.source.text
    assert "units: 1:30  # few" in result.source.text
    assert result.report.errors == 1
