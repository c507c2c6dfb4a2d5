"""Compute the weights of projections, what each core stores, and its integers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from snnc.diagnostics import Diagnostic
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Spiking
from snnc.ir.lowered import Population, Projection
from snnc.ir.mapped import MappedNetwork, MappedPopulation
from snnc.ir.reach import Full, Pairwise, Window
from snnc.ir.shapes import Volume, volume_of
from snnc.loihi import integers
from snnc.loihi.axis import Interval, length, positions
from snnc.loihi.build_links import links_of
from snnc.loihi.link import Link
from snnc.loihi.tiling import PlacedBlock, tiling_of
from snnc.rules.weights import LosesOnSpikes
from snnc.runtime.examples import Array
from snnc.runtime.nengo import kernels

LARGEST = float(np.finfo(np.float32).max)
STRONGEST = 8.0
"""The largest sum of the layers' `spike_strength` that causes no warning.

``python -m benchmarks.predicted_losses`` compares it with measured losses.
"""
Tensors = Mapping[str, Array]
"""The weights of a network by name, in Keras's units."""
Taps = tuple[tuple[Sequence[int], ...], ...]
"""The depths, rows, columns and filters of each part of a kernel that a core stores."""


@dataclass(frozen=True, eq=False)
class IncomingKernel:
    """The weights of one projection.

    Attributes
    ----------
    tensor
        The tensor's name, or the source of a shortcut without a tensor.
    rows
        The rows of the tensor that read the source.
    sources
        The slices of each ensemble of the source.
    kernel
        The weights in Keras's units, in float64, with the axes of `compose`.
    factor
        The factor from Keras's to nengo-loihi's units.
    """

    tensor: str
    rows: tuple[int, int]
    link: Link
    sources: tuple[Interval, ...]
    kernel: Array
    factor: float

    def stored(self, piece: PlacedBlock) -> Iterator[Taps]:
        """Yield the taps that a core stores for each ensemble that it reads.

        ``piece`` is the core's part of the target.
        """
        part = piece.part
        strip = piece.strip
        depth = self.link.depth
        rows = self.link.rows.taps_of(piece.rows)
        columns = self.link.columns.taps_of(piece.columns)
        for source in self.sources:
            if not depth.reading(part.slices, source):
                continue
            depths: dict[Interval, set[int]] = {}
            for out in positions(part.slices_of(strip)):
                # The taps through which an output slice reads slices of the source.
                first = out * depth.stride - depth.before
                size = len(depth.taps)
                taps = range(max(0, source[0] - first), min(size, source[1] - first))
                if taps:
                    depths.setdefault(part.channels_of(strip, out), set()).update(taps)
            yield tuple(
                (tuple(sorted(taps)), rows, columns, positions(filters))
                for filters, taps in depths.items()
            )

    def largest(self, taps: Taps) -> float:
        """Return the largest magnitude of stored weights."""
        parts = (self._magnitudes[np.ix_(*where)] for where in taps)
        return max((float(part.max(initial=0.0)) for part in parts), default=0.0)

    @cached_property
    def _magnitudes(self) -> Array:
        """The largest magnitude over the source's channels, per tap and filter."""
        return np.asarray(np.abs(self.kernel).max(axis=3))

    def values(self, taps: Taps) -> tuple[Array, Array]:
        """Return stored weights and their target channels, both flat."""
        weights = [np.zeros(0)]
        channels = [np.zeros(0, np.int64)]
        for *sides, filters in taps:
            part = self.kernel[np.ix_(*sides, range(self.kernel.shape[3]), filters)]
            weights.append(part.ravel())
            channels.append(np.broadcast_to(filters, part.shape).ravel())
        return np.concatenate(weights), np.concatenate(channels)


