"""Mistakes, each seeded into a good spec, are each found once and in place.

Sixty of them in `.snn`; those in YAML are in `mistakes.py`.
"""

from __future__ import annotations

import pytest

from tests.rules import mistakes
from tests.rules.checking import check_text
from tests.rules.mistakes import Mistake
from tests.support import ROOT

GOOD = (ROOT / "specs/drift.snn").read_text(encoding="utf-8")

# Old text, new text and the code; the place is the line of the old text.
MISTAKES = [
    ("chips 1 }", "chips 0 }", "SNN206"),
    ("chips 1 }", "chip 1 }", "SNN203"),
    ("chips 1 }", "chips one }", "SNN205"),
    ("chips 1 }", "chips }", "SNN107"),
    ("chips 1 }", "chips 1", "SNN105"),
    ("chips 1 }", "chips 1 } }", "SNN106"),
    ("chips 1 }", "chips 1, chips 2 }", "SNN204"),
    ("chips 1 }", "chips 1, cores 500 }", "SNN407"),
    ("target loihi", "target lohi", "SNN201"),
    ("target loihi", "targt loihi", "SNN200"),
    ("dt 1 ms", "dt 1", "SNN207"),
    ("dt 1 ms", "dt 1 msec", "SNN208"),
    ("dt 1 ms", "dt 1 Hz", "SNN209"),
    ("dt 1 ms", "dt 1ms", "SNN102"),
    ("dt 1 ms", "dt = 1 ms", "SNN115"),
    ("present 60 ms", "present 60.5 ms", "SNN501"),
    ("present 60 ms", "presnt 60 ms", "SNN203"),
    ("rate 20..150 Hz }", "rate 150..20 Hz }", "SNN206"),
    ("rate 20..150 Hz }", "rate 20..150 }", "SNN207"),
    ("rate 20..150 Hz }", "rate 20 Hz }", "SNN205"),
    ("8x16x16x1 in", "8x16x16x1 on", "SNN100"),
    ("8x16x16x1 in", "in", "SNN215"),
    ("8x16x16x1 in", "8x0x16x1 in", "SNN206"),
    ("in 0..1", "in 0..255", "SNN502"),
    ("in 0..1", "in 1..0", "SNN206"),
    ("in 0..1", "in 0..1 as", "SNN100"),
    ("input clip", "input lambda", "SNN213"),
    ("input clip", "input __clip", "SNN213"),
    ("input clip", "input", "SNN212"),
    ("encode conv", "encode", "SNN202"),
    ("encode conv", "encode cnov", "SNN201"),
    ("conv3d c0 {", "conv3d {", "SNN212"),
    ("conv3d c0 {", "conv3 c0 {", "SNN200"),
    ("conv3d c0 {", "conv2d c0 {", "SNN300"),
    ("conv3d c0 {", "conv3d c0 from clpi {", "SNN250"),
    ("conv3d c0 {", "conv3d c0 4x4 {", "SNN216"),
    ("filters 8,", "", "SNN259"),
    ("filters 8,", "filtres 8,", "SNN203"),
    ("filters 8,", "filters 0,", "SNN206"),
    ("kernel 3, stride 1x2x2", "kernel 3, stride 1x2x2, dilation 2", "SNN314"),
    ("filters 8,", "filters 8, groups 3,", "SNN315"),
    ("filters 8,", "filters 8, padding some,", "SNN210"),
    ("filters 8,", "filters 8, neuron softmax,", "SNN901"),
    ("filters 8,", "filters 8, block 9x9,", "SNN402"),
    ("filters 8,", "filters 8, block 6x7x7x48,", "SNN404"),
    ("filters 8,", "filters 8, block 9x9x9x9,", "SNN403"),
    ("filters 8,", "filters 8, shortcut non,", "SNN250"),
    ("filters 8,", "filters 8, synapse 9 s,", "SNN503"),
    ("stride 1x2x2", "stride 1x2", "SNN302"),
    ("stride 1x2x2", "stride 1x2x", "SNN102"),
    ("kernel 3, stride 2", "kernel 15, stride 2", "SNN301"),
    ("kernel 3, stride 2", "kernel 2, stride 3", "SNN308"),
    ("conv3d c1", "conv3d c0", "SNN214"),
    ("conv3d c1", "lstm c1", "SNN909"),
    ("dropout 0.2", "dropout 1.5", "SNN206"),
    ("dropout 0.2", "dropout @", "SNN101"),
    ("classes 8", "classes 1", "SNN206"),
    ("classes 8", "classes 8, units 2", "SNN220"),
    ("classes 8", "classes [a, b, a]", "SNN221"),
    ("classes 8", "", "SNN211"),
    ("loss cross_entropy", "loss crossentropy", "SNN210"),
    ("optimizer adam", "optimizer adan", "SNN210"),
    ("learning_rate 1e-3", "momentum 0.9", "SNN203"),
    ("batch 64", "batch 0", "SNN206"),
    ("batch 64", "batch 123456789012345678901", "SNN114"),
    ('digit."', "digit.", "SNN103"),
    ("Eight directions", "\\Eight directions", "SNN104"),
]
# One mistake per line; none hides another.
TEN = (
    ("chips 1 }", "chips 0 }", "SNN206"),
    ("dt 1 ms", "dt 1 msec", "SNN208"),
    ("rate 20..150 Hz }", "rate 150..20 Hz }", "SNN206"),
    ("in 0..1", "in 0..255", "SNN502"),
    ("conv3d c0 {", "conv3 c0 {", "SNN200"),
    ("kernel 3, stride 2", "kernal 3, stride 2", "SNN203"),
    ("dropout 0.2", "dropout @", "SNN101"),
    ("classes 8", "classes [a, b, a]", "SNN221"),
    ("loss cross_entropy", "loss crossentropy", "SNN210"),
    ("batch 64", "batch 0", "SNN206"),
)


