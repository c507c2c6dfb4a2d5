"""Convert a network to a NIR graph, with the node types of the library ``nir``.

An activation of 1.0 means a layer's upper rate HI. A NIR neuron sums its input in each
step and fires at 1. So an activation of 1.0 corresponds to an input of ``HI dt`` per
step, and one spike corresponds to an activation of ``1 / (HI dt)``. The weights include
gain, amplitude and step. Resistance, threshold and reset are 1, 1 and 0, which all
tools interpret equally.

Each layer becomes a linear node per source, where the first has the layer's name, and a
node of neurons that sums its inputs. Nodes are in the order in which they run, from
``input`` to ``output``. Some tools rely on the order, and Spyx relies on these two
names.

A layer's output has the shape (channels, height, width). The slices of a depth axis are
concatenated along the channels, and an axis that a layer lacks has size 1. Pools,
maxima, dilation, groups and picked positions are part of the kernels, because not all
tools support them.

NIR pads both ends of an axis equally, and tools interpret the word ``same``
differently. TensorFlow's padding is uneven if the number of zeros is odd; a zero tap
before the kernel compensates for this. NIR's shape check (up to 1.0.8) uses the number
of rows of a kernel for its columns too, so `nir.read` only accepts square kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import prod
from typing import Any, Literal

import numpy as np

from snnc.importer.linear import AxisWindow
from snnc.ir import lowered as ir
from snnc.ir.logical import InputLayer, ReadoutLayer, Shape, Spiking
from snnc.ir.lowered import LoweredNetwork, Pairwise, Population, Projection, Volume
from snnc.ir.shapes import same_pad, volume_of
from snnc.runtime.examples import Array
from snnc.runtime.maxima import Grid
from snnc.runtime.maxima import whole as all_places
from snnc.runtime.nengo import kernels
from snnc.runtime.network import REST, Lif, triple
from snnc.weight_files.cores import Tensors, compose, fold_pools

INPUT, OUTPUT = "input", "output"
Neuron = Literal["if", "cubalif"]
"""The NIR neuron for ReLU, without or with the synaptic filter."""
NO_LEAK = 1000.0
"""The membrane time constant, in seconds, of a `CubaLIF` that replaces a neuron without
a leak. It loses a millionth of its voltage in a step of 1 ms."""
IF = {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0}
SPARE = 4
"""The maximum number of taps that may be added to an axis to make a kernel square."""


@dataclass(frozen=True, slots=True)
class NirNeurons:
    """The neurons of a layer in NIR: their class in ``nir``, and its arguments.

    The input per step for an activation ``x`` is ``gain x + rest``.
    """

    kind: str
    parameters: Mapping[str, float]
    gain: float
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class ExportedLayer:
    """The names of the nodes of a layer or of the readout, which has no neurons.

    ``growth`` is the number of weights in the nodes, divided by the number in the
    layer's tensors. Depth, groups and dilation add zeros, and average pools add copies.
    """

    layer: str
    kind: str
    shape: Shape
    linear: tuple[str, ...]
    neurons: str | None
    growth: float


@dataclass(frozen=True, slots=True)
class ExportedNode:
    """A node: its class in ``nir`` and the arguments of the class."""

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TensorTerm:
    """A linear node that was made from a projection.

    ``linear`` is the operation on activations, ``scale`` the factor of its weights, and
    ``bias`` the gain and the offset of the layer's bias, if the node contains it.
    """

    projection: Projection
    linear: Linear
    scale: float
    bias: tuple[float, float] | None


@dataclass(slots=True)
class ExportedGraph:
    """The nodes and edges so far, and the nodes of each layer.

    ``ends`` contains the nodes that output each layer's spikes, and ``spikes`` the
    activation of one spike of each layer.
    """

    lowered: LoweredNetwork
    tensors: Tensors
    nodes: dict[str, ExportedNode] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    placed: list[ExportedLayer] = field(default_factory=list)
    terms: dict[str, TensorTerm] = field(default_factory=dict)
    ends: dict[str, list[str]] = field(default_factory=dict)
    spikes: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, node: ExportedNode, *sources: str) -> str:
        """Add a node that reads ``sources``, and return its unique name."""
        while name in self.nodes or (name in (INPUT, OUTPUT) and self.nodes):
            name += "_"
        self.nodes[name] = node
        self.edges += [(source, name) for source in sources]
        return name

    def add_input(self, given: InputLayer) -> None:
        shape = _shape(given.shape)
        node = ExportedNode("Input", {"input_type": np.array(shape)})
        end = self.add(INPUT, node)
        if given.scaled is not None:
            # Use a separate node, because padding adds zeros to the scaled values.
            low, high = given.scaled
            slope = (high - low) / (given.high - given.low)
            scaled = _scaling(shape, slope, low - slope * given.low)
            end = self.add(f"{given.name}_scaled", scaled, end)
        self.ends[given.name] = [end]
        self.spikes[given.name] = 1.0

    def add_population(self, population: Population, neuron: Neuron) -> None:
        """Add the neurons of a layer, or of one level of a max pool, node by node."""
        layer, name = population.layer, population.name
        assert layer.spiking is not None
        dt = self.lowered.network.timing.dt
        cell = _neurons(layer.spiking, "if" if layer.is_encoder else neuron, dt)
        count, axis = _nodes(self.lowered, name)
        shape: Shape = _cut(population.volume, count, axis)
        if population.volume == volume_of(layer.shape):
            shape = layer.shape
        self.spikes[name] = 1 / (layer.spiking.rate.high * dt)
        self.ends[name] = []
        size, projections = _shape(shape), self.lowered.into(name)
        for number in range(count):
            own = name.replace(".", "_") + (f"_{number}" if count > 1 else "")
            linear, growth = self._sum(own, name, projections, cell, number)
            given = {n: np.full(size, v, "f4") for n, v in cell.parameters.items()}
            node = ExportedNode(cell.kind, given)
            end = self.add(f"{own}_neurons", node, *linear)
            self.ends[name].append(end)
            placed = ExportedLayer(name, layer.kind, shape, linear, end, growth)
            self.placed.append(placed)

    def add_readout(self, readout: ReadoutLayer) -> None:
        name, shape = readout.name, readout.shape
        linear, growth = self._sum(name, name, self.lowered.readout)
        self.placed.append(ExportedLayer(name, "readout", shape, linear, None, growth))
        node = ExportedNode("Output", {"output_type": np.array(shape)})
        self.nodes[OUTPUT] = node
        self.edges += [(source, OUTPUT) for source in linear]

    def _sum(
        self,
        node: str,
        name: str,
        projections: Sequence[Projection],
        cell: NirNeurons | None = None,
        number: int = 0,
    ) -> tuple[tuple[str, ...], float]:
        """Add the linear nodes of a reader's inputs; the first node has the bias."""
        gain, rest = (1.0, 0.0) if cell is None else (cell.gain, cell.rest)
        population = self.lowered.by_name.get(name)
        bias = self.tensors.get(f"{name}.bias")
        if bias is not None and population is not None:
            bias = np.tile(bias, population.volume[0])  # for each slice of the depth
        names: list[str] = []
        size = 0
        terms = (
            (read, self.ends[read.source][which], linear)
            for read in projections
            for which, linear in _linears(self.lowered, read, self.tensors, number)
        )
        for projection, source, linear in terms:
            scale = gain * self.spikes[projection.source]
            weight = scale * linear.weight
            if names and _changes_nothing(linear, weight):
                names.append(source)
                continue
            own, offset, moved = node, np.zeros(len(weight)), None
            if names:
                own = f"{node}_from_{source.removesuffix('_neurons')}"
            elif bias is not None:
                offset, moved = offset + rest + gain * bias, (gain, rest)
            else:
                offset += rest
            if linear.flattens is not None:
                given = {"input": np.array(linear.flattens)}
                flat = ExportedNode("Flatten", {"input_type": given, "start_dim": 0})
                source = self.add(f"{own}_flat", flat, source)
            own = self.add(own, _node(linear, weight, offset), source)
            self.terms[own] = TensorTerm(projection, linear, scale, moved)
            names.append(own)
            size += weight.size
        read = {p.tensor for p in projections if p.tensor is not None}
        due = sum(self.tensors[tensor].size for tensor in read)
        return tuple(names), size / due if due else 1.0


