"""The lowered graph: populations of neurons and projections between populations.

Pools and joins are folded into the layers that read them: each path through them
becomes a projection (see `paths`). Every population is a volume
``(depth, height, width, channels)``. A conv2d layer has depth 1, a conv1d layer is
``(1, length, 1, channels)``, and a dense layer ``(1, 1, 1, units)``. Kernels are
three-dimensional in the same way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod
from typing import TypeVar

from snnc.ir.logical import (
    AveragePooling,
    Concat,
    LogicalLayer,
    LogicalNetwork,
    MaxPooling,
    Padding,
    Shape,
    reading_order,
)
from snnc.ir.shapes import level_name, of_rank, tree_of, triple_of
from snnc.runtime.maxima import Grid, Nodes, whole

Volume = tuple[int, int, int, int]
Triple = tuple[int, int, int]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Pooling:
    """An average pool over three axes, on the path from a source to a target."""

    window: Triple
    stride: Triple


@dataclass(frozen=True, slots=True)
class ChannelGroups:
    """Channels in groups of equal size, in the same order in the source and the target.

    Each of the ``count`` groups reads ``read`` channels and outputs ``given`` channels.
    """

    read: int
    given: int
    count: int


@dataclass(frozen=True, slots=True)
class Window:
    """The composed convolution from a source to a target, including pools.

    Output slice ``o`` of the depth axis reads source slices ``o * stride[0] -
    depth_before + t`` for each tap ``t`` of ``kernel[0]``; slices outside the source
    are zero. Height and width are padded by ``padding`` as in TensorFlow and Nengo.
    ``kernel`` is the number of taps over the *source*, and ``stride`` the step over it.
    ``dilation`` is the distance between the taps of the target's own kernel, after
    pools. Without a ``group``, each filter reads all channels.

    Attributes
    ----------
    zeros_before
        Zero rows and columns added before the kernel, (height, width). These zeros
        align ``same`` padding of the source with the padding of the pooled image in
        Keras.
    zeros_behind
        Zero rows and columns added after the kernel, so that ``same`` padding only pads
        before the source.
    input_step, input_before
        The distance between source positions, among the positions that the taps cover,
        and the positions before the source: (height, width). A transposed convolution
        reads zeros between them.
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
        """Whether the window is a transposed convolution, whose taps are reversed."""
        return self.input_before is not None

    @property
    def is_sparse(self) -> bool:
        """Whether a target neuron skips some of the positions that it covers."""
        has_gaps = self.group is not None or self.dilation != (1, 1, 1)
        return has_gaps or self.is_transposed


@dataclass(frozen=True, slots=True)
class Pairwise:
    """Each channel of the target compares pairs of values of its source channel.

    The neurons for one window are consecutive along ``axis``. Each of the ``nodes``
    neurons has weights of 1 or -1. In window j, a neuron reads the positions ``first +
    j * step`` of the pools' output. Along the other axes, each neuron reads its own
    position.
    """

    axis: int
    windows: int
    nodes: Nodes


@dataclass(frozen=True, slots=True)
class Full:
    """Every target neuron reads every source neuron, as in a dense layer."""


@dataclass(frozen=True, slots=True)
class Projection:
    """All inputs to one target population from one source population.

    ``source`` may be the input (host side). ``tensor`` is the weight tensor, such as
    ``"c0.kernel"`` or ``"c1.shortcut"``. None means the identity: fixed weights between
    volumes that are equal except for pools. The kernel has ``all_rows`` input channels,
    and ``rows`` read the source. ``pools`` are in between, from the source to the
    target. If positions are ``picked`` along depth, height and width, the other fields
    refer to these positions only.
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
    """The neurons of one encoder or spiking layer, or of a max pool's ``level``."""

    name: str
    layer: LogicalLayer
    volume: Volume
    on_chip: bool
    level: int | None = None

    @property
    def neurons(self) -> int:
        return prod(self.volume)

    @property
    def block(self) -> Shape | None:
        """The `block` in the spec, if any."""
        return self.layer.spiking.block if self.layer.spiking is not None else None

    @property
    def upper_rate(self) -> float:
        """The upper rate of the neurons' budget, in Hz."""
        spiking = self.layer.spiking
        return spiking.rate.high if spiking is not None else 0.0


