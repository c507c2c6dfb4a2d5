"""A suppression keeps its effect, wherever the layout puts the comment."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.loihi.plan import PlanCache
from snnc.passes.parse import parse
from snnc.source import SourceFile
from snnc.syntax.files import print_document
from tests.fuzz.harness import fuzz

# A bar is where a line can end and a comment can be: between properties, before the
# first, after the last, and in lists.
SPEC = """\
snn 1
network net {|
timing {|dt 1 ms,|present 5 ms,|synapse 5 ms|}|
input image 12x12x2 in 0..255|
encode rate e {|start spread,|rate 20..400 Hz|}|
conv2d a {|filters 2,|padding same|}|
conv2d b {|filters 2,|padding same,|block 2x2x2|}|
conv2d c {|filters 2,|padding same,|shortcut a|}|
conv2d d {|filters 2,|shortcut b,|padding same|}|
add s from c, d|
readout y {|classes [cat,|dog]|}|
train {|batch 8,|optimizer adam {|learning_rate 0.01|}|}|
}|
"""
CACHE = PlanCache()  # the network is always the same
CODES = ("SNN309", "SNN409", "SNN502", "SNN509")
_REMARK = st.sampled_from(("# a remark", *(f"# snnc: allow {c} why" for c in CODES)))
_GAP = st.one_of(
    st.just(""),
    st.just(""),
    st.just("\n"),
    _REMARK.map(" {}\n".format),
    _REMARK.map("\n{}\n".format),
    st.tuples(_REMARK, _REMARK).map(lambda two: " {}\n\n {}\n".format(*two)),
)


def specs() -> st.SearchStrategy[str]:
    """Return specs with four warnings, and comments in a few places."""
    parts = SPEC.split("|")
    places = st.dictionaries(st.integers(0, len(parts) - 1), _GAP, max_size=6)
    return places.map(
        lambda gaps: "".join(
            part + gaps.get(i, " " if i < len(parts) - 1 else "")
            for i, part in enumerate(parts)
        )
    )


def count_codes(name: str, text: str) -> Counter[str]:
    report = Diagnostics()
    compile_spec(SourceFile(name, text), report, "place", cache=CACHE)
    return Counter(diagnostic.code for diagnostic in report.diagnostics)


def print_as(name: str, text: str, form: str) -> str:
    return print_document(parse(SourceFile(name, text), Diagnostics()), form)


def check_warnings(text: str) -> None:
    """Compare what is reported for a spec, as it is and in both notations."""
    before = count_codes("x.snn", text)
    yaml = print_as("x.snn", text, "yaml")
    back = print_as("x.yaml", yaml, "snn")
    printed = {
        "x.snn": {print_as("x.snn", text, "snn"), back, print_as("x.snn", back, "snn")},
        "x.yaml": {yaml, print_as("x.yaml", yaml, "yaml")},
    }
    for name, texts in printed.items():
        for other in texts:
            assert count_codes(name, other) == before, f"{text}\n{other}"


@pytest.mark.slow
@fuzz(50)
@given(specs())
def test_the_same_is_allowed_in_each_notation_and_layout(text: str) -> None:
    check_warnings(text)


@pytest.mark.parametrize(
    "layer",
    [
        "conv2d d { {}\nfilters 2, shortcut b\npadding same\n}",
        "conv2d d {\nfilters 2, shortcut b\npadding same } {}",
        "conv2d d { # a remark\nfilters 2, shortcut b\npadding same } {}",
        "conv2d d {\nfilters 2\npadding same\nshortcut b {}\n}",
        "conv2d d { filters 2, shortcut b, padding same\n{}\n}\n",
    ],
)
def test_a_comment_at_a_brace_allows_what_it_did(layer: str) -> None:
    allow = "# snnc: allow SNN309 why"
    statement = "conv2d d {|filters 2,|shortcut b,|padding same|}"
    text = SPEC.replace(statement, layer.replace("{}", allow)).replace("|", " ")
    check_warnings(text.replace("} add", "}\nadd"))


@pytest.mark.parametrize("end", ["}#", "} #"])
def test_a_comment_needs_no_blank_after_a_bracket(end: str) -> None:
    text = print_as("x.snn", SPEC.replace("|", " "), "yaml")
    allowed = text.replace("block: 2x2x2}", f"block: 2x2x2{end} snnc: allow SNN409 why")
    assert count_codes("x.yaml", text) - count_codes("x.yaml", allowed) == Counter(
        ["SNN409"]
    )
    for form in ("yaml", "snn"):
        assert "allow SNN409 why" in print_as("x.yaml", allowed, form)
