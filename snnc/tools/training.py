"""Train a package's Keras model, and show its history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.tools import plots
from snnc.tools.opening import FileName, as_package

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Unpack

    from snnc.runtime.examples import Array
    from snnc.runtime.keras.training import TrainOptions
    from snnc.tools.package import Package


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """A trained model, its history and its weights.

    Attributes
    ----------
    package : Package
        The package that was trained.
    model : keras.Model
        The trained model; batch norms are folded on export.
    file : Path or None
        The weight file that was written.
    history : dict of list of float
        The Keras metrics, such as ``loss``, after each epoch of all phases.
    phases : list of str and int
        The phases that ran, each with the number of epochs before it.
    """

    package: Package
    model: Any
    file: Path | None
    history: dict[str, list[float]]
    phases: list[tuple[str, int]]

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The tensors by name, in the package's layout."""
        tensors_of = self.package.keras_model.model_weights
        tensors: dict[str, Array] = tensors_of(self.model, self.package.opened.layout)
        return tensors

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
        return f"<snnc.Training of {self.package.name}: {measures}>"


def train(
    package: Package | FileName,
    x: object,
    y: object = None,
    weights: FileName | None = None,
    epochs: int | None = None,
    **options: Unpack[TrainOptions],
) -> Training:
    """Train the Keras model, like the package's ``train.py``.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), tf.data.Dataset, or a data file
        A file is ``.npz`` with ``x`` and ``y``, or a folder with an ``.npy`` file
        for each. ``validation`` may then be a file too, and ``groups`` the name of
        an array in ``x``.
    y : array (examples,) of integers, or (examples, units) of floats
        None for a data set or a file.
    weights
        The safetensors file to write, if any.
    epochs
        The number of epochs; by default, that of the spec.
    **options
        ``initial``, ``phases``, ``spike_updates``, ``patience``, ``resume``,
        ``strategy``, ``seed``, ``validation``, ``groups``, ``class_weight``,
        ``callbacks``: options of the package's ``train.train``; see the docstring
        of that function.

    Raises
    ------
    ValueError
        If the network does not accept data or weights.
    RuntimeError
        If the loss becomes NaN or infinite, or a batch can't be divided among
        devices.
    ModuleNotFoundError
        If TensorFlow is not installed.
    """
    package = as_package(package)
    trainer = package.opened.module("train").TRAINER
    if isinstance(x, str | os.PathLike):
        model = trainer.train_files(x, weights, epochs, **options)
    else:
        model = trainer.train(x, y, weights, epochs, **options)
    file = None if weights is None else Path(weights)
    history, phases = model.history.history, getattr(model.history, "phases", ())
    return Training(package, model, file, dict(history), list(phases))
