"""Present the result of ``snnc weights`` as data, JSON and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from snnc.text.display import Json
from snnc.text.tables import Cells, TextTable, counted, dims, printable
from snnc.weight_files.fit import LayoutFit, Pair
from snnc.weight_files.header import WeightsHeader

if TYPE_CHECKING:
    from snnc.weight_files.chip import Precision
    from snnc.weight_files.values import Spread


VERSION = 1


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


def document(listing: Listing) -> Json:
    """Return a file's contents; with a spec, also the fit and precision on the chip.

    ``fits`` includes names, shapes, types and the identity of the layout.
    """
    listed: Json = {
        "version": VERSION,
        "file": listing.header.path.as_posix(),
        "metadata": dict(sorted(listing.header.metadata.items())),
        "tensors": [_tensor(pair, listing) for pair in listing.pairs],
    }
    if listing.fit is None:
        return listed
    return {
        **listed,
        "network": listing.network,
        "layout_id": listing.fit.layout,
        "fits": listing.fit.fits,
        "chip": [layer_document(layer) for layer in listing.layers],
    }


def _tensor(pair: Pair, listing: Listing) -> Json:
    stored = pair.stored
    entry: Json = {
        "name": pair.name,
        "dtype": None if stored is None else stored.dtype,
        "shape": None if stored is None else list(stored.shape),
    }
    known = (listing.spreads or {}).get(pair.name)
    if known is not None and stored is not None:
        entry |= asdict(known)
        del entry["nonzero"]
    if listing.fit is not None:
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
    lines = [*_tensors(listing).lines(), "", *_metadata(listing), _sum(listing)]
    if listing.layers:
        lines += ["", *chip_table(listing.layers)]
    return "\n".join(printable(line) for line in lines)


def parts(listing: Listing) -> Iterator[TextTable | str]:
    """Yield the tables and sentences of a page."""
    yield _tensors(listing)
    yield from (*_metadata(listing), _sum(listing))
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
    known = (listing.spreads or {}).get(pair.name)
    return (pair.name, shape, stored.dtype, *_spread(known), problem)


def _spread(spread: Spread | None) -> Cells:
    if spread is None:
        return ("",) * 5
    numbers = (spread.min, spread.max, spread.std)
    parts = ["" if number is None else f"{number + 0.0:.3g}" for number in numbers]
    return (*parts, *(str(n) if n else "" for n in (spread.nan, spread.infinite)))


def _metadata(listing: Listing) -> Iterator[str]:
    for key, value in sorted(listing.header.metadata.items()):
        yield f"{key} {value}"


def _sum(listing: Listing) -> str:
    tensors = listing.header.tensors.values()
    values = sum(tensor.size for tensor in tensors)
    name = listing.header.path.as_posix()
    totals = f"{name}: {counted(len(tensors), 'tensor')} of {counted(values, 'value')}"
    spoilt = sum(s.nan + s.infinite for s in (listing.spreads or {}).values())
    if spoilt:
        totals += f" ({spoilt} not finite)"
    if listing.fit is None:
        return totals
    verdict = f"{totals}, {_verdict(listing)} {listing.network}"
    refused = any(layer.refused for layer in listing.layers)
    return f"{verdict}, but not the chip" if refused else verdict


def _verdict(listing: Listing) -> str:
    problems = sum(bool(listing.problem(pair)) for pair in listing.pairs)
    if problems:
        return f"{counted(problems, 'problem')}: they do not fit"
    fits = listing.fit is not None and listing.fit.fits
    return "which fit" if fits else "written for a different network than"


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