@dataclass(frozen=True)
class LoweredNetwork:
    """Populations in spec order, and the projections between populations.

    ``projections`` end in populations; ``readout`` contains the readout's projections
    (always `Full`, on the host). A source with the name of the network's input is the
    input node. ``pooled`` contains the projections into max pools; the inputs of their
    levels follow from these.
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
        """The populations in topological order, otherwise in spec order."""
        reads = {
            p.name: [q.source for q in self.into(p.name)] for p in self.populations
        }
        return tuple(self.by_name[name] for name in reading_order(reads))

    @cached_property
    def into(self) -> Callable[[str], tuple[Projection, ...]]:
        """A function that returns the projections into a population."""
        return group_by_name((p.target, p) for p in self.projections)

    @cached_property
    def out_of(self) -> Callable[[str], tuple[Projection, ...]]:
        """A function that returns the projections from a population to others."""
        return group_by_name((p.source, p) for p in self.projections)

    @cached_property
    def on_chip(self) -> set[str]:
        """The names of the populations on the chip."""
        return {p.name for p in self.populations if p.on_chip}

    @cached_property
    def read_by_host(self) -> tuple[str, ...]:
        """The populations on the chip whose spikes go to the host."""
        reads = (*self.projections, *self.readout)
        leaving = (p.source for p in reads if p.target not in self.on_chip)
        return tuple(dict.fromkeys(name for name in leaving if name in self.on_chip))


def group_by_name(
    named: Iterable[tuple[str, Value]],
) -> Callable[[str], tuple[Value, ...]]:
    """Return a function from each name to its values, in order; from others to ()."""
    groups = defaultdict[str, list[Value]](list)
    for name, value in named:
        groups[name].append(value)
    fixed = {name: tuple(values) for name, values in groups.items()}
    return lambda name: fixed.get(name, ())


MAX_PATHS = 1024


@dataclass(frozen=True, slots=True)
class Path:
    """One path from a source's neurons through pools, `add` and `concat` to a reader.

    ``source`` is the name of a population: an encoder, a spiking layer, or the neurons
    of one level of a maximum. ``first_row`` is the index of its first channel among the
    reader's input channels. ``pools`` are the average pools on the path, from the
    source, each with its input shape. They read only the ``picked`` source positions
    along depth, height and width; None for all.
    """

    source: str
    first_row: int = 0
    pools: tuple[tuple[AveragePooling, Shape], ...] = ()
    picked: Grid | None = None


KnownPaths = dict[str, "tuple[Path, ...] | None"]
"""The paths that end in some values; None if there are too many."""


class TooManyPathsError(ValueError):
    """Raised if joins lead to more than `MAX_PATHS` paths into a reader."""


def paths(
    layers: Mapping[str, LogicalLayer], name: str, known: KnownPaths | None = None
) -> tuple[Path, ...]:
    """Return all paths that end in the values called ``name``, in reading order.

    ``known`` caches paths between calls for the same layers. If there are more than
    `MAX_PATHS`, a `TooManyPathsError` is raised.
    """
    known = {} if known is None else known
    pending = [name]
    while pending:
        here = pending[-1]
        steps = list(_steps(layers, here))
        lacking = [source for source, _ in steps if source not in known]
        if not lacking:
            known[here] = _extend(here, steps, known)
            pending.pop()
        pending += lacking
    found = known[name]
    if found is None:
        raise TooManyPathsError(name)
    return found


def _extend(
    name: str, steps: Sequence[Step], known: KnownPaths
) -> tuple[Path, ...] | None:
    """Return the paths to a layer's sources, extended to the layer."""
    if not steps:
        return (Path(name),)
    extended: tuple[Path, ...] = ()
    for source, extend in steps:
        before = known[source]
        if before is None or len(extended) + len(before) > MAX_PATHS:
            return None
        extended += before if extend is None else tuple(map(extend, before))
    return extended


Step = tuple[str, Callable[[Path], Path] | None]
"""A source of a layer, and how the layer changes a path that ends there, if at all."""


def _steps(layers: Mapping[str, LogicalLayer], name: str) -> Iterator[Step]:
    """Yield the steps into a pool or join; none into neurons.

    The terms of a maximum are values of its source, and neurons.
    """
    layer = layers.get(name)
    if layer is None:
        return
    operation, source = layer.operation, layer.sources[0]
    if isinstance(operation, MaxPooling):
        shape = layers[source].shape
        every = whole(triple_of(shape[:-1]))
        for level, grid in tree_of(operation, shape).picks:
            read = source if level is None else level_name(name, level)
            is_whole = level is None and grid == every
            yield read, partial(picked_of, picked=grid, is_whole=is_whole)
    elif isinstance(operation, AveragePooling):
        yield source, partial(_pooled, pool=(operation, layers[source].shape))
    elif layer.spiking is None:
        row = 0
        for source in layer.sources:
            yield source, partial(_shifted, rows=row) if row else None
            if isinstance(operation, Concat):
                row += layers[source].shape[-1]


def _pooled(path: Path, pool: tuple[AveragePooling, Shape]) -> Path:
    return replace(path, pools=(*path.pools, pool))


def _shifted(path: Path, rows: int) -> Path:
    return replace(path, first_row=path.first_row + rows)


def picked_of(path: Path, picked: Grid, *, is_whole: bool = False) -> Path:
    """Return a path with only some of its output positions, or with all (``is_whole``).

    The input of the path's pools then contains only positions that they cover.
    """
    if not path.pools:
        if is_whole:
            return path  # in a chain of maxima, this saves most of the time
        grid = picked
        if path.picked is not None:
            both = zip(path.picked, picked, strict=True)
            grid = tuple(old[new.start : new.stop : new.step] for old, new in both)
        return Path(path.source, path.first_row, picked=grid)
    shape = path.pools[0][1]
    grid = path.picked or whole(triple_of(shape[:-1]))
    steps = [(triple_of(pool.window), triple_of(pool.stride)) for pool, _ in path.pools]
    read = []
    for axis, new in enumerate(picked):
        reach = 1
        for window, stride in reversed(steps):
            reach = (reach - 1) * stride[axis] + window[axis]
        step = prod(stride[axis] for _, stride in steps)
        start = new.start * step
        read.append(grid[axis][start : start + (new[-1] - new[0]) * step + reach])
    # Only the covered places are read, and the stride of the last pool becomes larger.
    window, stride = steps[-1]
    far, high, wide = (new.step if len(new) > 1 else 1 for new in picked)
    steps[-1] = window, (stride[0] * far, stride[1] * high, stride[2] * wide)
    rank, seen, pools = len(shape) - 1, tuple(map(len, read)), []
    for window, stride in steps:
        pool = AveragePooling(of_rank(window, rank), of_rank(stride, rank))
        pools.append((pool, (*of_rank(seen, rank), shape[-1])))
        axes = zip(seen, window, stride, strict=True)
        seen = tuple((n - w) // s + 1 for n, w, s in axes)
    return replace(path, pools=tuple(pools), picked=tuple(read))
