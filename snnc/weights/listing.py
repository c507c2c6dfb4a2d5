"""What ``snnc weights`` says of a file, as data and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from snnc.weights.fit import LayoutFit, Pair
from snnc.weights.header import WeightsHeader

if TYPE_CHECKING:
    from snnc.weights.chip import Precision
    from snnc.weights.migrate import Move
    from snnc.weights.values import Spread


VERSION = 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A file and, where a spec is given, how it fits that.

    Attributes
    ----------
    header
        The file.
    spreads
        By tensor; None where numpy is not installed.
    network
        The name of the spec's network; None without a spec.
    fit
        How the file fits it; None without a spec.
    layers
        What the chip makes of it: layers on the chip, if the file fits.
    """

    header: WeightsHeader
    spreads: dict[str, Spread] | None
    network: str | None = None
    fit: LayoutFit | None = None
    layers: tuple[Precision, ...] = ()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The tensors to list: without a spec, those of the file."""
        if self.fit is not None:
            return self.fit.pairs
        return tuple(Pair(None, tensor) for tensor in self.header.tensors.values())

    def problem(self, pair: Pair) -> str:
        """What is wrong with one of the pairs, its values included, in one phrase."""
        if self.fit is None:
            return ""
        spread = (self.spreads or {}).get(pair.name)
        has_to_be_0 = pair.wanted is not None and pair.wanted.zeros
        if not pair.problem and has_to_be_0 and spread and spread.nonzero:
            return "should be 0"
        return pair.problem

    @property
    def layout_id(self) -> str | None:
        return self.header.layout_id


def document(listing: Listing) -> dict[str, Any]:
    """What a file holds; with a spec also how it fits, and what the chip makes of it.

    ``fits`` is about names, shapes, types and the identity of the layout.
    """
    listed: dict[str, Any] = {
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


def moves_document(moves: Sequence[Move], target: str) -> dict[str, Any]:
    """What became of each tensor."""
    return {
        "version": VERSION,
        "file": target,
        "tensors": [_move(move) for move in moves],
    }


def _tensor(pair: Pair, listing: Listing) -> dict[str, Any]:
    stored = pair.stored
    entry: dict[str, Any] = {
        "name": pair.name,
        "dtype": None if stored is None else stored.dtype,
        "shape": None if stored is None else list(stored.shape),
    }
    known = (listing.spreads or {}).get(pair.name)
    if known is not None and stored is not None:
        entry |= {
            "min": known.low,
            "max": known.high,
            "mean": known.mean,
            "std": known.deviation,
            "nan": known.nan,
            "infinite": known.infinite,
        }
    if listing.fit is not None:
        wanted = None if pair.wanted is None else list(pair.wanted.shape)
        problem = listing.problem(pair) or None
        entry |= {"expected_shape": wanted, "problem": problem}
    return entry


def layer_document(layer: Precision) -> dict[str, Any]:
    """What the chip keeps of a layer."""
    return {**asdict(layer), "exponents": layer.exponents and list(layer.exponents)}


def _move(move: Move) -> dict[str, Any]:
    if move.after is None:
        return {"name": move.name, "becomes": "gone"}
    if move.was:
        return {"name": move.name, "becomes": "kept", "was": move.was}
    if move.kept:
        return {"name": move.name, "becomes": "kept"}
    begins: dict[str, Any] = {"initializer": "zeros"}
    if move.seed is not None:
        begins = {"initializer": "he_uniform", "seed": move.seed}
    return {"name": move.name, "becomes": "new", **begins}
