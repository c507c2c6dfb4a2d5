"""An evaluation gives advice only if the numbers support it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from snnc.runtime.network import Input, Layer, Network, Readout
from snnc.tools.evaluate import summary
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.measures import EvaluatedPart, result_of
from snnc.tools.evaluate.results import CarryOverEffect
from snnc.tools.scores import LayerFiring, compare_readouts, contrast, over_time, score

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


SETTLED = said(summary.BELOW + summary.HELPS, first="", before="")
RISES = said(summary.RISES)


def enough(steps: int) -> str:
    return said(summary.ENOUGH, steps=steps)


def fall(best: str) -> str:
    return said(summary.FALLS + summary.HELPS, best=best, steps=50, first="")


@pytest.mark.parametrize(
    ("shares", "more", "advised"),
    [
        ((0.1, 0.4, 0.8, 0.9), {}, [RISES]),
        ((0.1, 0.4, 0.8, 0.9), {"keras": 0.9}, []),  # nothing is left to gain
        ((0.1, 0.914, 0.8, 0.7), {}, [fall("91.4 %")]),
        # A fall that the last two columns do not show.
        ((0.1, 0.9, 0.7, 0.7), {}, [fall("90.0 %")]),
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
    assert "below the accuracy of Keras before `spikes`: a longer" in told


@pytest.mark.parametrize("shares", [(0.1, 0.9, 0.8, 0.7), (0.1, 0.5, 0.7, 0.7)])
def test_voltages_are_spread_first_where_layers_settle_at_the_wrong(
    shares: tuple[float, ...],
) -> None:
    told = []
    for resting in [("e",), ()]:
        (one,) = summary.advice(replace(result(*shares), resting=resting))
        told.append(one)
    first = "try `start spread` in `e` first, which does not change the weights; "
    assert told[0].replace(first, "") == told[1] != told[0]
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
        0, 2, np.zeros((4, 2, 2)), np.zeros((3, 2, 2)), dict.fromkeys(layers, fired)
    )
    y, net = np.zeros(2, int), replace(NET, layers=layers)
    assert result_of(net, part, y, "exact", BASE.score).resting == ("e",)


def test_state_that_costs_is_told_and_is_not_a_steady_state() -> None:
    found = result(0.1, 0.5, 0.66, 0.66)
    y = np.ones(100, int)
    row, rest = outputs(0.66, 0.91, count=100)
    carried = replace(found, contrast=contrast(row, rest, y, True))
    (told,) = summary.advice(carried)
    assert "costs 25.0 points (95 % interval 15.9 to 33.1)" in told
    assert "`decide last`" in told
    (told,) = summary.advice(replace(found, contrast=contrast(rest, row, y, True)))[:1]
    assert "from rest, accuracy is 25.0 points lower (95 %" in told
    same = replace(found, contrast=contrast(row, row, y, True))
    assert summary.advice(same) == summary.advice(found) == [SETTLED]


def test_another_readout_is_told_where_it_is_better_by_more_than_chance() -> None:
    y = np.ones(1000, int)
    own, better, more, same = outputs(0.8, 0.85, 0.83, 0.8)
    found = replace(BASE, examples=1000, score=score(own, y, True))
    read = compare_readouts(NET, own, np.stack([better, more, same]), y)
    assert [each.value for each in read] == [0.85, 0.83, 0.8]
    (told,) = summary.advice(replace(found, readings=read))
    assert (
        "`decide mean, synapse 10 ms` in the readout, the result is 85.0 % (5.0" in told
    )
    few = compare_readouts(
        NET, own[:40], np.stack([better, more, same])[:, :40], y[:40]
    )
    assert summary.advice(replace(found, readings=few)) == []
    worse = compare_readouts(NET, better, np.stack([own, own, own]), y)
    assert summary.advice(replace(found, readings=worse)) == []


def test_values_are_compared_by_their_errors() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=(50, 2))
    near, far = (y + random.normal(scale=s, size=y.shape) for s in (0.1, 0.5))
    found: CarryOverEffect = contrast(far, near, y, False)
    assert found.gain is not None
    assert found.gain[1] < 0 < found.rest < found.row
    (told,) = summary.advice(replace(BASE, classes=False, contrast=found))
    assert "`decide last`" not in told
    assert contrast(far[:1], near[:1], y[:1], False).gain is None
    hardly: CarryOverEffect = contrast(y + 0.1001, y + 0.1, y, False)
    assert hardly.gain is not None
    assert hardly.gain[1] < 0
    assert summary.advice(replace(BASE, classes=False, contrast=hardly)) == []


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
        ((0.8, 0.1, 0.2, 0.3), "the error grows with time, from an RMSE of 0.1"),
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


def test_a_regression_has_advice_on_the_readout_and_carried_state() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(400, 1))
    own, better = (y + size * rng.normal(size=(400, 1)) for size in (0.3, 0.2))
    net = replace(NET, readout=Readout("y", 1, decide="last", classes=False))
    read = compare_readouts(net, own, np.stack([better, own, own]), y)
    found = replace(BASE, classes=False, score=score(own, y, False), readings=read)
    (told,) = summary.advice(found)
    assert "in the readout, the result is an RMSE of 0.1864 instead" in told
    assert "instead of 0.3" in told
    carried = replace(BASE, classes=False, contrast=contrast(own, better, y, False))
    (told,) = summary.advice(carried)
    assert "carried over between examples raises the RMSE from 0.1864" in told
    (told,) = summary.advice(replace(carried, contrast=contrast(better, own, y, False)))
    assert told.startswith("from rest, the RMSE is 0.3")
    assert "may need a large part of `present`" in told


def test_a_loss_from_rest_at_the_edge_of_chance_is_no_advice() -> None:
    y = np.ones(400, int)
    row, rest = outputs(0.85, 0.80, count=400)
    found = contrast(row, rest, y, True)
    assert found.gain is not None
    edge = replace(found, gain=(0.002, 0.08))
    assert summary.advice(replace(BASE, contrast=edge)) == []
