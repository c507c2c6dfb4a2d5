"""Scores, rates and spans."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.evaluate.json import document
from snnc.evaluate.part import Part, spans_left
from snnc.evaluate.result import Layer, Moment, Result, Score, Work
from snnc.evaluate.score import interval, score
from snnc.evaluate.sums import percentile, within
from snnc.evaluate.text import table

counts = st.lists(st.integers(0, 20), min_size=1, max_size=50)


@given(counts, st.floats(0, 100))
def test_percentiles_are_numpys(values: list[int], q: float) -> None:
    seen = np.bincount(values)
    assert percentile(seen, q) == pytest.approx(np.percentile(values, q), abs=1e-9)


def test_the_interval_is_wilsons() -> None:
    # E. B. Wilson's formula, worked out for 196 of 200.
    assert interval(196, 200) == pytest.approx((0.94971, 0.99220), abs=1e-5)
    assert interval(3, 3)[1] == 1.0


def test_classes_are_scored_by_shares() -> None:
    outputs = np.eye(3)[[0, 1, 2, 0]]
    keras = np.eye(3)[[0, 1, 1, 1]]
    found = score(outputs, np.array([0, 1, 1, 2]), keras, classifies=True)
    assert (found.value, found.keras, found.agreement) == (0.5, 0.75, 0.5)
    assert found.interval == interval(2, 4)


def test_values_are_scored_by_their_errors() -> None:
    found = score(
        np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]), np.zeros((2, 1)), False
    )
    assert found.value == pytest.approx(2**0.5)
    assert (found.keras, found.agreement) == (1.0, pytest.approx(5**0.5))
    assert found.interval is None


def test_budgets_hold_within_a_spike_or_5_percent() -> None:
    assert within(166.6, 20, 150, seconds=0.06)
    assert not within(166.8, 20, 150, seconds=0.06)
    assert within(157, 20, 150, seconds=1)
    assert not within(158, 20, 150, seconds=1)
    assert not within(18, 20, 150, seconds=1)


def part(start: int, stop: int) -> Part:
    nothing = np.zeros(0)
    return Part(start, stop, nothing, {}, {}, nothing.astype(int), 1)


@given(st.sets(st.integers(1, 59), max_size=8), st.data(), st.integers(1, 9))
def test_spans_fill_what_is_missing(
    cuts: set[int], data: st.DataObject, size: int
) -> None:
    edges = [0, *sorted(cuts), 60]
    done = [
        part(start, stop) for start, stop in pairwise(edges) if data.draw(st.booleans())
    ]
    spans = spans_left(done, 60, size)
    assert all(0 < stop - start <= size for start, stop in spans)
    examples = [i for start, stop in spans for i in range(start, stop)]
    examples += [i for p in done for i in range(p.start, p.stop)]
    assert sorted(examples) == list(range(60))
    assert spans == sorted(spans)


LAYERS = (
    Layer("encode", 0, 250, 99.9, 210.0, True, 2600.0, 0.5, 0.0, 0.99712),
    Layer("c0", 20, 150, 99.9, 183.3, False, 924.4, 0.0, 0.0013, None),
    Layer("d0", 20, 150, 90, 3.2, False, None, None, None, None),
)
CLASSES = Result(
    network="drift",
    simulator="exact",
    presentation="rest",
    examples=200,
    steps=60,
    classifies=True,
    score=Score(0.98, (0.9497, 0.9922), 0.995, 0.985),
    over_time=(Moment(15, 0.125), Moment(30, 0.5), Moment(60, 0.98)),
    layers=LAYERS,
    spikes=3927.2,
    work=Work(160_020.3, 16.9e-6),
    clipped=0.004,
    overflows=(3, 0, 12),
    cores=5,
    seconds=1.24,
)
VALUES = Result(
    network="ripples",
    simulator="keras",
    presentation=None,
    examples=1,
    steps=None,
    classifies=False,
    score=Score(0.12345, None, None, None),
    over_time=(),
    layers=(),
    spikes=None,
    work=None,
    clipped=None,
    overflows=None,
    cores=None,
    seconds=0.1,
)
ROW = Result(
    network="ripples",
    simulator="loihi",
    presentation="row",
    examples=2,
    steps=20,
    classifies=False,
    score=Score(0.12345, None, None, None),
    over_time=(Moment(20, 0.12345),),
    layers=LAYERS[:1],
    spikes=None,
    work=None,
    clipped=0.0,
    overflows=(0, 0, 0),
    cores=5,
    seconds=0.1,
)


def test_the_words() -> None:
    texts = [table(result) for result in (CLASSES, VALUES, ROW)]
    texts += [json.dumps(document(r), indent=1) for r in (CLASSES, VALUES)]
    text = "\n----\n".join(texts) + "\n"
    golden = Path(__file__).parent / "results.txt"
    if os.environ.get("SNNC_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_layer_that_never_fires_is_named() -> None:
    dead = Layer("c0", 20, 150, 99.9, 0.0, False, 0.0, 1.0, 0.0, None)
    told = table(replace(CLASSES, layers=(*LAYERS, dead))).splitlines()[-1]
    assert told.startswith("never fires: c0; look at the data")
