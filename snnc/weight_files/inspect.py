"""Compare a weight file with a network: whether it fits, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics import Diagnostic, Diagnostics
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.layout import TensorSpec, input_scale, layout_id, tensors
from snnc.ir.logical import LogicalNetwork, Shape
from snnc.ir.mapped import MappedNetwork
from snnc.rules.weights import BiasNotZero, NotFinite, WeightsDoNotFit
from snnc.source import whole_file
from snnc.syntax.revisions import read_spec
from snnc.text.tables import dims
from snnc.weight_files.header import StoredTensor, WeightsHeader, read_or_report

if TYPE_CHECKING:
    from snnc.runtime.examples import Array
    from snnc.weight_files.chip import Precision
    from snnc.weight_files.values import Spread


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


@dataclass(frozen=True, slots=True)
class LayoutFit:
    """A comparison of a file with a layout.

    Attributes
    ----------
    pairs
        The network's tensors in order, then the file's other tensors.
    layout
        The identity of the network's layout.
    written
        The layout identity in the file; None if the file has none.
    scale
        A description of how the scale of the file's input differs; empty if it does
        not.
    """

    pairs: tuple[Pair, ...]
    layout: str
    written: str | None
    scale: str = ""

    @property
    def problems(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.problem)

    @property
    def fits(self) -> bool:
        """Whether the package's `load_weights` accepts the file, apart from values."""
        is_same = self.written == self.layout and not self.scale
        return not self.problems and is_same


def fit(
    header: WeightsHeader, wanted: tuple[TensorSpec, ...], scale: str = "x"
) -> LayoutFit:
    """Compare a file with a network, tensor by tensor."""
    pairs = [Pair(tensor, header.tensors.get(tensor.name)) for tensor in wanted]
    known = {tensor.name for tensor in wanted}
    others = (t for t in header.tensors.values() if t.name not in known)
    pairs += [Pair(None, tensor) for tensor in others]
    stored = header.metadata.get("input_scale", scale)
    other = "" if stored == scale else f"its input is {stored}, not {scale}"
    return LayoutFit(tuple(pairs), layout_id(wanted), header.layout_id, other)


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


def advice(fitting: LayoutFit, migrating: bool = False) -> str:
    """Return the help for a file that does not fit.

    Parameters
    ----------
    migrating
        Whether the network is the OLD_SPEC of a migration.
    """
    problems = fitting.problems
    both = [(p.stored.shape, p.wanted.shape) for p in problems if p.stored and p.wanted]
    missing = [p.wanted.shape for p in problems if p.wanted and not p.stored]
    unknown = [p.stored.shape for p in problems if p.stored and not p.wanted]
    if not problems and fitting.scale:
        return SCALED
    if not problems and fitting.written is None:
        return UNMARKED
    if any("/" in pair.name or pair.name.endswith(":0") for pair in problems):
        return KERAS
    if problems and not (missing or unknown) and all(s == w for s, w in both):
        return TYPES
    if any(_is_turned(stored, wanted) for stored, wanted in both):
        return TURNED
    way = OLD_SPEC if migrating else MIGRATE
    is_renamed = missing and not both and sorted(missing) == sorted(unknown)
    return f"{NAMES} {way}" if is_renamed else way


def _is_turned(stored: Shape, wanted: Shape) -> bool:
    """Return whether the axes are in PyTorch order: out, in, height, width."""
    if len(wanted) < 2:
        return False
    *spatial, inward, outward = wanted
    return stored == (outward, inward, *spatial) != wanted


