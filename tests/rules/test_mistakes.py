"""Mistakes, each seeded into a good spec, are each found once and in place.

`mistakes/` has the code, the place, the words above the caret and the help of each.
``SNNC_ACCEPT=1`` rewrites them. Read each answer as a user who knows other libraries or
YAML, but not snnc.
"""

from pathlib import Path

import pytest

from tests.rules.checking import assert_cases_accepted, check_text
from tests.support import ROOT

FOLDER = Path(__file__).parent / "mistakes"
GOOD = {
    "drift": ROOT / "specs" / "drift.snn",
    "newcomers": FOLDER / "newcomers.snn",
    "yaml": FOLDER / "good.yaml",
}


def answer(text: str, name: str) -> list[str]:
    """Return what is said of a text with one mistake."""
    found = check_text(text, name).diagnostics
    assert len(found) == 1, (text, found)
    first = found[0].span.first
    under = found[0].span.text.replace("\n", "\\n")
    place = f"{found[0].code} {first.line}:{first.column} {under}"
    return [place, *found[0].help.split("\n")]


@pytest.mark.parametrize("name", GOOD)
def test_one_mistake_is_one_diagnostic_at_its_position(name: str) -> None:
    good = GOOD[name].read_text(encoding="utf-8")
    notation = f"invalid{GOOD[name].suffix}"
    assert check_text(good, notation).diagnostics == ()
    path = FOLDER / f"{name}.txt"
    assert_cases_accepted(path, good, lambda text: answer(text, notation))


# One mistake per line of `drift`; none hides another.
TEN = (
    ("chips 1 }", "chips 0 }", "SNN206"),
    ("dt 1 ms", "dt 1 msec", "SNN208"),
    ("rate 20..250 Hz }", "rate 250..20 Hz }", "SNN206"),
    ("in 0..1", "in 0..255", "SNN502"),
    ("conv3d c0 {", "conv3 c0 {", "SNN200"),
    ("kernel 3, stride 2", "kernal 3, stride 2", "SNN203"),
    ("dropout 0.2", "dropout @", "SNN101"),
    ("classes 8", "classes [a, b, a]", "SNN221"),
    ("loss cross_entropy", "loss crossentropy", "SNN210"),
    ("batch 64", "batch 0", "SNN206"),
)


def test_ten_mistakes_are_ten_diagnostics_in_order() -> None:
    good = text = GOOD["drift"].read_text(encoding="utf-8")
    expected = []
    for right, wrong, code in TEN:
        text = text.replace(right, wrong, 1)
        expected.append((code, good[: good.index(right)].count("\n") + 1))
    found = check_text(text).diagnostics
    assert [(d.code, d.span.first.line) for d in found] == expected


NEWCOMERS, YAML = (GOOD[name].read_text(encoding="utf-8") for name in list(GOOD)[1:])


@pytest.mark.parametrize(
    ("text", "name", "code", "help"),
    [
        (YAML, "a.snn", "SNN127", "`.yaml`"),
        (NEWCOMERS, "a.yaml", "SNN127", "`.snn`"),
        ("import keras\n", "nets/a.py", "SNN129", "`snnc import MODEL.keras`"),
    ],
)
def test_file_in_another_notation_is_one_message(
    text: str, name: str, code: str, help: str
) -> None:
    (found,) = check_text(text, name).diagnostics
    assert found.code == code
    assert help in found.help


def test_statements_in_the_block_of_an_unknown_one_are_read() -> None:
    layer = "  conv2d c0 { filters 8, kernel 3 }\n"
    block = "    conv2d c1 { filters 8 }\n    conv2d c2 { filters @ }\n  }\n"
    lines = f"{layer}  stage s {{\n{block}  conv2d c3 from c1 {{ filters 8 }}\n"
    found = check_text(NEWCOMERS.replace(layer, lines)).diagnostics
    assert [d.span.text for d in found] == ["stage", "@"]


def test_suggested_names_are_valid() -> None:
    wrong = NEWCOMERS.replace("c0 {", "größe {").replace("d0 {", "d0 from c0 {")
    _, unknown = check_text(wrong).diagnostics
    assert unknown.help == "write `e` or `s0`, which can be read here"


def test_words_of_other_libraries_may_be_names() -> None:
    names = ("image relu", "c0 flatten", "s0 gru", "d0 Conv2D", "digit dropout")
    text = NEWCOMERS.replace("conv e", "conv events")
    for old, new in map(str.split, names):
        text = text.replace(f" {old} ", f" {new} ")
    assert check_text(text).diagnostics == ()
