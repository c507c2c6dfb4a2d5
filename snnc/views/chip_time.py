"""Show the estimated time on the chip as text."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.loihi.timing import ChipTime
from snnc.text.tables import human

LEFT_OUT = "without the host and links between chips"


def time_sentences(time: ChipTime | None) -> Iterator[str]:
    """Describe the time if all neurons fire at upper rates, and its parts."""
    if time is not None:
        yield f"time per step, estimated at upper rates: {_step(time)}"
        yield f"time per example: {_example(time)}"
        yield f"slowest core: {_parts(time)}"


def time_rows(time: ChipTime | None) -> Iterator[tuple[str, str]]:
    """Yield names and values for `evaluate`."""
    if time is not None:
        yield "time per step", f"{_step(time)}, estimated"
        yield "time per example", _example(time)
        yield "slowest core", _parts(time)


def _step(time: ChipTime) -> str:
    return _with_range(time.step_seconds, *time.step_seconds_range)


def _example(time: ChipTime) -> str:
    shown = _with_range(time.example_seconds, *time.example_seconds_range)
    return f"{shown}, {LEFT_OUT}"


def _parts(time: ChipTime) -> str:
    """Describe the time of the slowest core in a step."""
    return (
        f"{time.slowest_layer}, neurons {human(time.neurons_seconds, 's')}, "
        f"operations {human(time.synaptic_operations_seconds, 's')}, "
        f"spikes {human(time.spikes_seconds, 's')}; "
        f"barrier {human(time.barrier_seconds, 's')}"
    )


def _with_range(seconds: float, least: float, most: float) -> str:
    low, unit = human(least, "s").split()
    high = human(most, "s")
    low = low if high.endswith(f" {unit}") else f"{low} {unit}"
    return f"{human(seconds, 's')} ({low} to {high})"
