"""What an evaluation found."""

from __future__ import annotations

from dataclasses import dataclass

OVERFLOWS = ("input", "current", "current with bias")


@dataclass(frozen=True, slots=True)
class Layer:
    """How a layer fired; rates in Hz, spikes of an example.

    Attributes
    ----------
    rate
        The ``percentile`` of the rates of neurons in an example.
    silent
        The share of neurons that have never fired.
    saturated
        The share of neurons and examples with a spike in every step.
    correlation
        Pearson's, of spikes and of Keras's activations over neurons and examples;
        None where one of them does not vary, and without TensorFlow.
    """

    name: str
    low: float
    high: float
    percentile: float
    rate: float
    holds: bool
    spikes: float | None
    silent: float | None
    saturated: float | None
    correlation: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """How good outputs are: a share of right ones, or a root mean square error.

    ``interval`` is the 95 % interval of the share. ``keras`` is what the Keras model
    has reached, ``agreement`` the share of same decisions, or the root mean square
    difference.
    """

    value: float
    interval: tuple[float, float] | None
    keras: float | None
    agreement: float | None


@dataclass(frozen=True, slots=True)
class Moment:
    """How good the outputs would be if examples ended after so many steps."""

    steps: int
    value: float


@dataclass(frozen=True, slots=True)
class Work:
    """What the chip does in an example."""

    synaptic_operations: float
    energy_joules: float


@dataclass(frozen=True, slots=True)
class Result:
    """All of it; None, and no layers or moments, is what a simulator does not tell."""

    network: str
    simulator: str
    presentation: str | None
    examples: int
    steps: int | None
    classifies: bool
    score: Score
    over_time: tuple[Moment, ...]
    layers: tuple[Layer, ...]
    spikes: float | None
    work: Work | None
    clipped: float | None
    overflows: tuple[int, ...] | None
    cores: int | None
    seconds: float

    @property
    def broken(self) -> tuple[str, ...]:
        """The layers whose rate budgets do not hold."""
        return tuple(layer.name for layer in self.layers if not layer.holds)
