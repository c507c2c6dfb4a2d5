"""Compute the weights and biases of each core, and the integers on the chip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from snnc.ir.logical import LifNeuron, MaxPooling, Spiking
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection
from snnc.ir.shapes import volume_of
from snnc.loihi.build_links import build_links, geometry_of
from snnc.loihi.image_link import ImageLink
from snnc.loihi.integers import (
    Blocks,
    ChipNeurons,
    discretize_blocks,
    neurons_of,
    weight_exponents,
)
from snnc.loihi.sparse_link import SparseLink
from snnc.loihi.tiling import PlacedBlock, Tiling, tiling_of
from snnc.runtime.examples import Array
from snnc.weight_files.kernels import Box, IncomingKernel, compose, gain_and_rest

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Synapse:
    """One connection into a core.

    Attributes
    ----------
    arriving, boxes
        All weights of the projection, and the parts that the core stores.
    weight, trained
        The largest magnitude, in nengo-loihi's units and in Keras's units.
    """

    arriving: IncomingKernel
    boxes: tuple[Box, ...]
    weight: float
    trained: float

    @property
    def tensor(self) -> str:
        return self.arriving.tensor


@dataclass(frozen=True, slots=True)
class CoreContent:
    """The part of a layer on one core.

    Attributes
    ----------
    number
        The core's index within its layer, in nengo-loihi's order.
    synapses
        The connections into the core.
    weight, bias
        The largest magnitudes, in nengo-loihi's units.
    trained_bias
        The largest bias in Keras's units.
    """

    number: int
    synapses: tuple[Synapse, ...]
    weight: float
    bias: float
    trained_bias: float

    @property
    def largest(self) -> Synapse | None:
        """The connection that determines the core's scale; None if there is none."""
        return max(self.synapses, key=lambda s: s.weight, default=None)


@dataclass(frozen=True, slots=True)
class StoredKernel:
    """How the chip stores one connection into a core.

    Attributes
    ----------
    bits
        The number of bits that remain of the largest weight, without its sign.
    excess
        The factor by which stored weights are too large.
    refused
        Whether nengo-loihi raises an error.
    """

    bits: int
    excess: float
    refused: bool


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer on the chip, its cores, and the integers that these store."""

    mapped: MappedPopulation
    neurons: ChipNeurons
    cores: tuple[CoreContent, ...]
    blocks: Blocks
    network: str

    @property
    def name(self) -> str:
        return self.mapped.population.name

    def store_kernels(
        self, core: CoreContent, blocks: Blocks | None = None
    ) -> list[StoredKernel]:
        """Return how each connection into a core is stored.

        ``blocks`` defaults to the blocks of the layer.
        """
        same = (blocks or self.blocks).take([core.number] * len(core.synapses))
        exponents = weight_exponents(
            same, [synapse.weight for synapse in core.synapses]
        )
        values = zip(exponents.bits, exponents.excess, exponents.failures, strict=True)
        return [StoredKernel(int(b), float(e), bool(r)) for b, e, r in values]


def placed_layers(
    mapped: MappedNetwork, tensors: Mapping[str, Array]
) -> tuple[PlacedLayer, ...]:
    """Return all layers on the chip with the numbers of their cores.

    Parameters
    ----------
    mapped
        The network, on a device.
    tensors
        The weights by name, with the shapes in the network's layout.
    """
    populations = (p for p in mapped.populations if p.population.on_chip)
    return tuple(
        _place_layer(mapped, population, tensors)
        for population in populations
        # Max pools have no trained weights.
        if not isinstance(population.population.layer.operation, MaxPooling)
    )


def _place_layer(
    mapped: MappedNetwork, population: MappedPopulation, tensors: Mapping[str, Array]
) -> PlacedLayer:
    name = population.population.name
    arriving = [
        (_arriving(mapped, p, tensors), tiling_of(mapped.by_name[_source(p)]))
        for p in mapped.projections
        if p.projection.target == name
    ]
    biases = tensors[f"{name}.bias"]
    pieces = enumerate(tiling_of(population).pieces)
    cores = tuple(_core(population, arriving, biases, *piece) for piece in pieces)
    neurons = _neurons(population, mapped.lowered.network.timing.dt)
    weights = [core.weight for core in cores]
    blocks = discretize_blocks(neurons, weights, [core.bias for core in cores])
    network = mapped.lowered.network.name
    return PlacedLayer(population, neurons, cores, blocks, network)


def _neurons(population: MappedPopulation, dt: float) -> ChipNeurons:
    spiking = _spiking(population)
    neuron = spiking.neuron
    tau_rc = neuron.tau_rc if isinstance(neuron, LifNeuron) else None
    return neurons_of(dt, spiking.synapse, tau_rc)


def _source(projection: MappedProjection) -> str:
    return projection.projection.source


def _spiking(population: MappedPopulation) -> Spiking:
    spiking = population.population.layer.spiking
    assert spiking is not None
    return spiking


def _arriving(
    mapped: MappedNetwork, read: MappedProjection, tensors: Mapping[str, Array]
) -> IncomingKernel:
    projection = read.projection
    source = mapped.by_name[projection.source]
    target = mapped.by_name[projection.target]
    geometry = geometry_of(projection, source.population.volume, target.population)
    # A Dense has the weights of a convolution that covers the whole input.
    device = mapped.lowered.network.device
    links = build_links(geometry, target.population.volume, device)
    # A transposed convolution only has a Sparse form.
    link = links.get("convolution", links.get("sparse"))
    assert isinstance(link, ImageLink | SparseLink)
    filters = target.population.volume[3]
    kernel = compose(projection, geometry.source, filters, tensors).astype(np.float64)
    gain, _ = gain_and_rest(_spiking(target))
    spike = _spiking(source).rate.high * mapped.lowered.network.timing.dt
    return IncomingKernel(projection, link, kernel, gain / spike)


def _core(
    population: MappedPopulation,
    arriving: list[tuple[IncomingKernel, Tiling]],
    biases: Array,
    number: int,
    piece: PlacedBlock,
) -> CoreContent:
    synapses = tuple(_synapses(arriving, piece))
    weight = max((synapse.weight for synapse in synapses), default=0.0)
    gain, rest = gain_and_rest(_spiking(population))
    held = _biases(biases, piece).astype(np.float64)
    moved = (float(np.float32(gain)) * held).clip(-LARGEST, LARGEST)
    currents = np.abs(rest + moved.astype(np.float32).astype(np.float64))
    bias, trained = _float32(currents.max()), float(np.abs(held).max())
    return CoreContent(number, synapses, weight, bias, trained)


def _biases(biases: Array, piece: PlacedBlock) -> Array:
    channels = np.arange(*piece.strip)
    if biases.ndim == 1:
        values: Array = biases[channels % piece.part.channels]
        return values
    volume = biases.reshape(volume_of(biases.shape))
    slices = piece.part.slices[0] + channels // piece.part.channels
    rows, columns = (slice(*side) for side in (piece.rows, piece.columns))
    values = volume[slices, rows, columns, channels % piece.part.channels]
    return values


def _synapses(
    arriving: list[tuple[IncomingKernel, Tiling]], piece: PlacedBlock
) -> Iterator[Synapse]:
    for read, source in arriving:
        for part in source.parts:
            slices = read.within(part.slices)
            if read.meets(piece.part, slices):
                boxes = read.boxes(piece, slices)
                trained = read.largest(boxes)
                yield Synapse(read, boxes, _float32(trained * read.factor), trained)


def _float32(magnitude: float) -> float:
    """Round to float32; clip values that are too large."""
    return float(np.float32(min(magnitude, LARGEST)))
