"""Advice that follows from an evaluation, where the numbers support it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from snnc.text.tables import percent
from snnc.tools.evaluate.results import Interval, Moment

if TYPE_CHECKING:
    from snnc.tools.evaluate.evaluation import Evaluation

ALIKE = 0.01  # the drop of accuracy, or growth of an error, to ignore

CARRIED = """
the state that is carried over costs {apart}: an example is decided while the
one before it still shows, and the chip is not reset between examples. {ways}
lets go of it
"""
UNFILLED = """
from rest {apart} would be lost: the layers take a good part of `present` to
fill, and examples in a row find them filled
"""
FALLS = """
accuracy falls with time, from {best} after {steps} steps: what the layers
settle at is wrong, which a longer `present` does not fix; {first}a longer
`synapse` or a higher `rate` may, where `as Keras` falls
"""
BELOW = """
accuracy has settled below the accuracy of Keras{before}: a longer `present`
does not help; {first}a longer `synapse` or a higher `rate` may, where `as
Keras` falls
"""
# Neurons with equal currents and equal initial voltages spike in step forever.
SPREAD = """
try `start spread` in {names} first, with which the weights stay as they are;
"""
RISES = """
accuracy still rises at the end of an example: a longer `present` may decide
better
"""
ENOUGH = """
a `present` of {steps} steps would do: those after them bring less than 1 point
"""
READS = """
read otherwise, the same spikes decide better: `{reading}` in the readout gives
{found}, {more:.1f} points more ({between}); the weights stay as they are
"""
SLACK = """
slack: a rate may be out of its budget by 5 %, or by one spike an example
"""
DEAD = """
never fires: {names}; look at the data and the layers before, or train again
"""
MISSED = """
{missed} of {count} rate budgets not held: give those layers a wider `rate` and
train again, or scale weights from elsewhere by `snnc calibrate`
"""


def advice(result: Evaluation) -> list[str]:
    """Return sentences, one per topic."""
    matters = _carried_over, _readings, _time, _rates
    return [sentence for each in matters for sentence in each(result)]


def _carried_over(result: Evaluation) -> Iterator[str]:
    """Describe the effect of the state that carries over between examples."""
    contrast = result.contrast
    if contrast is None or contrast.gain is None:
        return
    row, rest = contrast.row, contrast.rest
    if not result.classes and abs(row - rest) <= ALIKE * rest:
        return
    apart = f"accuracy (RMSE {row:.4g}, from rest {rest:.4g})"
    ways = "A longer `present` or a shorter `synapse`"
    if result.classes:
        points = 100 * abs(row - rest)
        apart = f"{points:.1f} points ({_between(contrast.gain)})"
        ways = "`decide last`, a longer `present` or a shorter `synapse`"
    if _is_carried(result):
        yield CARRIED.format(apart=apart, ways=ways)
    elif contrast.gain[0] > 0:
        yield UNFILLED.format(apart=apart)


def _readings(result: Evaluation) -> Iterator[str]:
    """Describe a better way for the readout to read its spikes."""
    better = [r for r in result.readings if r.gain and r.gain[0] > 0]
    if not better or not result.classes:
        return
    best = max(better, key=lambda reading: reading.value)
    more, gain = best.value - result.score.value, best.gain
    if more >= ALIKE and gain:
        ways = f"decide {best.decide}"
        if best.synapse is not None:
            ways += f", synapse {1000 * best.synapse:g} ms"
        numbers = {"more": 100 * more, "between": _between(gain)}
        yield READS.format(reading=ways, found=percent(best.value), **numbers)


def _time(result: Evaluation) -> Iterator[str]:
    """Describe the effect of longer or shorter examples.

    If accuracy falls during an example or stays below Keras's, the network settles in a
    wrong steady state, which more time does not fix.
    """
    early = [m for m in result.over_time if m.gain is not None]
    if not early or not result.classes:
        return
    last = _gain(early[-1])
    if falls := [moment for moment in early if _gain(moment)[1] < 0]:
        best = max(falls, key=lambda moment: moment.value)
        accuracy, first = percent(best.value), _first(result)
        yield FALLS.format(best=accuracy, steps=best.steps, first=first)
    elif last[0] > 0:
        if _lacks(result):
            yield RISES
    elif _is_carried(result):
        return  # other lengths would change how much carries over
    elif _settled_below(result, last):
        before = "" if result.score.before is None else " before `spikes`"
        yield BELOW.format(first=_first(result), before=before)
    elif alike := _alike(early):
        yield ENOUGH.format(steps=alike[-1].steps)


def _first(result: Evaluation) -> str:
    """Return what to try first if layers settle at wrong values."""
    names = ", ".join(f"`{name}`" for name in result.resting)
    return f"{SPREAD.format(names=names).strip()} " if names else ""


def _settled_below(result: Evaluation, last: Interval) -> bool:
    """Return whether more time cannot close the gap to Keras.

    A curve that levels off gains no more in one quarter than in the previous one.
    """
    loss = result.score.loss
    return loss is not None and loss[0] > max(last[1], ALIKE)


def _lacks(result: Evaluation) -> bool:
    """Return whether accuracy is below Keras's, or Keras's is unknown."""
    loss = result.score.loss
    return loss is None or loss[0] > 0


def _is_carried(result: Evaluation) -> bool:
    """Return whether the state that carries over costs accuracy."""
    gain = None if result.contrast is None else result.contrast.gain
    return gain is not None and gain[1] < 0


def _alike(early: list[Moment]) -> list[Moment]:
    """Return the last moments as good as the end, in reverse order."""
    alike: list[Moment] = []
    for moment in reversed(early):
        if _gain(moment)[1] > ALIKE:
            break
        alike.append(moment)
    return alike


def _rates(result: Evaluation) -> Iterator[str]:
    if any(layer.verdict == "tolerated" for layer in result.layers):
        yield SLACK
    if dead := [layer.name for layer in result.layers if layer.silent == 1]:
        yield DEAD.format(names=", ".join(dead))
    elif missed := len(result.missed):
        yield MISSED.format(missed=missed, count=len(result.layers))


def _gain(moment: Moment) -> Interval:
    assert moment.gain is not None
    return moment.gain


def _between(interval: Interval) -> str:
    low, high = sorted(abs(100 * bound) for bound in interval)
    return f"95 % interval {low:.1f} to {high:.1f}"
