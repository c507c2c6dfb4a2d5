"""The mapped graph: ensembles, blocks, the form of each connection, and routes.

A population becomes one ensemble for each group of ``group`` consecutive depth slices.
The last group may be smaller. A convolutional ensemble has the shape ``(height, width,
slices x channels)``, with the channels of each slice together. A dense ensemble has the
shape ``(units,)``. nengo-loihi splits an ensemble into blocks of ``block_shape``, one
per core, in row-major order. The last block along an axis may be smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from snnc.ir.lowered import LoweredNetwork, Population, Projection, group_by_name
from snnc.ir.reach import Form
from snnc.ir.shapes import Shape

PopType = Literal[16, 32]
"""The size of a population axon, in bits."""
AxonKind = Literal["discrete", "population"]
"""Whether a spike on the chip has only a target, or also a channel."""
KINDS: tuple[AxonKind, ...] = ("discrete", "population")


def kind_of(form: Form) -> AxonKind:
    """Return the kind of axon for a projection that ends on the chip."""
    return "population" if form == "convolution" else "discrete"


@dataclass(frozen=True, slots=True)
class Block:
    """The resources that one core uses, as counted by ``block.utilization()``."""

    compartments: int
    in_axons: int
    out_axons: int
    synapse_bits: int


@dataclass(frozen=True, slots=True)
class Registers:
    """The resources of one core on a board; the emulator counts some differently.

    ``in_axons`` lead to a weight; other in-axons are not built. ``words`` is the number
    of synapses, one per stored weight. ``formats`` is the maximum number of synapse
    formats; the exact number depends on the weights.

    ``shared_axons`` are the out-axon slots if the neurons of a population share a list,
    as the emulator assumes. ``own_axons`` are the out-axon entries if each neuron has
    its own list, as nengo-loihi creates on a board. NxSDK is not public; the actual
    number is between the two.
    """

    in_axons: int
    words: int
    formats: int
    shared_axons: int
    own_axons: int


@dataclass(frozen=True, slots=True)
class Ensemble:
    """One ensemble: the depth slices ``start..stop`` of its population.

    ``block_shape`` has as many axes as ``shape``. ``block_shape`` is None on the host,
    which has no blocks. Each block has an entry in ``registers``.
    """

    start: int
    stop: int
    shape: Shape
    block_shape: Shape | None
    blocks: tuple[Block, ...]
    registers: tuple[Registers, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedPopulation:
    """A population split into ensembles of ``group`` depth slices."""

    population: Population
    group: int
    ensembles: tuple[Ensemble, ...]

    @property
    def cores(self) -> int:
        return len(self.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The neurons on each core."""
        return tuple(b.compartments for e in self.ensembles for b in e.blocks)

    @property
    def block_shape(self) -> Shape | None:
        """The block shape of all ensembles; it may be smaller in the last one."""
        return self.ensembles[0].block_shape


@dataclass(frozen=True, slots=True)
class MappedProjection:
    """A projection as Nengo connections, one per pair of overlapping ensembles.

    With a `Full` reach, the kernel of a ``"convolution"`` is as large as the source's
    ensemble. ``pop`` is the axon format of a convolution that ends on the chip,
    otherwise None.
    """

    projection: Projection
    form: Form
    pop: PopType | None


@dataclass(frozen=True, slots=True)
class Unmixed:
    """Populations with a forced kind of axon, by name, and the extra cores for this."""

    axons: Mapping[str, AxonKind]
    cores: int


@dataclass(frozen=True)
class MappedNetwork:
    """The whole mapping; ``populations`` are in spec order.

    ``pooled`` contains the inputs of max pools, as in the lowered graph.
    ``lower_bound`` is a lower bound on the cores of mappings into equal blocks.
    ``unmixed`` lists the populations that use one kind of axon because their neurons
    would otherwise have both kinds. ``learned`` is the core of a readout that learns on
    the chip, if there is one.
    """

    lowered: LoweredNetwork
    populations: tuple[MappedPopulation, ...]
    projections: tuple[MappedProjection, ...]
    readout: tuple[MappedProjection, ...]
    pooled: tuple[MappedProjection, ...]
    lower_bound: int = 0
    unmixed: Unmixed | None = None
    learned: Ensemble | None = None

    @cached_property
    def by_name(self) -> Mapping[str, MappedPopulation]:
        return {p.population.name: p for p in self.populations}

    @cached_property
    def of_layer(self) -> Callable[[str], tuple[MappedPopulation, ...]]:
        """A function that returns a layer's populations, several for a max pool."""
        return group_by_name((p.population.layer.name, p) for p in self.populations)

    @cached_property
    def into(self) -> Callable[[str], tuple[MappedProjection, ...]]:
        """A function that returns the projections into a population or max pool."""
        read = (*self.projections, *self.pooled)
        return group_by_name((p.projection.target, p) for p in read)

    @cached_property
    def of_both_forms(self) -> tuple[str, ...]:
        """The populations on the chip that are read through axons of both kinds."""
        kinds: dict[str, set[AxonKind]] = {}
        for mapping in self.projections:
            source = mapping.projection.source
            target = mapping.projection.target
            if {source, target} <= self.lowered.on_chip:
                kinds.setdefault(source, set()).add(kind_of(mapping.form))
        return tuple(name for name, both in kinds.items() if len(both) > 1)

    @cached_property
    def cores(self) -> int:
        """The number of cores of all populations and of a readout that learns."""
        own = 0 if self.learned is None else len(self.learned.blocks)
        return own + sum(p.cores for p in self.populations)

    @property
    def chips(self) -> int:
        """The number of chips needed for the cores."""
        return -(-self.cores // self.lowered.network.device.chip.cores)


def most_axons(mapped: MappedNetwork, registers: Registers) -> int:
    """Return the maximum number of out-axon entries that a core may need.

    With several chips, a target on another chip needs one more entry.
    """
    return registers.own_axons * (2 if mapped.chips > 1 else 1)


Chips = Mapping[str, tuple[int, ...]]
"""The chip of each core of every population on the chip, in nengo-loihi's order.

A readout that learns on the chip is the last one.
"""


@dataclass(frozen=True, slots=True)
class Route:
    """The traffic of a projection onto the chip if every source neuron spikes once.

    ``source`` and ``target`` are names of populations. ``operations`` is the number of
    weights that are read. Cores receive ``messages`` spikes. ``crossing`` spikes are
    between different chips, or ``crossing_in_order`` if blocks fill the chips in order.
    ``sent`` and ``received`` are the messages of each core of the source and of the
    target; a source on the host has none.
    """

    source: str
    target: str
    operations: int
    messages: int
    crossing: int
    crossing_in_order: int
    sent: tuple[int, ...] = ()
    received: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutedNetwork:
    """A mapped network on its chips.

    ``fanouts`` contains the operations and messages of each layer if its neurons spike
    once.
    """

    mapped: MappedNetwork
    chips: Chips
    routes: tuple[Route, ...]
    fanouts: Mapping[str, tuple[int, int]]


def block_of(mapped: MappedPopulation) -> Shape | None:
    """Return the largest block, in the notation of the layer's `block`."""
    shape = mapped.block_shape
    axes = len(mapped.population.layer.shape)
    if shape is None or axes == len(shape):
        return shape
    # An ensemble has height, width and channels: 3-D layers add slices, 1-D lack width.
    return (mapped.group, *shape) if axes == 4 else (shape[0], shape[-1])
