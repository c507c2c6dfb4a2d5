"""The pictures of results, which matplotlib draws when they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from snnc.results.evaluation import Evaluation
from snnc.views import plots, sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.results.adaptation import Adaptation
    from snnc.results.prediction import EvaluatedRun
    from snnc.results.report import Report
    from snnc.results.training import Training


def _run(result: Evaluation) -> EvaluatedRun:
    assert result.run is not None, "a run has its examples"
    return result.run


def _accuracy(result: Evaluation, ax: Axes | None) -> Axes:
    return plots.results.accuracy(result, _run(result).dt, ax)


def _raster(result: Evaluation, example: int, ax: Axes | None) -> Axes:
    run = _run(result)
    return plots.results.raster(result.raster(example), run.dt, ax, run.host)


def _rates(result: Evaluation, ax: Axes | None) -> Axes:
    run = _run(result)
    present = (result.steps or 0) * run.dt
    return plots.results.rates(result.firing, result.layers, present, ax, run.host)


def _predictions(result: Evaluation, ax: Axes | None) -> Axes:
    run = _run(result)
    return plots.results.predictions(run.raw, run.y, result.network, ax)


def _confusion(result: Evaluation, ax: Axes | None) -> Axes:
    return plots.results.confusion(result, ax)


def _correlation(result: Evaluation, ax: Axes | None) -> Axes:
    host = frozenset() if result.run is None else result.run.host
    return plots.results.correlation(result, ax, host)


def _learning(result: Adaptation, ax: Axes | None) -> Axes:
    return plots.results.learning(result, ax)


def _training(result: Training, what: str | None, ax: Axes | None) -> Axes:
    return plots.results.training(result.history, what, result.phases, ax)


def _network(report: Report, ax: Axes | None) -> Axes:
    return plots.networks.network(report, ax)


def _cores(report: Report, ax: Axes | None) -> Axes:
    return plots.networks.cores(report, ax)


DRAWN: dict[str, Callable[..., Axes]] = {
    "accuracy": _accuracy,
    "confusion": _confusion,
    "cores": _cores,
    "correlation": _correlation,
    "learning": _learning,
    "network": _network,
    "predictions": _predictions,
    "raster": _raster,
    "rates": _rates,
    "sweep": sweep.draw,
    "training": _training,
}
