"""The YAML notation: the same programs, places as exact, nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.printer import print_yaml
from tests.support import ROOT

DRIFT = (ROOT / "specs" / "drift.yaml").read_text(encoding="utf-8")


def run(text: str, name: str = "net.yaml", through: str = "place") -> Any:
    report = Diagnostics()
    return compile_spec(SourceFile(name, text), report, through), report


def test_the_example_gives_the_modules_of_its_twin() -> None:
    twin = (ROOT / "specs" / "drift.snn").read_text(encoding="utf-8")
    assert (
        run(DRIFT, through="emit")[0].modules == run(twin, "a.snn", "emit")[0].modules
    )


def codes(report: Diagnostics) -> list[str]:
    """Return the codes of a report's diagnostics."""
    return [diagnostic.code for diagnostic in report.diagnostics]


def test_comments_survive_both_ways() -> None:
    text = DRIFT.replace("layers:", "# above\nlayers:  # beside")
    text = text.replace("dropout: 0.2}", "dropout: 0.2}  # last")
    document = run(text)[0].document
    for printed in (print_yaml(document), print_snn(document)):
        assert [printed.count(f"# {c}") for c in ("above", "beside", "last")] == [1] * 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shape: 8x16x16x1", "shape: [8, 16, 16, 1]"),
        ("kernel: 3", "kernel: '3'"),
        ("epochs: 20", 'epochs: "20"'),
        ("stride: 2}", "stride: 2, from: [c0]}"),
        ("dropout: 0.2", "dropout: '0.2'"),
        ("encode: {conv: {filters: 2, rate: ..250 Hz}}\nlayers:\n",
         "layers:\n  - encode: {conv: {filters: 2, rate: ..250 Hz}}\n"),
        ("defaults: {rate: 20..150 Hz}", "defaults: [{rate: 20..150 Hz}]"),
        ("in: 0..1", "in: [0, 1]"),
    ],
)  # fmt: skip
def test_other_spellings_mean_the_same(old: str, new: str) -> None:
    assert old in DRIFT
    ours, report = run(DRIFT.replace(old, new), through="validate")
    assert report.diagnostics == ()
    expected = run(DRIFT, through="validate")[0].spec.spec
    layers = [replace(layer, sources=())
              for layer in ours.spec.spec.layers]  # fmt: skip
    assert layers == [*expected.layers]
    assert ours.spec.spec.input == expected.input


@pytest.mark.parametrize(("word", "value"), [("false", False), ("on", True)])
def test_switches_are_written_either_way(word: str, value: bool) -> None:
    results, _ = run(DRIFT.replace("units: 64", f"units: 64, bias: {word}"))
    assert results.spec.spec.layers[-1].bias is value


@pytest.mark.parametrize("item", ["avgpool", "avgpool:", "avgpool: {}"])
def test_a_layer_without_properties(item: str) -> None:
    text = DRIFT.replace("  - dense", f"  - {item}\n  - dense")
    assert run(text, through="validate")[1].diagnostics == ()