def compose(
    projection: Projection, read: Volume, filters: int, tensors: Tensors
) -> Array:
    """Return the kernel over a projection's input, including pools and zeros.

    ``read`` is the volume of the source, or of its picked positions, and ``filters``
    the number of the target's channels. The axes of the result are (depth, height,
    width, source's channels, target's channels).
    """
    if projection.tensor is None:
        return fold_pools(kernels.identity(filters), projection)
    composer = _Composer(projection, tensors[projection.tensor], read, filters)
    return projection.reach.visit(composer)


class _Composer(NamedTuple):
    """Composes the kernel of each reach."""

    projection: Projection
    tensor: Array
    read: Volume
    filters: int

    def full(self, reach: Full) -> Array:
        pools = _pools_of(self.projection)
        kernel = kernels.unflatten(self.tensor, self.read, pools)
        return kernels.extend(fold_pools(kernel, self.projection), self.read)

    def pairwise(self, reach: Pairwise) -> Array:
        raise TypeError("a max pool has no weights")

    def window(self, reach: Window) -> Array:
        kernel = kernels.dilate(self._ungrouped(reach), reach.dilation)
        kernel = fold_pools(kernel, self.projection)
        return kernels.pad(kernel, reach.zeros_before, reach.zeros_behind)

    def transposed(self, reach: Window) -> Array:
        # Keras's `Conv2DTranspose` stores outputs before inputs (decision 037).
        kernel = kernels.lift(self.tensor.swapaxes(-1, -2))
        return kernel[..., slice(*self.projection.rows), :]

    def repeated(self, reach: Window) -> Array:
        # `_sum_taps` adds the rows and columns that read one position.
        depth, *_ = reach.dilation
        kernel = kernels.dilate(self._ungrouped(reach), (depth, 1, 1))
        return kernel[..., slice(*self.projection.rows), :]

    def _ungrouped(self, reach: Window) -> Array:
        kernel = kernels.lift(self.tensor)
        if reach.group is None:
            return kernel
        groups = self.filters // reach.group.given
        return kernels.ungroup(kernel, self.filters, groups)


def _sum_taps(kernel: Array, link: Link) -> Array:
    """Return the weights that are stored, where several taps read one position."""
    for axis, line in ((1, link.rows), (2, link.columns)):
        if line.tap_sets:
            sums = [kernel.take(taps, axis).sum(axis) for taps in line.tap_sets]
            kernel = np.stack(sums, axis)
    return kernel


def fold_pools(kernel: Array, projection: Projection) -> Array:
    """Return the rows of a kernel for the source, with pools folded in."""
    kernel = kernel[..., slice(*projection.rows), :]
    for pool in reversed(_pools_of(projection)):
        kernel = kernels.fold_pool(kernel, pool)
    return kernel


def _pools_of(projection: Projection) -> tuple[kernels.Pool, ...]:
    """Return the pools of a projection, the one next to the source first."""
    return tuple(kernels.Pool(p.window, p.stride) for p in projection.pools)


@dataclass(frozen=True, slots=True)
class Synapse:
    """One connection into a core: the taps that it stores, and their exponents.

    ``weight`` and ``trained`` are the largest magnitude in nengo-loihi's units and in
    Keras's units. Each exponent in ``stored`` is a single number.
    """

    arriving: IncomingKernel
    taps: Taps
    weight: float
    trained: float
    stored: integers.Exponents

    @property
    def tensor(self) -> str:
        return self.arriving.tensor


@dataclass(frozen=True, slots=True)
class CoreContent:
    """The part of a layer on one core.

    ``number`` is the core's index within its layer, in nengo-loihi's order. ``bias``
    and ``trained_bias`` are the largest magnitude of a bias in nengo-loihi's units and
    in Keras's units. Each integer in ``block`` is a single number.
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
        """Whether nengo-loihi refuses the core's neurons or a connection to them."""
        refused = (synapse.stored.failures for synapse in self.synapses)
        return bool(self.block.failures) or any(refused)


