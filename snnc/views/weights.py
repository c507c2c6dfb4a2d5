"""The document of a weight file: its tensors, and their precision on the chip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

from snnc.results.weights import (
    ListedTensor,
    MigratedTensor,
    Migration,
    Precision,
    Spread,
    Weights,
    WeightsMatch,
)
from snnc.text.tables import Cells, TextTable, cell, counted, dims, percent
from snnc.views.document import MARKUP, TEXT, Items, Part, Sentence, Table, Title

TENSORS = ("tensor", "shape", "type", "min", "max", "std", "NaN", "infinite", "problem")
CHIP = ("layer", "cores", "exponent", "weights", "rounding", "threshold", "bias")
CAPTION = """\
On the chip, in the worst core of each layer: the bits that the largest weights,
the threshold and the largest bias use (and their share of the largest number
that fits), and the rms rounding error of the weights:"""
LEFT = {"tensor", "shape", "type", "problem", "layer"}


def document(weights: Weights) -> Iterator[Part]:
    """Yield one row per tensor, the metadata, and the table about the chip."""
    yield Title(f"Weights in {Path(weights.file).name}")
    yield Table(TextTable.of(TENSORS, list(map(_tensor, weights.tensors)), LEFT))
    metadata = (f"{key} {value}" for key, value in weights.metadata.items())
    yield Items((*metadata, _total(weights)))
    if weights.match is not None and weights.match.chip:
        yield chip_table(weights.match.chip)


def chip_table(layers: Sequence[Precision]) -> Table:
    """Return a table of the precision of each layer on the chip."""
    rows = [_layer(layer) for layer in layers]
    return Table(TextTable.of(CHIP, rows, LEFT), caption=CAPTION)


def _tensor(tensor: ListedTensor) -> Cells:
    """Return the cells of a tensor; a missing one only has its expected shape."""
    match = tensor.match
    if tensor.shape is not None:
        shape = dims(tensor.shape) or "one value"
    else:
        shape = dims((match and match.expected_shape) or ())
    problem = (match and match.problem) or ""
    return (tensor.name, shape, tensor.dtype or "", *_spread(tensor.spread), problem)


def _spread(spread: Spread | None) -> Cells:
    if spread is None:
        return ("",) * 5
    # Adding 0.0 turns -0.0 into 0.0.
    numbers = (spread.min, spread.max, spread.std)
    parts = ("" if number is None else f"{number + 0.0:.3g}" for number in numbers)
    return (*parts, str(spread.nan or ""), str(spread.infinite or ""))


def _total(weights: Weights) -> str:
    """Describe all values, and whether they fit the network."""
    shapes = weights.shapes.values()
    values = counted(sum(map(prod, shapes)), "value")
    total = f"{weights.file}: {counted(len(shapes), 'tensor')} of {values}"
    spreads = [tensor.spread for tensor in weights.tensors if tensor.spread]
    spoilt = sum(spread.nan + spread.infinite for spread in spreads)
    if spoilt:
        total += f" ({spoilt} not finite)"
    return (
        total
        if weights.match is None
        else f"{total}, {_verdict(weights, weights.match)}"
    )


def _verdict(weights: Weights, match: WeightsMatch) -> str:
    problems = sum(bool(t.match and t.match.problem) for t in weights.tensors)
    verdict = "which fit" if match.fits else "written for a different network than"
    if problems:
        verdict = f"{counted(problems, 'problem')}: they do not fit"
    but = ", but not the chip" if any(layer.refused for layer in match.chip) else ""
    return f"{verdict} {match.network}{but}"


def _layer(layer: Precision) -> Cells:
    exponent = weights = ""
    if layer.exponents is not None:
        low, high = layer.exponents
        exponent = f"{low}" if low == high else f"{low}..{high}"
        # A weight of both signs is stored with 7 bits and a sign.
        weights = f"{layer.weight_bits} of 7"
    return (
        layer.name,
        str(layer.cores),
        exponent,
        weights,
        cell(layer.rounding, percent),
        # The chip has 17 bits for a threshold, and 12 for the mantissa of a bias.
        _usage(layer.threshold_bits, 17, layer.threshold_share),
        _usage(layer.bias_bits, 12, layer.bias_share),
    )


def _usage(bits: int | None, most: int, share: float) -> str:
    """Return the number of bits in use, and the fraction of the range."""
    if bits is None:
        return ""
    part = f"{100 * share:.0f} %" if share < 1e4 else f"{100 * share:.0e} %"
    return f"{bits} of {most} ({part})" if share <= 1 and bits else f"refused ({part})"


def migration_document(migration: Migration) -> Iterator[Part]:
    """Yield a line per tensor, and the numbers of kept and new tensors."""
    lines = tuple(map(_migrated, migration.tensors))
    yield Items((*(f"  {line}" for line in lines), ""), TEXT)
    yield Items(lines, MARKUP)
    counts = Counter(tensor.becomes for tensor in migration.tensors)
    kept = counted(counts["kept"], "tensor")
    advice = "; train it before you use it" if counts["new"] else ""
    yield Sentence(f"{migration.file}: {kept} kept, {counts['new']} new{advice}")


def _migrated(tensor: MigratedTensor) -> str:
    shown = f"{tensor.name} {dims(tensor.shape)}"
    if tensor.becomes == "gone":
        return f"- {tensor.name}: not in the new network"
    if tensor.was is not None:
        return f"> {shown}: {tensor.was} of the old network"
    if tensor.becomes == "kept":
        return f"= {shown}"
    if tensor.old_shape is not None:
        shown = f"{shown}, was {dims(tensor.old_shape)}"
    values = "zeros" if tensor.seed is None else f"He uniform, seed {tensor.seed}"
    return f"+ {shown}: {values}"
