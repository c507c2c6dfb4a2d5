"""Format the result of an evaluation as text tables."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from snnc.text.tables import TextTable, counted, human, percent
from snnc.tools.evaluate.advice import advice
from snnc.tools.evaluate.results import REGISTERS, CarryOverEffect, LayerResult

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
    examples = f"{counted(result.examples, 'example')}{steps}"
    presented = PRESENTED[result.presentation]
    keras = MODELS[result.score.model] if result.simulator == "keras" else ""
    where = f"{result.simulator}{keras}"
    return f"{result.network} on {where}, {examples}{presented}"


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
    score = result.score
    name, alike, write = "RMSE", "RMS difference to Keras", _number
    bounds = [f"{bound:.4g}" for bound in score.interval or ()]
    if result.classes:
        name, alike, write = "accuracy", "agreement with Keras", _percent
        bounds = [f"{100 * bound:.1f}" for bound in score.interval or ()]
    value = write(score.value)
    if bounds:
        unit = " %" if result.classes else ""
        value += f", 95 % interval {' to '.join(bounds)}{unit}"
    rows: list[Row] = [(name, value)]
    if score.r2 is not None:
        rows.append(("R2", f"{score.r2:.3f}"))
    if result.is_uneven:
        balanced = f"{_percent(result.balanced_accuracy)}, the mean recall over classes"
        rows.append(("balanced accuracy", balanced))
    if result.simulator == "keras":
        return rows
    if result.contrast is not None:
        rows.append(("each from rest", _contrast(result.contrast, result)))
    if score.unknown is not None:
        rows.append(("Keras before spikes", f"unknown: {score.unknown}"))
    if score.before is not None:
        rows.append(("Keras before spikes", _before(score.before, result)))
    keras = f"{write(score.keras)}{MODELS[score.model]}"
    rows.append(("Keras with these weights", keras))
    return [*rows, (alike, write(score.agreement))]


def _before(before: float, result: Evaluation) -> str:
    """Describe the score of Keras before the phase `spikes`, and the loss."""
    lost, loss = before - result.score.value, result.score.loss or ()
    if result.classes:
        told = f"{percent(before)}, spikes lose {100 * lost:.1f} points"
        bounds = [f"{100 * bound:.1f}" for bound in loss]
    else:
        told = f"{before:.4g}, spikes add {-lost:.4g}"
        bounds = [f"{bound:.4g}" for bound in loss]
    return f"{told}, 95 % interval {' to '.join(bounds)}" if bounds else told


def _contrast(contrast: CarryOverEffect, result: Evaluation) -> str:
    write = _percent if result.classes else _number
    rest, row = write(contrast.rest), write(contrast.row)
    first = counted(contrast.examples, "example")
    return f"{rest} on the first {first}, compared with {row} in a row"


def _facts(result: Evaluation) -> list[Row]:
    """Return the rows of results that depend on the simulator."""
    facts: list[Row] = []
    if result.clipped is not None:
        facts.append(("encoder values clipped", _percent(result.clipped)))
    if result.spikes is not None:
        facts.append(("spikes per example", human(result.spikes)))
    if result.work is not None:
        operations = human(result.work.synaptic_operations)
        facts.append(("operations per example", operations))
        energy = human(result.work.energy_joules, "J")
        facts.append(("energy per example", energy))
    if result.cores is not None:
        facts.append(("cores", str(result.cores)))
    if result.overflows is not None:
        facts.append(("overflows", _overflows(result.overflows)))
    if result.seconds is not None:
        facts.append(("seconds", f"{result.seconds:.1f}"))
    return facts


def _overflows(counts: tuple[int, ...]) -> str:
    if not any(counts):
        return "none"
    pairs = zip(REGISTERS, counts, strict=True)
    named = [f"{number} of the {name}" for name, number in pairs if number]
    return f"{', '.join(named)}: values wrapped around"


def _over_time(result: Evaluation) -> list[Row]:
    name, write = "RMSE", _number
    if result.classes:
        name, write = "accuracy", _percent
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


def outside(
    rate: float,
    bounds: Bounds,
    slack: Bounds,
    verdict: Verdict,
) -> str:
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
    alike = layer.correlation
    return (
        layer.name,
        human(layer.spikes),
        _percent(layer.silent),
        _percent(layer.saturated),
        "-" if alike is None else f"{alike:.3f}",
    )


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
        shown = "-" if each.r2 is None else f"{each.r2:.3f}"
        yield str(i), f"{each.rmse:.4g}", shown


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _number(value: float | None) -> str:
    return "needs TensorFlow" if value is None else f"{value:.4g}"


def _percent(value: float | None) -> str:
    return "needs TensorFlow" if value is None else percent(value)
