"""Translate a NIR graph into a model that `snnc.importer` imports, layer by layer.

NIR is channels-first, but models and their kernels are channels-last. What a node
scales (thresholds, resistances, sums of a pool, the amplitude of a spike) becomes a
`Rescaling` before the next layer, which the importer folds into kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from snnc.importer.model import KerasLayer, KerasModel, ModelWeights
from snnc.ir.shapes import Shape
from snnc.nir.graph_file import AGAIN, NirGraph, Node
from snnc.nir.parameters import NEURONS, convolve, neurons_of
from snnc.runtime.examples import Array
from snnc.text.tables import dims

if TYPE_CHECKING:
    from snnc.importer.model import Arrays


LARGEST = 2**27
"""The maximum number of values of a node: more than the neurons of a thousand chips."""
FLAT = "leave the batch axis out of `start_dim`: NIR shapes have no batch axis"


@dataclass(frozen=True, slots=True)
class NodeValue:
    """The output of a node: the output of a model's layer times ``factor``.

    Attributes
    ----------
    shape
        The shape, channels first.
    factor
        The factor of each channel, or one factor.
    image
        The shape before flattening, if the output was flattened.
    is_linear
        Whether no neurons follow the linear nodes that compute the output.
    """

    layer: str
    shape: Shape
    factor: Array
    image: Shape = ()
    is_linear: bool = False


NOTHING = NodeValue("", (), np.ones(1))
"""What an input node reads."""


@dataclass(frozen=True, slots=True)
class GraphWeights(ModelWeights):
    """The kernels and biases of a graph's layers, channels last."""

    arrays: Mapping[str, Arrays]

    def of(self, layer: str) -> Arrays:
        """See `Weights.of`."""
        return self.arrays.get(layer, {})


def translate(
    graph: NirGraph, name: str
) -> tuple[KerasModel, ModelWeights, tuple[str, ...]]:
    """Return a graph's model, the weights of the model, and notes for the user.

    Raise RefusedModelError if a node has no counterpart, or invalid parameters.
    """
    ends = {node.kind: node.name for node in graph.nodes.values()}
    translator = _Translator(graph)
    for node in graph.nodes.values():
        translator.add(node)
    model = KerasModel(
        name=name,
        keras=graph.version,
        layers=tuple(translator.layers),
        inputs=(ends["Input"],),
        outputs=(translator.values[ends["Output"]].layer,),
        compiled=None,
        tool="NIR",
    )
    notes = translator.notes
    neurons = [node for node in graph.nodes.values() if node.kind in NEURONS]
    if names := [f"`{n.name}`" for n in neurons if "v_reset" not in n.arrays]:
        notes.append(
            f"{', '.join(names)}: no `v_reset`; tools that omit `v_reset` subtract the "
            "threshold when a neuron fires"
        )
    return model, GraphWeights(translator.arrays), tuple(notes)


