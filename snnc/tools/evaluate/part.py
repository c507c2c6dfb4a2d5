"""Results of examples that ran together, and their JSON lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.exact import Engine
from snnc.exact.stream import Kept
from snnc.runtime.examples import Presentation, Span
from snnc.text.display import Json
from snnc.tools.scores import Reader, decide_early
from snnc.tools.statistics import Array, Correlation, LayerFiring

KEPT: tuple[Kept, ...] = ("counts", "rows")


@dataclass(frozen=True)
class Compared:
    """Keras's results for some examples.

    ``outputs`` are the model's outputs, of shape (examples, units). ``alike`` contains
    the correlation of each layer's activations with its spikes.
    """

    outputs: NDArray[np.float64]
    alike: Mapping[str, Correlation]

    def __add__(self, other: Compared) -> Compared:
        """Concatenate the results of two sets of examples."""
        outputs = np.concatenate([self.outputs, other.outputs])
        alike = {n: own + other.alike[n] for n, own in self.alike.items()}
        return Compared(outputs, alike)


@dataclass(frozen=True)
class EvaluatedPart:
    """The results of the examples ``start`` to ``stop``.

    ``outputs``, of shape (moments, examples, units), are the outputs after each of
    `scores.moments`. ``others``, of shape (ways, examples, units), are the outputs with
    each of `scores.alternative_readouts`. ``keras`` is None without TensorFlow. Only
    the exact engine knows ``overflows``, as in `snnc.exact.EngineResult`. ``cores`` is
    the number of cores that nengo-loihi used; None without a chip.
    """

    start: int
    stop: int
    outputs: NDArray[np.float64]
    others: NDArray[np.float64]
    firing: Mapping[str, LayerFiring]
    keras: Compared | None = None
    presentation: Presentation = "row"
    overflows: tuple[int, ...] = ()
    cores: int | None = None

    @classmethod
    def of(
        cls,
        reader: Reader,
        start: int,
        rows: Array,
        spikes: Mapping[str, Array],
        **more: Any,
    ) -> EvaluatedPart:
        """Return the results of rows (examples, steps, units) and each layer's spikes.

        Spikes are integers of shape (examples, ...).
        """
        return cls(
            start,
            start + len(rows),
            decide_early(rows, reader.network.readout.decide),
            reader.read(rows),
            {name: LayerFiring.of(counts) for name, counts in spikes.items()},
            **more,
        )


def join(parts: Sequence[EvaluatedPart]) -> EvaluatedPart:
    """Join the results of consecutive examples, which are given in any order."""
    parts = sorted(parts, key=lambda part: part.start)
    compared = [part.keras for part in parts if part.keras is not None]
    return replace(
        parts[0],
        stop=parts[-1].stop,
        outputs=np.concatenate([part.outputs for part in parts], axis=1),
        others=np.concatenate([part.others for part in parts], axis=1),
        firing={n: reduce(add, (p.firing[n] for p in parts)) for n in parts[0].firing},
        keras=reduce(add, compared) if compared else None,
        overflows=tuple(np.sum([p.overflows for p in parts], axis=0).tolist()),
    )


class SpanResult(NamedTuple):
    """A few examples of a span, and their spikes for comparison with Keras.

    ``counts`` contains an array of shape (examples, *shape) for each layer, and
    ``images`` has the shape (examples, *input shape).
    """

    span: Span
    part: EvaluatedPart
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
    network = engine.network
    readers = {span: Reader(network, presentation == "row") for span in spans}
    how = network.readout.decide
    for chunk in engine.stream(images, spans, presentation, how, KEPT, threads):
        outcome = chunk.outcome
        assert outcome.rows is not None
        part = EvaluatedPart.of(
            readers[chunk.span],
            chunk.start,
            outcome.rows,
            outcome.counts,
            presentation=presentation,
            overflows=tuple(map(int, outcome.overflows)),
            cores=engine.cores,
        )
        yield SpanResult(chunk.span, part, outcome.counts, chunk.images)


def whole_spans(results: Iterable[SpanResult]) -> Iterator[EvaluatedPart]:
    """Yield the results of each span when its last examples are done."""
    building: dict[tuple[Presentation, Span], list[EvaluatedPart]] = defaultdict(list)
    for fresh in results:
        key = fresh.part.presentation, fresh.span
        building[key].append(fresh.part)
        if fresh.part.stop == fresh.span[1]:
            yield join(building.pop(key))


def record(part: EvaluatedPart) -> Json:
    """Convert a part to a mapping for JSON."""
    keras = part.keras
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
        "keras": keras
        and {
            "outputs": keras.outputs.tolist(),
            "alike": {name: astuple(each) for name, each in keras.alike.items()},
        },
    }


def restore(told: Json) -> EvaluatedPart:
    """Convert a mapping from `record` to a part."""
    outputs = np.array(told["outputs"], np.float64)

    def floats(name: str) -> NDArray[np.float64]:
        return np.frombuffer(bytes.fromhex(told[name])).reshape(-1, *outputs.shape)

    count, keras = told["stop"] - told["start"], None
    if told["keras"] is not None:
        pairs = told["keras"]["alike"].items()
        alike = {n: Correlation(c, tuple(m), tuple(p)) for n, (c, m, p) in pairs}
        keras = Compared(np.array(told["keras"]["outputs"], np.float64), alike)
    return EvaluatedPart(
        told["start"],
        told["stop"],
        np.concatenate([floats("early"), outputs[np.newaxis]]),
        floats("others"),
        {
            name: LayerFiring(count, np.array(each["seen"]), _unpack(each["fired"]))
            for name, each in told["firing"].items()
        },
        keras,
        told["presentation"],
        tuple(told["overflows"]),
        told["cores"],
    )


def _pack(fired: NDArray[np.bool_]) -> Json:
    return {"neurons": len(fired), "bits": np.packbits(fired).tobytes().hex()}


def _unpack(told: Json) -> NDArray[np.bool_]:
    packed = np.frombuffer(bytes.fromhex(told["bits"]), np.uint8)
    return np.unpackbits(packed, count=told["neurons"]).astype(bool)
