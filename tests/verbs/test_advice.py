"""An evaluation gives advice only if the numbers support it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnc.results.evaluation import Evaluation
from snnc.results.scores import LayerResult
from snnc.results.statistics import LayerFiring
from snnc.runtime.network import Input, Layer, Network, Readout
from snnc.verbs.evaluate.measures import EvaluatedPart, result_of
from snnc.verbs.scores import compare_decisions, over_time, score
from snnc.views import evaluation as summary

NET = Network(
    "net", 1e-3, 0.1, Input("x", (1,), 0, 1), {}, Readout("y", 2, decide="last")
)
BASE = Evaluation(
    "net", "exact", "row", 1, 100, True, score(np.eye(2), np.arange(2), True)
)


def outputs(*shares: float, count: int = 1000) -> np.ndarray:
    """Return decisions, (moments, examples, units), with these shares right.

    A right decision stays right while the shares grow.
    """
    ranks = np.random.default_rng(0).permutation(count) / count
    right = np.stack([ranks < share for share in shares])
    return np.stack([~right, right], axis=-1).astype(float)


def judge(found: np.ndarray, y: np.ndarray, keras: np.ndarray) -> Evaluation:
    """Return the result of outputs after each quarter."""
    classes = y.ndim == 1
    return replace(
        BASE,
        classes=classes,
        examples=len(y),
        score=score(found[-1], y, classes, keras, "smooth"),
        over_time=over_time(found, y, classes, 100),
    )


def result(*shares: float, keras: float = 1.0, count: int = 1000) -> Evaluation:
    """Return a result of accuracies after each quarter; label 1 is right."""
    said = outputs(keras, count=count)[0]
    return judge(outputs(*shares, count=count), np.ones(count, int), said)


def said(template: str, **values: object) -> str:
    """Return advice to a classification as one line."""
    return " ".join(template.format(**values, **summary.CLASSIFIES).split())


WAYS = said(summary.WAYS)
SETTLED = said(summary.BELOW, ways=WAYS, before="")
FALLS = said(summary.FALLS, ways=WAYS)
RISES = said(summary.RISES)


def enough(steps: int) -> str:
    return said(summary.ENOUGH, steps=steps)


@pytest.mark.parametrize(
    ("shares", "more", "advised"),
    [
        ((0.1, 0.4, 0.8, 0.9), {}, [RISES]),
        ((0.1, 0.4, 0.8, 0.9), {"keras": 0.9}, []),  # nothing is left to gain
        ((0.1, 0.914, 0.8, 0.7), {}, [FALLS]),
        # A fall that the last two columns do not show.
        ((0.1, 0.9, 0.7, 0.7), {}, [FALLS]),
        ((0.1, 0.5, 0.7, 0.7), {}, [SETTLED]),
        ((0.1, 0.5, 0.7, 0.7), {"keras": 0.705}, [enough(75)]),
        ((0.1, 0.9, 0.9, 0.9), {"keras": 0.9}, [enough(50)]),
        # Within chance, but with too few examples to say that nothing changes.
        ((0.1, 0.5, 0.69, 0.7), {"keras": 0.7, "count": 100}, []),
        ((0.1, 0.7, 0.7, 0.7), {"keras": 0.7, "count": 100}, []),
        ((0.3, 0.325, 0.35, 0.4), {"count": 40}, []),  # it may be rising
    ],
)
def test_what_more_time_would_do(
    shares: tuple[float, ...], more: dict[str, Any], advised: list[str]
) -> None:
    assert summary.advice(result(*shares, **more)) == advised


def test_a_loss_is_told_of_keras_before_the_phase_spikes() -> None:
    """These weights decide in Keras no better than in spikes."""
    found, y = result(0.1, 0.5, 0.7, 0.7, keras=0.7), np.ones(1000, int)
    assert summary.advice(found) == [enough(75)]
    spikes, best = outputs(0.7, 1.0)
    before = score(spikes, y, True, spikes, "smooth", best)
    (told,) = summary.advice(replace(found, score=before))
    assert "below the accuracy of Keras before `spikes`: try more" in told


@pytest.mark.parametrize("shares", [(0.1, 0.9, 0.8, 0.7), (0.1, 0.5, 0.7, 0.7)])
def test_voltages_are_spread_first_where_layers_settle_at_the_wrong(
    shares: tuple[float, ...],
) -> None:
    (told,) = summary.advice(replace(result(*shares), resting=("e",)))
    assert told.endswith("try `start spread` in `e`, which does not change the weights")
    (told,) = summary.advice(result(*shares))
    assert told.endswith(f"try {WAYS}")
    up = summary.advice(replace(result(0.1, 0.4, 0.8, 0.9), resting=("e",)))
    assert up == [RISES]


def test_an_encoder_that_rests_is_known_of_its_network() -> None:
    layers = {
        "e": Layer((1,), (0.0, 250.0), encoder="conv"),
        "s": Layer((1,), (0.0, 250.0), encoder="conv", start="spread"),
        "d": Layer((1,), (20.0, 150.0)),
    }
    fired = LayerFiring.of(np.ones((2, 1), int))
    part = EvaluatedPart(
        0, 2, np.zeros((4, 2, 2)), np.zeros((2, 2)), dict.fromkeys(layers, fired)
    )
    net = replace(NET, layers=layers)
    y = np.zeros(2, int)
    result = result_of(net, part, y, simulator="exact", score=BASE.score)
    assert result.resting == ("e",)


def test_the_other_decision_is_told_where_it_is_better_by_more_than_chance() -> None:
    y = np.ones(1000, int)
    own, better = outputs(0.8, 0.85)
    found = replace(BASE, examples=1000, score=score(own, y, True))
    read = compare_decisions(NET, own, better, y)
    assert [each.value for each in read] == [0.85]
    (told,) = summary.advice(replace(found, readings=read))
    assert "`decide mean` in the readout gives 85.0 % (5.0 points more" in told
    few = compare_decisions(NET, own[:40], better[:40], y[:40])
    assert summary.advice(replace(found, readings=few)) == []
    worse = compare_decisions(NET, better, own, y)
    assert summary.advice(replace(found, readings=worse)) == []


def errors(*sizes: float) -> Evaluation:
    """Return a regression's result with so large an error after each quarter."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=(400, 1))
    noise = rng.normal(size=(400, 1))
    return judge(np.stack([y + size * noise for size in sizes]), y, y)


