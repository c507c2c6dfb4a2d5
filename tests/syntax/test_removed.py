"""Specs of snnc 0.2 mean what their fixed text says, with a warning for each word."""

import pytest

import snnc
from snnc.diagnostics import Diagnostics
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import format_document, print_document
from snnc.verbs.autofix import autofix
from tests.rules.checking import check_text

SPEC = """snn 1

network net {{
  input image 12x12x1 in 0..1
  encode rate
  dense a {{ units 4 }}
  readout y {{ classes 2 }}
  train {{
{0}
  }}
}}
"""
YAML = """snn: 1
network: net
input: {{name: image, shape: 12x12x1, in: 0..1}}
encode: rate
layers:
  - dense: {{name: a, units: 4}}
readout: {{name: y, classes: 2}}
train:
{0}
"""
# Old text, its meaning, and how many words are removed.
OLD = [
    ("aware off", "phases [smooth, scale]", 1),
    ("aware on, batch 8", "batch 8", 1),
    ("batch 8, fit_readout off", "batch 8", 1),
    ("batch 8\nrate_weight 1e-3", "batch 8", 1),
    ("phases [smooth, scale, aware]", "phases [smooth, scale, spikes]", 1),
    ("phases [smooth, aware], aware on", "phases [smooth, spikes]", 2),
    ("phases [smooth, scale, aware], aware off", "phases [smooth, scale]", 2),
    ("aware off\nbatch 8\nphases [smooth, aware]", "batch 8\nphases [smooth]", 2),
    ("phases [smooth, spikes], aware off", "phases [smooth]", 1),
    ("batch 8, phases [smooth], aware off", "batch 8, phases [smooth]", 1),
    (
        "aware off, fit_readout off, rate_weight 1e-3, batch 8",
        "phases [smooth, scale], batch 8",
        3,
    ),
    (
        "# why\naware on\nfit_readout on\n# last\nrate_weight 0\nbatch 8",
        "# why\n# last\nbatch 8",
        3,
    ),
]
OLD_YAML = [
    ("  aware: false", "  phases: [smooth, scale]", 1),
    ("  {aware: off, batch: 8}", "  {phases: [smooth, scale], batch: 8}", 1),
    ("  phases:\n  - smooth\n  - aware", "  phases: [smooth, spikes]", 1),
    (
        "  phases:\n    - smooth\n    - aware\n  batch: 8\n  aware: off",
        "  phases: [smooth]\n  batch: 8",
        2,
    ),
    ('  {"batch": 8, "fit_readout": "off"}', "  {batch: 8}", 1),
    ('  {"aware": "off", "rate_weight": 0.1}', "  {phases: [smooth, scale]}", 2),
]
CASES = [(SPEC.format(old), SPEC.format(new), "a.snn", n) for old, new, n in OLD]
CASES += [(YAML.format(a), YAML.format(b), "a.yaml", n) for a, b, n in OLD_YAML]
IDS = [old for old, *_ in (*OLD, *OLD_YAML)]


def in_layout(text: str, name: str) -> str:
    return format_document(parse(SourceFile(name, text), Diagnostics()))


EACH = pytest.mark.parametrize(("old", "new", "name", "count"), CASES, ids=IDS)


@EACH
def test_removed_words_are_read_fixed_and_formatted_with_the_same_meaning(
    old: str, new: str, name: str, count: int
) -> None:
    report = check_text(old, name)
    assert [d.code for d in report.diagnostics] == ["SNN225"] * count
    assert not report.errors
    assert check_text(new, name).diagnostics == ()
    fixed = autofix(SourceFile(name, old))
    assert fixed.report.diagnostics == ()
    assert fixed.source.text == in_layout(new, name)
    documents = [parse(SourceFile(name, text), Diagnostics()) for text in (old, new)]
    for notation in ("snn", "yaml"):
        assert len({print_document(each, notation) for each in documents}) == 1


@EACH
def test_each_fix_of_a_removed_word_keeps_the_meaning(
    old: str, new: str, name: str, count: int
) -> None:
    report = Diagnostics()
    parse(SourceFile(name, old), report)
    for diagnostic in report.diagnostics:
        fix = diagnostic.fix
        assert fix is not None
        assert not fix.unsafe
        text = old[: fix.span.start] + fix.replacement + old[fix.span.end :]
        left = Diagnostics()
        meant = format_document(parse(SourceFile(name, text), left))
        assert left.errors == 0
        assert len(left.diagnostics) < count
        assert in_layout(meant, name) == in_layout(in_layout(old, name), name)


def test_a_comment_allows_a_removed_word() -> None:
    text = SPEC.format("# snnc: allow SNN225 read by 0.2 too\nrate_weight 0")
    assert snnc.parse(text).diagnostics == ()


@pytest.mark.parametrize(
    ("phases", "setting", "meant"),
    [
        ("smooth, scale, spikes", {"aware": False}, ("smooth", "scale")),
        ("smooth, scale", {"aware": True}, ("smooth", "scale")),
        ("smooth", {"phases": ["smooth", "aware"]}, ("smooth", "spikes")),
        ("smooth, spikes", {"rate_weight": 0.1}, ("smooth", "spikes")),
    ],
)
def test_settings_of_removed_words_are_read(
    phases: str, setting: dict[str, object], meant: tuple[str, ...]
) -> None:
    spec = snnc.parse(SPEC.format(f"phases [{phases}]")).replace(train=setting)
    assert [d.code for d in spec.diagnostics] == ["SNN225"]
    assert f"phases [{', '.join(meant)}]" in spec.text
    assert "aware" not in spec.text
    assert "rate_weight" not in spec.text
