"""The result of a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.results.base import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.runtime.examples import Array


@dataclass(frozen=True, eq=False, repr=False)
class Training(Result):
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
    kept : dict of float
        The metrics of the weights on held-out examples, such as ``val_accuracy``: in
        spikes, if the training ends with the phase spikes. Empty if no examples are
        held out.
    seconds : float
        The duration of the training, with imports and the preparation of the data.
    phase_seconds : list of float
        The duration of each phase that ran.
    """

    _omitted = ("model", "weights")

    network: str
    model: Any
    weights: dict[str, Array]
    file: Path | None
    history: dict[str, list[float]]
    phases: list[tuple[str, int]]
    kept: dict[str, float]
    seconds: float
    phase_seconds: list[float]

    def plot(self, what: str | None = None, ax: Axes | None = None) -> Axes:
        """Plot a metric after each epoch, on training and validation data.

        Lines mark the beginning of each phase.

        Parameters
        ----------
        what
            A key of ``history``, such as ``loss``. The default is ``accuracy``, or
            ``loss`` if the history has no accuracy.
        ax
            The axes to draw in; by default, those of a new figure.

        Raises
        ------
        ValueError
            If the history lacks the metric.
        """
        return self._drawn("training", self.history, what, self.phases, ax)

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        # The weights may come from an earlier epoch.
        last |= self.kept
        measures = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        return f"<snnc.Training of {self.network}: {measures}>"
