"""An evaluation as tables for people, as the package's ``evaluate.py`` lays it out."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.evaluate.result import OVERFLOWS, Layer, Result, Score
from snnc.report.units import counted, human

Cells = tuple[str, ...]
HOW = {
    "rest": ", each from rest",
    "row": ", one after another with the state carried over",
    None: "",
}
RATES = ("layer", "percentile", "rate", "budget", "")
SPIKES = ("layer", "spikes", "silent", "saturated", "as Keras")


def table(result: Result) -> str:
    """What was decided, what it took, and how each layer fired."""
    steps = f" of {result.steps} steps" if result.steps else ""
    examples = f"{counted(result.examples, 'example')}{steps}"
    how = HOW[result.presentation]
    lines = [f"{result.network} on {result.simulator}, {examples}{how}", ""]
    lines += _aligned([*_scores(result), *_facts(result)], "<<")
    if result.over_time:
        lines += ["", *_aligned(_over_time(result), "<" + ">" * len(result.over_time))]
    if result.layers:
        lines += ["", *_aligned([RATES, *map(_rate, result.layers)], "<>>><")]
        lines += ["", *_aligned([SPIKES, *map(_spikes, result.layers)], "<>>>>")]
    return "\n".join([*lines, *_broken(result)])


def _scores(result: Result) -> list[Cells]:
    rows = _of_classes(result.score) if result.classifies else _of_values(result.score)
    return rows[:1] if result.simulator == "keras" else rows


def _of_values(score: Score) -> list[Cells]:
    return [
        ("RMSE", _number(score.value)),
        ("RMSE of Keras", _number(score.keras)),
        ("RMS difference to Keras", _number(score.agreement)),
    ]


def _of_classes(score: Score) -> list[Cells]:
    assert score.interval is not None
    low, high = (f"{100 * bound:.1f}" for bound in score.interval)
    return [
        ("accuracy", f"{_percent(score.value)}, 95 % interval {low} to {high} %"),
        ("accuracy of Keras", _percent(score.keras)),
        ("agreement with Keras", _percent(score.agreement)),
    ]


def _facts(result: Result) -> list[Cells]:
    """Return what the simulator tells."""
    facts: list[Cells] = []
    if result.clipped is not None:
        facts.append(("encoder values clipped", _percent(result.clipped)))
    if result.spikes is not None:
        facts.append(("spikes an example", human(result.spikes)))
    if result.work is not None:
        operations = human(result.work.synaptic_operations)
        facts.append(("operations an example", operations))
        facts.append(("energy an example", human(result.work.energy_joules, "J")))
    if result.cores is not None:
        facts.append(("cores", str(result.cores)))
    if result.overflows is not None:
        facts.append(("overflows", _overflows(result.overflows)))
    return [*facts, ("seconds", f"{result.seconds:.1f}")]


def _overflows(found: Sequence[int]) -> str:
    if not any(found):
        return "none"
    pairs = zip(OVERFLOWS, found, strict=True)
    told = ", ".join(f"{number} of the {name}" for name, number in pairs if number)
    return f"{told}: values wrapped around"


def _over_time(result: Result) -> list[Cells]:
    name, write = ("accuracy", _percent) if result.classifies else ("RMSE", _number)
    return [
        ("presented for", *(f"{moment.steps} steps" for moment in result.over_time)),
        (name, *(write(moment.value) for moment in result.over_time)),
    ]


def _rate(layer: Layer) -> Cells:
    above, below = layer.rate - layer.high, layer.low - layer.rate
    miss = f"{above:.0f} Hz above" if above > 0 else f"{below:.0f} Hz below"
    return (
        layer.name,
        f"{layer.percentile:g}",
        f"{layer.rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        "" if layer.holds else f"not held, {miss}",
    )


def _spikes(layer: Layer) -> Cells:
    alike = layer.correlation
    return (
        layer.name,
        "-" if layer.spikes is None else human(layer.spikes),
        "-" if layer.silent is None else _percent(layer.silent),
        "-" if layer.saturated is None else _percent(layer.saturated),
        "-" if alike is None else f"{alike:.3f}",
    )


def _broken(result: Result) -> list[str]:
    if dead := [layer.name for layer in result.layers if layer.silent == 1]:
        advice = "look at the data and the layers before, or train again"
        return ["", f"never fires: {', '.join(dead)}; {advice}"]
    if not result.broken:
        return []
    count = f"{len(result.broken)} of {len(result.layers)} rate budgets"
    advice = "calibrate, or raise rate_weight and train again"
    return ["", f"{count} not held: {advice}"]


def _number(value: float | None) -> str:
    return "needs TensorFlow" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    return "needs TensorFlow" if value is None else f"{100 * value:.1f} %"


def _aligned(rows: Sequence[Cells], sides: str) -> list[str]:
    """Return rows as lines, each column aligned to its side, < or >."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, sides, widths, strict=True)
        padded = [f"{cell:{side}{width}}" for cell, side, width in cells]
        lines.append("  ".join(padded).rstrip())
    return lines
