"""The YAML formatter keeps what an author has written: lines, comments, layers."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.language import tree
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.printer import print_yaml

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


def read(text: str) -> tuple[tree.Document, Diagnostics]:
    report = Diagnostics()
    return parse(SourceFile("x.yaml", text), report), report


def test_what_is_formatted_stays() -> None:
    document, report = read(FORMATTED)
    assert report.diagnostics == ()
    assert print_yaml(document) == FORMATTED


def test_of_several_blank_lines_one_is_kept() -> None:
    document, _ = read(FORMATTED.replace("\n\n", "\n\n  \n\n"))
    assert print_yaml(document) == FORMATTED


@pytest.mark.parametrize("kind", ["upsample", "conv4d", "lstm", "denze"])
def test_a_layer_of_an_unknown_kind_is_not_dropped(kind: str) -> None:
    text = FORMATTED.replace("upsample", kind)
    document, report = read(text)
    assert report.diagnostics == ()
    assert print_yaml(document) == text
    assert f"  {kind} {{ window 2 }}" in print_snn(document)


@pytest.mark.parametrize(
    "text",
    [
        FORMATTED.replace("train:", "trian:"),
        FORMATTED.replace("  - upsample: {window: 2}", "  - denze: {a: {b: 1}}"),
    ],
)
def test_an_unknown_key_that_cannot_be_kept_is_not_written(text: str) -> None:
    document, report = read(text)
    assert [d.code for d in report.diagnostics] == ["SNN200"]
    with pytest.raises(ValueError, match="syntax errors"):
        print_yaml(document)


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
def test_a_hash_in_a_value_is_no_comment(written: str, code: str) -> None:
    from tests.rules.checking import check_text

    text = FORMATTED.replace("upsample", "avgpool").replace(
        "units: 8", f"units: {written}"
    )
    diagnostics = check_text(text, "x.yaml").diagnostics
    assert [d.code for d in diagnostics] == [code]
