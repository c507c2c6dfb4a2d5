"""Compare a weight file with a network and its chip: `snnc weights`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.logical import LogicalNetwork
from snnc.ir.mapped import MappedNetwork
from snnc.ir.shapes import Shape
from snnc.ir.tensor import TensorSpec
from snnc.results.weights import (
    ListedTensor,
    Precision,
    Spread,
    TensorMatch,
    Weights,
    WeightsMatch,
)
from snnc.rules.weights import BiasNotZero, NotFinite, WeightsDoNotFit
from snnc.source import whole_file
from snnc.syntax.revisions import read_spec
from snnc.text.display import Json
from snnc.text.tables import dims
from snnc.weight_files.header import StoredTensor, WeightsHeader, read_header

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor of the network and the tensor with the same name in the file.

    Either may be None, but not both.
    """

    wanted: TensorSpec | None
    stored: StoredTensor | None

    @property
    def name(self) -> str:
        return (self.wanted or self.stored).name  # type: ignore[union-attr]

    @property
    def shapes(self) -> tuple[Shape | None, Shape | None]:
        """The shapes in the file and in the network; None where it lacks the tensor."""
        stored = None if self.stored is None else self.stored.shape
        wanted = None if self.wanted is None else self.wanted.shape
        return stored, wanted

    @property
    def problem(self) -> str:
        """The problem in one phrase; empty if the tensor fits."""
        if self.stored is None:
            return "missing"
        if self.wanted is None:
            return "not in the network"
        problems = []
        if self.stored.shape != self.wanted.shape:
            problems.append(f"should be {dims(self.wanted.shape)}")
        if self.stored.dtype != self.wanted.dtype:
            problems.append(f"should be {self.wanted.dtype}")
        return ", ".join(problems)


@dataclass(frozen=True)
class Listing:
    """A weight file and, with a network, how the file fits the network.

    ``spreads`` is empty if the values are unknown, and ``layers`` if the file does not
    fit.
    """

    header: WeightsHeader
    network: LogicalNetwork | None = None
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    layers: tuple[Precision, ...] = ()

    @cached_property
    def wanted(self) -> tuple[TensorSpec, ...]:
        return () if self.network is None else tensors(self.network)

    @cached_property
    def layout(self) -> str:
        """The identity of the network's layout."""
        return layout_id(self.wanted)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The network's tensors in order, then the file's other tensors."""
        stored = self.header.tensors
        known = {tensor.name for tensor in self.wanted}
        pairs = [Pair(tensor, stored.get(tensor.name)) for tensor in self.wanted]
        others = [Pair(None, t) for t in stored.values() if t.name not in known]
        return (*pairs, *others)

    @property
    def problems(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.problem)

    @property
    def scale(self) -> str:
        """How the scale of the file's input differs; empty if it does not."""
        assert self.network is not None
        scale = input_scale(self.network)
        stored = self.header.metadata.get("input_scale", scale)
        how = f"it reads an input value x as {stored}, not {scale}"
        return "" if stored == scale else how

    @property
    def fits(self) -> bool:
        """Whether the package's `load_weights` accepts the file, apart from values."""
        is_same = self.header.layout_id == self.layout and not self.scale
        return not self.problems and is_same

    def problem(self, pair: Pair) -> str:
        """Return the problem of a pair, including invalid values, in one phrase."""
        if self.network is None:
            return ""
        if pair.problem or pair.wanted is None or not pair.wanted.zeros:
            return pair.problem
        spread = self.spreads.get(pair.name)
        return "should be 0" if spread is not None and spread.nonzero else ""

    def result(self, diagnostics: tuple[Diagnostic, ...]) -> Weights:
        """Return the listing as plain values, with the problems found."""
        match = None
        if self.network is not None:
            match = WeightsMatch(
                network=self.network.name,
                layout_id=self.layout,
                fits=self.fits,
                chip=self.layers,
            )
        return Weights(
            file=self.header.path.as_posix(),
            metadata=dict(sorted(self.header.metadata.items())),
            tensors=tuple(map(self._listed, self.pairs)),
            match=match,
            diagnostics=diagnostics,
        )

    def _listed(self, pair: Pair) -> ListedTensor:
        match = None
        if self.network is not None:
            expected = None if pair.wanted is None else pair.wanted.shape
            match = TensorMatch(expected, self.problem(pair) or None)
        return ListedTensor(
            name=pair.name,
            dtype=None if pair.stored is None else pair.stored.dtype,
            shape=None if pair.stored is None else pair.stored.shape,
            spread=self.spreads.get(pair.name),
            match=match,
        )


KERAS = (
    "the tensor names come from Keras: write the file with the package's "
    "`export_weights`"
)
TYPES = (
    "convert the tensors to float32, and write the file with the package's "
    "`save_weights`"
)
SCALED = (
    "in the input, write the `in` and `as` with which the file was trained, or train "
    "again"
)
UNMARKED = (
    "the tensors match, but the package's `save_weights` did not write the file: use "
    "it to write the file again"
)
TURNED = (
    "the kernels look transposed, as in PyTorch: snnc expects the input and output "
    "channels as the last axes"
)
NAMES = "the shapes match: rename the tensors in the file, or"
MIGRATE = (
    "train again, or keep the tensors that still fit with `snnc weights FILE --migrate"
    " OLD_SPEC NEW_SPEC -o NEW_FILE`; `git:HEAD:PATH` is the last committed version "
    "of a spec"
)
OLD_SPEC = (
    "name the spec that the file was trained for as OLD_SPEC; `git:REV:PATH` is a "
    "spec from an earlier revision"
)


