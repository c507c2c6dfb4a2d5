"""What to do about what an evaluation found, where the numbers bear it."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.text.tables import percent
from snnc.tools.results import Interval, Moment, Result

ALIKE = 0.01  # what an accuracy may lose, or the share that an error may gain

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
settle at is wrong, which a longer `present` does not mend; {first}a longer
`synapse` or a higher `rate` may, where `as Keras` falls
"""
BELOW = """
accuracy has settled below the accuracy of Keras{before}: a longer `present`
does not help; {first}a longer `synapse` or a higher `rate` may, where `as
Keras` falls
"""
# Neurons that are driven alike and begin alike spike in step for good.
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


def advice(result: Result) -> list[str]:
    """Return sentences, each on a matter of its own."""
    matters = _carried_over, _readings, _time, _rates
    return [sentence for each in matters for sentence in each(result)]


def _carried_over(result: Result) -> Iterator[str]:
    """Say what the state does that one example leaves to the next."""
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


def _readings(result: Result) -> Iterator[str]:
    """Say how else the readout should read its spikes."""
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


def _time(result: Result) -> Iterator[str]:
    """Say what a longer or a shorter example would do.

    An accuracy that falls while an example lasts, or that stays below Keras's,
    is that of a steady state which is wrong: more time does not mend it.
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
        return  # a longer or a shorter example would carry over less or more
    elif _settled_below(result, last):
        before = "" if result.score.before is None else " before `spikes`"
        yield BELOW.format(first=_first(result), before=before)
    elif alike := _alike(early):
        yield ENOUGH.format(steps=alike[-1].steps)


def _first(result: Result) -> str:
    """Return what to try before all else where layers settle at the wrong."""
    names = ", ".join(f"`{name}`" for name in result.resting)
    return f"{SPREAD.format(names=names).strip()} " if names else ""


def _settled_below(result: Result, last: Interval) -> bool:
    """Tell whether time alone does not bring what is lost to Keras.

    A curve that levels off gains no more in a quarter than in the one before.
    """
    loss = result.score.loss
    return loss is not None and loss[0] > max(last[1], ALIKE)


def _lacks(result: Result) -> bool:
    """Tell whether accuracy is below Keras's, as far as that is known."""
    loss = result.score.loss
    return loss is None or loss[0] > 0


def _is_carried(result: Result) -> bool:
    """Tell whether accuracy is lost to the state that is carried over."""
    gain = None if result.contrast is None else result.contrast.gain
    return gain is not None and gain[1] < 0


def _alike(early: list[Moment]) -> list[Moment]:
    """Return the last moments that are as good as the end, backwards."""
    alike: list[Moment] = []
    for moment in reversed(early):
        if _gain(moment)[1] > ALIKE:
            break
        alike.append(moment)
    return alike


def _rates(result: Result) -> Iterator[str]:
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
