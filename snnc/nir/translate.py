"""Translate a NIR graph into a model that `snnc.importer` imports, layer by layer.

NIR is channels-first, but models and their kernels are channels-last. Operations
between a kernel and its neurons (thresholds, resistances, scales) are folded into the
kernel. Operations after neurons (sums of a pool, scales, the amplitude of a spike) are
folded into the kernels that read the neurons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.model import KerasLayer, KerasModel, ModelWeights
from snnc.nir import convolutions
from snnc.nir.convolutions import FoldedKernel, GraphWeights
from snnc.nir.graph_file import NirGraph, Node
from snnc.nir.neurons import NEURONS, SpecNeurons, spec_neurons_of

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


LARGEST = 2**27
"""The maximum number of values of a node: more than the neurons of a thousand chips."""
FLAT = "leave the batch axis out of `start_dim`: NIR shapes have no batch axis"


@dataclass(frozen=True, slots=True)
class NodeValue:
    """The output of a node.

    Attributes
    ----------
    layer
        The layer of the model that computes the output.
    shape
        The shape, channels first.
    factor
        The factor of each of the layer's channels.
    image
        The shape before flattening, if the output was flattened.
    linear
        The linear nodes whose outputs are added, if any.
    """

    layer: str
    shape: tuple[int, ...]
    factor: Array
    image: tuple[int, ...] = ()
    linear: tuple[str, ...] = ()


@dataclass(slots=True)
class Translated:
    """A model, its weights, and notes for the user."""

    model: KerasModel
    weights: ModelWeights
    notes: tuple[str, ...]


def translate(graph: NirGraph, name: str) -> Translated:
    """Translate a graph into a model.

    Raises
    ------
    RefusedModelError
        If a node has no counterpart, or its parameters are invalid.
    """
    translator = _Translator(graph)
    for node in graph.nodes:
        translator.add(node)
    output = next(node for node in graph.nodes if node.kind == "Output")
    given = next(node for node in graph.nodes if node.kind == "Input")
    kinds = {node.name: node.kind for node in graph.nodes}
    layers = [
        replace(layer, options={**layer.options, "node": kinds[layer.name]})
        if layer.name in kinds
        else layer
        for layer in translator.layers
    ]
    model = KerasModel(
        name=name,
        keras=graph.version,
        layers=tuple(layers),
        inputs=(given.name,),
        outputs=(translator.values[output.name].layer,),
        compiled=None,
        tool="NIR",
    )
    notes = list(translator.notes)
    if translator.subtract:
        names = ", ".join(f"`{name}`" for name in translator.subtract)
        notes.append(
            f"{names}: no `v_reset`; tools that omit `v_reset` subtract the threshold "
            "when a neuron fires"
        )
    return Translated(model, GraphWeights(translator.kernels), tuple(notes))


@dataclass(slots=True)
class _Translator:
    graph: NirGraph
    layers: list[KerasLayer] = field(default_factory=list)
    values: dict[str, NodeValue] = field(default_factory=dict)
    kernels: dict[str, FoldedKernel] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    inputs: set[str] = field(default_factory=set)
    # Neurons without a reset voltage.
    subtract: list[str] = field(default_factory=list)

    def add(self, node: Node) -> None:
        handler = HANDLERS.get(node.kind)
        if handler is None:
            why, remedy = REFUSED.get(node.kind, UNKNOWN)
            raise node.refusal(why, remedy)
        reads = self.graph.reads(node.name)
        if node.kind != "Input" and not reads:
            raise node.refusal(
                "it reads nothing", "give the node an edge, or remove it"
            )
        value = handler(self, node, self._sum(node, reads))
        if prod(value.shape) > LARGEST or min(value.shape, default=1) < 1:
            shape = "x".join(map(str, value.shape))
            raise node.refusal(
                f"it gives {shape} values, but 1 to {LARGEST} are allowed",
                "write a smaller graph",
            )
        self.values[node.name] = value

    def _sum(self, node: Node, reads: tuple[str, ...]) -> NodeValue:
        """Return the input of a node: the sum of its edges."""
        if not reads:
            return NodeValue("", (), np.ones(1))
        values = [self.values[name] for name in reads]
        if len(values) == 1:
            return values[0]
        first = values[0]
        factors = [np.broadcast_to(v.factor, v.shape[:1]) for v in values]
        if len({(v.shape, v.image) for v in values}) > 1 or any(
            not np.array_equal(f, factors[0]) for f in factors
        ):
            raise node.refusal(
                "its inputs have different shapes or scales",
                "make them equal with convolutions with kernel 1",
            )
        name = f"{node.name}_sum"
        self._layer(name, "Add", {}, tuple(value.layer for value in values))
        linear = tuple(name for value in values for name in value.linear)
        return replace(first, layer=name, linear=linear)

    def _layer(
        self,
        name: str,
        kind: str,
        options: Mapping[str, object],
        reads: tuple[str, ...],
    ) -> None:
        self.layers.append(KerasLayer(name, kind, dict(options), reads))

    def input(self, node: Node, _: NodeValue) -> NodeValue:
        shape = tuple(int(n) for n in node.array("shape").reshape(-1))
        if len(shape) > 1 and shape[0] == 1 and self._has_batch(node, shape):
            shape = shape[1:]
        if not 1 <= len(shape) <= 3:
            raise node.refusal(
                f"its shape has {len(shape)} axes",
                "NIR shapes are channels x height x width, without a batch axis",
            )
        if prod(shape) > LARGEST or min(shape) < 1:
            raise node.refusal(
                f"it has {'x'.join(map(str, shape))} values, but 1 to {LARGEST} are "
                "allowed",
                "write a smaller graph",
            )
        options = {"batch_input_shape": [None, *_last(shape)]}
        self._layer(node.name, "InputLayer", options, ())
        self.inputs.add(node.name)
        return NodeValue(node.name, shape, np.ones(1))

    def _has_batch(self, node: Node, shape: tuple[int, ...]) -> bool:
        """Return whether the first axis is a batch of one, which some tools write."""
        readers = self.graph.readers(node.name)
        for reader in (n for n in self.graph.nodes if n.name in readers):
            if reader.kind in ("Affine", "Linear") and len(shape) == 2:
                return True
            if reader.kind == "Flatten":
                start = int(reader.arrays.get("start_dim", np.array(0)))
                return start == 1 or len(shape) == 4
        return len(shape) == 4

    def convolution(self, node: Node, value: NodeValue) -> NodeValue:
        if value.image:
            raise node.refusal("it comes after a Flatten", "remove the Flatten")
        convolved = convolutions.convolve(node, value.layer, value.shape)
        if self._rescales(node, value, convolved.weight):
            return replace(value, layer=node.name)
        self.layers += convolved.layers
        factor = np.broadcast_to(value.factor, value.shape[:1])
        self.kernels[node.name] = FoldedKernel(node, convolved.weight, factor, ())
        return NodeValue(node.name, convolved.shape, np.ones(1), linear=(node.name,))

    def _rescales(self, node: Node, value: NodeValue, weight: Array) -> bool:
        """Turn a node that only scales the input into `as` in the spec."""
        if value.layer not in self.inputs:
            return False
        matrix = weight.reshape(*weight.shape[:2], -1)
        bias = node.arrays.get("bias", np.zeros(1))
        slope = float(matrix[0, 0, 0])
        if (
            matrix.shape[1:] != (len(weight), 1)
            or slope <= 0
            or not np.array_equal(matrix[:, :, 0], slope * np.eye(len(weight)))
            or (bias != bias[:1]).any()
            or len(self.graph.readers(self.graph.reads(node.name)[0])) > 1
        ):
            return False
        options = {"scale": slope, "offset": float(bias[0])}
        self._layer(node.name, "Rescaling", options, (value.layer,))
        return True

    def matrix(self, node: Node, value: NodeValue) -> NodeValue:
        weight = matrix_of(node)
        if len(value.shape) != 1:
            raise node.refusal(
                f"it reads {'x'.join(map(str, value.shape))}, which is not flat",
                "put a Flatten before this node",
            )
        if weight.shape[1] != value.shape[0]:
            raise node.refusal(
                f"its weight is for {weight.shape[1]} values, and it reads"
                f" {value.shape[0]}",
                "write the graph again",
            )
        if self._rescales(node, value, weight):
            return replace(value, layer=node.name)
        options = {"units": weight.shape[0], "use_bias": node.kind == "Affine"}
        self._layer(node.name, "Dense", options, (value.layer,))
        factor = np.broadcast_to(value.factor, value.shape)
        self.kernels[node.name] = FoldedKernel(node, weight, factor, value.image)
        return NodeValue(node.name, weight.shape[:1], np.ones(1), linear=(node.name,))

    def flatten(self, node: Node, value: NodeValue) -> NodeValue:
        if len(value.shape) == 1:
            return value
        start = int(node.arrays.get("start_dim", np.array(0)))
        end = int(node.arrays.get("end_dim", np.array(-1)))
        # Tools that include a batch axis start at 1; both flatten the whole value.
        if start not in (0, 1) or end not in (-1, len(value.shape) - 1):
            raise node.refusal(f"it flattens only axes {start} to {end}", FLAT)
        self._layer(node.name, "Flatten", {}, (value.layer,))
        pixels = prod(value.shape[1:])
        factor = np.broadcast_to(value.factor, value.shape[:1]).repeat(pixels)
        size = (prod(value.shape),)
        return NodeValue(node.name, size, factor, value.shape, value.linear)

    def pool(self, node: Node, value: NodeValue) -> NodeValue:
        layer, shape, window = convolutions.pool_of(node, value.layer, value.shape)
        self.layers.append(layer)
        factor = value.factor * (window if node.kind.startswith("Sum") else 1)
        return NodeValue(node.name, shape, factor)

    def scale(self, node: Node, value: NodeValue) -> NodeValue:
        scale = node.array("scale").astype(float)
        if scale.size != 1 and scale.shape != value.shape:
            raise node.refusal("the shape of its scale differs from its input", FLAT)
        by_channel = scale.reshape(len(scale) if scale.size > 1 else 1, -1)
        if not np.isfinite(scale).all() or (by_channel != by_channel[:, :1]).any():
            raise node.refusal(
                "its scale differs between pixels, or is not finite",
                "scale by channel",
            )
        factor = by_channel[:, 0]
        if value.linear:
            self._follow(node, value, factor, 0.0)
            return value
        if (factor <= 0).any():
            raise node.refusal("it makes spikes negative", "use a scale above 0")
        return replace(value, factor=value.factor * factor)

    def _follow(
        self, node: Node, value: NodeValue, gain: Array | float, offset: float
    ) -> None:
        """Fold an operation that follows linear nodes into their kernels."""
        if value.image:
            raise node.refusal(
                "it comes after a Flatten", "put this node before the Flatten"
            )
        for place, name in enumerate(value.linear):
            kernel = self.kernels[name]
            if len(self.graph.readers(name)) > 1:
                raise node.refusal(
                    f"other nodes also read `{name}` directly, before its neurons",
                    "let all of them read the neurons",
                )
            self.kernels[name] = replace(
                kernel,
                gain=kernel.gain * gain,
                offset=kernel.offset + (0.0 if place else offset),
            )

    def neurons(self, node: Node, value: NodeValue) -> NodeValue:
        cells = spec_neurons_of(node)
        for array in node.arrays.values():
            if array.size > 1 and array.shape != value.shape:
                raise node.refusal(
                    f"its parameters have the shape {_x(array.shape)}, but it reads "
                    f"{_x(value.shape)}",
                    "write the graph again",
                )
        if value.linear:
            self._follow(node, value, cells.gain, cells.offset)
        self._check_sum(node, value, cells)
        options = {"properties": list(cells.properties)}
        self._layer(node.name, "Neurons", options, (value.layer,))
        if not cells.resets:
            self.subtract.append(node.name)
        return NodeValue(node.name, value.shape, np.full(1, 1 / cells.spike))

    def _check_sum(self, node: Node, value: NodeValue, cells: SpecNeurons) -> None:
        """Refuse a sum of linear nodes and scaled spikes."""
        reads = self.graph.reads(node.name)
        plain = [name for name in reads if not self.values[name].linear]
        if not plain or len(reads) == 1:
            return
        if (cells.gain * self.values[plain[0]].factor != 1).any():
            raise node.refusal(
                f"it adds the spikes of `{plain[0]}` at a scale other than 1",
                "put a convolution with kernel 1 in between",
            )

    def threshold(self, node: Node, value: NodeValue) -> NodeValue:
        level = float(np.max(node.array("threshold")))
        if value.linear or not 0 <= level < 1:
            raise node.refusal(
                "it outputs 0 or 1 per step, depending on whether a value is above "
                "the threshold, but the rate of a neuron on the chip follows the value",
                "replace the node with an IF, and train again",
            )
        self.notes.append(f"`{node.name}` does not change spikes, so it is removed")
        return value

    def output(self, node: Node, value: NodeValue) -> NodeValue:
        if not value.linear and (value.factor != 1).any():
            self.notes.append(
                f"the output is `{value.layer}` times "
                f"{float(np.max(value.factor)):.4g}, but the readout ignores this "
                "factor"
            )
        return value


Handler = Callable[[_Translator, Node, NodeValue], NodeValue]
HANDLERS: dict[str, Handler] = {
    "Input": _Translator.input,
    "Output": _Translator.output,
    "Conv1d": _Translator.convolution,
    "Conv2d": _Translator.convolution,
    "Affine": _Translator.matrix,
    "Linear": _Translator.matrix,
    "Flatten": _Translator.flatten,
    "SumPool2d": _Translator.pool,
    "AvgPool2d": _Translator.pool,
    "Scale": _Translator.scale,
    "Threshold": _Translator.threshold,
    **dict.fromkeys(NEURONS, _Translator.neurons),
}
UNKNOWN = ("its kind is unknown", "remove the node, and train again")
REFUSED = {
    "Delay": (
        "the chip has no delays above one step",
        "train the network without delays",
    ),
    "I": ("it never fires, but only spikes can leave a core", "use IF"),
    "LI": (
        "it never fires, but only spikes can leave a core",
        "remove the node: after the last Affine, the `synapse` of the readout is the "
        "same filter",
    ),
    "CubaLI": (
        "it never fires, but only spikes can leave a core",
        "remove the node: after the last Affine, the `synapse` of the readout is the "
        "same filter",
    ),
}


def _last(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[1:], shape[0])


def _x(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a number"


def matrix_of(node: Node) -> Array:
    """Return the weight (out, in) of an `Affine` or `Linear` node.

    Raise RefusedModelError if the weight is not a matrix of finite numbers, or the bias
    has another size.
    """
    weight = node.array("weight")
    if weight.ndim != 2:
        raise node.refusal(
            f"its weight has {weight.ndim} axes", "write the graph again"
        )
    bias = node.arrays.get("bias", np.zeros(weight.shape[0]))
    if bias.shape != weight.shape[:1]:
        shape = "x".join(map(str, bias.shape)) or "a number"
        raise node.refusal(
            f"its bias has the shape {shape}, for {weight.shape[0]} channels",
            "write the graph again",
        )
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise node.refusal("it contains NaN or infinite weights", "train it again")
    return weight
