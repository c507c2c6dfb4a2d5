# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Describe a network as data for all of its programs."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from .maxima import MaxTree, PoolWindow, Triple, max_tree
from .neurons import RELU

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from .neurons import NeuronModel

VALUES_AT_ONCE = 2**24  # activations of a batch of examples, in all layers

T = TypeVar("T")
# depth, height, width, channels
Volume: TypeAlias = "tuple[int, int, int, int]"
Decide = Literal["mean", "last"]


@dataclass(frozen=True)
class Cut:
    """How a layer is split into ensembles, and an ensemble into cores.

    An ensemble contains some depth slices, in the layout (height, width,
    slices x channels), or (units,) for a dense layer. ``block_shape`` is the
    part of an ensemble on one core; None on the host.
    """

    slices_per_ensemble: int = 1
    block_shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Fanout:
    """The effect on the chip if each neuron of a layer spikes once.

    ``messages`` is the number of spikes that cores receive.
    """

    synaptic_operations: int = 0
    messages: int = 0


@dataclass(frozen=True)
class MaxPool:
    """Windows whose neurons find the maximum by comparing values in pairs.

    ``reads`` is the shape of the pool's source, in Keras order. ``cuts``
    contains one cut per level of neurons.
    """

    reads: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Literal["valid", "same"] = "valid"
    cuts: tuple[Cut, ...] = ()

    @property
    def tree(self) -> MaxTree:
        """The levels of neurons, and the terms of the maximum."""
        size = triple(self.window)
        stride = triple(self.stride)
        window = PoolWindow(size, stride, self.padding)
        return max_tree(volume_of(self.reads)[:3], window)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The shape of each level's neurons, with all axes."""
        channels = self.reads[-1]
        return tuple((*one.shape, channels) for one in self.tree.levels)


@dataclass(frozen=True)
class Layer:
    """A layer of neurons: its outputs, its rates and where it runs.

    ``shape`` is the shape of its activations in Keras order. ``rate`` contains
    the bounds in Hz for a ``percentile`` (0 to 100) of the rates. Activation
    1.0 corresponds to the upper bound, and a spike has the inverse of this
    bound as its amplitude. An ``encoder`` is on the host, trained ("conv") or
    not ("rate"), and fires at most once per step. Its voltages ``start`` at 0
    ("rest"), or spread over 0..1 ("spread"). ``neuron`` is the model of its
    neurons. ``synapse`` is the time constant, in seconds, of the filter on all
    inputs; None without a filter. ``cut`` says how the layer is split into
    ensembles and cores. ``pool`` describes the windows of a max pool.
    ``fanout`` says what one spike of each neuron causes on the chip.
    """

    shape: tuple[int, ...]
    rate: tuple[float, float]
    percentile: float = 99.9
    encoder: Literal["conv", "rate"] | None = None
    start: Literal["rest", "spread"] = "rest"
    neuron: NeuronModel = RELU
    synapse: float | None = 0.005
    cut: Cut = Cut()
    pool: MaxPool | None = None
    fanout: Fanout = Fanout()

    @property
    def neurons(self) -> int:
        """The number of neurons; for a max pool, of all its levels."""
        return sum(map(math.prod, self.levels))

    @property
    def levels(self) -> tuple[Volume, ...]:
        """The shape of the neurons or, for a max pool, of each level."""
        return (self.volume,) if self.pool is None else self.pool.volumes

    @property
    def low(self) -> float:
        """The lower bound of the rates, in Hz."""
        return self.rate[0]

    @property
    def high(self) -> float:
        """The upper bound of the rates, in Hz, at activation 1.0."""
        return self.rate[1]

    @property
    def on_chip(self) -> bool:
        """Whether the neurons are on the chip, where periods are discrete."""
        return self.cuts[0].block_shape is not None

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The cut of each of the ``levels``."""
        return (self.cut,) if self.pool is None else self.pool.cuts

    @property
    def volume(self) -> Volume:
        """The shape with all axes; missing axes have size 1."""
        return volume_of(self.shape)

    def first_voltages(self, name: str) -> NDArray[np.float64] | None:
        """Return the initial voltages of an encoder, in its shape; None for 0.

        The voltages are drawn for the whole layer, so splitting the layer
        changes no spikes. The layer's name is the seed, so the training seed
        changes no spikes either.
        """
        if self.start == "rest":
            return None
        # The compiler reads this module without NumPy.
        import numpy as np

        # NumPy's newer generators may draw other numbers in each version.
        draws = np.random.RandomState(zlib.crc32(name.encode()))
        return draws.uniform(size=self.shape)


@dataclass(frozen=True)
class Input:
    """The values that a network reads.

    ``shape`` is in Keras order, without the examples' axis; values are in
    ``low..high`` and are mapped linearly to the range ``scaled``.
    """

    name: str
    shape: tuple[int, ...]
    low: float
    high: float
    scaled: tuple[float, float] | None = None


@dataclass(frozen=True)
class Pes:
    """How the weights of a readout keep learning on the chip, with PES.

    ``rate`` is the fraction of an error that one presentation removes, and
    larger errors than ``error`` are clipped. Learning begins with the trained
    weights or with zeros. With ``softmax``, errors are computed from the
    softmax of the outputs, as for cross entropy, instead of the outputs.
    """

    rate: float
    error: float = 1.0
    start: Literal["trained", "zero"] = "trained"
    softmax: bool = False


@dataclass(frozen=True)
class Readout:
    """The linear layer on the host whose outputs decide.

    ``classes`` is true if the units are classes, and false for a regression.
    ``names`` contains the names of the classes, if any. ``decide`` is "last"
    for the outputs at an example's last step, and "mean" for the mean over its
    second half. ``synapse``, in seconds, smooths the spikes. ``learn``
    contains the settings for learning, or None.
    """

    name: str
    units: int
    classes: bool = True
    image: tuple[int, ...] = ()  # the shape of a convolution's output
    decide: Decide = "mean"
    synapse: float | None = 0.01
    names: tuple[str, ...] = ()
    learn: Pes | None = None


@dataclass(frozen=True)
class Network:
    """A network: its timing in seconds, its input, layers and readout.

    ``layers`` are in the order of the spec. ``target`` is the compilation
    target, even if no layer is on a chip.
    """

    name: str
    dt: float
    present: float
    input: Input
    layers: Mapping[str, Layer]
    readout: Readout
    target: Literal["loihi", "nengo"] = "nengo"

    @property
    def steps(self) -> int:
        """The number of steps per example."""
        return round(self.present / self.dt)

    @property
    def neurons(self) -> int:
        """The number of neurons of all layers."""
        return sum(layer.neurons for layer in self.layers.values())

    @property
    def examples_at_once(self) -> int:
        """The number of examples whose activations fit in one batch."""
        return max(1, VALUES_AT_ONCE // self.neurons)


def volume_of(shape: tuple[int, ...]) -> Volume:
    """Return a shape in Keras order as depth, height, width and channels."""
    return (*triple(shape[:-1]), shape[-1])


def triple(sizes: tuple[int, ...]) -> Triple:
    """Return sizes along depth, height and width; 1 for a missing axis."""
    return along_axes(sizes, 1)


def along_axes(values: tuple[T, ...], missing: T) -> tuple[T, T, T]:
    """Return values along depth, height and width from one to three."""
    if len(values) == 1:
        return missing, values[0], missing
    depth, height, width = (missing, missing, missing, *values)[-3:]
    return depth, height, width


def lowpass_decay(synapse: float | None, dt: float) -> float:
    """Return the fraction of a lowpass filter's state that a step keeps."""
    return 0.0 if synapse is None else math.exp(-dt / synapse)
