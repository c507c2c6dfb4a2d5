"""Parts as lines of JSON: written, and read back if they are whole and make sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from snnc.evaluate.part import Compared, Part
from snnc.exact.readout import moments

MOST_SPIKES = 2**16 - 1
Count = Annotated[int, Field(ge=0, le=2**53)]
Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})*$")]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the parts of a run have to agree with.

    ``neurons`` are those of each layer whose spikes are counted; ``budgets`` names
    the layers that Keras is compared with, if it ``compares``.
    """

    examples: int
    steps: int
    units: int
    neurons: dict[str, int]
    budgets: tuple[str, ...]
    compares: bool


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Span(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    start: Count
    stop: Count


class _Compared(_Strict):
    outputs: list[list[float]]
    alike: dict[str, tuple[float, float, float, float, float, float]]


class _Record(_Strict):
    start: Count
    stop: Count
    outputs: list[list[float]]
    early: Hex  # floats as text take long
    spikes: dict[str, list[Count]]
    fired: dict[str, Hex]
    overflows: tuple[Count, Count, Count]
    cores: Count
    keras: _Compared | None


def record(part: Part) -> dict[str, Any]:
    """Return what JSON can hold of a part."""
    return {
        "start": part.start,
        "stop": part.stop,
        "outputs": part.outputs[-1].tolist(),
        "early": part.outputs[:-1].tobytes().hex(),
        "spikes": {name: seen.tolist() for name, seen in part.spikes.items()},
        "fired": {name: bits.tobytes().hex() for name, bits in part.fired.items()},
        "overflows": part.overflows.tolist(),
        "cores": part.cores,
        "keras": None if part.keras is None else _said(part.keras),
    }


def _said(keras: Compared) -> dict[str, Any]:
    alike = {name: batch.tolist() for name, batch in keras.alike.items()}
    return {"outputs": keras.outputs.tolist(), "alike": alike}


def span(text: str, examples: int) -> tuple[int, int]:
    """Return the examples that a line of JSON is of.

    Raises
    ------
    ValueError
        If it is of none.
    """
    found = _Span.model_validate_json(text)
    if not found.start < found.stop <= examples:
        raise ValueError("no examples of the run")
    return found.start, found.stop


def restore(text: str, scope: Scope) -> Part:
    """Return the part that a line of JSON holds.

    Raises
    ------
    ValueError
        If it is no such line, or does not agree with the run.
    """
    found = _Record.model_validate_json(text)
    start, stop = span(text, scope.examples)
    count = stop - start
    ends = len(moments(scope.steps))
    early = np.frombuffer(bytes.fromhex(found.early))
    outputs = np.array(found.outputs, np.float64)
    part = Part(
        start,
        stop,
        np.concatenate([early, outputs.ravel()]).reshape(ends, count, scope.units),
        {name: np.array(seen, np.int64) for name, seen in found.spikes.items()},
        {name: _bits(text) for name, text in found.fired.items()},
        np.array(found.overflows, np.int64),
        found.cores,
        _compared(found.keras, count, scope),
    )
    _check_spikes(part, scope)
    return part


def _compared(found: _Compared | None, count: int, scope: Scope) -> Compared | None:
    if (found is not None) != scope.compares:
        raise ValueError("compared with Keras, or not, unlike the run")
    if found is None:
        return None
    if set(found.alike) != set(scope.budgets):
        raise ValueError("other layers than those with a budget")
    outputs = np.array(found.outputs, np.float64).reshape(count, scope.units)
    alike = {name: np.array(batch) for name, batch in found.alike.items()}
    return Compared(outputs, alike)


def _check_spikes(part: Part, scope: Scope) -> None:
    """Hold the neurons to those of the run, each in each example."""
    for name, neurons in scope.neurons.items():
        seen, fired = part.spikes[name], part.fired[name]
        if int(seen.sum()) != neurons * (part.stop - part.start):
            raise ValueError(f"{name}: other neurons")
        if len(seen) > MOST_SPIKES + 1 or len(fired) != -(-neurons // 8):
            raise ValueError(f"{name}: other neurons")
    if not scope.neurons.keys() == part.spikes.keys() == part.fired.keys():
        raise ValueError("other layers")


def _bits(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(text), np.uint8)
