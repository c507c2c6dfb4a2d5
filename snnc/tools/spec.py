"""A spec as an object that can be checked, changed and reported on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import snnc
from snnc import diagnostics
from snnc.diagnostics import Diagnostic
from snnc.driver import compile_spec, place_on_chips
from snnc.ir.logical import LogicalNetwork, Loihi
from snnc.ir.properties import layer_properties
from snnc.language import model
from snnc.language.properties import NeuronSpec
from snnc.language.tree import Document
from snnc.loihi.plan import PlanCache
from snnc.loihi.profile import DEFAULT, read_profile
from snnc.passes import Compilation
from snnc.runtime.files import write_file
from snnc.source import SourceFile
from snnc.syntax.changes import apply_settings, place_values
from snnc.syntax.files import print_document
from snnc.syntax.revisions import read_spec
from snnc.syntax.settings import Setting, settings_of
from snnc.text.arguments import check_text
from snnc.text.display import Displayed
from snnc.tools.opening import FileName, SpecError
from snnc.tools.pages import spec_html
from snnc.tools.report.network import Report

if TYPE_CHECKING:
    from snnc.ir.mapped import RoutedNetwork
    from snnc.results.diff import Diff
    from snnc.results.fit import Fit
    from snnc.tools.package import Package


class LayerSpec:
    """A layer: its name, kind, sources and shape, and the properties of its kind.

    Sizes have one number per axis, times are in seconds, and rates are in Hz. Reading a
    property that the kind lacks raises AttributeError. Layers are immutable:
    `Spec.replace` returns a spec with other values.
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
    filters: int
    units: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    factor: tuple[int, ...]
    window: tuple[int, ...]
    padding: Literal["valid", "same", "causal"]
    dilation: tuple[int, ...]
    groups: int
    multiplier: int
    bias: bool | Literal["neuron"]
    shortcut: str | None
    rate: tuple[float, float]
    percentile: float
    neuron: NeuronSpec
    batchnorm: bool
    dropout: float
    l2: float
    place: Literal["chip", "host"]
    synapse: float
    block: tuple[int, ...] | Literal["auto"]
    start: Literal["rest", "spread"]

    def __init__(self, **properties: object) -> None:
        vars(self).update(properties)

    if not TYPE_CHECKING:  # type checkers use the attributes above

        def __getattr__(self, name: str) -> object:
            if name.startswith("__") or not vars(self):  # when copying or unpickling
                raise AttributeError(name)
            has = ", ".join(f"`{key}`" for key in vars(self))
            raise AttributeError(f"{self.kind} has no `{name}`: it has {has}")

    def __setattr__(self, name: str, value: object) -> None:
        change = f"`spec.replace({self.name}={{{name!r}: ...}})`"
        raise AttributeError(f"a layer does not change: {change} returns another spec")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayerSpec) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).items()))

    def __repr__(self) -> str:
        said = ", ".join(f"{key}={value!r}" for key, value in vars(self).items())
        return f"<snnc layer {said}>"


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
        own = ("name", "kind", "sources", "shape")
        layers = {}
        for layer in self._network.layers:
            places = {name: getattr(layer, name) for name in own}
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
        target, resolved = self._statements.target, self._network.target
        if isinstance(target, model.LoihiTarget) and isinstance(resolved, Loihi):
            return replace(target, cores=resolved.cores)
        return target

    @property
    def readout(self) -> model.ReadoutSpec:
        """The readout, with the names of ``classes``; None for a regression."""
        found = self._network.readout
        classes, units = found.labels, found.units
        own = self._statements.readout
        return replace(own, sources=found.sources, classes=classes, units=units)

    @property
    def train(self) -> model.TrainSpec:
        """The training settings: ``epochs``, ``optimizer.learning_rate`` ..."""
        return self._network.train

    @property
    def _document(self) -> Document:
        assert self.made.document is not None, "what compiles was parsed"
        return self.made.document

    @property
    def _statements(self) -> model.NetworkSpec:
        assert self.made.spec is not None
        return self.made.spec.spec

    @property
    def _network(self) -> LogicalNetwork:
        assert self.made.lowered is not None
        return self.made.lowered.network

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
        """Return a spec with parsed settings, for `replace` and sweeps."""
        report = diagnostics.Diagnostics()
        document = apply_settings(self._document, settings, report)
        if report.errors:
            raise SpecError(report.diagnostics)
        made = self.made
        return _compile(made.source, None, self.device, document, made.cache, report)

    def report(self) -> Report:
        """Return the network's cores and costs; see `snnc.report`."""
        if self.routed is None:
            raise SpecError(self.diagnostics)
        return Report(self, self.fits, self.routed)

    def build(
        self, output: FileName = "models", *, check: bool = False, force: bool = False
    ) -> Package:
        """Write the package of the spec; see `snnc.build`."""
        return snnc.build(self, output, check=check, force=force)

    def fit(self, cores: int | None = None, *, patient: bool = True) -> Fit:
        """Return variants that fit the cores; see `snnc.fit`."""
        return snnc.fit(self, cores, patient=patient)

    def diff(self, new: Spec | FileName) -> Diff:
        """Return the changes from this spec to another; see `snnc.diff`."""
        return snnc.diff(self, new)

    def changed_since(self, old: Spec | FileName) -> Diff:
        """Return the changes from another spec to this spec; see `snnc.diff`."""
        return snnc.diff(old, self)

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
    made = compile_spec(source, report, "place", profile, cache, document)
    if made.lowered is None:
        raise SpecError(report.diagnostics)
    return Spec(path, device, document is not None, made, report)


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