@dataclass(frozen=True, slots=True)
class Listing:
    """A weight file and, with a spec, how the file fits it.

    Attributes
    ----------
    header
        The header of the file.
    spreads
        The statistics of each tensor; None if NumPy is not installed.
    network
        The name of the spec's network; None without a spec.
    fit
        How the file fits the network; None without a spec.
    layers
        The precision of each layer on the chip, if the file fits.
    """

    header: WeightsHeader
    spreads: dict[str, Spread] | None
    network: str | None = None
    fit: LayoutFit | None = None
    layers: tuple[Precision, ...] = ()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The tensors to list; without a spec, all tensors in the file."""
        if self.fit is not None:
            return self.fit.pairs
        return tuple(Pair(None, tensor) for tensor in self.header.tensors.values())

    def problem(self, pair: Pair) -> str:
        """Return the problem of a pair, including invalid values, in one phrase."""
        if self.fit is None:
            return ""
        spread = (self.spreads or {}).get(pair.name)
        has_to_be_0 = pair.wanted is not None and pair.wanted.zeros
        if not pair.problem and has_to_be_0 and spread and spread.nonzero:
            return "should be 0"
        return pair.problem


def inspect(
    path: Path,
    spec: str | MappedNetwork | None,
    calculates: bool,
    report: Diagnostics,
    device: Profile | None = None,
) -> Listing | None:
    """List a file's tensors, and check whether a network and its chip accept them.

    Parameters
    ----------
    path
        The safetensors file.
    spec
        The spec to compare with, if any: a file, a revision, or a compiled network.
    calculates
        Whether to check the values, which needs NumPy.
    report
        Receives every problem.
    device
        The device to compile for; None for Loihi 1.

    Returns
    -------
    Listing or None
        None if the file or the spec can't be read.
    """
    header = read_or_report(path, report)
    mapped = spec if isinstance(spec, MappedNetwork) else None
    if isinstance(spec, str):
        source = read_spec(spec, report)
        made = None if source is None else compile_spec(source, report, "place", device)
        if made is None or made.mapped is None:
            return None
        mapped = made.mapped
    if header is None:
        return None
    values, known = None, None
    if calculates:
        from snnc.weight_files.values import read_values, spreads

        values = read_values(header)
        known = spreads(values)
    if mapped is None:
        return Listing(header, known)
    network = mapped.lowered.network
    fitting = fit(header, tensors(network), input_scale(network))
    layers: tuple[Precision, ...] = ()
    if not fitting.fits:
        report.add(refusal(header, network, fitting))
    elif values is not None and report_values(header, known or {}, network, report):
        layers = on_chip(mapped, values, report)
    return Listing(header, known, network.name, fitting, layers)


def refusal(
    header: WeightsHeader,
    network: LogicalNetwork,
    fitting: LayoutFit,
    migrating: bool = False,
) -> Diagnostic:
    """Return the error that lists all tensors that do not fit a network."""
    return WeightsDoNotFit(
        span=network.span,
        path=header.path.as_posix(),
        network=network.name,
        written=fitting.written or "missing",
        layout="" if fitting.layout == fitting.written else fitting.layout,
        problems=tuple(map(_problem, fitting.problems)),
        scale=fitting.scale,
        advice=advice(fitting, migrating),
    )


def _problem(pair: Pair) -> str:
    if pair.stored is None or pair.wanted is None:
        return f"{pair.name} is {pair.problem}"
    stored = pair.stored
    return f"{pair.name} is {dims(stored.shape)} {stored.dtype}, {pair.problem}"


def report_values(
    header: WeightsHeader,
    known: dict[str, Spread],
    network: LogicalNetwork,
    report: Diagnostics,
) -> bool:
    """Report tensors with invalid values; return whether all values are valid.

    Invalid values are not finite, or are nonzero in a bias that is off.
    """
    before = len(report.diagnostics)
    for tensor in tensors(network):
        name, spread = tensor.name, known[tensor.name]
        file, size = header.path.as_posix(), header.tensors[name].size
        if not spread.finite:
            report.add(
                NotFinite(
                    span=whole_file(header.path),
                    tensor=name,
                    path=file,
                    nan=spread.nan,
                    infinite=spread.infinite,
                    size=size,
                )
            )
        elif tensor.zeros and spread.nonzero:
            layer = network.by_name[name.rpartition(".")[0]]
            report.add(
                BiasNotZero(
                    span=layer.span,
                    tensor=name,
                    path=file,
                    name=layer.name,
                    count=spread.nonzero,
                    size=size,
                )
            )
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