def advice(listing: Listing, remedy: str) -> str:
    """Return the help for a file that does not fit; ``remedy`` is the general help."""
    problems = listing.problems
    if not problems:
        return _advice_on_metadata(listing) or remedy
    if any(map(_has_keras_name, problems)):
        return KERAS
    stored, wanted = zip(*(pair.shapes for pair in problems), strict=True)
    if any(map(_is_turned, stored, wanted)):
        return TURNED
    if stored == wanted:
        return TYPES
    is_renamed = all(None in pair.shapes for pair in problems)
    if is_renamed and Counter(stored) == Counter(wanted):
        return f"{NAMES} {remedy}"
    return remedy


def _has_keras_name(pair: Pair) -> bool:
    return "/" in pair.name or pair.name.endswith(":0")


def _advice_on_metadata(listing: Listing) -> str:
    """Return the help for a file whose tensors fit; empty if it has no flaw."""
    if listing.scale:
        return SCALED
    return UNMARKED if listing.header.layout_id is None else ""


def _is_turned(stored: Shape | None, wanted: Shape | None) -> bool:
    """Return whether the axes are in PyTorch order: out, in, height, width."""
    if wanted is None or len(wanted) < 2:
        return False
    *spatial, inward, outward = wanted
    return stored == (outward, inward, *spatial) != wanted


def inspect(
    path: Path,
    spec: str | MappedNetwork | None,
    report: Diagnostics,
    *,
    calculates: bool,
    device: Profile | None = None,
) -> Listing | None:
    """List a file's tensors, and check whether a network and its chip accept them.

    Return None if the file or the spec can't be read.

    Parameters
    ----------
    spec
        The spec to compare with, if any: a file, a revision, or a compiled network.
    calculates
        Whether to check the values, which needs NumPy.
    device
        The device to compile for; None for Loihi 1.
    """
    header = read_header(path, report)
    mapped = _compile(spec, report, device)
    if header is None or (mapped is None and spec is not None):
        return None
    network = None if mapped is None else mapped.lowered.network
    listing = Listing(header, network)
    values = None
    if calculates:
        from snnc.weight_files.values import read_values, spreads

        values = read_values(header)
        listing = Listing(header, network, spreads(values))
    if mapped is None:
        return listing
    if not listing.fits:
        report.add(refusal(listing))
    elif values is not None and report_values(listing, report):
        return replace(listing, layers=on_chip(mapped, values, report))
    return listing


def _compile(
    spec: str | MappedNetwork | None, report: Diagnostics, device: Profile | None
) -> MappedNetwork | None:
    if not isinstance(spec, str):
        return spec
    source = read_spec(spec, report)
    if source is None:
        return None
    compilation = compile_spec(source, report, "place", device)
    return None if compilation is None else compilation.mapped


def refusal(listing: Listing, remedy: str = MIGRATE) -> Diagnostic:
    """Return the error that lists all tensors that do not fit a network."""
    network = listing.network
    written = listing.header.layout_id
    assert network is not None
    return WeightsDoNotFit(
        span=network.span,
        path=listing.header.path.as_posix(),
        network=network.name,
        written=written or "missing",
        layout="" if listing.layout == written else listing.layout,
        problems=tuple(map(_problem, listing.problems)),
        scale=listing.scale,
        advice=advice(listing, remedy),
    )


def _problem(pair: Pair) -> str:
    if pair.stored is None or pair.wanted is None:
        return f"{pair.name} is {pair.problem}"
    stored = pair.stored
    return f"{pair.name} is {dims(stored.shape)} {stored.dtype}, {pair.problem}"


def report_values(listing: Listing, report: Diagnostics) -> bool:
    """Report tensors with invalid values; return whether all values are valid.

    Invalid values are not finite, or are nonzero in a bias that is off.
    """
    before = len(report.diagnostics)
    path = listing.header.path
    assert listing.network is not None
    for tensor in listing.wanted:
        name = tensor.name
        spread = listing.spreads[tensor.name]
        size = prod(tensor.shape)
        values: Json = {"tensor": name, "path": path.as_posix(), "size": size}
        if spread.nan or spread.infinite:
            counts: Json = {"nan": spread.nan, "infinite": spread.infinite}
            report.add(NotFinite(span=whole_file(path), **values, **counts))
        elif tensor.zeros and spread.nonzero:
            layer = listing.network.by_name[name.rpartition(".")[0]]
            report.add(BiasNotZero.at(layer, count=spread.nonzero, **values))
    return len(report.diagnostics) == before


def on_chip(
    mapped: MappedNetwork, values: Mapping[str, Array], report: Diagnostics
) -> tuple[Precision, ...]:
    """Return the precision of the weights on the chip, and report refused cores."""
    from snnc.weight_files.chip import complaints, precision
    from snnc.weight_files.cores import placed_layers

    layers = placed_layers(mapped, values)
    for layer in layers:
        report.add(*complaints(layer))
    return tuple(precision(layer) for layer in layers)
