"""Specs and packages as objects; their methods are the verbs.

The two classes are in one file because a spec builds a package, and a package knows its
spec.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from snnc import diagnostics
from snnc.diagnostics import Diagnostic
from snnc.diagnostics.spec_error import SpecError
from snnc.driver import compile_spec, place_on_chips
from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.properties import LayerSpec, layer_properties
from snnc.language import model
from snnc.language.tree import Document
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.output.imported import ImportedPackage, open_package, spec_of
from snnc.output.package import PackageRecords
from snnc.passes import Compilation, completed
from snnc.results.adaptation import Adaptation
from snnc.results.calibration import Calibration
from snnc.results.diff import Diff
from snnc.results.fit import Fit
from snnc.results.report import Report
from snnc.results.training import Training
from snnc.results.weights import Weights
from snnc.runtime.files import write_file
from snnc.source import SourceFile
from snnc.syntax.changes import apply_settings, place_values
from snnc.syntax.files import print_document
from snnc.syntax.revisions import read_spec
from snnc.syntax.settings import Setting, settings_of
from snnc.text.arguments import (
    FileName,
    Tensors,
    check_count,
    check_text,
    given_weights,
)
from snnc.text.display import Displayed, Listed
from snnc.verbs import adapt as adapt_verb
from snnc.verbs import train as train_verb
from snnc.verbs.build import write_package, write_spec
from snnc.verbs.calibrate import calibrate as calibrate_weights
from snnc.verbs.diff.compare import compare
from snnc.verbs.diff.properties import version_of
from snnc.verbs.evaluate import verb
from snnc.verbs.evaluate.options import AdaptOptions, EvaluateOptions, PredictOptions
from snnc.verbs.fit import find_variants
from snnc.verbs.options import takes
from snnc.verbs.package_options import CalibrateOptions, TrainOptions
from snnc.verbs.report.summary import report_of
from snnc.verbs.weights import list_weights
from snnc.views.report_page import report_page
from snnc.views.spec import spec_html

if TYPE_CHECKING:
    from types import ModuleType

    from snnc.ir.mapped import RoutedNetwork
    from snnc.nir.export import Exported
    from snnc.nir.graph import Neuron
    from snnc.results.evaluation import Evaluation
    from snnc.results.prediction import Prediction


@dataclass(frozen=True, eq=False, repr=False)
class Spec(Displayed):
    """A network's spec without errors, from `load` or `parse`.

    A spec is immutable: `replace` returns another spec. `fits` and `diagnostics` say
    whether the network also fits on its chip.

    Attributes
    ----------
    path : Path or None
        The file with the spec's text.
    device : str
        The device: a name or the path of a device file.
    changed : bool
        Whether `replace` created the spec.
    made, found
        Internal: the compiler's result and diagnostics.
    """

    _internal = frozenset(("made", "found", "routed", "with_settings"))

    path: Path | None
    device: str
    changed: bool
    made: Compilation
    found: diagnostics.Diagnostics

    @property
    def name(self) -> str:
        """The network's name."""
        return self._statements.network

    @property
    def edition(self) -> int:
        """The edition of the language, which determines the defaults."""
        return self._statements.snn

    @property
    def about(self) -> str:
        """The spec's description of the network."""
        return self._statements.about

    @cached_property
    def text(self) -> str:
        """The spec as text, in its original notation."""
        return self.to(self.notation) if self.changed else self.made.source.text

    @property
    def notation(self) -> Literal["snn", "yaml"]:
        """The notation of the text."""
        return self.made.source.notation

    @cached_property
    def layers(self) -> Mapping[str, LayerSpec]:
        """The layers by name, in spec order, for example ``layers["c0"].filters``.

        All defaults are filled in. Sizes have one number per axis, times are in
        seconds, and rates are in Hz.
        """
        common = ("name", "kind", "sources", "shape")
        layers = {}
        for layer in self._network.layers:
            places = {name: getattr(layer, name) for name in common}
            layers[layer.name] = LayerSpec(**places, **layer_properties(layer))
        return MappingProxyType(layers)

    @property
    def input(self) -> model.InputSpec:
        """The input: ``name``, ``shape``, its range ``within``, and ``mapped``."""
        return self._statements.input

    @property
    def timing(self) -> model.TimingSpec:
        """The times ``dt``, ``present`` and ``synapse``, in seconds."""
        return self._statements.timing

    @property
    def target(self) -> model.LoihiTarget | model.NengoTarget:
        """The target: its ``kind`` and, for ``loihi``, its chips and cores."""
        target = self._statements.target
        resolved = self._network.target
        # A spec without `cores` has all cores of its chips.
        if isinstance(target, model.LoihiTarget) and isinstance(resolved, Loihi):
            return replace(target, cores=resolved.cores)
        return target

    @property
    def readout(self) -> model.ReadoutSpec:
        """The readout, with the names of ``classes``; None for a regression."""
        resolved = self._network.readout
        return replace(
            self._statements.readout,
            sources=resolved.sources,
            classes=resolved.labels,
            units=resolved.units,
        )

    @property
    def train(self) -> model.TrainSpec:
        """The training settings: ``epochs``, ``optimizer.learning_rate`` ..."""
        return self._network.train

    @property
    def _document(self) -> Document:
        return completed(self.made.document)

    @property
    def _statements(self) -> model.NetworkSpec:
        return completed(self.made.spec).spec

    @property
    def _network(self) -> LogicalNetwork:
        return completed(self.made.lowered).network

    @property
    def hash(self) -> str:
        """The SHA-256 of the spec's meaning, independent of notation and comments."""
        return model.spec_hash(self._statements)

    @property
    def fits(self) -> bool:
        """Whether the network fits its target."""
        return self.made.mapped is not None

    @cached_property
    def routed(self) -> RoutedNetwork | None:
        """Internal: the network on its chips, if its cores can be counted."""
        return place_on_chips(self.made)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings, and the reasons why the network does not fit on its chip."""
        return self.found.diagnostics

    def replace(self, **changes: object) -> Spec:
        """Return a spec with other values.

        Parameters
        ----------
        **changes
            Keys are the names of a layer, the input or the readout, or ``timing``,
            ``train``, ``defaults`` or ``target``. Each value is a mapping from
            properties to new values. A new value is a number (in ms or Hz, if it has a
            unit), a bool, a text as in ``.snn`` (``"20..200 Hz"``), a tuple for
            ``3x3x1``, a list, or a mapping for ``{"adam": {"learning_rate": 1e-3}}``.
            None selects the default. For ``network``, ``about``, ``target`` and
            ``encode``, the value may also be a text.

        Raises
        ------
        SpecError
            If the name or property is unknown, or the value is invalid.

        Examples
        --------
        >>> spec.replace(c0={"filters": 6}, timing={"present": "60 ms"})
        """
        report = diagnostics.Diagnostics()
        settings = settings_of(changes, report)
        if report.errors:
            raise SpecError(report.diagnostics)
        return self.with_settings(settings)

    def with_settings(self, settings: Iterable[Setting]) -> Spec:
        """Return a spec with parsed settings, for `replace` and sweeps.

        The settings change the syntax tree, so that comments stay and diagnostics point
        to the values (decision 026).
        """
        report = diagnostics.Diagnostics()
        document = apply_settings(self._document, settings, report)
        if report.errors:
            raise SpecError(report.diagnostics)
        compilation = self.made
        return _compile(
            compilation.source,
            None,
            self.device,
            document=document,
            cache=compilation.cache,
            report=report,
        )

    def report(self) -> Report:
        """Return the network's cores and costs; see `snnc.report`."""
        # A network that does not fit has a report too, unless it is far too large.
        if self.routed is None:
            raise SpecError(self.diagnostics)
        return report_of(
            self.routed,
            self.made.cache,
            fits=self.fits,
            diagnostics=self.diagnostics,
            path="" if self.path is None else self.path.as_posix(),
            text=self.text,
        )

    def page(self, against: Spec | FileName | None = None) -> str:
        """Return the report as a self-contained page with pictures and the spec.

        Parameters
        ----------
        against
            A spec, its file or a revision; the page shows the changes since then.
        """
        report = self.report()
        variants = self.fit(patient=False) if report.cores else None
        changes = None if against is None else self.changed_since(against)
        return report_page(report, variants, changes)

    def build(
        self, output: FileName = "models", *, check: bool = False, force: bool = False
    ) -> Package:
        """Write the package of the spec; see `snnc.build`."""
        if not self.fits:
            raise SpecError(self.diagnostics)
        folder = Path(output)
        path = self.path
        # The headers of the files name a spec that exists (decision 026).
        if path is None:
            path = folder / f"{self.name}.{self.notation}"
            write_spec(self.text, path, check=check, force=force)
        compilation = replace(self.made, routed=self.routed)
        written = write_package(
            compilation, self.found, path, self.device, folder, check=check, force=force
        )
        return Package(written)

    def fit(self, cores: int | None = None, *, patient: bool = True) -> Fit:
        """Return variants that fit the cores; see `snnc.fit`."""
        check_count("cores", cores, 1)
        return find_variants(self.made, self.diagnostics, cores, patient=patient)

    def diff(self, new: Spec | FileName) -> Diff:
        """Return the changes from this spec to another; see `snnc.diff`."""
        return compare_specs(self, as_spec(new, self.device))

    def changed_since(self, old: Spec | FileName) -> Diff:
        """Return the changes from another spec to this spec; see `snnc.diff`."""
        return compare_specs(as_spec(old, self.device), self)

    def save(self, path: FileName, *, force: bool = False) -> Spec:
        """Write the spec to a file; the suffix selects the notation.

        Raises
        ------
        FileExistsError
            If the file exists and ``force`` is not set.
        """
        file = Path(path)
        if file.exists() and not force:
            raise FileExistsError(f"{file} already exists; `force=True` replaces it")
        notation = SourceFile(file.as_posix(), "").notation
        text = self.text if notation == self.notation else self.to(notation)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, text)
        return load(file, self.device)

    def to(self, notation: Literal["snn", "yaml"]) -> str:
        """Return the text in the standard layout of a notation, with its comments.

        Raises
        ------
        ValueError
            If the notation is unknown.
        """
        if notation not in ("snn", "yaml"):
            raise ValueError(f"there is no notation {notation}: name `snn` or `yaml`")
        return print_document(place_values(self._document), notation)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        where = "" if self.path is None else f" from {self.path.as_posix()}"
        return f"<snnc.Spec {self.name}{where}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spec):
            return NotImplemented
        return (self.hash, self.device) == (other.hash, other.device)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the spec as text, which is compiled again when unpickling."""
        source = SourceFile(self.made.source.name, self.text)
        return _compile, (source, self.path, self.device)

    def __hash__(self) -> int:
        return hash((self.hash, self.device))

    def _repr_html_(self) -> str:
        return spec_html(self.text, self.notation)


def _compile(
    source: SourceFile,
    path: Path | None,
    device: str,
    document: Document | None = None,
    cache: PlanCache | None = None,
    report: diagnostics.Diagnostics | None = None,
) -> Spec:
    """Compile a spec up to its cores; ``report`` contains the document's diagnostics.

    Raise SpecError for errors that do not depend on the chip's limits.
    """
    report = report or diagnostics.Diagnostics()
    profile = read_profile(device)
    compilation = compile_spec(
        source, report, "place", profile, cache=cache, document=document
    )
    if compilation.lowered is None:
        raise SpecError(report.diagnostics)
    return Spec(path, device, document is not None, compilation, report)


def load(path: FileName, device: str = DEFAULT) -> Spec:
    """Read a spec.

    Parameters
    ----------
    path
        A file in ``.snn`` or YAML, or ``git:REV:PATH`` as in ``git show REV:PATH``.
    device
        The device to compile for: ``loihi1`` or the path of a device file.

    Raises
    ------
    SpecError
        If the spec can't be read, or has errors. A network that does not fit on its
        chip raises no error here; see `Spec.fit`.
    ValueError
        If the device can't be read, or ``path`` is not a valid revision.
    """
    report = diagnostics.Diagnostics()
    name = os.fspath(path)
    source = read_spec(name, report)
    if source is None:
        raise SpecError(report.diagnostics)
    file = None if name.startswith("git:") else Path(path)
    return _compile(source, file, device)


def parse(text: str, device: str = DEFAULT, *, name: str = "text") -> Spec:
    """Read a spec from text.

    Parameters
    ----------
    text
        The spec in ``.snn``, or in YAML if ``name`` ends in ``.yaml`` or the text
        begins like YAML.
    device
        The device to compile for: ``loihi1`` or the path of a device file.
    name
        The name of the text in diagnostics.

    Raises
    ------
    SpecError
        If the spec has errors; see `load`.
    """
    check_text("text", text)
    check_text("name", name)
    if name == "text" and _YAML.match(text):
        name = "text.yaml"
    return _compile(SourceFile(name, text.replace("\r\n", "\n")), None, device)


_YAML = re.compile(r"\s*(?:#[^\n]*\n\s*)*snn[ \t]*:")


def as_spec(spec: Spec | FileName, device: str = DEFAULT) -> Spec:
    """Return a spec; read it if a file is given."""
    return spec if isinstance(spec, Spec) else load(spec, device)


def compare_specs(old: Spec, new: Spec) -> Diff:
    """Return the changes from one spec to another."""
    before = version_of(old.made, old.found)
    after = version_of(new.made, new.found)
    assert before is not None, "a spec has no errors"
    assert after is not None, "a spec has no errors"
    return compare(before, after)


@dataclass(frozen=True)
class EvaluateCall(EvaluateOptions):
    """What `evaluate` takes.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        A file is ``.npz`` with ``x`` and ``y``, or a folder with an ``.npy`` file for
        each. An iterable, such as a tf.data.Dataset, yields examples or batches, or
        pairs of these and their ``y``. It may be larger than memory: a temporary file
        stores the examples.
    y : array (examples,) of integers, or (examples, units) of floats
        None for a file or an iterable of pairs.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    progress
        Whether to show a progress bar; by default, on terminals and in notebooks.
    """

    package: Package | FileName
    x: object
    y: object = None
    weights: Tensors | FileName | None = None
    progress: bool | None = field(default=None, kw_only=True)


@takes(EvaluateCall)
def evaluate(call: EvaluateCall) -> Evaluation:
    """Run a package on data, spike for spike like the chip.

    Raises
    ------
    ValueError
        If package, data, weights and options don't match; the message says why.
    """
    if call.weights is None:
        raise ValueError("weights: name a safetensors file, or give its tensors")
    package = imported_package(call.package)
    return verb.evaluate(package, (call.x, call.y), call.weights, call, call.progress)


@dataclass(frozen=True)
class PredictCall(PredictOptions):
    """What `predict` takes.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), a data file, or an iterable
        As for `evaluate`, or an ``.npy`` file.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    progress
        Whether to show a progress bar; by default, on terminals and in notebooks.
    """

    package: Package | FileName
    x: object
    weights: Tensors | FileName
    progress: bool | None = field(default=None, kw_only=True)


@takes(PredictCall)
def predict(call: PredictCall) -> Prediction:
    """Run a package on new examples without labels.

    Returns
    -------
    Prediction
        ``outputs`` (examples, units), ``labels`` (examples,), and
        ``outputs_over_time`` (examples, steps, units). `numpy.asarray` returns the
        outputs.

    Raises
    ------
    ValueError
        If the network does not accept the examples or weights.
    """
    package = imported_package(call.package)
    return verb.predict(package, call.x, call.weights, call, call.progress)


@dataclass(frozen=True)
class AdaptCall(AdaptOptions):
    """What `adapt` takes.

    Parameters
    ----------
    package
        A package whose spec has ``learn pes``, or its folder.
    x : array (examples, *input shape), or a data file
    y : array (examples,) of integers, or (examples, units) of floats
        None with a file.
    weights : path or mapping
        The initial weights.
    """

    package: Package | FileName
    x: object
    y: object
    weights: Tensors | FileName


@takes(AdaptCall)
def adapt(call: AdaptCall) -> Adaptation:
    """Present examples one after another while the readout learns.

    Raises
    ------
    ValueError
        If the readout does not learn, the network does not accept the data, all
        examples have the same class, or the chip can't learn with these weights.
    """
    package = imported_package(call.package)
    return adapt_verb.adapt(package, call.x, call.y, call.weights, call)


@dataclass(frozen=True)
class TrainCall(TrainOptions):
    """What `train` takes.

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
    callbacks
        Additional Keras callbacks.
    """

    package: Package | FileName


@takes(TrainCall)
def train(call: TrainCall) -> Training:
    """Train the Keras model, like the package's ``train.py``.

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
    return train_verb.train(imported_package(call.package), call)


