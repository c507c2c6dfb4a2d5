"""What the compiler asks an operation, whichever operation it is.

`snnc.operations` contains the operations. A method that an operation does not answer
raises an error that names both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, NoReturn

from snnc.ir.paths import SizedPool, Step
from snnc.ir.reach import Reach
from snnc.ir.shapes import KernelPadding, Shape, Triple
from snnc.ir.tensor import TensorSpec
from snnc.runtime.maxima import MaxTree
from snnc.runtime.network import Cut, MaxPool

NamedShapes = Sequence[tuple[str, Shape]]
"""The sources that a layer reads, with their shapes."""
Traits = Mapping[str, object]
"""A description of a layer's function; equal functions have equal descriptions."""


@dataclass(frozen=True, slots=True)
class OneOver:
    """An argument that is written as ``1 / divisor``."""

    divisor: float


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """The Keras layer of an operation.

    ``arguments`` are pairs of a keyword, which may be empty, and a value. ``kernel`` is
    the prefix of the arguments for the kernel; it is empty without weights. ``drawn``
    are further arguments of the kernel's initializer.
    """

    name: str
    arguments: tuple[tuple[str, int | bool | str | Shape | OneOver], ...] = ()
    kernel: str = ""
    drawn: tuple[tuple[str, int], ...] = ()


class Sliding(NamedTuple):
    """A window that an operation moves over its input.

    ``key`` is the property with the window's size. ``dilation`` is the distance between
    its taps along each axis; it is empty if they are neighbours.
    """

    key: str
    size: Shape
    stride: Shape
    padding: KernelPadding = "valid"
    dilation: Shape = ()

    @property
    def extent(self) -> Shape:
        """The number of positions that the window covers along each axis."""
        axes = zip(self.size, self.steps, strict=True)
        return tuple((taps - 1) * step + 1 for taps, step in axes)

    @property
    def steps(self) -> Shape:
        """The distance between taps along each axis."""
        return self.dilation or (1,) * len(self.size)


class FitKeys(NamedTuple):
    """The properties with a width, a stride and a kernel; empty without them."""

    width: str = ""
    stride: str = ""
    kernel: str = ""


class UnansweredError(TypeError):
    """Raised if an operation is asked for something that it does not have."""


class Operation(ABC):
    """What a layer computes before its neurons.

    Attributes
    ----------
    joins
        Whether the operation reads several layers.
    has_weights
        Whether the operation has a kernel and a bias.
    is_path
        Whether the layers that read the operation absorb it, see `steps`.
    is_pool
        Whether the operation summarizes windows of each channel.
    compares
        Whether the operation's own neurons compare spikes, level by level.
    flattens
        Whether the operation flattens its input.
    reads_pools
        Whether average pools can be folded into the operation.
    reads_repeats
        Whether an upsampling can be folded into the operation.
    bias
        Whether the bias is trained; only with weights.
    neuron_bias
        Whether the bias has one value per neuron instead of one per channel.
    window, stride
        The size of a pool's windows, and the distance between them; only of pools.
    """

    __slots__ = ()
    joins: ClassVar[bool] = False
    has_weights: ClassVar[bool] = True
    is_path: ClassVar[bool] = False
    is_pool: ClassVar[bool] = False
    compares: ClassVar[bool] = False
    flattens: ClassVar[bool] = False
    reads_pools: ClassVar[bool] = True
    reads_repeats: ClassVar[bool] = False
    bias: bool
    neuron_bias: bool = False
    window: Shape
    stride: Shape

    @property
    def has_neurons(self) -> bool:
        """Whether the layer has neurons of its own."""
        return not self.is_path

    @property
    def divisor(self) -> float:
        """The number by which an encoder divides input values."""
        return 1.0

    @property
    def repeats(self) -> Triple:
        """How often each position is repeated along depth, height and width."""
        return 1, 1, 1

    @property
    def fit_keys(self) -> FitKeys:
        """The properties that `snnc fit` may change."""
        return FitKeys()

    @property
    def sliding(self) -> Sliding | None:
        """The weighted window that the operation moves over its input, if any."""
        return None

    def kernel_tensor(self, name: str, read: Shape, shape: Shape) -> TensorSpec:
        """Return the kernel from values of shape ``read`` to the output ``shape``."""
        self._refuse("weights")

    def reach(self, read: Shape, shape: Shape, pools: Sequence[SizedPool]) -> Reach:
        """Return how the operation reads the source of ``pools``.

        ``read`` is the shape of the pools' output, and ``shape`` the operation's.
        """
        self._refuse("reach")

    def repeated_reach(self, read: Shape, shape: Shape, repeats: Triple) -> Reach:
        """Return how the operation reads a source whose positions are repeated.

        ``read`` is the shape with the repeated positions.
        """
        self._refuse("reach over repeated positions")

    def steps(self, name: str, reads: NamedShapes) -> Iterator[Step]:
        """Yield the steps of paths through a layer without a reach, for each source.

        ``name`` is the layer's name, and ``reads`` are its sources with their shapes.
        """
        self._refuse("paths to its readers")

    def tree(self, read: Shape) -> MaxTree:
        """Return the levels of neurons that compare values of shape ``read``."""
        self._refuse("levels")

    def max_pool(self, read: Shape, cuts: tuple[Cut, ...]) -> MaxPool:
        """Return the description of levels in the run-time library."""
        self._refuse("levels")

    @abstractmethod
    def keras_layer(self, shape: Shape) -> KerasLayer:
        """Return the Keras layer with the output ``shape``."""

    def keras_input(self, read: Shape) -> str:
        """Return how Keras prepares the input, which has the shape ``read``.

        It is ``flat``, ``pixel`` (features become an image of one pixel), ``signed``
        (negative values become channels of their own), or empty.
        """
        return "flat" if self.flattens and len(read) > 1 else ""

    @abstractmethod
    def traits(self, read: Shape, shape: Shape) -> Traits:
        """Describe the function of the operation and its weights."""

    def properties(self, shape: Shape) -> dict[str, Any]:
        """Return the properties in the spec, with all defaults."""
        operation: Any = self
        values = {f.name: getattr(self, f.name) for f in fields(operation)}
        # A kind of layer has at most one of the two, and the caller knows which.
        return {**values, "filters": shape[-1], "units": shape[-1]}

    def _refuse(self, what: str) -> NoReturn:
        raise UnansweredError(f"{type(self).__name__} has no {what}")
