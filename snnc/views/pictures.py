"""The pictures of results. This module is imported when the first one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from snnc.results.evaluation import Evaluation
from snnc.views import sweep
from snnc.views.plots import networks, results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.results.prediction import EvaluatedRun
    from snnc.results.training import Training


def _run(result: Evaluation) -> EvaluatedRun:
    assert result.run is not None, "a run has its examples"
    return result.run


def _accuracy(result: Evaluation, ax: Axes | None) -> Axes:
    return results.accuracy(result, _run(result).dt, ax)


def _raster(result: Evaluation, example: int, ax: Axes | None) -> Axes:
    run = _run(result)
    return results.raster(result.raster(example), run.dt, ax, run.host)


def _rates(result: Evaluation, ax: Axes | None) -> Axes:
    run = _run(result)
    present = (result.steps or 0) * run.dt
    return results.rates(result.firing, result.layers, present, ax, run.host)


def _predictions(result: Evaluation, ax: Axes | None) -> Axes:
    run = _run(result)
    return results.predictions(run.raw, run.y, result.network, ax)


def _correlation(result: Evaluation, ax: Axes | None) -> Axes:
    host = frozenset() if result.run is None else result.run.host
    return results.correlation(result, ax, host)


def _training(result: Training, what: str | None, ax: Axes | None) -> Axes:
    return results.training(result.history, what, result.phases, ax)


DRAWN: dict[str, Callable[..., Axes]] = {
    "accuracy": _accuracy,
    "confusion": results.confusion,
    "cores": networks.cores,
    "correlation": _correlation,
    "learning": results.learning,
    "network": networks.network,
    "predictions": _predictions,
    "raster": _raster,
    "rates": _rates,
    "sweep": sweep.draw,
    "training": _training,
}