def graph_of(
    lowered: LoweredNetwork, tensors: Tensors, neuron: Neuron
) -> ExportedGraph:
    """Return the graph of a network with its weights in the network's layout."""
    graph = ExportedGraph(lowered, tensors)
    graph.add_input(lowered.network.input)
    for population in lowered.in_reading_order:
        graph.add_population(population, neuron)
    graph.add_readout(lowered.network.readout)
    return graph


def _node(linear: Linear, weight: Array, bias: Array) -> ExportedNode:
    values = {"weight": weight.astype(np.float32), "bias": bias.astype(np.float32)}
    kind = "Conv2d" if linear.moves else "Affine"
    return ExportedNode(kind, {**values, **linear.moves})


def _changes_nothing(linear: Linear, weight: Array) -> bool:
    """Return whether an edge can replace the node.

    nirtorch must also run the nodes in the right order, depth first: it follows the
    first edge of a node to its end before it follows the next edge.
    """
    if linear.flattens is not None or weight.shape[2:] not in ((), (1, 1)):
        return False
    matrix = weight.reshape(weight.shape[:2])
    is_whole = linear.moves.get("stride", (1, 1)) == (1, 1)
    return is_whole and np.array_equal(matrix, np.eye(len(matrix)))


def _scaling(shape: Shape, slope: float, offset: float) -> ExportedNode:
    scale, bias = slope * np.eye(shape[0]), np.full(shape[0], offset)
    linear = Linear(scale)
    if len(shape) > 1:
        linear = Linear(scale[:, :, None, None], _moves(shape[1:], (1, 1), (0, 0)))
    return _node(linear, linear.weight, bias)


