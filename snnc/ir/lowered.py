"""The lowered graph: populations of neurons and projections between them.

Pools and joins are folded into their readers. Every population is a volume ``(depth,
height, width, channels)``: a conv2d layer has depth 1, a conv1d layer is ``(1, length,
1, channels)``, a dense layer ``(1, 1, 1, units)``. Kernels are three-dimensional in the
same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from snnc.ir.logical import LogicalLayer, LogicalNetwork, Padding
from snnc.ir.order import reading_order
from snnc.runtime.maxima import Grid, Nodes

Volume = tuple[int, int, int, int]
Triple = tuple[int, int, int]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Pooling:
    """An average pool between a source and its reader, over the three axes."""

    window: Triple
    stride: Triple


@dataclass(frozen=True, slots=True)
class ChannelGroups:
    """Channels that form equal groups, side by side at both ends.

    Each of ``count`` groups has ``read`` channels of the reader's input, and ``given``
    of its output.
    """

    read: int
    given: int
    count: int


@dataclass(frozen=True, slots=True)
class Window:
    """The composed convolution that a reader applies to a source.

    Output slice ``o`` of the depth axis reads source slices ``o * stride[0] -
    depth_before + t`` for each tap ``t`` of ``kernel[0]``; slices outside the source
    are zero. Height and width are padded by ``padding`` as in TensorFlow and Nengo.

    Attributes
    ----------
    kernel
        Taps over depth, height and width of the *source*, pools included.
    stride
        Step over the source, pools included.
    depth_before
        Zero slices before the source's depth axis.
    padding
        The padding of height and width.
    zeros_before
        Zero rows and columns added before the kernel, so that ``same`` padding
        of the source is where Keras pads the pooled image: (height, width).
    zeros_behind
        The same after it, so that ``same`` padding pads only before the source.
    dilation
        The step between taps of the reader's own kernel, after pools.
    group
        The channels that read one another; None if all do.
    input_step
        The step between places of the source among the places that the taps cover; a
        transposed convolution has zeros between them.
    input_before
        With an ``input_step``, how many places precede the source: (height, width).
    """

    kernel: Triple
    stride: Triple
    depth_before: int
    padding: Padding
    zeros_before: tuple[int, int] = (0, 0)
    zeros_behind: tuple[int, int] = (0, 0)
    dilation: Triple = (1, 1, 1)
    group: ChannelGroups | None = None
    input_step: Triple = (1, 1, 1)
    input_before: tuple[int, int] | None = None

    @property
    def is_transposed(self) -> bool:
        """Whether it belongs to a transposed convolution, with its taps reversed."""
        return self.input_before is not None

    @property
    def is_sparse(self) -> bool:
        """Whether a target neuron leaves some places that it covers unread."""
        has_gaps = self.group is not None or self.dilation != (1, 1, 1)
        return has_gaps or self.is_transposed


@dataclass(frozen=True, slots=True)
class Pairwise:
    """Each channel of the target compares pairs of values of its source channel.

    The neurons of a window of a maximum are side by side along ``axis``; a window has
    ``nodes`` neurons, each with weights, 1 or -1, and the places that it reads in
    window j, ``first + j * step``, of the pools' output. Along the other axes a neuron
    reads its own place.
    """

    axis: int
    windows: int
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Full:
    """Every target neuron reads every source neuron, as in a dense layer."""


@dataclass(frozen=True, slots=True)
class Projection:
    """All inputs of one target population from one source population.

    Attributes
    ----------
    source, target
        Names of populations; ``source`` may be the input (host side).
    tensor
        The weight tensor, such as ``"c0.kernel"`` or ``"c1.shortcut"``; None for
        the identity (fixed weights, and equal volumes except for pools).
    rows
        The kernel's input channels for the source's channels.
    all_rows
        How many input channels the kernel has.
    pools
        The pools in between, source first.
    reach
        How the target reads the source.
    picked
        The places of the source that are read, along depth, height and width; None for
        all. The other fields ignore the other places.
    """

    source: str
    target: str
    tensor: str | None
    rows: tuple[int, int]
    all_rows: int
    pools: tuple[Pooling, ...]
    reach: Window | Pairwise | Full
    picked: Grid | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """The neurons of one encoder or spiking layer, or of a ``level`` of a max pool."""

    name: str
    layer: LogicalLayer
    volume: Volume
    on_chip: bool
    level: int | None = None

    @property
    def neurons(self) -> int:
        depth, height, width, channels = self.volume
        return depth * height * width * channels

    @property
    def upper_rate(self) -> float:
        """The upper rate of the neurons' budget, in Hz."""
        spiking = self.layer.spiking
        return spiking.rate.high if spiking is not None else 0.0


@dataclass(frozen=True)
class LoweredNetwork:
    """Populations in spec order and the projections between them.

    ``projections`` end in populations; ``readout`` has the readout's projections
    (always `Full`, on the host). A source with the name of the network's input is the
    input node. ``pooled`` has the projections whose maximum a max pool is; its levels'
    inputs follow from them.
    """

    network: LogicalNetwork
    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    readout: tuple[Projection, ...]
    pooled: tuple[Projection, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Population]:
        return {p.name: p for p in self.populations}

    @cached_property
    def in_reading_order(self) -> tuple[Population, ...]:
        """Each population after its sources, otherwise in spec order."""
        reads = {
            p.name: [q.source for q in self.into(p.name)] for p in self.populations
        }
        return tuple(self.by_name[name] for name in reading_order(reads))

    def into(self, name: str) -> tuple[Projection, ...]:
        """Return the projections into a population."""
        return self._into.get(name, ())

    def out_of(self, name: str) -> tuple[Projection, ...]:
        """Return the projections from a population to others."""
        return self._out_of.get(name, ())

    @cached_property
    def _into(self) -> Mapping[str, tuple[Projection, ...]]:
        return group_by_name((p.target, p) for p in self.projections)

    @cached_property
    def _out_of(self) -> Mapping[str, tuple[Projection, ...]]:
        return group_by_name((p.source, p) for p in self.projections)


def group_by_name(
    named: Iterable[tuple[str, Value]],
) -> Mapping[str, tuple[Value, ...]]:
    """Return values by their names, in order."""
    groups: dict[str, list[Value]] = {}
    for name, value in named:
        groups.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in groups.items()}
