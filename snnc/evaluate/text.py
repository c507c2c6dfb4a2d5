"""An evaluation as a table for people."""

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
COLUMNS = ("layer", "percentile", "rate", "budget", "spikes", "")


def table(result: Result) -> str:
    """What was decided, what it took, and how fast each layer fired."""
    steps = f" of {result.steps} steps" if result.steps else ""
    examples = f"{counted(result.examples, 'example')}{steps}"
    how = HOW[result.presentation]
    lines = [f"{result.network} on {result.simulator}, {examples}{how}", ""]
    lines += _aligned([*_scores(result), *_facts(result)], "<<")
    if result.layers:
        rows = [COLUMNS, *map(_layer, result.layers)]
        lines += ["", *_aligned(rows, "<>>>><"), *_broken(result)]
    return "\n".join(lines)


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
    if result.spikes is not None:
        facts.append(("spikes an example", human(result.spikes)))
    if result.clipped is not None:
        facts.append(("encoder values clipped", _percent(result.clipped)))
    if result.overflows is not None:
        facts.append(("overflows", _overflows(result.overflows)))
    if result.cores is not None:
        facts.append(("cores", str(result.cores)))
    return [*facts, ("seconds", f"{result.seconds:.1f}")]


def _overflows(found: Sequence[int]) -> str:
    if not any(found):
        return "none"
    pairs = zip(OVERFLOWS, found, strict=True)
    told = ", ".join(f"{number} of the {name}" for name, number in pairs if number)
    return f"{told}: values wrapped around"


def _layer(layer: Layer) -> Cells:
    above, below = layer.rate - layer.high, layer.low - layer.rate
    miss = f"{above:.0f} Hz above" if above > 0 else f"{below:.0f} Hz below"
    return (
        layer.name,
        f"{layer.percentile:g}",
        f"{layer.rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        "" if layer.spikes is None else human(layer.spikes),
        "" if layer.holds else f"not held, {miss}",
    )


def _broken(result: Result) -> list[str]:
    broken = sum(not layer.holds for layer in result.layers)
    if not broken:
        return []
    count = f"{broken} of {len(result.layers)} rate budgets"
    return ["", f"{count} not held: raise rate_weight in the spec and train again"]


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
