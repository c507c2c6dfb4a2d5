"""The document of weights that were scaled."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.results.calibration import (
    Calibration,
    ComparedScore,
    LayerCalibration,
    Measure,
    SpikeComparison,
)
from snnc.text.tables import Cells, TextTable, counted
from snnc.views.document import EVERYWHERE, Part, Sentence, Table, Title
from snnc.views.evaluation import outside, score_writer
from snnc.views.weights import chip_table

COLUMNS = ("layer", "percentile", "before", "after", "range", "scale", "")
TITLES: dict[Measure, str] = {
    "accuracy": "accuracy",
    "agreement": "agreement with Keras",
    "rmse": "RMSE",
    "difference": "RMS difference to Keras",
}


def document(calibration: Calibration) -> Iterator[Part]:
    """Yield the rates and scales, the change of the outputs, and the precision."""
    yield Title(f"{calibration.network}, {calibration.examples} examples", EVERYWHERE)
    rows = [_row(layer) for layer in calibration.layers]
    yield Table(TextTable.of(COLUMNS, rows, {"layer", ""}))
    yield Sentence(f"outputs change by at most {calibration.change:.1g} of the largest")
    yield Sentence(scores_text(calibration.comparison))
    if calibration.precision:
        yield chip_table(calibration.precision)


def _row(layer: LayerCalibration) -> Cells:
    from snnc.runtime.examples import check_budget, slack_of  # imports NumPy

    bounds = (layer.low, layer.high)
    verdict = check_budget(layer.after, bounds)
    state = outside(layer.after, bounds, slack_of(bounds), verdict)
    fixed = layer.not_scaled and f"not scaled: {layer.not_scaled}"
    return (
        layer.name,
        f"{layer.percentile:g}",
        f"{layer.before:.0f} Hz",
        f"{layer.after:.0f} Hz",
        f"{layer.low:g}..{layer.high:g} Hz",
        f"{layer.scale:.4g}",
        ", ".join(filter(None, (state, fixed))),
    )


def scores_text(comparison: SpikeComparison) -> str:
    """Compare the scores in spikes."""
    where = f"in spikes, on {counted(comparison.examples, 'held-out example')}"
    return f"{where}: {', '.join(map(_score, comparison.scores))}"


def _score(score: ComparedScore) -> str:
    is_share = score.measure in ("accuracy", "agreement")
    write = score_writer(classes=is_share)
    change = f"{write(score.scaled)} instead of {write(score.given)}"
    return f"{TITLES[score.measure]} {change}"
