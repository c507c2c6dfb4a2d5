"""The YAML notation: the same programs, and what an author wrote stays as it is."""

from dataclasses import replace
from typing import Any

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from tests.rules.checking import check_text
from tests.support import ROOT, in_notation

DRIFT = (ROOT / "specs/drift.yaml").read_text(encoding="utf-8")
POOLED = DRIFT.replace("  - dense", "  - avgpool: {}\n  - dense").replace(
    "units: 64", "units: 64, bias: off, batchnorm: on"
)


def compiled(text: str, name: str, through: str) -> Any:
    """Return what the passes make of a text in which nothing is wrong."""
    report = Diagnostics()
    made = compile_spec(SourceFile(name, text), report, through)
    assert report.diagnostics == ()
    return made


def test_yaml_and_snn_generate_the_same_modules() -> None:
    twin = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")
    ours, others = compiled(DRIFT, "a.yaml", "emit"), compiled(twin, "a.snn", "emit")
    assert ours.modules == others.modules


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("shape: 8x16x16x1", "shape: [8, 16, 16, 1]"),
        ("kernel: 3", "kernel: '3'"),
        ("bias: off", "bias: false"),
        ("batchnorm: on", "batchnorm: true"),
        ("epochs: 20", 'epochs: "20"'),
        ("stride: 2}", "stride: 2, from: [c0]}"),
        ("dropout: 0.2", "dropout: '0.2'"),
        ("encode: {conv: {filters: 2, rate: ..500 Hz}}\nlayers:\n",
         "layers:\n  - encode: {conv: {filters: 2, rate: ..500 Hz}}\n"),
        ("defaults: {rate: 20..250 Hz}", "defaults: [{rate: 20..250 Hz}]"),
        ("in: 0..1", "in: [0, 1]"),
        ("avgpool: {}", "avgpool:"),
        ("avgpool: {}", "avgpool"),
    ],
)  # fmt: skip
def test_other_spellings_have_the_same_meaning(old: str, new: str) -> None:
    assert old in POOLED
    ours, expected = (
        compiled(text, "net.yaml", "validate").spec.spec
        for text in (POOLED.replace(old, new), POOLED)
    )
    layers = [replace(layer, sources=()) for layer in ours.layers]
    assert layers == [*expected.layers]
    assert ours.input == expected.input


FORMATTED = """\
# the schema

snn: 1  # edition
network: net

# of all layers
defaults:
  # first
  - {rate: 20..150 Hz}  # one
  - dense: {l2: 1.0e-4}  # two
input: {name: x, shape: 4x4x1, in: 0..1}
encode: rate

# all of them
layers:  # in order
  # the stem
  - conv2d: {name: stem, filters: 4}  # here

  - upsample: {window: 2}
  - dense:
      name: d
      # few
      units: 8  # eight
readout: {name: y, classes: [cat, "polar bear"]}

train:
  batch: 8
  # long

  epochs: 3  # last
  # below

# foot
"""


@pytest.mark.parametrize("blank", ["\n\n", "\n\n  \n\n"])
def test_formatting_is_stable_and_keeps_one_blank_line(blank: str) -> None:
    text = FORMATTED.replace("\n\n", blank)
    assert in_notation(text, "yaml", "x.yaml") == FORMATTED


@pytest.mark.parametrize("kind", ["upsample", "conv4d", "lstm", "denze"])
def test_a_layer_of_an_unknown_kind_is_not_dropped(kind: str) -> None:
    text = FORMATTED.replace("upsample", kind)
    assert in_notation(text, "yaml", "x.yaml") == text
    assert f"  {kind} {{ window 2 }}" in in_notation(text, "snn", "x.yaml")


@pytest.mark.parametrize(
    "text",
    [
        FORMATTED.replace("train:", "trian:"),
        FORMATTED.replace("  - upsample: {window: 2}", "  - denze: {a: {b: 1}}"),
    ],
)
def test_spec_with_an_unreadable_key_is_not_formatted(text: str) -> None:
    with pytest.raises(ValueError, match="syntax errors"):
        in_notation(text, "yaml", "x.yaml")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('"x # y"', "SNN205"),
        ('"8 # y"', "SNN205"),
        ("8#y", "SNN100"),
        ("'sixty four'", "SNN205"),
        ("'123456789012345678901'", "SNN114"),
    ],
)
def test_hash_in_a_value_does_not_begin_a_comment(written: str, code: str) -> None:
    text = FORMATTED.replace("upsample", "avgpool").replace(
        "units: 8", f"units: {written}"
    )
    diagnostics = check_text(text, "x.yaml").diagnostics
    assert [d.code for d in diagnostics] == [code]
