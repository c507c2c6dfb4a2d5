"""What notebooks show of results: tables in HTML, and data frames."""

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snnc
from tests.support import ROOT
from tests.verbs.test_results import CLASSES, TRAINING, VALUES

DRIFT = ROOT / "specs/drift.snn"
FILTERS = {"c0.filters": [6, 8]}


def drift() -> snnc.Spec:
    return snnc.load(DRIFT)


def changes() -> snnc.Diff:
    return drift().replace(c0={"filters": 6}).changed_since(DRIFT)


def tensors() -> snnc.Weights:
    return snnc.weights({"a.<b>": np.array([[1, np.nan]], np.float32)})


SHOWN: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "fit": (lambda: drift().fit(4, patient=False), ["c0: filters 6", "4", "2116"]),
    "no fit": (lambda: drift().fit(1, patient=False), ["no change of filters"]),
    "sweep": (lambda: snnc.sweep(DRIFT, FILTERS), ["c0.filters", "drift: 2 variants"]),
    "diff": (changes, ["Layers", "c0.kernel", "3x3x3x2x8", "3x3x3x2x6"]),
    "same": (lambda: drift().changed_since(DRIFT), ["The same network."]),
    "weights": (tensors, ["a.&lt;b&gt;", "NaN", "2 values (1 not finite)"]),
    "limits": (snnc.limits, ["cores per chip", "128"]),
    "report": (lambda: drift().report(), ["<dt>cores</dt><dd>5</dd>"]),
    "classes": (
        lambda: CLASSES,
        ["98.0 %", "183 Hz", "in the readout gives 99.5 %"],
    ),
    "values": (lambda: VALUES, ["0.875", "<p>the error still falls"]),
    "training": (
        lambda: TRAINING,
        ["drift, trained in 71 s", "val_accuracy", "0.75", "kept weights", "0.85"],
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_result_is_shown_as_a_table_with_one_style_sheet(name: str) -> None:
    make, words = SHOWN[name]
    shown = make()._repr_html_()
    assert shown.startswith('<div class="snnc">')
    assert shown.count("<style>") == 1
    assert "<pre" not in shown
    assert "\\n" not in shown
    body = shown.partition("</style>")[2]
    assert len(re.findall("<div", body)) == len(re.findall("</div", body)) - 1
    for word in words:
        assert word in body


def test_a_report_says_why_a_network_does_not_fit() -> None:
    shown = drift().replace(c0={"filters": 512}).report()._repr_html_()
    problem = re.findall("<pre.*?</pre>", shown, re.DOTALL)
    assert len(problem) == 1
    assert "SNN406" in problem[0]
    assert "pre-wrap" in problem[0]
    assert "<code>hardware_options()</code>" in shown


def test_no_sentence_of_a_report_is_as_wide_as_its_table() -> None:
    assert "<caption" not in drift().report()._repr_html_()


FRAMES: dict[str, dict[str, Any]] = {
    "fit": {"change": "c0: filters 6", "cores": 4},
    "sweep": {"c0.filters": 6, "cores": 4},
    "report": {"name": "encode", "kind": "encode conv"},
    "diff": {
        "section": "weights",
        "name": "c0.kernel",
        "key": "shape",
        "new": "3x3x3x2x6",
    },
    "weights": {"name": "a.<b>", "nan": 1},
    "classes": {"name": "encode", "rate": 210.0},
    "training": {"phase": "smooth", "epochs": 2, "val_accuracy": 0.75},
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_is_a_data_frame(name: str) -> None:
    make, _ = SHOWN[name]
    frame = make().to_pandas()
    for column, value in FRAMES[name].items():
        assert frame[column][0] == value


def test_without_pandas_the_way_to_install_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        CLASSES.to_pandas()
