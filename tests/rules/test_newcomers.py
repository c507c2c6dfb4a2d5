"""Habits from Keras, PyTorch and Python: one message each, which says what to write."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostic
from snnc.language.keywords import RESERVED
from snnc.source import SourceFile
from snnc.tools.autofix import autofix
from tests.rules.checking import check_text
from tests.rules.test_mistakes import GOOD

SPEC = GOOD["newcomers"].read_text(encoding="utf-8")
YAML = GOOD["yaml"].read_text(encoding="utf-8")
CONV = "  conv2d c0 { filters 8, kernel 3 }"


def only(text: str) -> Diagnostic:
    (diagnostic,) = check_text(text).diagnostics
    return diagnostic


def test_a_program_that_begins_with_an_assignment_has_no_edition() -> None:
    found = only("# The network.\nmodel = Sequential([\n    Dense(10),\n])\n")
    assert (found.code, found.span.text) == ("SNN109", "model")


def test_statements_in_the_block_of_an_unknown_one_are_read() -> None:
    block = "    conv2d c1 { filters 8 }\n    conv2d c2 { filters @ }\n  }"
    lines = f"{CONV}\n  stage s {{\n{block}\n  conv2d c3 from c1 {{ filters 8 }}"
    found = check_text(SPEC.replace(CONV, lines)).diagnostics
    assert [d.span.text for d in found] == ["stage", "@"]


def test_the_edition_of_a_yaml_file_is_mended() -> None:
    fixed = autofix(SourceFile("a.yaml", YAML.removeprefix("snn: 1\n")))
    assert fixed.source.text.startswith("snn: 1\n")
    assert fixed.report.diagnostics == ()


@pytest.mark.parametrize(("text", "name"), [(YAML, "a.snn"), (SPEC, "a.yaml")])
def test_the_other_notation_is_one_message(text: str, name: str) -> None:
    assert [d.code for d in check_text(text, name).diagnostics] == ["SNN127"]


@pytest.mark.parametrize("sign", ["snnc allow", "SNNC: allow", "snnc: Allow"])
def test_an_allowance_in_another_spelling_is_told(sign: str) -> None:
    text = SPEC.replace(CONV, f"  # {sign} SNN502 why\n{CONV}")
    assert only(text).code == "SNN144"


def test_channels_first_is_one_message_where_a_layer_does_not_fit() -> None:
    found = only(SPEC.replace("28x28x1", "3x32x32"))
    assert found.code == "SNN301"
    assert "for a channels-last shape, write `32x32x3`" in found.render_help()


def test_a_dense_layer_at_the_end_is_told_to_be_the_readout() -> None:
    text = SPEC.replace("readout digit { classes 10 }", "dense out { units 10 }")
    assert "`readout out { classes 10 }` instead of `dense out`" in (
        only(text).render_help()
    )


def test_several_branches_miss_the_channels_once() -> None:
    both = f"{CONV}\n  conv2d c1 from e {{ filters 8 }}\n  add from c0, c1"
    found = only(SPEC.replace(CONV, both).replace("28x28x1", "28x28"))
    assert found.code == "SNN312"


@pytest.mark.parametrize(
    "name", ["relu", "flatten", "dropout", "gru", "Conv2D", "events"]
)
def test_words_of_other_libraries_may_be_names(name: str) -> None:
    assert name not in RESERVED
    assert check_text(SPEC.replace("c0", name)).diagnostics == ()


def test_a_program_is_named_as_python_imports_it() -> None:
    (found,) = check_text("import tensorflow as tf\n", "nets/small.py").diagnostics
    assert "`snnc import nets.small:FUNCTION`" in found.render_help()


def test_shapes_are_not_blamed_for_what_broken_defaults_may_have_said() -> None:
    good = SPEC.replace("20..150 Hz", "20..150 Hz, padding same")
    good = good.replace(CONV, f"{CONV}\n  conv2d c1 {{ filters 8, shortcut c0 }}")
    assert check_text(good).diagnostics == ()
    assert only(good.replace("150 Hz, p", "150, p")).code == "SNN207"


def test_who_reads_a_layer_without_its_name_is_not_blamed() -> None:
    read = SPEC.replace("dense d0 {", "dense d0 from c0 {").replace("c0 {", "{", 1)
    assert only(read).code == "SNN212"


def test_no_word_that_can_be_no_name_is_offered() -> None:
    wrong = SPEC.replace("c0 {", "größe {").replace("d0 {", "d0 from c0 {")
    _, unknown = check_text(wrong).diagnostics
    assert unknown.render_help() == "write `e` or `s0`, which can be read here"
