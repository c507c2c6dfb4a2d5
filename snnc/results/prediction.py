"""The outputs of a run for each example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.runtime.examples import Array
from snnc.runtime.files import replacing, write_file
from snnc.text.tables import csv_table

if TYPE_CHECKING:
    from snnc.results.statistics import LayerFiring


@dataclass(frozen=True, eq=False)
class Prediction:
    """The predictions of a network for examples.

    Attributes
    ----------
    outputs : float32 array (examples, units)
        The outputs that determine the result. NumPy converts a prediction to this
        array.
    names : tuple of str
        The names of the classes; empty for a regression.
    outputs_over_time : float32 array (examples, steps, units), or None
        The outputs of each step, if requested.
    """

    outputs: NDArray[np.float32]
    names: tuple[str, ...]
    outputs_over_time: NDArray[np.float32] | None = None

    @property
    def labels(self) -> NDArray[np.int64]:
        """The index of each example's class, of shape (examples,).

        Raises
        ------
        ValueError
            For a regression, which has no classes.
        """
        if not self.names:
            raise ValueError("this network has no classes: read its outputs")
        return np.asarray(self.outputs.argmax(axis=1), np.int64)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        values = np.asarray(self.outputs, dtype)
        return values.copy() if copy else values

    def __len__(self) -> int:
        return len(self.outputs)

    def write(self, path: Path) -> None:
        """Write the prediction to an ``.npz`` or ``.csv`` file."""
        if path.suffix == ".csv":
            write_file(path, self.csv())
            return
        arrays: dict[str, Array] = {"outputs": self.outputs}
        if self.names:
            arrays["labels"] = self.labels
        if self.outputs_over_time is not None:
            arrays["outputs_over_time"] = self.outputs_over_time
        with replacing(path) as file:
            np.savez(file, **arrays)

    def csv(self) -> str:
        """Return a table with index, label, class name, and a column per unit."""
        heads = ["index"]
        if self.names:
            heads += ["label", "class"]
        units = self.names or range(self.outputs.shape[1])
        heads += [f"output_{unit}" for unit in units]
        rows: list[list[object]] = []
        for index, outputs in enumerate(self.outputs):
            row: list[object] = [index]
            if self.names:
                label = int(outputs.argmax())
                row += [label, self.names[label]]
            row += [repr(value) for value in outputs.tolist()]
            rows.append(row)
        return csv_table(heads, rows)


Record = dict[str, int | float]
"""An example's index in the data, its label, and predictions. For a regression, each
unit has its own entry."""


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """The results of a run for each example, in the order of the run.

    ``folder`` is the package's, ``dt`` the duration of a step in seconds, and ``host``
    are the layers off the chip. ``rows`` are the indices of the examples in the data,
    and ``names`` those of the classes, if any. ``raw`` and ``keras``, of shape
    (examples, units), are the outputs and, for comparison, those of the Keras model.
    Only the exact engine knows ``firing``.
    ``raster`` runs an example again, and returns the spikes of each layer.
    """

    folder: Path
    dt: float
    host: frozenset[str]
    rows: Array
    y: Array
    names: tuple[str, ...]
    raw: Array
    keras: Array | None
    firing: Mapping[str, LayerFiring]
    raster: Callable[[int], dict[str, NDArray[np.uint8]]]

    @cached_property
    def prediction(self) -> Prediction:
        """The outputs in the order of the data."""
        # An evaluation shuffles examples, because data may be sorted (decision 024).
        outputs = np.asarray(self.raw[np.argsort(self.rows)], np.float32)
        return Prediction(outputs, self.names)

    def records(self, simulator: str) -> list[Record]:
        """Return one record per example, in the order of the data."""
        who = "chip" if simulator in ("exact", "loihi") else simulator
        order = np.argsort(self.rows)
        columns: dict[str, list[Any]] = {"example": self.rows[order].tolist()}
        answers = {"label": self.y, "keras": self.keras, who: self.raw}
        for name, values in answers.items():
            if values is None:
                continue
            if not self.names:
                for i, column in enumerate(values[order].T):
                    columns[f"{name}_{i}"] = column.tolist()
            else:
                decided = values if values.ndim == 1 else values.argmax(axis=1)
                columns[name] = decided[order].tolist()
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]
