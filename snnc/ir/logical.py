"""The logical graph: layers as the user wrote them, with shapes and all defaults.

Shapes are channels-last without the batch axis. Times are in seconds, rates in Hz.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from math import prod
from typing import Literal, TypeVar

from snnc.ir.device import Profile
from snnc.ir.operation import Operation
from snnc.ir.shapes import Shape
from snnc.language.layers import TrainingProperties
from snnc.language.model import TrainSpec
from snnc.language.properties import PesChoice
from snnc.runtime.neurons import NeuronModel
from snnc.runtime.pes import LEAST, Learning
from snnc.source import Span

Key = TypeVar("Key", bound=Hashable)

USUAL_RATE = 0.5
"""The fraction of an error that one presentation removes, by default."""


@dataclass(frozen=True, slots=True)
class Loihi:
    """A Loihi system with ``chips`` chips; a network may use ``cores`` cores."""

    chips: int
    cores: int
    pop: Literal["auto", 16, 32]
    span: Span


@dataclass(frozen=True, slots=True)
class Nengo:
    """No device: Nengo's own simulators."""

    span: Span


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds per step (``dt``) and per example (``present``); ``steps`` is T.

    ``spans`` contains the positions of the written values.
    """

    dt: float
    present: float
    steps: int
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InputLayer:
    """The network's input: values in ``low..high``, mapped to ``scaled``.

    ``spans`` contains the positions of the shape and of the ranges ``within`` and
    ``mapped`` in the spec.
    """

    name: str
    shape: Shape
    low: float
    high: float
    scaled: tuple[float, float] | None
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)

    @property
    def bounds(self) -> tuple[float, float]:
        """The range of the encoder's values."""
        return self.scaled or (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Rate:
    """A firing-rate budget in Hz for a percentile over neurons and examples.

    An activation of 1.0 corresponds to the rate ``high``; a spike has amplitude ``1 /
    high``.
    """

    low: float
    high: float
    percentile: float


@dataclass(frozen=True, slots=True)
class Spiking:
    """The spiking properties of a layer.

    ``neuron`` is the model of the neurons. ``training`` has a value for each of its
    properties, also if the kind of layer lacks them. ``start`` sets the initial
    voltages of an encoder's neurons: all 0, or spread over 0..1.
    """

    neuron: NeuronModel
    rate: Rate
    training: TrainingProperties
    place: Literal["chip", "host"]
    synapse: float
    block: Shape | None
    start: Literal["rest", "spread"] = "rest"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Adds ``source`` to a layer's current.

    An identity shortcut has no ``operation``. Otherwise, the operation is a trained 1x1
    convolution or, in a dense layer, a trained matrix, both without bias.
    """

    source: str
    operation: Operation | None


@dataclass(frozen=True, slots=True)
class LogicalLayer:
    """An encoder, a spiking layer, a pool, an `add` or a `concat`.

    ``kind`` is the word in the spec (``"encode conv"``, ``"conv3d"``, ...). Without
    neurons, ``spiking`` is None. ``spans`` contains the position of each property in
    the spec, and ``span`` is the first line of the statement.
    """

    name: str
    kind: str
    operation: Operation
    sources: tuple[str, ...]
    shape: Shape
    spiking: Spiking | None
    shortcut: Shortcut | None
    span: Span
    spans: Mapping[str, Span]

    @property
    def is_encoder(self) -> bool:
        return self.kind.startswith("encode")

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the layer's sources, its shortcut last."""
        if self.shortcut is None:
            return self.sources
        return (*self.sources, self.shortcut.source)

    @property
    def on_chip(self) -> bool:
        """Whether the layer's neurons should be on the chip."""
        return self.spiking is not None and self.spiking.place == "chip"

    @property
    def neuron_settings(self) -> Spiking:
        """``spiking``, for code that handles only layers with neurons."""
        assert self.spiking is not None, f"`{self.name}` has neurons"
        return self.spiking


@dataclass(frozen=True, slots=True)
class ReadoutLayer:
    """The linear layer on the host; a regression has no ``labels``.

    The readout's ``operation`` is a matrix, or a convolution whose output is an
    ``image``; the units are then the image's values in Keras order. ``learn`` contains
    the settings for learning on the chip, or None. ``spans`` contains the positions of
    the values in the spec.
    """

    name: str
    sources: tuple[str, ...]
    units: int
    labels: tuple[str, ...] | None
    decide: Literal["mean", "last"]
    synapse: float
    operation: Operation
    span: Span
    spans: Mapping[str, Span] = field(default_factory=dict)
    learn: PesChoice | None = None
    image: Shape = ()

    @property
    def shape(self) -> Shape:
        return (self.units,)


@dataclass(frozen=True)
class LogicalNetwork:
    """A checked network; ``layers`` is in the order of the spec.

    ``device`` is the device for which costs are computed, even if ``target`` is not a
    chip.
    """

    name: str
    about: str
    device: Profile
    target: Loihi | Nengo
    timing: Timing
    input: InputLayer
    layers: tuple[LogicalLayer, ...]
    readout: ReadoutLayer
    train: TrainSpec
    span: Span

    @property
    def rank(self) -> int:
        """The number of spatial axes in images, from one to three."""
        return len(self.input.shape) - 1

    @cached_property
    def in_reading_order(self) -> tuple[LogicalLayer, ...]:
        """The layers in topological order, otherwise in spec order."""
        order = reading_order({layer.name: layer.reads for layer in self.layers})
        return tuple(self.by_name[name] for name in order)

    @cached_property
    def by_name(self) -> Mapping[str, LogicalLayer]:
        return {layer.name: layer for layer in self.layers}

    def learning_from(self, layer: LogicalLayer) -> Learning:
        """Return the sizes for a readout that learns with PES from a layer.

        Without a ``rate`` in the spec, it is the usual one, or the nearest one that the
        chip supports for these sizes.
        """
        learn = self.readout.learn
        loss = self.train.loss
        assert learn is not None
        learning = Learning(
            rate=USUAL_RATE if learn.rate is None else learn.rate,
            error=learn.error,
            high=layer.neuron_settings.rate.high,
            percentile=layer.neuron_settings.rate.percentile,
            neurons=prod(layer.shape),
            dt=self.timing.dt,
            steps=self.timing.steps,
            synapse=self.readout.synapse,
            softmax=loss is not None and loss.kind != "mse",
        )
        increment = learning.increment()
        is_supported = LEAST <= increment <= learning.most_increment
        if learn.rate is not None or is_supported:
            return learning
        return replace(learning, rate=learning.nearest_rate(increment))

    def shape_of(self, name: str) -> Shape:
        """Return the output shape of the input or of a layer."""
        return self.input.shape if name == self.input.name else self.by_name[name].shape


def reading_order(reads: Mapping[Key, Iterable[Key]]) -> tuple[Key, ...]:
    """Order names so that each name comes after the names that it reads.

    If several names are ready, the first in ``reads`` comes first. Names that are not
    keys of ``reads`` are always ready. If names form a cycle, a `graphlib.CycleError`
    has it as its second argument.
    """
    places = {name: place for place, name in enumerate(reads)}
    sorter: TopologicalSorter[Key] = TopologicalSorter(dict.fromkeys(reads, ()))
    for name, sources in reads.items():
        sorter.add(name, *(source for source in sources if source in places))
    sorter.prepare()
    ready: list[tuple[int, Key]] = []
    order = []
    while sorter.is_active():
        # The sorter returns ready names in any order, the heap in the order of `reads`.
        for name in sorter.get_ready():
            heappush(ready, (places[name], name))
        _, first = heappop(ready)
        order.append(first)
        sorter.done(first)
    return tuple(order)
