"""Results of examples that ran together, and their JSON lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
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
    return asdict(part, dict_factory=lambda pairs: {k: _plain(v) for k, v in pairs})


def _plain(value: Any) -> Any:
    """Convert an array to lists, or flags to a mapping with packed bits."""
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == np.bool_:
        return {"count": len(value), "bits": np.packbits(value).tobytes().hex()}
    return value.tolist()


def restore(told: Json) -> EvaluatedPart:
    """Convert a mapping from `record` to a part."""
    values = {field.name: told[field.name] for field in fields(EvaluatedPart)}
    values |= {name: np.array(told[name]) for name in ("outputs", "others")}
    values["overflows"] = tuple(told["overflows"])
    values["firing"] = {}
    for name, each in told["firing"].items():
        packed = np.frombuffer(bytes.fromhex(each["fired"]["bits"]), np.uint8)
        fired = np.unpackbits(packed, count=each["fired"]["count"]).astype(bool)
        counts = np.array(each["seen"])
        values["firing"][name] = LayerFiring(each["examples"], counts, fired)
    if (keras := told["keras"]) is not None:
        pairs = ((name, each.values()) for name, each in keras["alike"].items())
        alike = {n: Correlation(c, tuple(m), tuple(p)) for n, (c, m, p) in pairs}
        values["keras"] = Compared(np.array(keras["outputs"]), alike)
    return EvaluatedPart(**values)
