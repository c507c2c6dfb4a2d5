"""Format the result of an evaluation as text tables, and give advice.

Advice is given only if the numbers support it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise, takewhile
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from snnc.results.scores import REGISTERS, Interval, LayerResult, ScoreAtTime
from snnc.text.tables import Cells, TextTable, counted, human, joules, percent
from snnc.views.chip_time import time_rows
from snnc.views.document import (
    MARKUP,
    TEXT,
    Figure,
    Items,
    Part,
    Sentence,
    Table,
    Tile,
    Tiles,
    Title,
)

if TYPE_CHECKING:
    from snnc.results.evaluation import Evaluation
    from snnc.runtime.examples import Bounds, Verdict

WIDTH = 79

PRESENTED = {
    "rest": ", each from rest, unlike on the chip",
    "row": " in a row, with the state carried over",
    None: "",
}
MODELS = {"smooth": "", "imported": " (as imported)", None: ""}
MOST_CLASSES = 20  # the maximum number of classes or units in a table
RATES = ("layer", "percentile", "rate", "budget", "")
SPIKES = ("layer", "spikes", "silent", "saturated", "as Keras")
NEEDED = "needs TensorFlow"
_digits = "{:.3f}".format
_number = "{:.4g}".format


def document(result: Evaluation) -> Iterator[Part]:
    """Yield the score, the work, the activity of each layer, and advice."""
    yield Title(f"{result.network} on {result.simulator}", MARKUP)
    yield Title(heading(result), TEXT)
    yield Sentence(heading(result), MARKUP)
    facts = scores(result)
    yield Table(TextTable(facts, "<<"), TEXT)
    yield Tiles(tuple(_tile(name, value) for name, value in facts))
    for table in tables(result):
        yield Table(table)
    sentences = advice(result)
    yield from (Sentence(sentence, MARKUP) for sentence in sentences)
    if sentences:
        yield Items(tuple(_wrapped(sentences)), TEXT)
    yield from _figures(result)


def _figures(result: Evaluation) -> Iterator[Part]:
    """Yield the pictures of a run's measurements."""
    compares = any(layer.correlation is not None for layer in result.layers)
    for is_known, title, draw in (
        (result.over_time, "Accuracy and energy", result.plot_accuracy),
        (result.run and result.firing, "Rates", result.plot_rates),
        (
            result.run and result.firing,
            "Spikes of the first example",
            result.plot_raster,
        ),
        (not result.classes, "Predictions", result.plot_predictions),
        (result.confusion, "Classes", result.plot_confusion),
        (compares, "Comparison with Keras", result.plot_correlation),
    ):
        if is_known:
            yield Figure(title, result.network, draw)


def _tile(name: str, value: str) -> Tile:
    number, _, remark = value.partition(", ")
    return Tile(name, number, remark)


def _wrapped(sentences: list[str]) -> Iterator[str]:
    """Yield the lines of paragraphs, with a blank line between two."""
    for number, sentence in enumerate(sentences):
        if number:
            yield ""
        yield from wrap(sentence, WIDTH, break_on_hyphens=False)


def records(result: Evaluation) -> Any:
    """Return a row per layer."""
    return result.as_dict()["layers"]


def heading(result: Evaluation) -> str:
    """Name the network, the simulator and the length of the run."""
    steps = f" of {result.steps} steps" if result.steps else ""
    keras = MODELS[result.score.model] if result.simulator == "keras" else ""
    where = f"{result.network} on {result.simulator}{keras}"
    examples = counted(result.examples, "example")
    return f"{where}, {examples}{steps}{PRESENTED[result.presentation]}"


def scores(result: Evaluation) -> list[Cells]:
    """Return the names and values of the overall results."""
    rows = list(_scores(result))
    if result.clipped is not None:
        rows.append(("encoder values clipped", percent(result.clipped)))
    if result.spikes is not None:
        rows.append(("spikes per example", human(result.spikes)))
    if result.work is not None:
        operations = human(result.work.synaptic_operations)
        rows.append(("operations per example", operations))
        rows.append(("energy per example", joules(result.work.energy_joules)))
    rows += time_rows(result.time)
    if result.cores is not None:
        rows.append(("cores", str(result.cores)))
    if result.overflows is not None:
        rows.append(("overflows", _overflows(result.overflows)))
    if result.seconds is not None:
        rows.append(("seconds", f"{result.seconds:.1f}"))
    return rows


