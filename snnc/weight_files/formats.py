"""Write what is known about a weight file as text, tables and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from snnc.text.display import Json
from snnc.text.tables import Cells, TextTable, counted, dims, printable
from snnc.weight_files.inspect import Listing, Pair

if TYPE_CHECKING:
    from snnc.weight_files.chip import Precision
    from snnc.weight_files.values import Spread

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
    spread = listing.spreads.get(pair.name)
    if spread is not None:
        entry |= asdict(spread)
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
    if listing.network is not None:
        totals += f", {_verdict(listing)} {listing.network.name}"
    if any(layer.refused for layer in listing.layers):
        totals += ", but not the chip"
    yield totals


def _verdict(listing: Listing) -> str:
    """Return whether the values fit the network whose name follows."""
    problems = sum(bool(listing.problem(pair)) for pair in listing.pairs)
    if problems:
        return f"{counted(problems, 'problem')}: they do not fit"
    return "which fit" if listing.fits else "written for a different network than"


def _layer(layer: Precision) -> Cells:
    exponents = weight_bits = ""
    if layer.exponents is not None:
        weight_bits = f"{layer.weight_bits} of 7"
        exponents = "..".join(map(str, sorted(set(layer.exponents))))
    return (
        layer.name,
        str(layer.cores),
        exponents,
        weight_bits,
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
