"""A generated package in hand: its modules, trained and evaluated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snnc.api.specs import FileName, Spec, load
from snnc.loihi.profile import DEFAULT
from snnc.output import imported
from snnc.output.records import PackageRecords

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from snnc.api.adaptations import Adaptation
    from snnc.api.evaluations import Evaluation
    from snnc.api.weights import Calibration

    GivenWeights = FileName | Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Package:
    """A package that `snnc.build` or ``snnc build`` wrote, opened.

    Its modules are imported under a name of their own, so that two packages, or two
    builds of one, never meet. Building it anew does not change one that is open.

    Parameters
    ----------
    folder : path
        The package's folder, such as ``models/drift``.
    spec : Spec, optional
        What it has to be built from.

    Attributes
    ----------
    folder : Path
        Absolute.
    opened
        What imports its modules: internal.

    Raises
    ------
    ValueError
        If the folder holds no package, one of another snnc's format, or one that was
        built from something else than ``spec``.
    """

    folder: Path
    opened: imported.ImportedPackage

    def __init__(self, folder: FileName, spec: Spec | None = None) -> None:
        opened = imported.open_package(folder)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "folder", opened.folder)
        if spec is not None and self._built_from != spec.hash:
            raise ValueError(
                f"{os.fspath(folder)} was not built from this spec: "
                f"`spec.build({os.fspath(self.folder.parent)!r})` does that"
            )

    @property
    def name(self) -> str:
        """The network's name."""
        return self.opened.name

    @property
    def keras_model(self) -> ModuleType:
        """``build_model``, ``compile_model``, and weights out of it and into it."""
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
        """What it was built from.

        Raises
        ------
        ValueError
            If the spec is not where it was, or says something else by now.
        SpecError
            If it has errors by now.
        """
        lock = PackageRecords.of(self.folder).lock
        path = imported.spec_of(self.folder)
        if lock is None or path is None:
            raise ValueError(f"the spec of {self.folder} is not where it was")
        device = lock.origin.device if lock.origin is not None else None
        spec = load(path, device or DEFAULT)
        if spec.hash != lock.spec:
            raise ValueError(f"{path} has changed since {self.folder} was built")
        return spec

    @property
    def _built_from(self) -> str:
        lock = PackageRecords.of(self.folder).lock
        return "" if lock is None else lock.spec

    def train(
        self,
        x: Any,
        y: Any = None,
        weights: FileName | None = None,
        epochs: int | None = None,
        **options: Any,
    ) -> Training:
        """Train the Keras model, as the package's ``train.py`` does.

        Parameters
        ----------
        x : array (examples, *input shape), tf.data.Dataset, or a data file
            A file is ``.npz`` with ``x`` and ``y``, or a folder with ``.npy`` of each.
        y : array (examples,) of integers, or (examples, units) of floats
            None with a data set or a file.
        weights
            The safetensors file to write; None for none.
        epochs
            The spec's unless given.
        **options
            ``initial``, ``phases``, ``spike_updates``, ``patience``, ``resume``,
            ``strategy``, ``seed``, ``validation``, ``groups``, ``class_weight``,
            ``callbacks``: those of the package's ``train.train``; see its docstring.

        Raises
        ------
        ValueError
            If data or weights are not what the network accepts.
        RuntimeError
            If the loss is no number any more, or devices can't share a batch.
        ModuleNotFoundError
            If TensorFlow is not installed.
        """
        if isinstance(x, str | os.PathLike):
            from snnc.runtime.data import DataSpec, load_data

            x, y = load_data(x, DataSpec.of(self.opened.network))
        trained = self.opened.module("train").train(x, y, weights, epochs, **options)
        return Training(self, trained, None if weights is None else Path(weights))

    def evaluate(
        self, x: Any, y: Any = None, weights: GivenWeights | None = None, **options: Any
    ) -> Evaluation:
        """Run the network on data: see `snnc.evaluate`, whose options it takes."""
        from snnc.api.evaluations import evaluate

        return evaluate(self, x, y, weights, **options)

    def adapt(
        self, x: Any, y: Any, weights: GivenWeights, **options: Any
    ) -> Adaptation:
        """Let the readout learn: see `snnc.api.adaptations.adapt`."""
        from snnc.api.adaptations import adapt

        return adapt(self, x, y, weights, **options)

    def calibrate(self, x: Any, weights: GivenWeights, **options: Any) -> Calibration:
        """Scale weights into the layers' rates: see `snnc.calibrate`."""
        from snnc.api.weights import calibrate

        return calibrate(self, x, weights, **options)

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
        What was trained.
    model : keras.Model
        With the weights in it; batch norms are folded on export.
    file : Path or None
        The weights that were written.
    """

    package: Package
    model: Any
    file: Path | None

    @property
    def history(self) -> dict[str, list[float]]:
        """What Keras told after each epoch, of all phases: ``loss``, ``val_loss``..."""
        history: dict[str, list[float]] = dict(self.model.history.history)
        return history

    @cached_property
    def weights(self) -> dict[str, NDArray[Any]]:
        """The tensors by name, in the layout of the package."""
        layout = self.package.layout
        if self.file is not None:
            found: dict[str, NDArray[Any]] = layout.load_weights(self.file)
            return found
        with TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            self.package.keras_model.export_weights(self.model, path)
            found = layout.load_weights(path)
        return found

    def plot(self, what: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw a measure after each epoch: accuracy, or ``loss`` and others.

        Raises
        ------
        ValueError
            If there is no such measure.
        """
        from snnc.api.pictures import drawn
        from snnc.plots.results import training

        return drawn(training, self.history, what, ax=ax)

    def __repr__(self) -> str:
        last = {name: values[-1] for name, values in self.history.items() if values}
        measures = ", ".join(f"{name} {value:.4g}" for name, value in last.items())
        return f"<snnc.Training of {self.package.name}: {measures}>"


def as_package(package: Package | FileName) -> Package:
    """Return a package, or that in a folder."""
    return package if isinstance(package, Package) else Package(package)
