"""Examples that were run together, and what JSON has of them, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from snnc.exact import Engine
from snnc.exact.stream import Kept
from snnc.runtime.examples import Presentation, Span
from snnc.tools import measures
from snnc.tools.measures import Compared
from snnc.tools.scores import Reader, moments
from snnc.tools.statistics import Correlation, Firing

KEPT: tuple[Kept, ...] = ("counts", "early", "rows")


@dataclass(frozen=True, kw_only=True)
class ExactPart(measures.EvaluatedPart):
    """What examples ``start`` to ``stop`` gave on the exact engine.

    Attributes
    ----------
    presentation
        How they were presented.
    overflows
        As in `snnc.exact.Outcome`.
    cores
        How many nengo-loihi has used.
    """

    presentation: Presentation
    overflows: tuple[int, ...]
    cores: int


@dataclass(frozen=True, slots=True)
class SpanResult:
    """A few examples of a span, and their spikes for Keras to compare with.

    ``counts`` are (examples, *shape) of each layer, ``images`` (examples, *input
    shape).
    """

    span: Span
    part: ExactPart
    counts: dict[str, NDArray[Any]]
    images: NDArray[Any]


def run_spans(
    engine: Engine,
    presentation: Presentation,
    images: Any,
    spans: Sequence[Span],
    threads: int | None = None,
) -> Iterator[SpanResult]:
    """Run spans of examples side by side, a few examples at a time."""
    carries, network = presentation == "row", engine.network
    how = network.readout.decide
    readers = {span: Reader(network, carries) for span in spans}
    for chunk in engine.stream(images, spans, presentation, how, KEPT, threads):
        outcome = chunk.outcome
        assert outcome.early is not None
        assert outcome.rows is not None
        part = ExactPart(
            chunk.start,
            chunk.start + len(outcome.outputs),
            outcome.early,
            readers[chunk.span].read(outcome.rows),
            {name: Firing.of(counts) for name, counts in outcome.counts.items()},
            presentation=presentation,
            overflows=tuple(map(int, outcome.overflows)),
            cores=engine.cores,
        )
        yield SpanResult(chunk.span, part, outcome.counts, chunk.images)


def moved(fresh: SpanResult, by: int, images: NDArray[Any]) -> SpanResult:
    """Return examples with their numbers among all, and with themselves."""
    start, stop = fresh.part.start, fresh.part.stop
    part = replace(fresh.part, start=start + by, stop=stop + by)
    span = fresh.span[0] + by, fresh.span[1] + by
    return SpanResult(span, part, fresh.counts, images[start:stop])


def whole_spans(results: Iterable[SpanResult]) -> Iterator[ExactPart]:
    """Yield the part of each span once the last of its examples is there."""
    building: dict[tuple[Presentation, Span], list[ExactPart]] = defaultdict(list)
    for fresh in results:
        key = fresh.part.presentation, fresh.span
        building[key].append(fresh.part)
        if fresh.part.stop == fresh.span[1]:
            yield _joined(building.pop(key))


def _joined(parts: Sequence[ExactPart]) -> ExactPart:
    """Return parts that follow one another as one."""
    compared = [part.keras for part in parts if part.keras is not None]
    names = parts[0].firing
    return replace(
        parts[0],
        stop=parts[-1].stop,
        outputs=measures.outputs_of(parts),
        others=measures.others_of(parts),
        firing={name: reduce(add, (p.firing[name] for p in parts)) for name in names},
        keras=reduce(add, compared) if compared else None,
        overflows=tuple(np.sum([part.overflows for part in parts], axis=0).tolist()),
    )


def spans_left(
    done: Sequence[measures.EvaluatedPart], count: int, size: int
) -> list[Span]:
    """Return what is missing of ``count`` examples, in spans of at most ``size``."""
    edges = [(0, 0), *sorted((p.start, p.stop) for p in done), (count, count)]
    return [
        (start, min(start + size, after))
        for (_, before), (after, _) in pairwise(edges)
        for start in range(before, after, size)
    ]


MOST_SPIKES = 2**16 - 1
Count = Annotated[int, Field(ge=0, le=2**53)]
Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})*$")]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the parts of a run have to agree with.

    ``counts`` are how many examples are presented in each way, ``neurons`` those of
    each layer; ``ways`` is in how many other ways outputs are read, and ``compares``
    tells whether they are compared with Keras.
    """

    counts: dict[Presentation, int]
    steps: int
    units: int
    ways: int
    neurons: dict[str, int]
    compares: bool


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Span(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    presentation: Presentation
    start: Count
    stop: Count


class _Firing(_Strict):
    seen: list[Count]
    fired: Hex


class _Compared(_Strict):
    outputs: list[list[float]]
    alike: dict[str, tuple[Count, tuple[float, float], tuple[float, float, float]]]


class _Record(_Strict):
    presentation: Presentation
    start: Count
    stop: Count
    outputs: list[list[float]]
    early: Hex  # floats as text take long
    others: Hex
    firing: dict[str, _Firing]
    overflows: tuple[Count, Count, Count]
    cores: Count
    keras: _Compared | None


def record(part: ExactPart) -> dict[str, Any]:
    """Return what JSON can hold of a part."""
    return {
        "presentation": part.presentation,
        "start": part.start,
        "stop": part.stop,
        "outputs": part.outputs[-1].tolist(),
        "early": part.outputs[:-1].tobytes().hex(),
        "others": part.others.tobytes().hex(),
        "firing": {
            name: _firing_record(firing) for name, firing in part.firing.items()
        },
        "overflows": part.overflows,
        "cores": part.cores,
        "keras": None if part.keras is None else _keras_record(part.keras),
    }


def _firing_record(firing: Firing) -> dict[str, Any]:
    fired = np.packbits(firing.fired).tobytes().hex()
    return {"seen": firing.seen.tolist(), "fired": fired}


def _keras_record(keras: Compared) -> dict[str, Any]:
    alike = {name: astuple(each) for name, each in keras.alike.items()}
    return {"outputs": keras.outputs.tolist(), "alike": alike}


def span(text: str, examples: int) -> tuple[Presentation, Span]:
    """Return the examples that a line of JSON is of, and how they were presented.

    Raises
    ------
    ValueError
        If it is of none.
    """
    parsed = _Span.model_validate_json(text)
    if not parsed.start < parsed.stop <= examples:
        raise ValueError("no examples of the run")
    return parsed.presentation, (parsed.start, parsed.stop)


def restore(text: str, scope: Scope) -> ExactPart:
    """Return the part that a line of JSON holds.

    Raises
    ------
    ValueError
        If it is no such line, or does not agree with the run.
    """
    parsed = _Record.model_validate_json(text)
    way, (start, stop) = span(text, scope.counts.get(parsed.presentation, 0))
    count = stop - start
    ends = len(moments(scope.steps))
    early = np.frombuffer(bytes.fromhex(parsed.early))
    outputs = np.array(parsed.outputs, np.float64)
    others = np.frombuffer(bytes.fromhex(parsed.others))
    return ExactPart(
        start,
        stop,
        np.concatenate([early, outputs.ravel()]).reshape(ends, count, scope.units),
        others.reshape(scope.ways, count, scope.units),
        _firing(parsed.firing, count, scope),
        _compared(parsed.keras, count, scope),
        presentation=way,
        overflows=parsed.overflows,
        cores=parsed.cores,
    )


def _firing(
    firing: Mapping[str, _Firing], count: int, scope: Scope
) -> dict[str, Firing]:
    """Hold the neurons to those of the run, each in each example."""
    if firing.keys() != scope.neurons.keys():
        raise ValueError("other layers")
    layers = {}
    for name, neurons in scope.neurons.items():
        seen = np.array(firing[name].seen, np.int64)
        packed = np.frombuffer(bytes.fromhex(firing[name].fired), np.uint8)
        if int(seen.sum()) != neurons * count or len(seen) > MOST_SPIKES + 1:
            raise ValueError(f"{name}: other neurons")
        if len(packed) != -(-neurons // 8):
            raise ValueError(f"{name}: other neurons")
        fired = np.unpackbits(packed, count=neurons).astype(bool)
        layers[name] = Firing(count, seen, fired)
    return layers


def _compared(found: _Compared | None, count: int, scope: Scope) -> Compared | None:
    if (found is not None) != scope.compares:
        raise ValueError("compared with Keras, or not, unlike the run")
    if found is None:
        return None
    if found.alike.keys() != scope.neurons.keys():
        raise ValueError("other layers")
    outputs = np.array(found.outputs, np.float64).reshape(count, scope.units)
    alike = {name: Correlation(*values) for name, values in found.alike.items()}
    return Compared(outputs, alike)
