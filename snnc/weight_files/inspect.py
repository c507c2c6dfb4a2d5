"""List a weight file, and compare it with a network and its chip: `snnc weights`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from math import prod
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
from snnc.text.display import Json
from snnc.text.tables import Cells, TextTable, counted, dims, printable
from snnc.weight_files.header import StoredTensor, WeightsHeader, read_header

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
        stored, known = self.header.tensors, {tensor.name for tensor in self.wanted}
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
        return "" if stored == scale else f"its input is {stored}, not {scale}"

    @property
    def fits(self) -> bool:
        """Whether the package's `load_weights` accepts the file, apart from values."""
        is_same = self.header.layout_id == self.layout and not self.scale
        return not self.problems and is_same

    def problem(self, pair: Pair) -> str:
        """Return the problem of a pair, including invalid values, in one phrase."""
        if self.network is None:
            return ""
        spread = self.spreads.get(pair.name)
        is_zero = spread is None or not spread.nonzero
        has_to_be_0 = pair.wanted is not None and pair.wanted.zeros
        return pair.problem or ("should be 0" if has_to_be_0 and not is_zero else "")


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


def advice(listing: Listing, migrating: bool = False) -> str:
    """Return the help for a file that does not fit, or not the spec to migrate from."""
    problems = listing.problems
    both = [(p.stored.shape, p.wanted.shape) for p in problems if p.stored and p.wanted]
    missing = [p.wanted.shape for p in problems if p.wanted and not p.stored]
    unknown = [p.stored.shape for p in problems if p.stored and not p.wanted]
    if not problems and listing.scale:
        return SCALED
    if not problems and listing.header.layout_id is None:
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