@dataclass(frozen=True)
class PlacedLayer:
    """A layer on the chip, its cores, and the integers that these store.

    The cores and the integers are computed when they are needed.
    """

    mapped: MappedPopulation
    arriving: tuple[IncomingKernel, ...]
    biases: Array
    network: LogicalNetwork

    @property
    def population(self) -> Population:
        return self.mapped.population

    @property
    def name(self) -> str:
        return self.population.name

    @property
    def neurons(self) -> integers.ChipNeurons:
        spiking = self.mapped.population.settings
        return integers.neurons_of(
            self.network.timing.dt, spiking.synapse, spiking.neuron.membrane
        )

    @property
    def blocks(self) -> integers.Blocks:
        return self._content[0]

    @property
    def cores(self) -> tuple[CoreContent, ...]:
        return self._content[1]

    @cached_property
    def _content(self) -> tuple[integers.Blocks, tuple[CoreContent, ...]]:
        # Discretize all cores at once: NumPy is slow for single numbers.
        parts = tiling_of(self.mapped).parts
        pieces = [piece for part in parts for piece in part.pieces]
        biases = [_biases(self.biases, piece).astype(np.float64) for piece in pieces]
        settings = self.mapped.population.settings
        currents = [_largest_current(settings, values) for values in biases]
        stored = list(self._find_stored(pieces))
        owners = np.array([each.core for each in stored], int)
        weights = [each.weight for each in stored]
        largest = np.zeros(len(pieces))
        np.maximum.at(largest, owners, weights)
        blocks = integers.discretize_blocks(self.neurons, largest, currents)
        exponents = integers.weight_exponents(blocks.take(owners), weights)
        synapses = defaultdict[int, list[Synapse]](list)
        for i, each in enumerate(stored):
            synapse = Synapse(
                arriving=each.arriving,
                taps=each.taps,
                weight=each.weight,
                trained=each.trained,
                stored=exponents.take(i),
            )
            synapses[each.core].append(synapse)
        contents = (
            CoreContent(
                number,
                tuple(synapses[number]),
                bias=currents[number],
                trained_bias=float(np.abs(values).max()),
                block=blocks.take(number),
            )
            for number, values in enumerate(biases)
        )
        return blocks, tuple(contents)

    def _find_stored(self, pieces: Sequence[PlacedBlock]) -> Iterator[_StoredTaps]:
        for core, piece in enumerate(pieces):
            for read in self.arriving:
                for taps in read.stored(piece):
                    yield _StoredTaps(core, read, taps, read.largest(taps))


class _StoredTaps(NamedTuple):
    """The taps of a kernel on a core, and the largest magnitude in Keras's units."""

    core: int
    arriving: IncomingKernel
    taps: Taps
    trained: float

    @property
    def weight(self) -> float:
        """The largest magnitude in nengo-loihi's units."""
        return _float32(self.trained * self.arriving.factor)


def placed_layers(mapped: MappedNetwork, tensors: Tensors) -> tuple[PlacedLayer, ...]:
    """Return all layers on the chip with the numbers of their cores.

    ``tensors`` contains the weights by name, in the shapes of the network's layout.
    """
    layers = []
    for placed in mapped.populations:
        name = placed.population.name
        operation = placed.population.layer.operation
        # Max pools have no trained weights.
        if placed.population.on_chip and operation.has_weights:
            read = mapped.lowered.into(name)
            network = mapped.lowered.network
            arriving = tuple(_arriving(mapped, each, tensors) for each in read)
            biases = tensors[f"{name}.bias"]
            layers.append(PlacedLayer(placed, arriving, biases, network))
    return tuple(layers)