@dataclass(frozen=True)
class CalibrateCall(CalibrateOptions):
    """What `calibrate` takes.

    Parameters
    ----------
    package
        A package, or its folder.
    x : array (examples, *input shape), or a data file
        The examples for measuring rates, such as training data.
    weights : path or mapping
        A safetensors file, or its tensors by name.
    y : array
        The labels or values of an array ``x``, to compare accuracies or errors. A data
        file may contain ``y``. Without ``y``, the decisions, or the values, are
        compared with those of Keras.
    device
        The device on which the scaled weights are checked.
    """

    package: Package | FileName
    x: Any
    weights: Tensors | FileName
    device: str = field(default=DEFAULT, kw_only=True)


@takes(CalibrateCall)
def calibrate(call: CalibrateCall) -> Calibration:
    """Scale weights so that rates stay within bounds; outputs stay the same.

    Use this for imported weights; training scales its weights itself. A quarter of the
    examples, at most 512, are not measured. On these, the scaled weights are compared
    with the given weights in spikes.

    Raises
    ------
    ValueError
        If the network does not accept data or weights, if no scale brings the rates
        within bounds, or if the scaled weights are significantly worse in spikes.
    SpecError
        If the chip can't store the scaled weights.
    ModuleNotFoundError
        If TensorFlow or Nengo are not installed.
    """
    package = imported_package(call.package)
    return calibrate_weights(package, call.x, call.weights, call, call.device)


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
    opened: ImportedPackage

    def __init__(self, folder: FileName, spec: Spec | None = None) -> None:
        opened = open_package(folder)
        object.__setattr__(self, "opened", opened)
        object.__setattr__(self, "folder", opened.folder)
        lock = PackageRecords.of(self.folder).lock
        if spec is not None and lock.spec != spec.hash:
            remedy = f"`spec.build({os.fspath(self.folder.parent)!r})` does that"
            raise ValueError(
                f"{os.fspath(folder)} was not built from this spec: {remedy}"
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
        """The network as data: ``DT`` and ``PRESENT`` in seconds, and ``LAYERS``."""
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
        path = spec_of(self.folder)
        if path is None:
            raise ValueError(f"the spec of {self.folder} was moved or removed")
        device = lock.origin.device if lock.origin is not None else None
        spec = load(path, device or DEFAULT)
        if spec.hash != lock.spec:
            raise ValueError(f"{path} has changed since {self.folder} was built")
        return spec

    # Methods and functions have the same options and docstrings (decision 026).
    train = train
    evaluate = evaluate
    predict = predict
    adapt = adapt
    calibrate = calibrate

    def report(self) -> Report:
        """Return the network's cores and costs; see `snnc.report`."""
        return self.spec.report()

    def weights(self, file: FileName | Tensors) -> Weights:
        """Return the contents of a weight file, and whether it fits the network.

        See `snnc.weights`.
        """
        return list_weights(file, self.spec.made.mapped)

    def export_nir(
        self, weights: Tensors | FileName, path: FileName, *, neuron: Neuron = "if"
    ) -> Exported:
        """Write the network and its weights in NIR; see `snnc.export_nir`."""
        from snnc.nir.export import export_nir  # imports NumPy

        profile = read_profile(self.spec.device)
        return export_nir(self, given_weights(weights), path, neuron, profile)

    def __reduce__(self) -> tuple[Any, ...]:
        return Package, (self.folder,)

    def __repr__(self) -> str:
        return f"<snnc.Package {self.name} in {self.folder.as_posix()}>"


def imported_package(package: Package | FileName) -> ImportedPackage:
    """Return the modules of a package; open it if a folder is given."""
    return package.opened if isinstance(package, Package) else open_package(package)