def _neurons(spiking: Spiking, neuron: Neuron, dt: float) -> NirNeurons:
    """Return the NIR neurons of a layer.

    At activation 1, the current of a `LIF` makes it fire at HI without a refractory
    period, which NIR lacks. A `CubaLIF` divides its input by ``tau / dt``.
    """
    high, lif, synapse = spiking.rate.high, spiking.neuron, spiking.synapse
    is_filtered = neuron == "cubalif" and synapse > 0
    if lif is None and not is_filtered:
        return NirNeurons("IF", IF, high * dt)
    tau, gain, rest = NO_LEAK, high * NO_LEAK, 0.0
    if lif is not None:
        tau, rest = lif.tau_rc, REST
        gain = Lif(tau, tau_ref=0.0).gain(high)
    if not is_filtered:
        return NirNeurons("LIF", {**IF, "v_leak": 0.0, "tau": tau}, gain, rest)
    times = {"tau_syn": synapse, "tau_mem": tau, "w_in": 1.0}
    return NirNeurons("CubaLIF", {**IF, "v_leak": 0.0, **times}, gain, rest)


@dataclass(frozen=True, slots=True)
class Linear:
    """A convolution ``weight`` (out, in, rows, columns), or a matrix (out, in).

    ``moves`` is how the convolution moves over an image, as arguments of `Conv2d`, and
    ``flattens`` the shape that is flattened before the matrix, if any.
    """

    weight: Array
    moves: Mapping[str, object] = field(default_factory=dict)
    flattens: Shape | None = None


def _shape(shape: Shape) -> Shape:
    """Convert a channels-last shape to NIR's order."""
    if len(shape) == 1:
        return shape
    depth, height, width, channels = volume_of(shape)
    return depth * channels, height, width


def _nodes(lowered: LoweredNetwork, name: str) -> tuple[int, int]:
    """Return a population's number of neurons per window, and their axis.

    A level of a max pool has several neurons per window; each becomes a node in NIR.
    """
    for projection in lowered.into(name):
        if isinstance(projection.reach, Pairwise):
            return len(projection.reach.nodes), projection.reach.axis
    return 1, 0


