"""Run a package on new examples without labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact import make_engine
from snnc.runtime.data import open_data, select
from snnc.runtime.examples import ROW, Array, decide
from snnc.runtime.files import replacing, warn, write_file
from snnc.runtime.nengo.simulators import RefusedError, require, run_examples
from snnc.runtime.network import Readout
from snnc.text.progress import progress_bar
from snnc.text.tables import csv_table
from snnc.tools.evaluate.measures import KerasReference
from snnc.tools.evaluate.task import is_array, store_examples
from snnc.tools.opening import RefusedRunError

if TYPE_CHECKING:
    from snnc.output.imported import ImportedPackage
    from snnc.runtime.layout import Tensors, Weights

Floats = NDArray[np.float32]


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

    outputs: Floats
    names: tuple[str, ...]
    outputs_over_time: Floats | None = None

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
        units = self.names or tuple(map(str, range(self.outputs.shape[1])))
        columns: list[list[Any]] = [list(range(len(self)))]
        heads = ["index"]
        if self.names:
            labels = self.labels.tolist()
            columns += [labels, [self.names[label] for label in labels]]
            heads += ["label", "class"]
        pairs = zip(zip(*columns, strict=True), self.outputs, strict=True)
        rows = ((*row, *map(repr, outputs.tolist())) for row, outputs in pairs)
        return csv_table([*heads, *(f"output_{unit}" for unit in units)], rows)


def run(
    package: ImportedPackage,
    x: object,
    weights: Weights,
    simulator: str,
    over_time: bool,
    progress: bool | None,
) -> Prediction:
    """Run examples in rows of `ROW`; the state carries over within a row.

    ``x`` is a file, an array, or an iterable of examples, of batches, or of pairs that
    begin with either.

    Raises
    ------
    DataError
        If the network does not accept the examples, or there are none.
    CannotRunError, RefusedRunError
        If the weights belong to another network, or the simulator can't run the
        network.
    """
    if simulator == "keras" and over_time:
        raise RefusedRunError("over time: Keras has no steps")
    network = package.network
    tensors = package.layout.load(weights)
    if isinstance(x, str | os.PathLike):
        examples = open_data(x, network, labelled=False)
    else:
        stored = x if is_array(x) else store_examples(x, (), network)[0]
        examples = select(stored, None, network)
    warn(examples.warning)
    size = ROW * (os.cpu_count() or 1)  # one row per CPU core
    outputs: list[Floats] = []
    steps: list[Floats] = []
    with (
        progress_bar(len(examples), "examples", progress) as bar,
        _runner(package, tensors, simulator) as run_block,
    ):
        for start in range(0, len(examples), size):
            rows: Array = run_block(examples[start : start + size])
            given = decide(rows, network.readout.decide)
            outputs.append(np.asarray(given, np.float32))
            if over_time:
                steps.append(np.asarray(rows, np.float32))
            bar(len(rows))
    return Prediction(
        np.concatenate(outputs),
        name_classes(network.readout),
        np.concatenate(steps) if over_time else None,
    )


def name_classes(readout: Readout) -> tuple[str, ...]:
    """Return the names or numbers of classes; empty for a regression."""
    numbers = tuple(map(str, range(readout.units)))
    return (readout.names or numbers) if readout.classes else ()


@contextmanager
def _runner(
    package: ImportedPackage, tensors: Tensors, simulator: Any
) -> Iterator[Callable[[Array], Any]]:
    """Yield a function that returns the readout's rows for some examples.

    Rows have the shape (examples, steps, units). Keras has one step.
    """
    if simulator == "exact":
        with make_engine(package, tensors) as engine:
            yield lambda block: engine.run(block, "row", keep=("rows",)).rows
    elif simulator == "keras":
        reference = KerasReference(package, tensors)
        yield lambda block: reference.outputs(block)[:, np.newaxis]
    else:
        yield partial(_run_nengo, package, tensors, simulator)


def _run_nengo(
    package: ImportedPackage, tensors: Tensors, simulator: Any, block: Array
) -> Array:
    network, build = package.network, package.module("nengo_network").build_network
    try:
        require(simulator, network)
        parts = run_examples(build, network, tensors, block, simulator, "row", probe=())
        return np.concatenate([part.rows for part in parts])
    except (ModuleNotFoundError, RefusedError) as error:
        raise RefusedRunError(error) from error
