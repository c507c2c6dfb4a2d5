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
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from snnc.ir.logical import InputLayer, ReadoutLayer, Spiking
from snnc.ir.lowered import LoweredNetwork, Population, Projection
from snnc.ir.shapes import Shape, volume_of
from snnc.nir.linear import (
    Linear,
    channels_first,
    conv_options,
    linears_of,
    node_volume,
    nodes_of,
)
from snnc.runtime.examples import Array
from snnc.runtime.neurons import Lif
from snnc.weight_files.cores import Tensors

INPUT = "input"
OUTPUT = "output"
Neuron = Literal["if", "cubalif"]
"""The NIR neuron for ReLU, without or with the synaptic filter."""
NO_LEAK = 1000.0
"""The membrane time constant, in seconds, of a `CubaLIF` that replaces a neuron without
a leak. It loses a millionth of its voltage in a step of 1 ms."""
IF = {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0}


@dataclass(frozen=True, slots=True)
class NirNeurons:
    """The neurons of a layer in NIR: their class in ``nir``, and its arguments.

    The input per step for an activation ``x`` is ``gain x + rest``.
    """

    kind: str
    parameters: Mapping[str, float]
    gain: float
    rest: float = 0.0


NO_NEURONS = NirNeurons("", {}, gain=1.0)
"""Stands for the neurons of the readout, which outputs its activations."""


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

    def add(self, name: str, node: ExportedNode, sources: Sequence[str] = ()) -> str:
        """Add a node that reads ``sources``, and return its unique name."""
        # Spyx relies on the names of the ends: the first node is the input, and
        # the output is added elsewhere, so no other node may have their names.
        while name in self.nodes or (name in (INPUT, OUTPUT) and self.nodes):
            name += "_"
        self.nodes[name] = node
        self.edges += [(source, name) for source in sources]
        return name

    def add_input(self, network_input: InputLayer) -> None:
        shape = channels_first(network_input.shape)
        node = ExportedNode("Input", {"input_type": np.array(shape)})
        end = self.add(INPUT, node)
        if network_input.scaled is not None:
            # Use a separate node, because padding adds zeros to the scaled values.
            low, high = network_input.scaled
            slope = (high - low) / (network_input.high - network_input.low)
            bias = np.full(shape[0], low - slope * network_input.low)
            linear = Linear(slope * np.eye(shape[0]))
            if len(shape) > 1:
                options = conv_options(shape[1:], (1, 1), (0, 0))
                linear = Linear(linear.weight[:, :, None, None], options)
            scaled = _node(linear, linear.weight, bias)
            end = self.add(f"{network_input.name}_scaled", scaled, [end])
        self.ends[network_input.name] = [end]
        self.spikes[network_input.name] = 1.0

    def add_population(self, population: Population, neuron: Neuron) -> None:
        """Add the neurons of a layer, or of one level of a max pool, node by node."""
        layer = population.layer
        name = population.name
        dt = self.lowered.network.timing.dt
        # An encoder reads values and not spikes, so its input has no filter.
        cell = _neurons(layer.neuron_settings, "if" if layer.is_encoder else neuron, dt)
        count, axis = nodes_of(self.lowered, name)
        shape: Shape = node_volume(population.volume, count, axis)
        # Unlike its volume, the shape of a layer has only the axes of the layer.
        if population.volume == volume_of(layer.shape):
            shape = layer.shape
        self.spikes[name] = 1 / (population.upper_rate * dt)
        self.ends[name] = []
        size = channels_first(shape)
        projections = self.lowered.into(name)
        for number in range(count):
            node = name.replace(".", "_") + (f"_{number}" if count > 1 else "")
            linear, growth = self._sum(node, name, projections, cell, number)
            values = {n: np.full(size, v, "f4") for n, v in cell.parameters.items()}
            neurons = ExportedNode(cell.kind, values)
            end = self.add(f"{node}_neurons", neurons, linear)
            self.ends[name].append(end)
            self.placed.append(
                ExportedLayer(
                    layer=name,
                    kind=layer.kind,
                    shape=shape,
                    linear=linear,
                    neurons=end,
                    growth=growth,
                )
            )

    def add_readout(self, readout: ReadoutLayer) -> None:
        name = readout.name
        shape = readout.shape
        linear, growth = self._sum(name, name, self.lowered.readout)
        self.placed.append(
            ExportedLayer(
                layer=name,
                kind="readout",
                shape=shape,
                linear=linear,
                neurons=None,
                growth=growth,
            )
        )
        # Not `add`, which reserves this name for the last node.
        node = ExportedNode("Output", {"output_type": np.array(shape)})
        self.nodes[OUTPUT] = node
        self.edges += [(source, OUTPUT) for source in linear]

    def _sum(
        self,
        node: str,
        name: str,
        projections: Sequence[Projection],
        cell: NirNeurons = NO_NEURONS,
        number: int = 0,
    ) -> tuple[tuple[str, ...], float]:
        """Add the linear nodes of a reader's inputs; the first node has the bias.

        Return the nodes whose outputs the reader adds, and the growth of their weights
        (see `ExportedLayer`).
        """
        bias = self._bias_of(name)
        names: list[str] = []
        size = 0
        terms = (
            (read, self.ends[read.source][which], linear)
            for read in projections
            for which, linear in linears_of(self.lowered, read, self.tensors, number)
        )
        for projection, source, linear in terms:
            scale = cell.gain * self.spikes[projection.source]
            weight = scale * linear.weight
            offset = np.zeros(len(weight))
            bias_scale = None
            # Neurons sum their inputs, so the first node can add all constants.
            if not names:
                linear_node = node
                offset += cell.rest
                if bias is not None:
                    offset = offset + cell.gain * bias
                    bias_scale = (cell.gain, cell.rest)
            elif projection.tensor is None and _changes_nothing(linear, weight):
                names.append(source)
                continue
            else:
                linear_node = f"{node}_from_{source.removesuffix('_neurons')}"
            read_node = self._flatten(linear, f"{linear_node}_flat", source)
            end = self.add(linear_node, _node(linear, weight, offset), [read_node])
            self.terms[end] = TensorTerm(projection, linear, scale, bias_scale)
            names.append(end)
            size += weight.size
        return tuple(names), self._growth(size, projections)

    def _flatten(self, linear: Linear, name: str, source: str) -> str:
        """Return the node that an operation reads: a flat source for a matrix."""
        if linear.flattens is None:
            return source
        shape = {"input": np.array(linear.flattens)}
        node = ExportedNode("Flatten", {"input_type": shape, "start_dim": 0})
        return self.add(name, node, [source])

    def _bias_of(self, name: str) -> Array | None:
        """Return the bias of a reader, for each slice of its depth."""
        bias = self.tensors.get(f"{name}.bias")
        population = self.lowered.by_name.get(name)
        if bias is None or population is None:
            return bias
        return np.tile(bias, population.volume[0])

    def _growth(self, size: int, projections: Sequence[Projection]) -> float:
        """Return a number of weights, divided by the number in the tensors."""
        read = {p.tensor for p in projections if p.tensor is not None}
        trained = sum(self.tensors[tensor].size for tensor in read)
        return size / trained if trained else 1.0


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
    if linear.moves.get("stride", (1, 1)) != (1, 1):
        return False
    matrix = weight.reshape(weight.shape[:2])
    return np.array_equal(matrix, np.eye(len(matrix)))


def _neurons(spiking: Spiking, neuron: Neuron, dt: float) -> NirNeurons:
    """Return the NIR neurons of a layer.

    At activation 1, the current of a `LIF` makes it fire at HI without a refractory
    period, which NIR lacks. A `CubaLIF` divides its input by ``tau / dt``.
    """
    high = spiking.rate.high
    synapse = spiking.synapse
    membrane = spiking.neuron.membrane
    is_filtered = neuron == "cubalif" and synapse > 0
    if membrane is None and not is_filtered:
        return NirNeurons("IF", IF, high * dt)
    tau = NO_LEAK if membrane is None else membrane
    # Without a leak, a neuron fires at the rate of its current divided by `tau`.
    gain = high * NO_LEAK if membrane is None else Lif(tau, 0.0).gain(high)
    rest = spiking.neuron.rest
    if not is_filtered:
        return NirNeurons("LIF", {**IF, "v_leak": 0.0, "tau": tau}, gain, rest)
    times = {"tau_syn": synapse, "tau_mem": tau, "w_in": 1.0}
    return NirNeurons("CubaLIF", {**IF, "v_leak": 0.0, **times}, gain, rest)
