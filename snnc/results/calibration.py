"""Weights that were scaled so that rates are within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from snnc.results.base import INLINE, Result, renamed, to_json
from snnc.text.arguments import FileName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from snnc.diagnostics import Diagnostic
    from snnc.results.weights import Precision
    from snnc.runtime.layout import Layout, Source

Measure = Literal["accuracy", "agreement", "rmse", "difference"]


@dataclass(frozen=True, slots=True)
class ComparedScore:
    """A score in spikes with the given weights, and with the scaled weights.

    ``is_worse`` says whether the scaled weights are worse on the same examples, with a
    confidence of 95 %.
    """

    _omitted = ("measure", "is_worse")

    measure: Measure
    given: float
    scaled: float
    is_worse: bool


@dataclass(frozen=True, slots=True)
class SpikeComparison:
    """The scores of the given and the scaled weights in spikes.

    Attributes
    ----------
    examples : int
        The number of examples.
    scores : tuple of ComparedScore
        The accuracy or error, if labels are known, and then the agreement with Keras.
    """

    examples: int
    scores: tuple[ComparedScore, ...] = field(
        metadata={**INLINE, "write": lambda rows: {x.measure: to_json(x) for x in rows}}
    )

    @property
    def is_worse(self) -> bool:
        """Whether the scaled weights are significantly worse in the first score."""
        return self.scores[0].is_worse


@dataclass(frozen=True, slots=True)
class LayerCalibration:
    """The rates of a layer before and after scaling, in Hz, and its scale.

    ``low`` and ``high`` are the bounds of the ``percentile`` of its rates. ``holds``
    says whether a scale brings the rates within them, and ``not_scaled`` why the layer
    can't be scaled.
    """

    name: str
    percentile: float
    before: float
    after: float
    low: float
    high: float
    scale: float
    holds: bool
    not_scaled: str | None


@dataclass(frozen=True, eq=False, repr=False)
class Calibration(Result):
    """Weights that keep each layer's rates within bounds, and the scales.

    Attributes
    ----------
    network : str
        The name of the network.
    examples : int
        The number of examples whose rates were measured.
    change : float
        The largest change of an output of the Keras model, as a fraction of the largest
        output.
    comparison : SpikeComparison
        The quality of the given and of the scaled weights in spikes.
    layers : tuple of LayerCalibration
        The rates and the scale of each layer.
    weights : dict of float32 array
        The scaled tensors by name.
    precision : tuple of Precision, or None
        The precision of each layer on the chip; None without the package's spec.
    diagnostics : tuple of Diagnostic
        Warnings about changes that the chip makes to the weights.
    layout, source
        Internal: the layout of the weights, and their origin.
    """

    _omitted = ("weights", "precision", "diagnostics", "layout", "source")

    _internal = frozenset(("layout", "source"))

    network: str
    examples: int
    change: float
    comparison: SpikeComparison = field(metadata=renamed("spikes"))
    layers: tuple[LayerCalibration, ...]
    weights: dict[str, NDArray[np.float32]]
    precision: tuple[Precision, ...] | None
    diagnostics: tuple[Diagnostic, ...]
    layout: Layout
    source: Source | None

    @property
    def scales(self) -> dict[str, float]:
        """The factor of each layer's weights."""
        return {layer.name: layer.scale for layer in self.layers}

    @property
    def rates(self) -> dict[str, float]:
        """The percentile of each layer's rates with the scaled weights, in Hz."""
        return {layer.name: layer.after for layer in self.layers}

    @property
    def missed(self) -> tuple[str, ...]:
        """The layers for which no scale brings the rates within bounds."""
        return tuple(layer.name for layer in self.layers if not layer.holds)

    def save(self, path: FileName) -> None:
        """Write the weights to a safetensors file atomically."""
        self.layout.save(path, self.weights, self.source)

    def __repr__(self) -> str:
        verdict = "all rates held" if not self.missed else f"not held: {self.missed}"
        return f"<snnc.Calibration of {self.network}: {verdict}>"