def _linears(
    lowered: LoweredNetwork, projection: Projection, tensors: Tensors, node: int
) -> Iterator[tuple[int, Linear]]:
    """Yield the linear operations of a projection, from activations to sums.

    ``node`` is the index of the target's node, if it has several. Yield each operation
    with the index of the source's node. Taps outside the source yield nothing.
    """
    network, reach = lowered.network, projection.reach
    population = lowered.by_name.get(projection.source)
    shape = network.input.shape if population is None else population.layer.shape
    whole = volume_of(shape) if population is None else population.volume
    nodes, axis = _nodes(lowered, projection.source)
    read = _cut(whole, nodes, axis)
    # A comparison that reads a level of a max pool reads its nodes one by one.
    is_level = isinstance(reach, Pairwise) and projection.picked is None
    number, picked = 0, all_places(read[:3])
    if not is_level:
        everywhere = projection.picked or all_places(whole[:3])
        number, picked = _node_picked(everywhere, axis, nodes)
    if isinstance(reach, ir.Full):
        own = _matrix(projection, tensors, read, picked)
        flattens = _shape(read) if len(shape) > 1 else None
        yield number, Linear(own, flattens=flattens)
        return
    target = lowered.by_name[projection.target]
    given = _cut(target.volume, *_nodes(lowered, projection.target))
    if isinstance(reach, Pairwise):
        count = nodes if is_level else 1
        compared = _compare(projection, reach, node, given[-1], count)
        reads = [(number + n, moving) for n, moving in compared]
    else:
        kernel = compose(projection, read, given[-1], tensors)
        if projection.source == network.input.name and projection.tensor is None:
            kernel = kernels.signs(read[3], *network.input.bounds)
        reads = [(number, _move(kernel, reach, picked))]
    for number, moving in reads:
        if len(shape) == 1:
            yield number, Linear(moving[0][0, 0, 0].T)
        elif (conv := _convolve(moving, picked, read, given)) is not None:
            yield number, conv


