"""Train a package's Keras model, and show its history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.text.arguments import FileName
from snnc.views import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Unpack

    from snnc.output.imported import ImportedPackage
    from snnc.runtime.examples import Array
    from snnc.runtime.keras.training import TrainOptions


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """A trained model, its history and its weights.

    Attributes
    ----------
    network : str
        The name of the network.
    model : keras.Model
        The trained model; batch norms are folded on export.
    weights : dict of float32 array
        The tensors by name, in the package's layout.
    file : Path or None
        The weight file that was written.
    history : dict of list of float
        The Keras metrics, such as ``loss``, after each epoch of all phases.
    phases : list of str and int
        The phases that ran, each with the number of epochs before it.
    """

    network: str
    model: Any
    weights: dict[str, Array]
    file: Path | None
    history: dict[str, list[float]]
    phases: list[tuple[str, int]]

    def plot(self, what: str | None = None, ax: Axes | None = None) -> Axes:
        """Plot a metric after each epoch, such as accuracy or ``loss``.

        Lines mark the beginning of each phase.

        Raises
        ------
        ValueError
            If the history lacks the metric.
        """
        return plots.results.training(self.history, what, self.phases, ax)

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        # The weights may be those of an earlier epoch.
        last |= getattr(self.model.history, "kept", {})
        measures = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        return f"<snnc.Training of {self.network}: {measures}>"


def train(
    package: ImportedPackage,
    x: object,
    y: object,
    weights: FileName | None,
    epochs: int | None,
    **options: Unpack[TrainOptions],
) -> Training:
    """Train the Keras model with the package's ``train.py``.

    ``x`` is an array, a data set, or a data file that also contains ``y``.
    """
    trainer = package.module("train").TRAINER
    if isinstance(x, str | os.PathLike):
        model = trainer.train_files(x, weights, epochs, **options)
    else:
        model = trainer.train(x, y, weights, epochs, **options)
    return Training(
        network=package.name,
        model=model,
        weights=package.module("keras_model").model_weights(model, package.layout),
        file=None if weights is None else Path(weights),
        history=dict(model.history.history),
        phases=list(getattr(model.history, "phases", ())),
    )
