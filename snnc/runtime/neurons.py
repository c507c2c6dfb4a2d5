# The run-time library of snnc. SPDX-License-Identifier: MIT
"""The neuron models: their curves, gradients, steps and constants.

In all models, activation 1.0 is the rate ``high`` in Hz, and a step takes
``dt`` seconds. A drive is a current in activations. Steps compute about
f(s x) / s, where s is ``scale`` and f is the curve. Constants have the names
of Nengo's.

The compiler reads this module without NumPy, and a board has no TensorFlow, so
each method imports the framework that it needs.
"""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

if TYPE_CHECKING:
    from typing import TypeAlias

Tensor = Any  # a tensor of TensorFlow
NeuronModel: TypeAlias = "Relu | Lif"
Curve: TypeAlias = "Callable[[Tensor], Tensor]"
# From current, voltage and wait to output, voltage and wait.
Step: TypeAlias = "Callable[[Tensor, Tensor, Tensor], Stepped]"
Stepped: TypeAlias = "tuple[Tensor, Tensor, Tensor]"

REST = 63 / 64  # the current of LIF neurons at activation 0.0
GAP = 1 - REST  # from there to their threshold
DECAY_ONE = 2**12  # of the chip, whose decays have 12 bits
SOFTNESS = 0.02  # width of the threshold of LIF neurons in gradients
SOFT_LEAST = 1e-6  # the least distance from it, so that nothing divides by 0


class NengoTypes(NamedTuple):
    """Nengo's classes: for rates, and for spikes on the host or the chip."""

    rate: Any
    host: Any
    chip: Any


@dataclass(frozen=True)
class Relu:
    """Rectified linear neurons, whose rate is proportional to the current."""

    name: ClassVar[Literal["relu"]] = "relu"
    rest: ClassVar[float] = 0.0  # the current at activation 0.0
    is_linear: ClassVar[bool] = True  # scaling a layer scales its outputs
    refractory_period: ClassVar[float] = 0.0  # in seconds
    membrane: ClassVar[None] = None  # they keep their voltage

    def gain(self, high: float) -> float:
        """Return the rise in current from activation 0 to 1."""
        return high

    def rate(self, drive: float, high: float) -> float:
        """Return the rate in Hz at a drive."""
        return high * max(drive, 0.0)

    def drive(self, rate: float, high: float) -> float:
        """Return the drive at a rate in Hz."""
        return rate / high

    def curve(self, high: float, dt: float) -> Curve:
        """Return the function from drives to activations."""
        from tensorflow import keras

        relu: Curve = keras.activations.relu
        return relu

    def slope(self, drive: Tensor, high: float) -> Tensor:
        """Return the slopes of the curve."""
        import tensorflow as tf

        return tf.cast(drive > 0, tf.float32)

    def chip_step(self, high: float, dt: float, scale: Tensor) -> Step:
        """Return a step of nengo_loihi's LoihiSpikingRectifiedLinear."""
        import tensorflow as tf

        unit = high * dt

        def step(current: Tensor, voltage: Tensor, wait: Tensor) -> Any:
            drive = unit * scale
            voltage = tf.nn.relu(voltage + current * drive)
            spikes = tf.cast(voltage > 1, tf.float32)
            return spikes * (1 / drive), voltage * (1 - spikes), wait

        return step

    def host_step(
        self,
        high: float,
        dt: float,
        scale: Tensor,
        most: float = math.inf,
    ) -> Step:
        """Return a step of nengo.SpikingRectifiedLinear.

        The neurons get current for ``most`` spikes per step.
        """
        import tensorflow as tf

        unit = high * dt

        def step(current: Tensor, voltage: Tensor, wait: Tensor) -> Any:
            drive = unit * scale
            change = tf.minimum(tf.nn.relu(current * drive), most)
            voltage = voltage + change
            spikes = tf.floor(voltage)
            return spikes * (1 / drive), voltage - spikes, wait

        return step

    def nengo_types(self) -> NengoTypes:
        """Return the classes of these neurons in Nengo."""
        import nengo

        from .nengo.neuron_types import ChipSpikingRectifiedLinear

        return NengoTypes(
            rate=nengo.RectifiedLinear,
            host=nengo.SpikingRectifiedLinear,
            chip=ChipSpikingRectifiedLinear,
        )


RELU = Relu()  # also the neurons of encoders and of max pools


