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
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeVar

from snnc.ir.logical import LogicalLayer, LogicalNetwork, Spiking, reading_order
from snnc.ir.paths import Path, Step
from snnc.ir.reach import Pooling, Reach
from snnc.ir.shapes import Shape, Volume
from snnc.runtime.maxima import Grid

Value = TypeVar("Value")


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
    reach: Reach
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
    def settings(self) -> Spiking:
        """The settings of the neurons in the spec."""
        return self.layer.neuron_settings

    @property
    def block(self) -> Shape | None:
        """The `block` in the spec, if any."""
        return self.settings.block

    @property
    def upper_rate(self) -> float:
        """The upper rate of the neurons' budget, in Hz."""
        return self.settings.rate.high


@dataclass(frozen=True)
class LoweredNetwork:
    """Populations in spec order, and the projections between populations.

    ``projections`` end in populations; ``readout`` contains the readout's projections
    (on the host). A source with the name of the network's input is the
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
"""The most paths into a reader; each `add` or `concat` in a row multiplies them."""
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
    # Not recursive: a spec may have more joins in a row than Python nests calls.
    pending = [name]
    while pending:
        here = pending[-1]
        steps = list(_steps(layers, here))
        lacking = [source for source, _ in steps if source not in known]
        if not lacking:
            known[here] = _extend(here, steps, known)
            pending.pop()
        pending += lacking
    found_paths = known[name]
    if found_paths is None:
        raise TooManyPathsError(name)
    return found_paths


def _extend(
    name: str, steps: Sequence[Step], known: KnownPaths
) -> tuple[Path, ...] | None:
    """Return the paths to a layer's sources, extended to the layer.

    Return None if there are too many, before creating them.
    """
    # A path begins at neurons or at the input, which have no steps.
    if not steps:
        return (Path(name),)
    extended: tuple[Path, ...] = ()
    for source, extend in steps:
        before = known[source]
        if before is None or len(extended) + len(before) > MAX_PATHS:
            return None
        # `add` passes on the paths to its sources as they are.
        extended += before if extend is None else tuple(map(extend, before))
    return extended


def _steps(layers: Mapping[str, LogicalLayer], name: str) -> Iterator[Step]:
    """Yield the steps into a pool or join; none into neurons."""
    layer = layers.get(name)
    if layer is None or not layer.operation.is_path:
        return
    reads = [(source, layers[source].shape) for source in layer.sources]
    yield from layer.operation.steps(name, reads)