def tables(result: Evaluation) -> Iterator[TextTable]:
    """Yield the tables of results over time, by layer, and by class or unit."""
    if moments := result.over_time:
        name = "accuracy" if result.classes else "RMSE"
        write = score_writer(classes=result.classes)
        steps = ("presented for", *(f"{m.steps} steps" for m in moments))
        values = (name, *(write(moment.value) for moment in moments))
        yield TextTable([steps, values], f"<{'>' * len(moments)}")
    if result.layers:
        yield TextTable([RATES, *map(_rate, result.layers)], "<>>><")
        yield TextTable([SPIKES, *map(_spikes, result.layers)], "<>>>>")
    if 0 < len(result.confusion) <= MOST_CLASSES:
        numbers = ">" * (3 + len(result.confusion))
        yield TextTable([*_classes(result)], f"<{numbers}")
    if 1 < len(result.units) <= MOST_CLASSES:
        units = [
            (str(i), _number(unit.rmse), known(unit.r2, _digits))
            for i, unit in enumerate(result.units)
        ]
        yield TextTable([("unit", "RMSE", "R2"), *units], "<>>")


def _scores(result: Evaluation) -> Iterator[Cells]:
    score = result.score
    classes = result.classes
    unit = " %" if classes and score.interval else ""
    interval = _interval(score.interval, classes=classes)
    value = f"{score_writer(classes=classes)(score.value)}{interval}{unit}"
    yield ("accuracy" if classes else "RMSE"), value
    if score.r2 is not None:
        yield "R2", f"{score.r2:.3f}"
    if result.is_uneven:
        balanced = f"{known(result.balanced_accuracy)}, the mean recall over classes"
        yield "balanced accuracy", balanced
    if result.simulator != "keras":
        yield from _compared(result)


def _compared(result: Evaluation) -> Iterator[Cells]:
    """Yield the scores of Keras, and the agreement with it."""
    score = result.score
    write = score_writer(classes=result.classes)
    if score.unknown is not None:
        yield "Keras before spikes", f"unknown: {score.unknown}"
    if score.before is not None:
        before = f"{write(score.before)}, {_loss(result, score.before)}"
        yield "Keras before spikes", before
    keras = f"{known(score.keras, write, NEEDED)}{MODELS[score.model]}"
    yield "Keras with these weights", keras
    alike = "agreement with Keras" if result.classes else "RMS difference to Keras"
    yield alike, known(score.agreement, write, NEEDED)


def _loss(result: Evaluation, before: float) -> str:
    """Describe what spikes change, with its interval."""
    lost = before - result.score.value
    interval = result.score.loss
    if not result.classes:
        return f"spikes add {-lost:.4g}{_interval(interval, classes=False)}"
    verb = "lose"
    if lost < 0:
        verb = "gain"
        interval = interval and (-interval[1], -interval[0])
    points = f"{100 * abs(lost):.1f} points"
    return f"spikes {verb} {points}{_interval(interval, classes=True)}"


def score_writer(*, classes: bool) -> Callable[[float], str]:
    """Return the function that writes an accuracy, or an error."""
    return percent if classes else _number


def _interval(interval: Interval | None, *, classes: bool) -> str:
    return "" if interval is None else f", {_between(interval, classes=classes)}"


def _between(interval: Interval, *, classes: bool = True) -> str:
    low, high = (f"{100 * b:.1f}" if classes else f"{b:.4g}" for b in interval)
    return f"95 % interval {low} to {high}"


def _overflows(counts: tuple[int, ...]) -> str:
    pairs = zip(REGISTERS, counts, strict=True)
    named = [f"{number} of the {name}" for name, number in pairs if number]
    return f"{', '.join(named)}: values wrapped around" if named else "none"


def _rate(layer: LayerResult) -> Cells:
    bounds = (layer.low, layer.high)
    return (
        layer.name,
        f"{layer.percentile:g}",
        f"{layer.rate:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        outside(layer.rate, bounds, layer.slack, layer.verdict),
    )


def outside(rate: float, bounds: Bounds, slack: Bounds, verdict: Verdict) -> str:
    """Describe how far a rate is out of bounds, and the tolerance."""
    if verdict == "held":
        return ""
    low, high = bounds
    apart = f"{rate - high:.0f} Hz above"
    allowed = slack[1]
    if rate < low:
        apart = f"{low - rate:.0f} Hz below"
        allowed = slack[0]
    if verdict == "missed":
        return f"not held, {apart}"
    return f"{apart}, within the slack of {allowed:.0f} Hz"


def _spikes(layer: LayerResult) -> Cells:
    shares = percent(layer.silent), percent(layer.saturated)
    correlation = known(layer.correlation, _digits)
    return layer.name, human(layer.spikes), *shares, correlation


def _classes(result: Evaluation) -> Iterator[Cells]:
    """Yield one row per class with the number of decisions for each class."""
    columns = range(len(result.confusion))
    yield "class", "recall", "precision", "taken for", *map(str, columns)
    rows = zip(result.by_class, result.confusion, strict=True)
    for i, (each, counts) in enumerate(rows):
        name = f"{i} {each.name}" if result.names else each.name
        shares = (known(each.recall), known(each.precision))
        decisions = (str(count) if count else "." for count in counts)
        yield name, *shares, "", *decisions