@dataclass(frozen=True)
class Lif:
    """Leaky integrate-and-fire neurons; time constants in seconds.

    At the current J, they fire at 1 / (tau_ref + tau_rc log(1 + 1 / (J - 1)))
    Hz. J is `REST` at drive 0, which is below the threshold on the chip too,
    and rises by `gain` up to drive 1.
    """

    name: ClassVar[Literal["lif"]] = "lif"
    rest: ClassVar[float] = REST
    is_linear: ClassVar[bool] = False

    tau_rc: float
    tau_ref: float

    @property
    def refractory_period(self) -> float:
        """The time after a spike in which neurons ignore their input."""
        return self.tau_ref

    @property
    def membrane(self) -> float:
        """The time constant with which voltages decay."""
        return self.tau_rc

    def gain(self, high: float) -> float:
        """Return the rise in current from activation 0 to 1."""
        period = (1 / high - self.tau_ref) / self.tau_rc
        return GAP + 1 / math.expm1(period)

    def rate(self, drive: float, high: float) -> float:
        """Return the rate in Hz at a drive."""
        above = self.gain(high) * drive - GAP
        if above <= 0:
            return 0.0
        wait = self.tau_rc * math.log1p(1 / above)
        return 1 / (self.tau_ref + wait)

    def drive(self, rate: float, high: float) -> float:
        """Return the drive at a rate in Hz."""
        if rate <= 0:
            return 0.0
        # Rounding tau_ref can make chip neurons faster than the curve.
        wait = max(1 / rate - self.tau_ref, 1e-6)
        above = 1 / math.expm1(wait / self.tau_rc)
        return (GAP + above) / self.gain(high)

    def curve(self, high: float, dt: float) -> Curve:
        """Return the function from drives to activations.

        It is infinitely steep at J = 1, so `slope` is its gradient.
        """
        import tensorflow as tf

        gain = self.gain(high)

        def activation(drive: Tensor) -> Any:
            current = gain * drive - GAP
            fires = current > 0
            above = tf.where(fires, current, 1.0)
            waits = self.tau_rc / dt * tf.math.log1p(1 / above)
            rates = 1 / ((self.tau_ref / dt + waits) * (high * dt))

            def gradient(upstream: Tensor) -> Tensor:
                return upstream * self.slope(drive, high)

            return tf.where(fires, rates, 0.0), gradient

        curve: Curve = tf.custom_gradient(activation)
        return curve

    def slope(self, drive: Tensor, high: float) -> Tensor:
        """Return the slopes of the curve of soft LIF neurons.

        Their curve has softplus(J - 1) instead of J - 1 (Hunsberger and
        Eliasmith, 2015, arXiv:1510.08829).
        """
        import tensorflow as tf

        gain = self.gain(high)
        current = gain * drive - GAP
        soft = SOFTNESS * tf.math.softplus(current / SOFTNESS)
        # Far below J = 1 the sigmoid is 0; 0 times infinity would be NaN.
        soft = tf.maximum(soft, SOFT_LEAST)
        period = self.tau_ref + self.tau_rc * tf.math.log1p(1 / soft)
        softened = tf.math.sigmoid(current / SOFTNESS)
        unit = gain * self.tau_rc / high
        return unit * softened / (soft * (soft + 1) * period**2)

    def share_replaced(self, dt: float) -> float:
        """Return the share of a voltage that a step on the chip replaces."""
        most = DECAY_ONE - 1
        decay = round(-math.expm1(-dt / self.tau_rc) * most) / most
        return -math.expm1(math.log1p(-decay))

    def steps_to_wait(self, dt: float) -> int:
        """Return the refractory period on the chip, in whole steps."""
        return round(self.tau_ref / dt)

    def chip_step(self, high: float, dt: float, scale: Tensor) -> Step:
        """Return a step of nengo_loihi's LoihiLIF; waits are in steps."""
        import tensorflow as tf

        unit = high * dt
        gain = self.gain(high)
        share = self.share_replaced(dt)
        refractory = self.steps_to_wait(dt)

        def step(current: Tensor, voltage: Tensor, wait: Tensor) -> Any:
            # Multiply by 0 or 1, as tf.where takes several times as long.
            pull = (REST * share) + (gain * share * scale) * current
            moved = tf.nn.relu((1 - share) * voltage + pull)
            free = tf.cast(wait <= 0, tf.float32)
            voltage = moved * free  # it is 0 while a neuron waits
            spikes = tf.cast(voltage > 1, tf.float32)
            wait = tf.nn.relu(wait - 1) + refractory * spikes
            return spikes * (1 / (unit * scale)), voltage * (1 - spikes), wait

        return step

    def host_step(self, high: float, dt: float, scale: Tensor) -> Step:
        """Return a step of nengo.LIF; waits are in seconds."""
        import tensorflow as tf

        unit = high * dt
        gain = self.gain(high)

        def step(current: Tensor, voltage: Tensor, wait: Tensor) -> Any:
            drive = REST + gain * scale * current
            wait = wait - dt
            free = tf.clip_by_value(dt - wait, 0.0, dt)
            voltage -= (drive - voltage) * tf.math.expm1(-free / self.tau_rc)
            fires = voltage > 1
            passed = (voltage - 1) / tf.where(fires, drive - 1, 1.0)
            late = self.tau_rc * tf.math.log1p(-tf.where(fires, passed, 0.0))
            wait = tf.where(fires, self.tau_ref + dt + late, wait)
            voltage = tf.where(fires, 0.0, tf.nn.relu(voltage))
            output = tf.cast(fires, tf.float32) * (1 / (unit * scale))
            return output, voltage, wait

        return step

    def nengo_types(self) -> NengoTypes:
        """Return the classes of these neurons in Nengo."""
        import nengo

        # nengo-loihi replaces nengo.LIF by LoihiLIF.
        return NengoTypes(rate=nengo.LIFRate, host=nengo.LIF, chip=nengo.LIF)


MODELS: dict[str, type[NeuronModel]] = {"relu": Relu, "lif": Lif}


def constants_of(kind: str) -> tuple[str, ...]:
    """Return the names of a model's constants."""
    return tuple(field.name for field in fields(MODELS[kind]))


def describe_neuron(neuron: NeuronModel) -> dict[str, Any]:
    """Return the name of a model and its constants, for a JSON file."""
    return {"kind": neuron.name, **asdict(neuron)}


def read_neuron(description: dict[str, Any]) -> NeuronModel:
    """Return the neurons that `describe_neuron` described."""
    constants = dict(description)
    model = MODELS[constants.pop("kind")]
    return model(**constants)
