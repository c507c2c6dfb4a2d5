"""Show the estimated time on the chip as text and JSON data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from snnc.ir.mapped import RoutedNetwork
from snnc.loihi.timing import StepTime, loads_of, time_step
from snnc.text.display import Json
from snnc.text.tables import human

LEFT_OUT = "without the host and links between chips"


@dataclass(frozen=True, slots=True)
class ChipTime:
    """The estimated time on the chip per step, and per example of so many steps."""

    step: StepTime
    steps: int

    @property
    def example_seconds(self) -> float:
        """The estimated time per example in seconds."""
        return self.steps * self.step.seconds

    def as_dict(self) -> Json:
        """Return the estimate and its parts as JSON data, in seconds."""
        step, core = self.step, self.step.core
        return {
            "step_seconds": _round(step.seconds),
            "step_seconds_range": [_round(step.least), _round(step.most)],
            "example_seconds": _round(self.example_seconds),
            "example_seconds_range": [
                _round(self.steps * step.least),
                _round(self.steps * step.most),
            ],
            "slowest_layer": step.layer,
            "neurons_seconds": _round(core.neurons),
            "synaptic_operations_seconds": _round(core.operations),
            "spikes_seconds": _round(core.sending + core.receiving),
            "barrier_seconds": _round(step.barrier),
        }

    @property
    def per_step(self) -> str:
        """The time per step with its range."""
        return _with_range(self.step, 1)

    @property
    def per_example(self) -> str:
        """The time per example with its range."""
        return _with_range(self.step, self.steps)

    @property
    def parts(self) -> str:
        """The parts of the time of the slowest core."""
        step, core = self.step, self.step.core
        neurons = human(core.neurons, "s")
        operations = human(core.operations, "s")
        spikes = human(core.sending + core.receiving, "s")
        return (
            f"{step.layer}, neurons {neurons}, operations {operations}, spikes {spikes}"
            f"; barrier {human(step.barrier, 's')}"
        )


def time_at_upper_rates(routed: RoutedNetwork) -> ChipTime | None:
    """Estimate the time if all neurons fire at upper rates; None without cores."""
    network = routed.mapped.lowered.network
    step = time_step(loads_of(routed), network.device)
    return None if step is None else ChipTime(step, network.timing.steps)


def sentences(time: ChipTime | None) -> Iterator[str]:
    """Describe the time if all neurons fire at upper rates, and its parts."""
    if time is None:
        return
    yield f"time per step, estimated at upper rates: {time.per_step}"
    yield f"time per example: {time.per_example}, {LEFT_OUT}"
    yield f"slowest core: {time.parts}"


def rows(
    time: ChipTime | None,
) -> Iterator[tuple[str, Callable[[Any], str], Any]]:
    """Yield names, functions that write values, and values for `evaluate`."""
    if time is not None:
        yield "time per step", str, f"{time.per_step}, estimated"
        yield "time per example", str, f"{time.per_example}, {LEFT_OUT}"
        yield "slowest core", str, time.parts


def _with_range(step: StepTime, steps: int) -> str:
    seconds = human(steps * step.seconds, "s")
    least = human(steps * step.least, "s")
    most = human(steps * step.most, "s")
    if least.split()[-1] == most.split()[-1]:
        least = least.split()[0]
    return f"{seconds} ({least} to {most})"


def _round(value: float) -> float:
    return float(f"{value:.6g}")
