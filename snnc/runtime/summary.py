# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What an evaluation found, as tables for people."""

from __future__ import annotations

from .results import REGISTERS, LayerResult, Result, Score
from .tables import aligned, counted, human, percent

Row = tuple[str, ...]

PRESENTED = {
    "rest": ", each from rest",
    "row": ", one after another with the state carried over",
    None: "",
}
MODELS = {
    "smooth": " (smooth rates)",
    "aware": " (aware of the chip's rates)",
    None: "",
}
RATES = ("layer", "percentile", "rate", "budget", "")
SPIKES = ("layer", "spikes", "silent", "saturated", "as Keras")


def text(result: Result) -> str:
    """Say what was decided, what it took, and how each layer fired."""
    steps = f" of {result.steps} steps" if result.steps else ""
    examples = f"{counted(result.examples, 'example')}{steps}"
    presented = PRESENTED[result.presentation]
    head = f"{result.network} on {result.simulator}, {examples}{presented}"
    lines = [head, "", *aligned([*_scores(result), *_facts(result)], "<<")]
    if result.over_time:
        moments = ">" * len(result.over_time)
        lines += ["", *aligned(_over_time(result), f"<{moments}")]
    if result.layers:
        rates, spikes = map(_rate, result.layers), map(_spikes, result.layers)
        lines += ["", *aligned([RATES, *rates], "<>>><")]
        lines += ["", *aligned([SPIKES, *spikes], "<>>>>")]
    return "\n".join([*lines, *_advice(result)])


def _scores(result: Result) -> list[Row]:
    of = _of_classes if result.classes else _of_values
    rows = of(result.score)
    return rows[:1] if result.simulator == "keras" else rows


def _of_values(score: Score) -> list[Row]:
    model = MODELS[score.model]
    return [
        ("RMSE", _number(score.value)),
        ("RMSE of Keras", f"{_number(score.keras)}{model}"),
        ("RMS difference to Keras", _number(score.agreement)),
    ]


def _of_classes(score: Score) -> list[Row]:
    low, high = (f"{100 * bound:.1f}" for bound in score.interval or ())
    model = MODELS[score.model]
    within = f"95 % interval {low} to {high} %"
    return [
        ("accuracy", f"{_percent(score.value)}, {within}"),
        ("accuracy of Keras", f"{_percent(score.keras)}{model}"),
        ("agreement with Keras", _percent(score.agreement)),
    ]


def _facts(result: Result) -> list[Row]:
    """Return what the simulator tells."""
    facts: list[Row] = []
    if result.clipped is not None:
        facts.append(("encoder values clipped", _percent(result.clipped)))
    if result.spikes is not None:
        facts.append(("spikes an example", human(result.spikes)))
    if result.work is not None:
        operations = human(result.work.synaptic_operations)
        facts.append(("operations an example", operations))
        energy = human(result.work.energy_joules, "J")
        facts.append(("energy an example", energy))
    if result.cores is not None:
        facts.append(("cores", str(result.cores)))
    if result.overflows is not None:
        facts.append(("overflows", _overflows(result.overflows)))
    if result.seconds is not None:
        facts.append(("seconds", f"{result.seconds:.1f}"))
    return facts


def _overflows(found: tuple[int, ...]) -> str:
    if not any(found):
        return "none"
    pairs = zip(REGISTERS, found, strict=True)
    told = [f"{number} of the {name}" for name, number in pairs if number]
    return f"{', '.join(told)}: values wrapped around"


def _over_time(result: Result) -> list[Row]:
    name, write = "RMSE", _number
    if result.classes:
        name, write = "accuracy", _percent
    return [
        ("presented for", *(f"{m.steps} steps" for m in result.over_time)),
        (name, *(write(moment.value) for moment in result.over_time)),
    ]


def _rate(layer: LayerResult) -> Row:
    above, below = layer.rate - layer.high, layer.low - layer.rate
    apart = f"{above:.0f} Hz above" if above > 0 else f"{below:.0f} Hz below"
    told = {"missed": f"not held, {apart}", "tolerated": f"{apart}, tolerated"}
    return (
        layer.name,
        f"{layer.percentile:g}",
        f"{layer.rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        told.get(layer.verdict, ""),
    )


def _spikes(layer: LayerResult) -> Row:
    alike = layer.correlation
    return (
        layer.name,
        human(layer.spikes),
        _percent(layer.silent),
        _percent(layer.saturated),
        "-" if alike is None else f"{alike:.3f}",
    )


def _advice(result: Result) -> list[str]:
    lines = []
    if any(layer.verdict == "tolerated" for layer in result.layers):
        slack = "out of its budget by at most 5 % or one spike an example"
        lines += ["", f"tolerated: {slack}"]
    if dead := [layer.name for layer in result.layers if layer.silent == 1]:
        advice = "look at the data and the layers before, or train again"
        lines += ["", f"never fires: {', '.join(dead)}; {advice}"]
    elif result.missed:
        missed = f"{len(result.missed)} of {len(result.layers)} rate budgets"
        advice = "scale them by `snnc calibrate`, or train again"
        lines += ["", f"{missed} not held: {advice}"]
    return lines


def _number(value: float | None) -> str:
    return "needs TensorFlow" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    return "needs TensorFlow" if value is None else percent(value)
