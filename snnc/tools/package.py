"""A generated package as an object: its modules, training, and tools."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snnc.loihi.profile import DEFAULT
from snnc.output import imported
from snnc.output.package import PackageRecords
from snnc.text.display import Listed
from snnc.tools import plots
from snnc.tools.adapt import adapt
from snnc.tools.calibrate import calibrate
from snnc.tools.evaluate.verb import evaluate, predict
from snnc.tools.opening import FileName
from snnc.tools.spec import Spec, load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from typing_extensions import Unpack

    from snnc.runtime.examples import Array
    from snnc.runtime.keras.training import TrainOptions


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Package(Listed):
    """An opened package that `snnc.build` or ``snnc build`` wrote.

    Modules are imported under unique names, so two packages, or two builds of a
    package, never conflict. Building a package again does not change an open package.

    Parameters
    ----------
    folder : path
        The package's folder, such as ``models/drift``.
    spec : Spec, optional
        The spec from which the package must have been built.

    Attributes
    ----------
    folder : Path
        The absolute path of the package's folder.
    opened
        Internal: imports the package's modules.

    Raises
    ------
    ValueError
        If the folder is not a package, or the package has another version's format or
        was not built from ``spec``.
    """

    _internal = frozenset(("opened",))

    folder: Path
    opened: imported.ImportedPackage

    def __init__(self, folder: FileName, spec: Spec | None = None) -> None:
        opened = imported.open_package(folder)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "folder", opened.folder)
        lock = PackageRecords.of(self.folder).lock
        if spec is not None and lock.spec != spec.hash:
            does = f"`spec.build({os.fspath(self.folder.parent)!r})` does that"
            raise ValueError(
                f"{os.fspath(folder)} was not built from this spec: {does}"
            )

    @property
    def name(self) -> str:
        """The network's name."""
        return self.opened.name

    @property
    def keras_model(self) -> ModuleType:
        """``build_model``, ``compile_model``, and functions for a model's weights."""
        return self.opened.module("keras_model")

    @property
    def nengo_network(self) -> ModuleType:
        """``build_network``."""
        return self.opened.module("nengo_network")

    @property
    def layout(self) -> ModuleType:
        """``LAYOUT_ID``, ``TENSORS``, ``load_weights``, ``save_weights``."""
        return self.opened.module("layout")

    @property
    def network(self) -> ModuleType:
        """The network as data: ``DT``, ``PRESENT``, ``LAYERS``."""
        return self.opened.module("network")

    @cached_property
    def spec(self) -> Spec:
        """The spec from which the package was built.

        Raises
        ------
        ValueError
            If the spec was moved or changed since the build.
        SpecError
            If the spec now has errors.
        """
        lock = PackageRecords.of(self.folder).lock
        path = imported.spec_of(self.folder)
        if path is None:
            raise ValueError(f"the spec of {self.folder} was moved or removed")
        device = lock.origin.device if lock.origin is not None else None
        spec = load(path, device or DEFAULT)
        if spec.hash != lock.spec:
            raise ValueError(f"{path} has changed since {self.folder} was built")
        return spec

    def train(
        self,
        x: object,
        y: object = None,
        weights: FileName | None = None,
        epochs: int | None = None,
        **options: Unpack[TrainOptions],
    ) -> Training:
        """Train the Keras model, like the package's ``train.py``.

        Parameters
        ----------
        x : array (examples, *input shape), tf.data.Dataset, or a data file
            A file is ``.npz`` with ``x`` and ``y``, or a folder with an ``.npy`` file
            for each.
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
        if isinstance(x, str | os.PathLike):
            from snnc.runtime.data import open_data  # imports an extra

            x, y = open_data(x, self.opened.network).arrays
        model = self.opened.module("train").train(x, y, weights, epochs, **options)
        file = None if weights is None else Path(weights)
        history, phases = model.history.history, getattr(model.history, "phases", ())
        return Training(self, model, file, dict(history), list(phases))

    evaluate = evaluate
    predict = predict
    adapt = adapt
    calibrate = calibrate

    def __reduce__(self) -> tuple[Any, ...]:
        return Package, (self.folder,)

    def __repr__(self) -> str:
        return f"<snnc.Package {self.name} in {self.folder.as_posix()}>"


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
