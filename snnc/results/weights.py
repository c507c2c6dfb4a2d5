"""The tensors of a weight file, how they fit a network, and those that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from snnc.results.base import INLINE, Result

if TYPE_CHECKING:
    from snnc.diagnostics import Diagnostic
    from snnc.runtime.examples import Array


@dataclass(frozen=True, slots=True)
class Spread:
    """The statistics of a tensor's values.

    ``min``, ``max``, ``mean`` and ``std``, the population's standard deviation, ignore
    NaN and infinite values. Without a finite value, they have the value None.
    """

    _omitted = ("nonzero",)

    min: float | None
    max: float | None
    mean: float | None
    std: float | None
    nan: int
    infinite: int
    nonzero: int


@dataclass(frozen=True, slots=True)
class Precision:
    """How much of the chip's number range a layer uses on its worst core.

    Attributes
    ----------
    exponents
        The smallest and the largest weight exponent; None if no core has weights.
    weight_bits, threshold_bits, bias_bits
        The number of bits in use: by a tensor's largest weights (7 plus sign), by the
        threshold (17), and by the largest bias (12; None if all biases are zero).
    threshold_share, bias_share
        The number divided by the largest storable number; nengo-loihi refuses more than
        1.
    refused
        The number of cores that nengo-loihi refuses.
    rounding
        The root mean square of a tensor's rounding errors, divided by the root mean
        square of its weights; None if all cores are refused.
    """

    name: str
    cores: int
    exponents: tuple[int, int] | None
    weight_bits: int
    threshold_bits: int
    bias_bits: int | None
    threshold_share: float
    bias_share: float
    refused: int
    rounding: float | None


@dataclass(frozen=True, slots=True)
class TensorMatch:
    """The shape that a network expects; None if it lacks the tensor."""

    expected_shape: tuple[int, ...] | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ListedTensor:
    """A tensor of the file or the network; None where it is only in the other one.

    There is a ``spread`` if the values were read, and a ``match`` with a spec.
    """

    name: str
    dtype: str | None
    shape: tuple[int, ...] | None
    spread: Spread | None = field(default=None, metadata=INLINE)
    match: TensorMatch | None = field(default=None, metadata=INLINE)


@dataclass(frozen=True, slots=True)
class WeightsMatch:
    """Whether a network accepts the tensors, and the precision of its layers on chip.

    ``chip`` is empty if the tensors do not fit.
    """

    network: str
    layout_id: str
    fits: bool
    chip: tuple[Precision, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Weights(Result):
    """The tensors of a file and, with a spec, whether the network accepts them.

    Attributes
    ----------
    file : str
        The path of the file.
    metadata : mapping
        The metadata of the file.
    tensors, match
        Internal: each tensor, and how all of them fit the network.
    diagnostics : tuple of Diagnostic
        The reasons why the network or the chip does not accept the tensors.
    """

    _omitted = ("diagnostics",)

    _internal = frozenset(("match", "tensors"))

    file: str
    metadata: Mapping[str, str]
    tensors: tuple[ListedTensor, ...]
    match: WeightsMatch | None = field(default=None, metadata=INLINE)
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor in the file."""
        return {t.name: t.shape for t in self.tensors if t.shape is not None}

    @property
    def fits(self) -> bool:
        """Whether the network and the chip accept the tensors; True without a spec."""
        return not any(d.severity == "error" for d in self.diagnostics)

    def __repr__(self) -> str:
        return f"<snnc.Weights {self.file}: {len(self.shapes)} tensors>"


@dataclass(frozen=True, slots=True)
class MigratedTensor:
    """What happens to a tensor: it is kept, it begins as new, or it is gone.

    ``was`` is the old name of a renamed tensor. The values of a new kernel are drawn
    with ``seed``. ``old_shape`` is the former shape of a tensor with a new shape.
    """

    _omitted = ("shape", "old_shape")
    _optional = ("was", "initializer", "seed")

    name: str
    becomes: Literal["kept", "new", "gone"]
    was: str | None = None
    initializer: Literal["zeros", "he_uniform"] | None = None
    seed: int | None = None
    shape: tuple[int, ...] = ()
    old_shape: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Migration(Result):
    """The tensors of the new network, then those that it lacks; prints as a list.

    ``values`` are the values of the new network's tensors by name.
    """

    _omitted = ("values",)

    file: str
    tensors: tuple[MigratedTensor, ...]
    values: dict[str, Array]