def inspect(
    path: Path,
    spec: str | MappedNetwork | None,
    calculates: bool,
    report: Diagnostics,
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
    mapped = spec if isinstance(spec, MappedNetwork) else None
    if isinstance(spec, str):
        source = read_spec(spec, report)
        made = None if source is None else compile_spec(source, report, "place", device)
        if made is None or made.mapped is None:
            return None
        mapped = made.mapped
    if header is None:
        return None
    network = None if mapped is None else mapped.lowered.network
    listing, values = Listing(header, network), None
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


def refusal(listing: Listing, migrating: bool = False) -> Diagnostic:
    """Return the error that lists all tensors that do not fit a network."""
    network, written = listing.network, listing.header.layout_id
    assert network is not None
    return WeightsDoNotFit(
        span=network.span,
        path=listing.header.path.as_posix(),
        network=network.name,
        written=written or "missing",
        layout="" if listing.layout == written else listing.layout,
        problems=tuple(map(_problem, listing.problems)),
        scale=listing.scale,
        advice=advice(listing, migrating),
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
    before, path = len(report.diagnostics), listing.header.path
    assert listing.network is not None
    for tensor in listing.wanted:
        name, spread = tensor.name, listing.spreads[tensor.name]
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


VERSION = 1


def document(listing: Listing) -> Json:
    """Return a file's contents; with a spec, also the fit and precision on the chip."""
    listed: Json = {
        "version": VERSION,
        "file": listing.header.path.as_posix(),
        "metadata": dict(sorted(listing.header.metadata.items())),
        "tensors": [_tensor(pair, listing) for pair in listing.pairs],
    }
    if listing.network is None:
        return listed
    return {
        **listed,
        "network": listing.network.name,
        "layout_id": listing.layout,
        "fits": listing.fits,
        "chip": [layer_document(layer) for layer in listing.layers],
    }


def _tensor(pair: Pair, listing: Listing) -> Json:
    entry: Json = {"name": pair.name, "dtype": None, "shape": None}
    if pair.stored is not None:
        entry |= {"dtype": pair.stored.dtype, "shape": list(pair.stored.shape)}
    if (known := listing.spreads.get(pair.name)) is not None:
        entry |= asdict(known)
        del entry["nonzero"]
    if listing.network is not None:
        wanted = None if pair.wanted is None else list(pair.wanted.shape)
        problem = listing.problem(pair) or None
        entry |= {"expected_shape": wanted, "problem": problem}
    return entry


def layer_document(layer: Precision) -> Json:
    """Return the precision of a layer for JSON."""
    return {**asdict(layer), "exponents": layer.exponents and list(layer.exponents)}


TENSORS = ("tensor", "shape", "type", "min", "max", "std", "NaN", "infinite", "problem")
CHIP = ("layer", "cores", "exponent", "weights", "rounding", "threshold", "bias")
CAPTION = (
    "On the chip, in the worst core of each layer: the bits that the largest weights,",
    "the threshold and the largest bias use (and their share of the largest number",
    "that fits), and the rms rounding error of the weights:",
)
LEFT = {"tensor", "shape", "type", "problem", "layer"}


def table(listing: Listing) -> str:
    """Return one row per tensor, the metadata, and the table about the chip."""
    lines = [*_tensors(listing).lines(), "", *_summary(listing)]
    if listing.layers:
        lines += ["", *chip_table(listing.layers)]
    return "\n".join(map(printable, lines))


def parts(listing: Listing) -> Iterator[TextTable | str]:
    """Yield the tables and sentences of a page."""
    yield _tensors(listing)
    yield from _summary(listing)
    if listing.layers:
        yield " ".join(CAPTION)
        yield _chip(listing.layers)


def chip_table(layers: Sequence[Precision]) -> list[str]:
    """Return a table of the precision of each layer on the chip."""
    return [*CAPTION, *_chip(layers).lines()]


def _tensors(listing: Listing) -> TextTable:
    rows = [_tensor_row(pair, listing) for pair in listing.pairs]
    return TextTable.of(TENSORS, rows, LEFT)


def _chip(layers: Sequence[Precision]) -> TextTable:
    return TextTable.of(CHIP, [_layer(layer) for layer in layers], LEFT)


def _tensor_row(pair: Pair, listing: Listing) -> Cells:
    stored = pair.stored
    problem = listing.problem(pair)
    if stored is None:
        assert pair.wanted is not None
        return (pair.name, dims(pair.wanted.shape), *[""] * 6, problem)
    shape = dims(stored.shape) or "one value"
    known = listing.spreads.get(pair.name)
    return (pair.name, shape, stored.dtype, *_spread(known), problem)


def _spread(spread: Spread | None) -> Cells:
    if spread is None:
        return ("",) * 5
    numbers = (spread.min, spread.max, spread.std)
    parts = ("" if number is None else f"{number + 0.0:.3g}" for number in numbers)
    return (*parts, *(str(n or "") for n in (spread.nan, spread.infinite)))


def _summary(listing: Listing) -> Iterator[str]:
    """Yield the metadata, and a line about all values."""
    for key, value in sorted(listing.header.metadata.items()):
        yield f"{key} {value}"
    tensors = listing.header.tensors.values()
    values = sum(tensor.size for tensor in tensors)
    name = listing.header.path.as_posix()
    totals = f"{name}: {counted(len(tensors), 'tensor')} of {counted(values, 'value')}"
    spoilt = sum(s.nan + s.infinite for s in listing.spreads.values())
    if spoilt:
        totals += f" ({spoilt} not finite)"
    if listing.network is None:
        yield totals
        return
    problems = sum(bool(listing.problem(pair)) for pair in listing.pairs)
    verdict = "which fit" if listing.fits else "written for a different network than"
    if problems:
        verdict = f"{counted(problems, 'problem')}: they do not fit"
    but = ", but not the chip" if any(x.refused for x in listing.layers) else ""
    yield f"{totals}, {verdict} {listing.network.name}{but}"


def _layer(layer: Precision) -> Cells:
    low, high = layer.exponents or (0, 0)
    weighs = layer.exponents is not None
    return (
        layer.name,
        str(layer.cores),
        (f"{low}" if low == high else f"{low}..{high}") if weighs else "",
        f"{layer.weight_bits} of 7" if weighs else "",
        "" if layer.rounding is None else f"{100 * layer.rounding:.1f} %",
        _usage(layer.threshold_bits, 17, layer.threshold_share),
        _usage(layer.bias_bits, 12, layer.bias_share),
    )


def _usage(bits: int | None, most: int, share: float) -> str:
    """Return the number of bits in use, and the fraction of the range."""
    if bits is None:
        return ""
    part = f"{100 * share:.0f} %" if share < 1e4 else f"{100 * share:.0e} %"
    return f"{bits} of {most} ({part})" if share <= 1 and bits else f"refused ({part})"