def _arriving(
    mapped: MappedNetwork, projection: Projection, tensors: Tensors
) -> IncomingKernel:
    """Return a projection's weights, with their factor to nengo-loihi's units."""
    source = mapped.by_name[projection.source]
    target = mapped.by_name[projection.target]
    # A Dense has the weights of a convolution that covers the whole input.
    links = links_of(mapped.lowered, projection)
    # A transposed convolution only has a Sparse form.
    link = links.get("convolution") or links["sparse"]
    slices = [link.depth.within(part.slices) for part in tiling_of(source).parts]
    filters = target.population.volume[3]
    kernel = compose(projection, link.source, filters, tensors).astype(np.float64)
    kernel = _sum_taps(kernel, link)
    spiking = target.population.settings
    gain = spiking.neuron.gain(spiking.rate.high)
    spike = source.population.upper_rate * mapped.lowered.network.timing.dt
    tensor = projection.tensor or f"shortcut {projection.source}"
    sources = tuple(part for part in slices if length(part))
    return IncomingKernel(
        tensor=tensor,
        rows=projection.rows,
        link=link,
        sources=sources,
        kernel=kernel,
        factor=gain / spike,
    )


def _largest_current(spiking: Spiking, biases: Array) -> float:
    """Return the largest magnitude of biases in nengo-loihi's units."""
    gain = spiking.neuron.gain(spiking.rate.high)
    moved = (float(np.float32(gain)) * biases).clip(-LARGEST, LARGEST)
    currents = np.abs(spiking.neuron.rest + moved.astype(np.float32).astype(np.float64))
    return _float32(currents.max())


def _biases(biases: Array, piece: PlacedBlock) -> Array:
    """Return the biases of a core's neurons, in Keras's units."""
    channels = np.arange(*piece.strip)
    if biases.ndim == 1:
        return np.asarray(biases[channels % piece.part.channels])
    volume = biases.reshape(volume_of(biases.shape))
    slices = piece.part.slices[0] + channels // piece.part.channels
    rows = slice(piece.rows[0], piece.rows[1])
    columns = slice(piece.columns[0], piece.columns[1])
    return np.asarray(volume[slices, rows, columns, channels % piece.part.channels])


def _float32(magnitude: float) -> float:
    """Round to float32; clip values that are too large."""
    return float(np.float32(min(magnitude, LARGEST)))


def spike_strength(placed: PlacedLayer) -> float:
    """Return the sum of a neuron's squared weights, in the median channel.

    A weight counts as the voltage that one spike adds, in multiples of the threshold.
    """
    has_leak = placed.mapped.population.settings.neuron.membrane is not None
    # The voltage of a spike with the weight 1, in multiples of the threshold.
    unit = placed.neurons.voltage if has_leak else placed.network.timing.dt
    strengths = defaultdict(list)
    for incoming in placed.arriving:
        squares = np.einsum("zyxio,zyxio->o", incoming.kernel, incoming.kernel)
        key = (incoming.tensor, incoming.rows)
        strengths[key].append((incoming.factor * unit) ** 2 * squares)
    # The neurons of a max pool share the weights for their window.
    means = [np.mean(strength, axis=0) for strength in strengths.values()]
    return float(np.median(np.sum(means, axis=0))) if means else 0.0


def predict_loss(
    placed: Sequence[PlacedLayer], weights_file: str, asked_range: str
) -> Iterator[Diagnostic]:
    """Warn if a network of imported weights is likely to lose accuracy on spikes.

    ``asked_range`` is the given range of the input, or empty.
    """
    strengths = {layer.name: spike_strength(layer) for layer in placed}
    total = sum(strengths.values())
    if total <= STRONGEST:
        return
    strongest = max(placed, key=lambda layer: strengths[layer.name])
    network = strongest.network
    yield LosesOnSpikes.at(
        strongest.population.layer,
        total=total,
        strength=strengths[strongest.name],
        network=network.name,
        can_scale=not any(map(_keeps_scale, network.layers)),
        weights_file=weights_file,
        asked_range=asked_range,
    )


def _keeps_scale(layer: LogicalLayer) -> bool:
    """Whether `snnc calibrate` can't scale this layer, or must scale others with it."""
    is_linear = layer.spiking is None or layer.spiking.neuron.is_linear
    adds_source = layer.shortcut is not None and layer.shortcut.operation is None
    return adds_source or not is_linear
