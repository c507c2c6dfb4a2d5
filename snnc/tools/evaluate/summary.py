"""Format the result of an evaluation as text tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from snnc.text.tables import TextTable, counted, human, percent
from snnc.tools.evaluate.advice import advice
from snnc.tools.evaluate.results import REGISTERS, Interval, LayerResult

if TYPE_CHECKING:
    from snnc.runtime.examples import Bounds, Verdict
    from snnc.tools.evaluate.evaluation import Evaluation

Row = tuple[str, ...]
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


def text(result: Evaluation) -> str:
    """Describe the score, the work, and the activity of each layer."""
    lines = [heading(result), "", *scores(result).lines()]
    for table in tables(result):
        lines += ["", *table.lines()]
    for sentence in advice(result):
        wrapped = wrap(sentence, WIDTH, break_on_hyphens=False)
        lines += ["", *wrapped]
    return "\n".join(lines)


def heading(result: Evaluation) -> str:
    """Name the network, the simulator and the length of the run."""
    steps = f" of {result.steps} steps" if result.steps else ""
    keras = MODELS[result.score.model] if result.simulator == "keras" else ""
    where = f"{result.network} on {result.simulator}{keras}"
    examples = counted(result.examples, "example")
    return f"{where}, {examples}{steps}{PRESENTED[result.presentation]}"


def scores(result: Evaluation) -> TextTable:
    """Return the table of the overall results: names and values."""
    return TextTable([*_scores(result), *_facts(result)], "<<", has_head=False)


def tables(result: Evaluation) -> Iterator[TextTable]:
    """Yield the tables of results over time, by layer, and by class or unit."""
    if result.over_time:
        yield TextTable(_over_time(result), f"<{'>' * len(result.over_time)}")
    if result.layers:
        yield TextTable([RATES, *map(_rate, result.layers)], "<>>><")
        yield TextTable([SPIKES, *map(_spikes, result.layers)], "<>>>>")
    if 0 < len(result.confusion) <= MOST_CLASSES:
        numbers = ">" * (3 + len(result.confusion))
        yield TextTable([*_classes(result)], f"<{numbers}")
    if 1 < len(result.units) <= MOST_CLASSES:
        yield TextTable([("unit", "RMSE", "R2"), *_units(result)], "<>>")


def _scores(result: Evaluation) -> list[Row]:
    score, classes = result.score, result.classes
    write = _percent if classes else _number
    unit = " %" if classes and score.interval else ""
    value = f"{write(score.value)}{_interval(score.interval, classes)}{unit}"
    rows: list[Row] = [("accuracy" if classes else "RMSE", value)]
    if score.r2 is not None:
        rows.append(("R2", f"{score.r2:.3f}"))
    if result.is_uneven:
        balanced = f"{_percent(result.balanced_accuracy)}, the mean recall over classes"
        rows.append(("balanced accuracy", balanced))
    if result.simulator == "keras":
        return rows
    if (found := result.contrast) is not None:
        first = f"{write(found.rest)} on the first {counted(found.examples, 'example')}"
        compared = f"{first}, compared with {write(found.row)} in a row"
        rows.append(("each from rest", compared))
    if score.unknown is not None:
        rows.append(("Keras before spikes", f"unknown: {score.unknown}"))
    if score.before is not None:
        lost = score.before - score.value
        told = f"spikes add {-lost:.4g}"
        if classes:
            told = f"spikes lose {100 * lost:.1f} points"
        told = f"{write(score.before)}, {told}{_interval(score.loss, classes)}"
        rows.append(("Keras before spikes", told))
    alike = "agreement with Keras" if classes else "RMS difference to Keras"
    keras = f"{write(score.keras)}{MODELS[score.model]}"
    return [*rows, ("Keras with these weights", keras), (alike, write(score.agreement))]


def _interval(interval: Interval | None, classes: bool) -> str:
    if interval is None:
        return ""
    low, high = (f"{100 * b:.1f}" if classes else f"{b:.4g}" for b in interval)
    return f", 95 % interval {low} to {high}"


def _facts(result: Evaluation) -> list[Row]:
    """Return the rows of results that depend on the simulator."""
    work = result.work
    facts: tuple[tuple[str, Callable[[Any], str], Any], ...] = (
        ("encoder values clipped", percent, result.clipped),
        ("spikes per example", human, result.spikes),
        ("operations per example", human, work and work.synaptic_operations),
        ("energy per example", partial(human, unit="J"), work and work.energy_joules),
        ("cores", str, result.cores),
        ("overflows", _overflows, result.overflows),
        ("seconds", "{:.1f}".format, result.seconds),
    )
    return [(name, write(value)) for name, write, value in facts if value is not None]


def _overflows(counts: tuple[int, ...]) -> str:
    pairs = zip(REGISTERS, counts, strict=True)
    named = [f"{number} of the {name}" for name, number in pairs if number]
    return f"{', '.join(named)}: values wrapped around" if named else "none"


def _over_time(result: Evaluation) -> list[Row]:
    name, write = ("accuracy", _percent) if result.classes else ("RMSE", _number)
    return [
        ("presented for", *(f"{m.steps} steps" for m in result.over_time)),
        (name, *(write(moment.value) for moment in result.over_time)),
    ]


def _rate(layer: LayerResult) -> Row:
    bounds = layer.low, layer.high
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
    apart, allowed = f"{rate - high:.0f} Hz above", slack[1]
    if rate < low:
        apart, allowed = f"{low - rate:.0f} Hz below", slack[0]
    if verdict == "missed":
        return f"not held, {apart}"
    return f"{apart}, within the slack of {allowed:.0f} Hz"


def _spikes(layer: LayerResult) -> Row:
    shares = percent(layer.silent), percent(layer.saturated)
    return layer.name, human(layer.spikes), *shares, _digits(layer.correlation)


def _classes(result: Evaluation) -> Iterator[Row]:
    """Yield one row per class with the number of decisions for each class."""
    columns = range(len(result.confusion))
    yield "class", "recall", "precision", "taken for", *map(str, columns)
    rows = zip(result.by_class, result.confusion, strict=True)
    for i, (each, counts) in enumerate(rows):
        name = f"{i} {each.name}" if result.names else each.name
        shares = (_share(each.recall), _share(each.precision))
        taken = (str(count) if count else "." for count in counts)
        yield name, *shares, "", *taken


def _units(result: Evaluation) -> Iterator[Row]:
    for i, each in enumerate(result.units):
        yield str(i), f"{each.rmse:.4g}", _digits(each.r2)


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "needs TensorFlow" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    return "needs TensorFlow" if value is None else percent(value)
