"""Derive advice from an evaluation, if the numbers support it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from snnc.text.tables import percent
from snnc.tools.evaluate.results import Interval, ScoreAtTime

if TYPE_CHECKING:
    from snnc.tools.evaluate.evaluation import Evaluation

ALIKE = 0.01  # the drop of accuracy, or fraction of an error, to ignore

CARRIED = """
the state carried over between examples {effect}: the previous example still affects a
decision, since the chip is not reset between examples. {ways} reduces this effect
"""
UNFILLED = """
from rest, {effect}: the layers may need a large part of `present` to settle, while
examples in a row start with settled layers
"""
FALLS = """
{worsens} with time, from {best} after {steps} steps: the layers settle at wrong values,
so a longer `present` does not help; {first}a longer `synapse` or a higher `rate` may
help in layers where `as Keras` falls
"""
BELOW = """
{settled} of Keras{before}: a longer `present` does not help; {first}a longer `synapse`
or a higher `rate` may help in layers where `as Keras` falls
"""
# Neurons with equal currents and equal initial voltages always spike in the same steps.
SPREAD = """
try `start spread` in {names} first, which does not change the weights;
"""
RISES = """
{improves} at the end of an example: a longer `present` may give a better result
"""
ENOUGH = """
a `present` of {steps} steps would be enough: later steps gain less than {little}
"""
READS = """
the same spikes allow a better readout: with `{reading}` in the readout, the result is
{found} {instead}; the weights stay the same
"""
SLACK = """
slack: a rate may be outside its budget by 5 %, or by one spike per example
"""
DEAD = """
never fires: {names}; check the data and the layers before, or train again
"""
MISSED = """
{missed} of {count} rate budgets not held: {names}. The training phase `scale` brings
rates within their budgets. For weights that were not trained in this phase, use `snnc
calibrate`. If rates still miss their budgets, a different budget (`rate`, `percentile`)
and new training may help
"""
CLASSIFIES = {
    "worsens": "accuracy falls",
    "settled": "accuracy has settled below the accuracy",
    "improves": "accuracy still rises",
    "little": "1 point",
}
REGRESSES = {
    "worsens": "the error grows",
    "settled": "the error has settled above the error",
    "improves": "the error still falls",
    "little": "1 % of the error",
}


def advice(result: Evaluation) -> list[str]:
    """Return sentences, one per topic."""
    matters = _carried_over, _readings, _time, _rates
    return [" ".join(text.split()) for each in matters for text in each(result)]


def _carried_over(result: Evaluation) -> Iterator[str]:
    """Describe how the state that carries over between examples affects results."""
    contrast = result.contrast
    if contrast is None or contrast.gain is None:
        return
    row, rest = contrast.row, contrast.rest
    if not result.classes and abs(row - rest) <= ALIKE * rest:
        return
    ways = "A longer `present` or a shorter `synapse`"
    if result.classes and result.decide != "last":
        ways = "`decide last`, a longer `present` or a shorter `synapse`"
    costs = f"raises the RMSE from {rest:.4g} to {row:.4g}"
    lacks = f"the RMSE is {rest:.4g} instead of {row:.4g}"
    if result.classes:
        points = f"{100 * abs(row - rest):.1f} points"
        between = _between(contrast.gain)
        costs = f"costs {points} ({between})"
        lacks = f"accuracy is {points} lower ({between})"
    if _is_carried(result):
        yield CARRIED.format(effect=costs, ways=ways)
    elif contrast.gain[0] > (ALIKE if result.classes else 0):
        yield UNFILLED.format(effect=lacks)


def _readings(result: Evaluation) -> Iterator[str]:
    """Suggest a better filter or decision for the readout."""
    better = [r for r in result.readings if r.gain and r.gain[0] > 0]
    if not better:
        return
    pick = max if result.classes else min
    best = pick(better, key=lambda reading: reading.value)
    more = abs(best.value - result.score.value)
    if more < _little(result) or best.gain is None:
        return
    ways = f"decide {best.decide}"
    if best.synapse is not None:
        ways += f", synapse {1000 * best.synapse:g} ms"
    instead = f"instead of {result.score.value:.4g}"
    if result.classes:
        instead = f"({100 * more:.1f} points more, {_between(best.gain)})"
    yield READS.format(
        reading=ways, found=_write_score(result, best.value), instead=instead
    )


def _time(result: Evaluation) -> Iterator[str]:
    """Describe the effect of longer or shorter examples.

    If the result gets worse during an example, or stays worse than in Keras, the
    network settles in a wrong steady state, which more time does not fix.
    """
    early = {m: _gain(result, m.gain) for m in result.over_time if m.gain}
    if not early:
        return
    words = CLASSIFIES if result.classes else REGRESSES
    moments, little, loss = [*early], _little(result), result.score.loss
    noise = 0.0 if result.classes else little  # an error always varies over time
    least, most = early[moments[-1]]
    names = ", ".join(f"`{name}`" for name in result.resting)
    first = f"{SPREAD.format(names=names).strip()} " if names else ""
    if falls := [moment for moment, gain in early.items() if gain[1] < -noise]:
        pick = max if result.classes else min
        best = pick(falls, key=lambda moment: moment.value)
        value = _write_score(result, best.value)
        yield FALLS.format(**words, best=value, steps=best.steps, first=first)
    elif least > noise:
        if loss is None or loss[0] > 0:
            yield RISES.format(**words)
    elif _is_carried(result):
        return  # the length of an example also affects how much state carries over
    elif loss and loss[0] > max(most, little) and _levels_off(result, moments):
        before = "" if result.score.before is None else " before `spikes`"
        yield BELOW.format(**words, first=first, before=before)
    elif alike := [*takewhile(lambda m: early[m][1] <= little, reversed(moments))]:
        yield ENOUGH.format(**words, steps=alike[-1].steps)


def _write_score(result: Evaluation, value: float) -> str:
    return percent(value) if result.classes else f"an RMSE of {value:.4g}"


def _little(result: Evaluation) -> float:
    """Return the difference of scores to ignore: 1 % accuracy, or 1 % of the error."""
    return ALIKE if result.classes else ALIKE * result.score.value


def _levels_off(result: Evaluation, early: list[ScoreAtTime]) -> bool:
    """Return whether the last quarter gains no more than the previous quarter."""
    values = [*(moment.value for moment in early), result.score.value]
    gains = [abs(after - before) for before, after in pairwise(values)]
    return gains[-1] <= max([_little(result), *gains[-2:-1]])


def _is_carried(result: Evaluation) -> bool:
    """Return whether the state that carries over reduces accuracy."""
    gain = None if result.contrast is None else result.contrast.gain
    return gain is not None and gain[1] < 0


def _rates(result: Evaluation) -> Iterator[str]:
    if any(layer.verdict == "tolerated" for layer in result.layers):
        yield SLACK
    if dead := [layer.name for layer in result.layers if layer.silent == 1]:
        yield DEAD.format(names=", ".join(dead))
    elif missed := result.missed:
        names = ", ".join(missed)
        yield MISSED.format(missed=len(missed), count=len(result.layers), names=names)


def _gain(result: Evaluation, gain: Interval) -> Interval:
    """Return how much later steps improve accuracy or the RMSE.

    To first order, the RMSE decreases by the decrease of the mean square error, divided
    by twice the RMSE.
    """
    if result.classes or not result.score.value:
        return gain
    twice = 2 * result.score.value
    return gain[0] / twice, gain[1] / twice


def _between(interval: Interval) -> str:
    low, high = sorted(abs(100 * bound) for bound in interval)
    return f"95 % interval {low:.1f} to {high:.1f}"