def _cut(volume: Volume, nodes: int, axis: int) -> Volume:
    """Return the volume of one of several nodes, which divide an axis."""
    sizes = [n // nodes if i == axis else n for i, n in enumerate(volume)]
    return sizes[0], sizes[1], sizes[2], sizes[3]


def _node_picked(picked: Grid, axis: int, nodes: int) -> tuple[int, Grid]:
    """Return the index of the picked node, and the positions inside this node."""
    if nodes == 1:
        return 0, picked
    along = picked[axis]
    if along.step % nodes:
        raise NoNodeError("one kernel reads the neurons of several nodes")
    first, step = along.start // nodes, along.step // nodes
    own = range(first, first + (len(along) - 1) * step + 1, step)
    return along.start % nodes, (*picked[:axis], own, *picked[axis + 1 :])


def _matrix(
    projection: Projection, tensors: Tensors, read: Volume, picked: Grid
) -> Array:
    depth, height, width = map(len, picked)
    volume = (depth, height, width, read[3])
    filters = tensors[str(projection.tensor)].shape[-1]
    kernel = compose(projection, volume, filters, tensors)
    whole = np.zeros((*read, kernel.shape[-1]))
    whole[np.ix_(*picked)] = kernel
    # (depth, height, width, channels, units): flattened channels first.
    return whole.transpose(0, 3, 1, 2, 4).reshape(prod(read), -1).T


class NoNodeError(ValueError):
    """Raised if no NIR convolution can express how a layer reads its source."""


MovingKernel = tuple[Array, Array, Array]
"""A kernel (depth, height, width, in, out), and how it moves over a source: its stride
and the zeros before the source, on each of the three axes."""


def _compare(
    projection: Projection, reach: Pairwise, node: int, channels: int, nodes: int
) -> Iterator[tuple[int, MovingKernel]]:
    """Yield the kernel of a comparison neuron for each node that it reads."""
    axis, entries = reach.axis, reach.nodes[node]
    for number in sorted({first % nodes for _, first, _ in entries}):
        own = [(w, f // nodes) for w, f, _ in entries if f % nodes == number]
        steps = [s // nodes for _, f, s in entries if f % nodes == number]
        low, high = min(f for _, f in own), max(f for _, f in own)
        taps, stride, before = np.ones(3, int), np.ones(3, int), np.zeros(3, int)
        taps[axis], stride[axis], before[axis] = high - low + 1, steps[0], -low
        kernel = np.zeros((*taps, channels, channels))
        for weight, first in own:
            kernel.swapaxes(0, axis)[first - low] += weight * np.eye(channels)
        overlaps = any(np.greater(p.window, p.stride).any() for p in projection.pools)
        if overlaps and max(before) > 0:
            raise NoNodeError("a padded maximum of averages that overlap")
        for pool in projection.pools:
            stride, before = stride * pool.stride, before * pool.stride
        yield number, (fold_pools(kernel, projection), stride, before)


def _move(kernel: Array, window: ir.Window, picked: Grid) -> MovingKernel:
    """Return how a window moves over the picked positions."""
    pads = [
        same_pad(len(n), k, s)[0] if window.padding == "same" else 0
        for n, k, s in zip(picked, kernel.shape, window.stride, strict=False)
    ]
    before = np.array([window.depth_before, *pads[1:]])
    return kernel, np.array(window.stride), before


def _convolve(
    moving: MovingKernel, picked: Grid, read: Volume, given: Volume
) -> Linear | None:
    """Return the convolution over the whole source; None if it reads only padding."""
    windows, (kernel, *steps) = [], moving
    sizes = zip(kernel.shape, *steps, strict=False)
    for size, places, axis, own in zip(read, given, picked, sizes, strict=False):
        taps, step, before = map(int, own)
        pick = AxisWindow(size, 1, axis.step, -axis.start, len(axis))
        window = pick.then(AxisWindow(len(axis), taps, step, before, places))
        if window is None:
            raise NoNodeError("only some of its positions are padded with zeros")
        windows.append(window)
    depth, *axes = windows
    dilated = kernels.dilate(kernel, triple(tuple(axis.step for axis in picked)))
    slices = range(read[0]), range(given[0])
    plane = kernels.plane(dilated, *slices, depth.stride, depth.before)
    if plane is None:
        return None
    padded = _pad_evenly(axes)
    ends = [(front, behind) for front, behind, _ in padded]
    weight = np.pad(plane.transpose(3, 2, 0, 1), [(0, 0), (0, 0), *ends])
    padding = tuple(zeros for *_, zeros in padded)
    stride = tuple(axis.stride for axis in axes)
    return Linear(weight, _moves(read[1:3], stride, padding))


def _moves(image: Shape, stride: Shape, padding: Shape) -> Mapping[str, object]:
    """Return the arguments of a `Conv2d` except its weights."""
    # Not all tools support other values: Spyx ignores dilation and groups.
    plain = {"dilation": (1, 1), "groups": 1}
    return {"input_shape": image, "stride": stride, "padding": padding, **plain}


def _pad_evenly(axes: Sequence[AxisWindow]) -> list[Shape]:
    """Pad rows and columns evenly, with a square kernel if possible.

    Return the zero taps before and after the kernel, and the zeros at both ends of the
    source, for each axis.

    Output ``o`` still reads ``o * stride - before + tap``. With ``front`` zero taps,
    the padding is ``p = before + front``. PyTorch's formula ``(size + 2 p - taps) //
    stride + 1`` must result in the same number of outputs.
    """
    fewest = [axis.taps + max(0, -axis.before) for axis in axes]
    spare = range(SPARE + max(axis.stride for axis in axes))
    for taps in (max(fewest) + more for more in spare):
        square = [padding for axis in axes if (padding := _pad(axis, taps))]
        if len(square) == len(axes):
            return square
    trials = zip(axes, fewest, strict=True)
    return [next(filter(None, map(partial(_pad, a), count(n)))) for a, n in trials]


def _pad(axis: AxisWindow, taps: int) -> Shape | None:
    for front in range(taps - axis.taps + 1):
        padding = axis.before + front
        room = axis.size + 2 * padding - taps
        if min(padding, room) >= 0 and room // axis.stride + 1 == axis.places:
            return front, taps - axis.taps - front, padding
    return None