def known(
    value: object, write: Callable[[Any], str] = percent, unknown: str = "-"
) -> str:
    """Write a value if there is one."""
    return unknown if value is None else write(value)


ALIKE = 0.01  # the drop of accuracy, or fraction of an error, to ignore

FALLS = "{worsens} with time: try {ways}"
BELOW = "{settled} of Keras{before}: try {ways}"
WAYS = """more updates in the training phase `spikes`, a longer `synapse`, or a higher
`rate` in layers where `as Keras` falls"""
# Neurons with equal currents and equal initial voltages always spike in the same steps
# (decision 034).
SPREAD = "`start spread` in {names}, which does not change the weights"
RISES = "{improves} at the end of an example: try a longer `present`"
ENOUGH = """a `present` of {steps} steps would be enough: later steps gain less than
{little}"""
DECIDES = """`decide {decide}` in the readout gives {value} {instead}, with the same
weights"""
DEAD = "never fires: {names}; check the data and the layers before, or train again"
MISSED = """{missed} of {count} rate budgets not held: {names}; train with the phase
`scale`, use `snnc calibrate`, or give other budgets"""
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
    """Return at most three sentences of what to try, one per topic."""
    topics = _decision, _time, _rates
    return [" ".join(text.split()) for each in topics for text in each(result)]


def _decision(result: Evaluation) -> Iterator[str]:
    """Suggest the other `decide` if it is better by more than chance."""
    for other in result.readings:
        more = abs(other.value - result.score.value)
        if other.gain is None or other.gain[0] <= 0 or more < _little(result):
            continue
        instead = f"instead of {result.score.value:.4g}"
        if result.classes:
            instead = f"({100 * more:.1f} points more, {_between(other.gain)})"
        kind = "" if result.classes else "an RMSE of "
        value = f"{kind}{score_writer(classes=result.classes)(other.value)}"
        yield DECIDES.format(decide=other.decide, value=value, instead=instead)


def _time(result: Evaluation) -> Iterator[str]:
    """Describe the effect of longer or shorter examples.

    If the result gets worse during an example, or stays worse than in Keras, the
    network settles in a wrong steady state, which more time does not fix.
    """
    # Advice depends on intervals: accuracies alone would mislead (decision 024).
    gains = _gains(result)
    if not gains:
        return
    words = _words(result)
    loss = result.score.loss
    noise = 0.0 if result.classes else _little(result)  # errors always vary over time
    least, _ = [*gains.values()][-1]
    if any(high < -noise for _, high in gains.values()):
        yield FALLS.format(**words)
    elif least > noise:
        if loss is None or loss[0] > 0:
            yield RISES.format(**words)
    elif _has_settled_below(result, gains):
        yield BELOW.format(**words)
    else:
        little = _little(result)
        alike = takewhile(lambda m: gains[m][1] <= little, reversed(gains))
        for moment in [*alike][-1:]:
            yield ENOUGH.format(**words, steps=moment.steps)


def _words(result: Evaluation) -> dict[str, str]:
    """Return the words about the kind of score, and what may improve it."""
    names = ", ".join(f"`{name}`" for name in result.resting)
    return {
        **(CLASSIFIES if result.classes else REGRESSES),
        "ways": SPREAD.format(names=names) if names else WAYS,
        "before": "" if result.score.before is None else " before `spikes`",
    }


def _gains(result: Evaluation) -> dict[ScoreAtTime, Interval]:
    """Return the improvements of the score after each moment, as intervals."""
    # To first order, the RMSE decreases by the decrease of the mean square error,
    # divided by twice the RMSE.
    scale = 1.0 if result.classes else 2 * result.score.value or 1.0
    return {
        m: (m.gain[0] / scale, m.gain[1] / scale) for m in result.over_time if m.gain
    }


def _has_settled_below(
    result: Evaluation, gains: Mapping[ScoreAtTime, Interval]
) -> bool:
    """Return whether the score stays below Keras's, and hardly changes at the end."""
    little = _little(result)
    _, most = [*gains.values()][-1]
    loss = result.score.loss
    if loss is None or loss[0] <= max(most, little):
        return False
    values = [*(moment.value for moment in gains), result.score.value]
    # A score that still changes more than before has not settled.
    *_, before, last = (abs(b - a) for a, b in pairwise([values[0], *values]))
    return last <= max(little, before)


def _little(result: Evaluation) -> float:
    """Return the difference of scores to ignore: 1 % accuracy, or 1 % of the error."""
    return ALIKE if result.classes else ALIKE * result.score.value


def _rates(result: Evaluation) -> Iterator[str]:
    if dead := [layer.name for layer in result.layers if layer.silent == 1]:
        yield DEAD.format(names=", ".join(dead))
    elif missed := result.missed:
        names = ", ".join(missed)
        yield MISSED.format(missed=len(missed), count=len(result.layers), names=names)
