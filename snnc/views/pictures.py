"""The pictures of results. This module is imported when the first one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from snnc.views.plots import networks, results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DRAWN: dict[str, Callable[..., Axes]] = {
    "accuracy": results.accuracy,
    "confusion": results.confusion,
    "cores": networks.cores,
    "correlation": results.correlation,
    "learning": results.learning,
    "network": networks.network,
    "predictions": results.predictions,
    "raster": results.raster,
    "rates": results.rates,
    "sweep": results.sweep,
    "training": results.training,
}