@dataclass(slots=True)
class _Translator:
    graph: NirGraph
    layers: list[KerasLayer] = field(default_factory=list)
    values: dict[str, NodeValue] = field(default_factory=dict)
    arrays: dict[str, Arrays] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, node: Node) -> None:
        handler = HANDLERS.get(node.kind)
        if handler is None:
            raise node.refusal(*REFUSED.get(node.kind, UNKNOWN))
        reads = self.graph.reads(node.name)
        if node.kind != "Input" and not reads:
            raise node.refusal(
                "it reads nothing", "give the node an edge, or remove it"
            )
        value = handler(self, node, self._sum(node, reads) if reads else NOTHING)
        if prod(value.shape) > LARGEST or min(value.shape, default=1) < 1:
            verb = "has" if node.kind == "Input" else "gives"
            raise node.refusal(
                f"it {verb} {dims(value.shape)} values, but 1 to {LARGEST} are allowed",
                "write a smaller graph",
            )
        self.values[node.name] = value

    def _sum(self, node: Node, reads: tuple[str, ...]) -> NodeValue:
        """Return the input of a node: the sum of its edges."""
        values = [self.values[name] for name in reads]
        first = values[0]
        if len(values) == 1:
            return first
        if len({(value.shape, value.image) for value in values}) > 1:
            raise node.refusal(
                "its inputs have different shapes or scales",
                "make them equal with convolutions with kernel 1",
            )
        factor = first.factor
        if all(np.array_equal(value.factor, factor) for value in values):
            layers = [value.layer for value in values]
        else:
            # A sum has one factor, so different ones become layers before it.
            layers = [self._scaled(f"{v.layer}_for_{node.name}", v) for v in values]
            factor = np.ones(1)
        layer = self._layer(f"{node.name}_sum", "Add", {}, layers)
        is_linear = any(value.is_linear for value in values)
        return replace(first, layer=layer, factor=factor, is_linear=is_linear)

    def _layer(
        self,
        name: str,
        kind: str,
        options: Mapping[str, object],
        reads: Sequence[str] = (),
    ) -> str:
        """Add a layer, and return its name; explanations show the kind of its node."""
        if name in self.graph.nodes:
            options = {**options, "node": self.graph.nodes[name].kind}
        self.layers.append(KerasLayer(name, kind, options, tuple(reads)))
        return name

    def _scaled(
        self, name: str, value: NodeValue, gain: float = 1.0, offset: float = 0.0
    ) -> str:
        """Return the layer with a value times its factor and ``gain``, plus ``offset``.

        If this changes the value, add the layer ``name``.
        """
        factors = value.factor * gain
        if (factors == 1).all() and not offset:
            return value.layer
        options = {"scale": factors.tolist(), "offset": offset}
        return self._layer(name, "Rescaling", options, [value.layer])

    def input(self, node: Node, _: NodeValue) -> NodeValue:
        shape = tuple(int(n) for n in node.array("shape").reshape(-1))
        if len(shape) > 1 and shape[0] == 1 and self._has_batch(node, shape):
            shape = shape[1:]
        if not 1 <= len(shape) <= 3:
            raise node.refusal(
                f"its shape has {len(shape)} axes",
                "NIR shapes are channels x height x width, without a batch axis",
            )
        options = {"batch_input_shape": [None, *shape[1:], shape[0]]}
        self._layer(node.name, "InputLayer", options)
        return NodeValue(node.name, shape, np.ones(1))

    def _has_batch(self, node: Node, shape: Shape) -> bool:
        """Return whether the first axis is a batch of one, which some tools write."""
        if len(shape) == 4:
            return True
        for name in self.graph.readers(node.name):
            reader = self.graph.nodes[name]
            if reader.kind in ("Affine", "Linear") and len(shape) == 2:
                return True
            if reader.kind == "Flatten" and _axis(reader, "start_dim", 0) == 1:
                return True
        return False

    def convolution(self, node: Node, value: NodeValue) -> NodeValue:
        if value.image:
            raise node.refusal("it comes after a Flatten", "remove the Flatten")
        rank = 1 if node.kind == "Conv1d" else 2
        weight, bias = node.weights(rank + 2)
        options, pads, weight, shape = convolve(node, weight, value.shape)
        rescaled = self._rescaled(node, value, weight, bias)
        if rescaled is not None:
            return rescaled
        source = self._scaled(f"{node.name}_scale", value)
        if pads:
            zeros = {"padding": [list(pair) for pair in pads]}
            pad = f"{node.name}_pad"
            source = self._layer(pad, f"ZeroPadding{rank}D", zeros, [source])
        self._layer(node.name, f"Conv{rank}D", options, [source])
        # NIR has the channels before the taps, and Keras has them after the taps.
        kernel = np.moveaxis(weight, (0, 1), (-1, -2))
        return self._linear(node, kernel, bias, shape)

    def _linear(
        self, node: Node, kernel: Array, bias: Array, shape: Shape
    ) -> NodeValue:
        """Keep the weights of a node's layer, and return the output of the node."""
        self.arrays[node.name] = {
            "kernel": kernel.astype("f4"),
            "bias": bias.astype("f4"),
        }
        return NodeValue(node.name, shape, np.ones(1), is_linear=True)

    def _rescaled(
        self, node: Node, value: NodeValue, weight: Array, bias: Array
    ) -> NodeValue | None:
        """Return the output of a node that only scales the input: `as` in the spec."""
        source = self.graph.nodes.get(value.layer)
        if source is None or source.kind != "Input":
            return None
        # `as` has one positive slope and one offset, and applies to all readers.
        matrix = weight.reshape(*weight.shape[:2], -1)
        slope = float(matrix[0, 0, 0])
        if (
            matrix.shape[1:] != (len(weight), 1)
            or slope <= 0
            or not np.array_equal(matrix[:, :, 0], slope * np.eye(len(weight)))
            or (bias != bias[:1]).any()
            or len(self.graph.readers(self.graph.reads(node.name)[0])) > 1
        ):
            return None
        layer = self._scaled(node.name, value, slope, float(bias[0]))
        return replace(value, layer=layer, factor=np.ones(1))

    def matrix(self, node: Node, value: NodeValue) -> NodeValue:
        weight, bias = node.weights(2)
        if len(value.shape) != 1:
            raise node.refusal(
                f"it reads {dims(value.shape)}, which is not flat",
                "put a Flatten before this node",
            )
        if weight.shape[1] != value.shape[0]:
            raise node.refusal(
                f"its weight is for {weight.shape[1]} values, and it reads"
                f" {value.shape[0]}",
                AGAIN,
            )
        rescaled = self._rescaled(node, value, weight, bias)
        if rescaled is not None:
            return rescaled
        options = {"units": weight.shape[0], "use_bias": node.kind == "Affine"}
        source = self._scaled(f"{node.name}_scale", value)
        self._layer(node.name, "Dense", options, [source])
        kernel = weight.T
        if value.image:
            # NIR flattens channels first, and Keras channels last.
            planes = kernel.reshape(*value.image, -1)
            kernel = np.moveaxis(planes, 0, -2).reshape(kernel.shape)
        return self._linear(node, kernel, bias, bias.shape)

    def flatten(self, node: Node, value: NodeValue) -> NodeValue:
        if len(value.shape) == 1:
            return value
        start = _axis(node, "start_dim", 0)
        end = _axis(node, "end_dim", -1)
        # Tools that include a batch axis start at 1; both flatten the whole value.
        if start not in (0, 1) or end not in (-1, len(value.shape) - 1):
            raise node.refusal(f"it flattens only axes {start} to {end}", FLAT)
        source = value.layer
        factor = value.factor
        # A flat vector has one factor per value, and not per channel.
        if factor.size > 1:
            source = self._scaled(f"{node.name}_scale", value)
            factor = np.ones(1)
        layer = self._layer(node.name, "Flatten", {}, [source])
        size = (prod(value.shape),)
        return NodeValue(layer, size, factor, value.shape, value.is_linear)

    def pool(self, node: Node, value: NodeValue) -> NodeValue:
        if len(value.shape) != 3:
            raise node.refusal(f"it reads {len(value.shape)} axes, not 3", AGAIN)
        window = node.numbers("kernel_size", 2)
        stride = node.numbers("stride", 2, window)
        if np.any(node.arrays.get("padding", np.zeros(2))):
            raise node.refusal(
                "it pads, so its windows at the border have fewer values",
                "remove the padding",
            )
        sizes = zip(value.shape[1:], window, stride, strict=True)
        shape = (value.shape[0], *((n - w) // s + 1 for n, w, s in sizes))
        options = {"pool_size": list(window), "strides": list(stride)}
        layer = self._layer(node.name, "AveragePooling2D", options, [value.layer])
        # Keras has no sum pool, so the next kernel multiplies the mean.
        factor = value.factor * (prod(window) if node.kind.startswith("Sum") else 1)
        return replace(value, layer=layer, shape=shape, factor=factor)

    def scale(self, node: Node, value: NodeValue) -> NodeValue:
        scale = node.array("scale").astype(float)
        if scale.size != 1 and scale.shape != value.shape:
            raise node.refusal("the shape of its scale differs from its input", FLAT)
        by_channel = scale.reshape(len(scale) if scale.size > 1 else 1, -1)
        if not np.isfinite(scale).all() or (by_channel != by_channel[:, :1]).any():
            raise node.refusal(
                "its scale differs between pixels, or is not finite", "scale by channel"
            )
        factor = by_channel[:, 0]
        if value.image and len(factor) > 1:
            raise node.refusal(
                "it comes after a Flatten", "put this node before the Flatten"
            )
        if not value.is_linear and (factor <= 0).any():
            raise node.refusal("it makes spikes negative", "use a scale above 0")
        return replace(value, factor=value.factor * factor)

    def neurons(self, node: Node, value: NodeValue) -> NodeValue:
        cells = neurons_of(node)
        for array in node.arrays.values():
            if array.size > 1 and array.shape != value.shape:
                raise node.refusal(
                    "its parameters have the shape "
                    f"{dims(array.shape)}, but it reads {dims(value.shape)}",
                    AGAIN,
                )
        source = self._scaled(f"{node.name}_scale", value, cells.gain, cells.offset)
        options = {"properties": list(cells.properties)}
        layer = self._layer(node.name, "Neurons", options, [source])
        # A spike is 1 in NIR, and the activation `spike` in the model.
        factor = np.full(1, 1 / cells.spike)
        return replace(value, layer=layer, factor=factor, is_linear=False)

    def threshold(self, node: Node, value: NodeValue) -> NodeValue:
        level = float(np.max(node.array("threshold")))
        # Spikes are 0 or 1, so a threshold below 1 passes them on unchanged.
        if value.is_linear or not 0 <= level < 1:
            raise node.refusal(
                "it outputs 0 or 1 per step, depending on whether a value is above "
                "the threshold, but the rate of a neuron on the chip follows the value",
                "replace the node with an IF, and train again",
            )
        self.notes.append(f"`{node.name}` does not change spikes, so it is removed")
        return value

    def output(self, node: Node, value: NodeValue) -> NodeValue:
        return replace(value, layer=self._scaled(f"{node.name}_scale", value))


def _axis(node: Node, name: str, default: int) -> int:
    return int(node.arrays.get(name, np.array(default)))


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
SILENT = "it never fires, but only spikes can leave a core"
FILTER = (
    "remove the node: after the last Affine, the `synapse` of the readout is the same "
    "filter"
)
REFUSED = {
    "Delay": (
        "the chip has no delays above one step",
        "train the network without delays",
    ),
    "I": (SILENT, "use IF"),
    "LI": (SILENT, FILTER),
    "CubaLI": (SILENT, FILTER),
}
