"""Whether a network takes the tensors of a file."""

from __future__ import annotations

from dataclasses import dataclass

from snnc.graph.layout import Tensor, layout_id
from snnc.report.units import dims
from snnc.weights.header import Header, Stored


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor that the network wants and the one of that name that the file holds.

    Either may be None, but not both.
    """

    wanted: Tensor | None
    stored: Stored | None

    @property
    def name(self) -> str:
        return (self.wanted or self.stored).name  # type: ignore[union-attr]

    @property
    def problem(self) -> str:
        """What is wrong with it, in one phrase; empty if it fits."""
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
class Fit:
    """A file held against a layout.

    Attributes
    ----------
    pairs
        In the order of the network, what it does not know last.
    layout
        The identity of the layout that is wanted.
    written
        The one that the file claims; None if it claims none.
    """

    pairs: tuple[Pair, ...]
    layout: str
    written: str | None

    @property
    def problems(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.problem)

    @property
    def fits(self) -> bool:
        """Whether the generated `load_weights` takes the file, but for its values."""
        return not self.problems and self.written == self.layout


def fit(header: Header, wanted: tuple[Tensor, ...]) -> Fit:
    """Compare what a file holds with what a network wants, tensor by tensor."""
    pairs = [Pair(tensor, header.tensors.get(tensor.name)) for tensor in wanted]
    known = {tensor.name for tensor in wanted}
    others = (t for t in header.tensors.values() if t.name not in known)
    pairs += [Pair(None, tensor) for tensor in others]
    return Fit(tuple(pairs), layout_id(wanted), header.layout_id)
