"""Arbitrary YAML structures end in diagnostics."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.driver import compile_spec
from snnc.language.keywords import HEADERS, KEYS, KINDS, REFUSED, UNITS
from snnc.source import SourceFile

GOOD: dict[str, Any] = {
    "snn": 1,
    "network": "net",
    "target": {"loihi": {"chips": 1}},
    "input": {"name": "image", "shape": "8x8x1", "in": "0..1"},
    "encode": {"conv": {"filters": 2}},
    "layers": [{"conv2d": {"name": "c0", "filters": 2}}, {"avgpool": {"window": 2}}],
    "readout": {"name": "y", "classes": 3},
    "train": {"loss": "focal", "optimizer": {"adam": {"learning_rate": 0.1}}},
}
WORDS = sorted(KINDS | KEYS | HEADERS | REFUSED | UNITS | {"layers", "name", "c0"})
NUMERALS = ("0..1", "..250 Hz", "5 ms", "3x3", "1e400", "-0", ".inf", "0x10", "9" * 20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from((*WORDS, *NUMERALS)),
)
NAMES = st.one_of(st.sampled_from(WORDS), st.text(max_size=5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=15,
)


def check(structure: Any) -> None:
    # JSON is YAML but for escapes of characters in halves.
    text = json.dumps(structure, ensure_ascii=False)
    report = Diagnostics()
    results = compile_spec(SourceFile("net.yaml", text), report, through="place")
    assert report.errors or results.mapped is not None
    assert render(report.diagnostics).count("\n") >= len(report.diagnostics)


@pytest.mark.slow
@settings(max_examples=150)
@given(VALUES)
def test_any_structure_gives_diagnostics(structure: Any) -> None:
    check(structure)


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data())
def test_any_change_of_a_good_spec_does(data: st.DataObject) -> None:
    spec = json.loads(json.dumps(GOOD))
    place: Any = spec
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(VALUES)
    if isinstance(place, dict):
        place[data.draw(NAMES)] = data.draw(VALUES)
    check(spec)
