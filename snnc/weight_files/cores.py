"""Compute the weights and biases of each core, and the integers on the chip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from snnc.ir.logical import LifNeuron, MaxPooling, Spiking
from snnc.ir.mapped import MappedNetwork, MappedPopulation, MappedProjection
from snnc.ir.shapes import volume_of
from snnc.loihi import integers
from snnc.loihi.axis import length
from snnc.loihi.build_links import links_of
from snnc.loihi.tiling import PlacedBlock, Tiling, tiling_of
from snnc.runtime.examples import Array
from snnc.weight_files.kernels import (
    IncomingKernel,
    StoredTaps,
    compose,
    gain_and_rest,
)

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Synapse:
    """One connection into a core, and how the chip stores it.

    Attributes
    ----------
    arriving, taps
        All weights of the projection, and the taps that the core stores.
    weight, trained
        The largest magnitude, in nengo-loihi's units and in Keras's units.
    bits
        The number of bits that remain of the largest weight, without its sign.
    excess
        The factor by which stored weights are too large.
    refused
        Whether nengo-loihi raises an error.
    """

    arriving: IncomingKernel
    taps: StoredTaps
    weight: float
    trained: float
    bits: int = 0
    excess: float = 1.0
    refused: bool = False

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
    bias, trained_bias
        The largest magnitude of a bias, in nengo-loihi's units and in Keras's units.
    block
        The integers that the core stores; each is a single number.
    """

    number: int
    synapses: tuple[Synapse, ...]
    bias: float
    trained_bias: float
    block: integers.Blocks

    @property
    def largest(self) -> Synapse | None:
        """The connection that determines the core's scale; None if there is none."""
        return max(self.synapses, key=lambda s: s.weight, default=None)

    @property
    def is_refused(self) -> bool:
        """Whether nengo-loihi raises an error."""
        return bool(self.block.failures) or any(s.refused for s in self.synapses)


@dataclass(frozen=True, slots=True)
class PlacedLayer:
    """A layer on the chip, its cores, and the integers that these store."""

    mapped: MappedPopulation
    neurons: integers.ChipNeurons
    cores: tuple[CoreContent, ...]
    blocks: integers.Blocks
    network: str

    @property
    def name(self) -> str:
        return self.mapped.population.name


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
        (
            _arriving(mapped, read, tensors),
            tiling_of(mapped.by_name[read.projection.source]),
        )
        for read in mapped.projections
        if read.projection.target == name
    ]
    network, spiking = mapped.lowered.network, _spiking(population)
    neuron, trained = spiking.neuron, tensors[f"{name}.bias"]
    tau_rc = neuron.tau_rc if isinstance(neuron, LifNeuron) else None
    neurons = integers.neurons_of(network.timing.dt, spiking.synapse, tau_rc)
    parts = tiling_of(population).parts
    pieces = [piece for part in parts for piece in part.pieces]
    synapses = [tuple(_synapses(arriving, piece)) for piece in pieces]
    biases = [_biases(trained, piece).astype(np.float64) for piece in pieces]
    currents = [_largest_current(spiking, held) for held in biases]
    weights = [max((s.weight for s in own), default=0.0) for own in synapses]
    blocks = integers.discretize_blocks(neurons, weights, currents)
    cores = tuple(
        CoreContent(
            number,
            tuple(_stored(blocks, number, own)),
            currents[number],
            float(np.abs(biases[number]).max()),
            blocks.take(number),
        )
        for number, own in enumerate(synapses)
    )
    return PlacedLayer(population, neurons, cores, blocks, network.name)


def _stored(
    blocks: integers.Blocks, number: int, synapses: tuple[Synapse, ...]
) -> Iterator[Synapse]:
    """Yield the connections into a core with how the chip stores them."""
    same = blocks.take([number] * len(synapses))
    exponents = integers.weight_exponents(
        same, [synapse.weight for synapse in synapses]
    )
    stored = zip(exponents.bits, exponents.excess, exponents.failures, strict=True)
    for synapse, (bits, excess, refused) in zip(synapses, stored, strict=True):
        yield replace(
            synapse, bits=int(bits), excess=float(excess), refused=bool(refused)
        )


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
    # A Dense has the weights of a convolution that covers the whole input.
    device = mapped.lowered.network.device
    links = links_of(projection, source.population.volume, target.population, device)
    # A transposed convolution only has a Sparse form.
    link = links.get("convolution") or links["sparse"]
    filters = target.population.volume[3]
    kernel = compose(projection, link.source, filters, tensors).astype(np.float64)
    gain, _ = gain_and_rest(_spiking(target))
    spike = _spiking(source).rate.high * mapped.lowered.network.timing.dt
    return IncomingKernel(projection, link, kernel, gain / spike)


def _largest_current(spiking: Spiking, biases: Array) -> float:
    """Return the largest magnitude of biases in nengo-loihi's units."""
    gain, rest = gain_and_rest(spiking)
    moved = (float(np.float32(gain)) * biases).clip(-LARGEST, LARGEST)
    currents = np.abs(rest + moved.astype(np.float32).astype(np.float64))
    return _float32(currents.max())


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
        depth = read.link.depth
        for part in source.parts:
            slices = depth.within(part.slices)
            if length(slices) and depth.reading(piece.part.slices, slices):
                taps = read.stored(piece, slices)
                trained = read.largest(taps)
                yield Synapse(read, taps, _float32(trained * read.factor), trained)


def _float32(magnitude: float) -> float:
    """Round to float32; clip values that are too large."""
    return float(np.float32(min(magnitude, LARGEST)))
