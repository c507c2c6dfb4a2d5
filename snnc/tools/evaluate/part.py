"""Results of examples that ran together, and their JSON lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact import Engine
from snnc.exact.stream import Kept
from snnc.runtime.examples import Presentation, Span
from snnc.text.display import Json
from snnc.tools.evaluate import measures
from snnc.tools.evaluate.measures import Compared
from snnc.tools.scores import Reader
from snnc.tools.statistics import Array, Correlation, LayerFiring

KEPT: tuple[Kept, ...] = ("counts", "early", "rows")


@dataclass(frozen=True, kw_only=True)
class ExactPart(measures.EvaluatedPart):
    """The results of the examples ``start`` to ``stop`` on the exact engine.

    Attributes
    ----------
    presentation
        How the examples were presented.
    overflows
        As in `snnc.exact.EngineResult`.
    cores
        The number of cores that nengo-loihi used.
    """

    presentation: Presentation
    overflows: tuple[int, ...]
    cores: int


@dataclass(frozen=True, slots=True)
class SpanResult:
    """A few examples of a span, and their spikes for comparison with Keras.

    ``counts`` contains an array of shape (examples, *shape) for each layer, and
    ``images`` has the shape (examples, *input shape).
    """

    span: Span
    part: ExactPart
    counts: dict[str, Array]
    images: Array


def run_spans(
    engine: Engine,
    presentation: Presentation,
    images: Any,
    spans: Sequence[Span],
    threads: int | None = None,
) -> Iterator[SpanResult]:
    """Run spans of examples in parallel, a few examples at a time."""
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
            {name: LayerFiring.of(counts) for name, counts in outcome.counts.items()},
            presentation=presentation,
            overflows=tuple(map(int, outcome.overflows)),
            cores=engine.cores,
        )
        yield SpanResult(chunk.span, part, outcome.counts, chunk.images)


def number_examples(fresh: SpanResult, by: int, images: Array) -> SpanResult:
    """Return results with images and with example numbers among all examples."""
    start, stop = fresh.part.start, fresh.part.stop
    part = replace(fresh.part, start=start + by, stop=stop + by)
    span = fresh.span[0] + by, fresh.span[1] + by
    return SpanResult(span, part, fresh.counts, images[start:stop])


def whole_spans(results: Iterable[SpanResult]) -> Iterator[ExactPart]:
    """Yield the results of each span when its last examples are done."""
    building: dict[tuple[Presentation, Span], list[ExactPart]] = defaultdict(list)
    for fresh in results:
        key = fresh.part.presentation, fresh.span
        building[key].append(fresh.part)
        if fresh.part.stop == fresh.span[1]:
            yield _join(building.pop(key))


def _join(parts: Sequence[ExactPart]) -> ExactPart:
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


def record(part: ExactPart) -> Json:
    """Convert a part to a mapping for JSON."""
    return {
        "presentation": part.presentation,
        "start": part.start,
        "stop": part.stop,
        "outputs": part.outputs[-1].tolist(),
        "early": part.outputs[:-1].tobytes().hex(),  # faster than floats as text
        "others": part.others.tobytes().hex(),
        "firing": {
            name: {"seen": each.seen.tolist(), "fired": _pack(each.fired)}
            for name, each in part.firing.items()
        },
        "overflows": part.overflows,
        "cores": part.cores,
        "keras": None if part.keras is None else _keras_record(part.keras),
    }


def _pack(fired: NDArray[np.bool_]) -> Json:
    return {"neurons": len(fired), "bits": np.packbits(fired).tobytes().hex()}


def _keras_record(keras: Compared) -> Json:
    alike = {name: astuple(each) for name, each in keras.alike.items()}
    return {"outputs": keras.outputs.tolist(), "alike": alike}


def restore(told: Json) -> ExactPart:
    """Convert a mapping from `record` to a part."""
    start, stop, keras = told["start"], told["stop"], told["keras"]
    outputs = np.array(told["outputs"], np.float64)
    early = _floats(told["early"], outputs.shape)
    return ExactPart(
        start,
        stop,
        np.concatenate([early, outputs[np.newaxis]]),
        _floats(told["others"], outputs.shape),
        {
            name: LayerFiring(
                stop - start, np.array(each["seen"]), _unpack(each["fired"])
            )
            for name, each in told["firing"].items()
        },
        None if keras is None else _read_comparison(keras),
        presentation=told["presentation"],
        overflows=tuple(told["overflows"]),
        cores=told["cores"],
    )


def _floats(text: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.frombuffer(bytes.fromhex(text)).reshape(-1, *shape)


def _unpack(told: Json) -> NDArray[np.bool_]:
    packed = np.frombuffer(bytes.fromhex(told["bits"]), np.uint8)
    return np.unpackbits(packed, count=told["neurons"]).astype(bool)


def _read_comparison(told: Json) -> Compared:
    alike = {name: _correlation(*values) for name, values in told["alike"].items()}
    return Compared(np.array(told["outputs"], np.float64), alike)


def _correlation(
    count: int, means: Sequence[float], products: Sequence[float]
) -> Correlation:
    (x, y), (xx, xy, yy) = means, products
    return Correlation(count, (x, y), (xx, xy, yy))
