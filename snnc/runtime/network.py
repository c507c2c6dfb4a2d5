# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""What the programs of a network share, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .maxima import MaxTree, Triple, Window, max_tree

if TYPE_CHECKING:
    from typing import TypeAlias

    from .pes import Pes

VALUES_AT_ONCE = 2**24  # activations of a batch of examples, all layers

# depth, height, width, channels
Volume: TypeAlias = "tuple[int, int, int, int]"
Decide = Literal["mean", "last"]


@dataclass(frozen=True)
class Lif:
    """Leaky integrate-and-fire neurons; time constants in seconds."""

    tau_rc: float = 0.02
    tau_ref: float = 0.002


@dataclass(frozen=True)
class Cut:
    """How a layer is cut into ensembles, and those into cores.

    An ensemble holds some slices of the depth axis, laid out (height, width,
    slices x channels); that of a dense layer is (units,). ``block_shape`` is
    the part of it that a core holds, and None on the host.
    """

    slices_per_ensemble: int = 1
    block_shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Fanout:
    """What happens on the chip if each neuron of a layer spikes once.

    ``messages`` are the spikes that cores get.
    """

    synaptic_operations: int = 0
    messages: int = 0


@dataclass(frozen=True)
class MaxPool:
    """Windows of which neurons find the maximum, comparing values by twos.

    ``reads`` is the shape of what is pooled, in Keras order. ``cuts`` are of
    the levels of neurons, in order.
    """

    reads: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Literal["valid", "same"] = "valid"
    cuts: tuple[Cut, ...] = ()

    @property
    def tree(self) -> MaxTree:
        """The levels of neurons, and what the maximum is the sum of."""
        size, stride = triple(self.window), triple(self.stride)
        window = Window(size, stride, self.padding)
        return max_tree(volume_of(self.reads)[:3], window)

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The shape of each level's neurons, with all axes."""
        channels = self.reads[-1]
        return tuple((*one.shape, channels) for one in self.tree.levels)


@dataclass(frozen=True)
class Layer:
    """A layer of neurons: what it gives, how fast it may fire, where it runs.

    ``shape``
        Of its activations, in Keras order.
    ``rate``
        Bounds in Hz of a percentile of its rates. Activation 1.0 stands for
        the upper one, and a spike has the amplitude of its inverse.
    ``percentile``
        Which one, in percent.
    ``encoder``
        Of an encoder, on the host: whether it is trained ("conv") or not
        ("rate"). It fires at most once a step.
    ``start``
        At which voltages the neurons of an encoder begin: at 0 ("rest"), or
        spread over 0..1 ("spread").
    ``lif``
        The time constants of LIF neurons; None of rectified linear ones.
    ``synapse``
        The time constant in seconds of the filter on all that it reads; None
        without one.
    ``cut``
        How it is cut into ensembles and cores.
    ``pool``
        What the neurons of a max pool compare, and how they are cut; None of
        other layers.
    ``fanout``
        What one spike of each of its neurons brings about on the chip.
    """

    shape: tuple[int, ...]
    rate: tuple[float, float]
    percentile: float = 99.9
    encoder: Literal["conv", "rate"] | None = None
    start: Literal["rest", "spread"] = "rest"
    lif: Lif | None = None
    synapse: float | None = 0.005
    cut: Cut = Cut()
    fanout: Fanout = Fanout()
    pool: MaxPool | None = None

    @property
    def neurons(self) -> int:
        """How many neurons it has: of a max pool those of all levels."""
        if self.pool is None:
            return math.prod(self.shape)
        return sum(map(math.prod, self.pool.volumes))

    @property
    def low(self) -> float:
        """The lower bound of its rates, in Hz."""
        return self.rate[0]

    @property
    def high(self) -> float:
        """The upper bound of its rates, in Hz: activation 1.0."""
        return self.rate[1]

    @property
    def on_chip(self) -> bool:
        """Whether its neurons are on the chip, where periods are discrete."""
        cut = self.cut if self.pool is None else self.pool.cuts[0]
        return cut.block_shape is not None

    @property
    def volume(self) -> Volume:
        """The shape with all axes: those that it lacks have size 1."""
        return volume_of(self.shape)


@dataclass(frozen=True)
class Input:
    """The values that a network reads.

    ``shape`` is in Keras order, without the examples' axis; values are in
    ``low..high``. ``scaled`` is the range that they are mapped to, linearly.
    """

    name: str
    shape: tuple[int, ...]
    low: float
    high: float
    scaled: tuple[float, float] | None = None

    @property
    def slope(self) -> float:
        """By what a value is multiplied to be mapped."""
        if self.scaled is None:
            return 1.0
        low, high = self.scaled
        return (high - low) / (self.high - self.low)

    @property
    def least(self) -> float:
        """The least value that layers read."""
        return self.low if self.scaled is None else min(self.scaled)


@dataclass(frozen=True)
class Readout:
    """The linear layer on the host whose outputs decide.

    ``classes`` tells whether its units are classes, or values of a regression;
    ``names`` are those of the classes, if they have any.
    ``decide`` is "last" for the outputs of an example's last step, "mean" for
    the mean of its second half. ``synapse``, in seconds, smooths the spikes.
    ``learn`` says how its weights go on learning; None if they don't.
    """

    name: str
    units: int
    classes: bool = True
    decide: Decide = "mean"
    synapse: float | None = 0.01
    names: tuple[str, ...] = ()
    learn: Pes | None = None


@dataclass(frozen=True)
class Network:
    """A network: its timing in seconds, its input, layers and readout.

    ``layers`` are in the order of the spec. ``picojoules`` are what a synaptic
    operation takes on the chip, a spike that a core gets, and a neuron's
    update in a step; None without a chip.
    """

    name: str
    dt: float
    present: float
    input: Input
    layers: Mapping[str, Layer]
    readout: Readout
    picojoules: tuple[float, float, float] | None = None

    @property
    def steps(self) -> int:
        """How many steps an example is presented."""
        return round(self.present / self.dt)

    @property
    def percentiles(self) -> dict[str, float]:
        """Which percentile of its rates each layer keeps in bounds."""
        return {name: layer.percentile for name, layer in self.layers.items()}

    @property
    def examples_at_once(self) -> int:
        """How many examples a batch has whose activations are all held."""
        values = sum(layer.neurons for layer in self.layers.values())
        return max(1, VALUES_AT_ONCE // values)

    @property
    def for_loihi(self) -> bool:
        """Whether it is for a chip, even if no layer of it is on one."""
        return self.picojoules is not None


def volume_of(shape: tuple[int, ...]) -> Volume:
    """Return a shape in Keras order as depth, height, width and channels."""
    *space, channels = shape
    if len(space) == 1:
        return 1, space[0], 1, channels
    depth, height, width = (1, 1, 1, *space)[-3:]
    return depth, height, width, channels


def triple(sizes: tuple[int, ...]) -> Triple:
    """Return sizes along depth, height and width; of a missing axis it is 1."""
    depth, height, width, _ = volume_of((*sizes, 1))
    return depth, height, width


def kept_of(synapse: float | None, dt: float) -> float:
    """Return what a step leaves of a lowpass filter's state."""
    return 0.0 if synapse is None else math.exp(-dt / synapse)