def seed_mistakes(*mistakes: tuple[str, str, str]) -> str:
    text = GOOD
    for right, wrong, _ in mistakes:
        assert right in text
        text = text.replace(right, wrong, 1)
    return text


def codes_and_lines(text: str) -> list[tuple[str, int]]:
    return [(d.code, d.span.first.line) for d in check_text(text).diagnostics]


def line_of(part: str) -> int:
    return GOOD[: GOOD.index(part)].count("\n") + 1


def test_the_spec_is_good_and_the_mistakes_are_many() -> None:
    assert codes_and_lines(GOOD) == []
    assert len(MISTAKES) >= 60
    assert len({code for _, _, code in MISTAKES}) >= 30


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: f"{m[2]}-{m[1]}")
def test_one_mistake_is_one_diagnostic_on_its_line(
    mistake: tuple[str, str, str],
) -> None:
    right, _, code = mistake
    assert codes_and_lines(seed_mistakes(mistake)) == [(code, line_of(right))]


def test_too_few_cores_are_said_at_the_layer_that_takes_most() -> None:
    mistake = ("chips 1 }", "cores 2 }", "SNN406")
    assert codes_and_lines(seed_mistakes(mistake)) == [
        ("SNN406", line_of("conv3d c0 {"))
    ]


def test_ten_mistakes_are_ten_diagnostics_in_order() -> None:
    expected = [(code, line_of(right)) for right, _, code in TEN]
    assert codes_and_lines(seed_mistakes(*TEN)) == expected


def in_yaml(right: str, wrong: str) -> str:
    assert right in mistakes.GOOD
    return mistakes.GOOD.replace(right, wrong, 1)


def found_in_yaml(text: str) -> list[tuple[str, int]]:
    diagnostics = check_text(text, "invalid.yaml").diagnostics
    return [(d.code, d.span.first.line) for d in diagnostics]


def place_of(mistake: Mistake) -> tuple[int, str]:
    """Return the start of the words of a mistake, and the words."""
    right, wrong, _, words = mistake
    assert words is not None
    return mistakes.GOOD.index(right) + wrong.rindex(words), words


WITH_WORDS = [m for m in mistakes.MISTAKES if m[3] is not None]
WITH_LINE = [m for m in mistakes.MISTAKES if m[3] is None]


def test_the_yaml_spec_is_good_and_the_mistakes_are_many() -> None:
    assert found_in_yaml(mistakes.GOOD) == []
    assert len(mistakes.MISTAKES) >= 60
    assert len({code for _, _, code, _ in mistakes.MISTAKES}) >= 30


@pytest.mark.parametrize("mistake", WITH_WORDS, ids=lambda m: f"{m[2]}-{m[1]}")
def test_one_mistake_in_yaml_is_one_diagnostic_under_its_words(
    mistake: Mistake,
) -> None:
    right, wrong, code, _ = mistake
    diagnostics = check_text(in_yaml(right, wrong), "invalid.yaml").diagnostics
    places = [(d.code, d.span.start, d.span.text) for d in diagnostics]
    assert places == [(code, *place_of(mistake))]


@pytest.mark.parametrize("mistake", WITH_LINE, ids=lambda m: f"{m[2]}-{m[1]}")
def test_one_mistake_in_yaml_is_one_diagnostic_on_its_line(mistake: Mistake) -> None:
    right, wrong, code, _ = mistake
    line = mistakes.GOOD[: mistakes.GOOD.index(right)].count("\n") + 1
    assert found_in_yaml(in_yaml(right, wrong)) == [(code, line)]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "phrase"), mistakes.HELPED, ids=lambda part: part
)
def test_help_in_yaml_says_what_to_write(
    right: str, wrong: str, code: str, phrase: str
) -> None:
    (found,) = check_text(in_yaml(right, wrong), "invalid.yaml").diagnostics
    assert found.code == code
    assert phrase in found.render_help()


@pytest.mark.parametrize(("right", "wrong", "code", "line"), mistakes.ELSEWHERE)
def test_what_is_missing_in_yaml_is_said_once(
    right: str, wrong: str, code: str, line: int
) -> None:
    assert found_in_yaml(in_yaml(right, wrong)) == [(code, line)]


@pytest.mark.parametrize(("text", "code", "line"), mistakes.WHOLE)
def test_a_yaml_file_that_is_no_spec_is_one_diagnostic(
    text: str, code: str, line: int
) -> None:
    assert found_in_yaml(text) == [(code, line)]