@pytest.mark.parametrize(
    ("sizes", "advised"),
    [
        ((0.8, 0.4, 0.2, 0.1), "the error still falls at the end of an example"),
        ((0.8, 0.1, 0.2, 0.3), "the error grows with time: try more updates"),
        ((0.8, 0.2, 0.2, 0.2), "the error has settled above the error of Keras"),
    ],
)
def test_a_regression_has_advice_on_time(
    sizes: tuple[float, ...], advised: str
) -> None:
    found = errors(*sizes)
    (told,) = summary.advice(found)
    assert advised in told
    if "settled" in advised:  # near to Keras, less time is enough
        alike = replace(found, score=replace(found.score, loss=(-0.01, 0.01)))
        (told,) = summary.advice(alike)
        assert told.startswith("a `present` of 50 steps would be enough")
        assert told.endswith("less than 1 % of the error")


def test_a_regression_has_advice_on_the_readout() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(400, 1))
    own, better = (y + size * rng.normal(size=(400, 1)) for size in (0.3, 0.2))
    net = replace(NET, readout=Readout("y", 1, decide="last", classes=False))
    read = compare_decisions(net, own, better, y)
    found = replace(BASE, classes=False, score=score(own, y, False), readings=read)
    (told,) = summary.advice(found)
    assert "in the readout gives an RMSE of 0.1864 instead of 0.3" in told


def test_there_are_at_most_three_sentences() -> None:
    y = np.ones(1000, int)
    own, better = outputs(0.8, 0.85)
    layer = LayerResult("d", 20, 150, 99.9, 1, "missed", (1, 1), 1, 0, 0, None)
    found = replace(
        result(0.1, 0.4, 0.7, 0.8),
        readings=compare_decisions(NET, own, better, y),
        layers=(layer, replace(layer, name="s", silent=1.0)),
    )
    assert len(summary.advice(found)) == 3
