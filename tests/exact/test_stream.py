"""How spans of examples are shared, on a network that does nothing."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from snnc.exact.engine import CHUNK, stream
from snnc.exact.results import EngineResult, RunOptions
from snnc.runtime.examples import Presentation, spans_of

pytestmark = pytest.mark.slow


class Echo:
    """Return the input, and for each example whether it starts from rest."""

    def prepare(self, images: Any) -> Any:
        return images

    def run(self, values: Any, rests: Any, options: RunOptions) -> EngineResult:
        rows = np.stack([values, rests], axis=-1)[:, np.newaxis]
        return options.result(rows, np.zeros(3, np.int64), {}, {})


@pytest.mark.parametrize("presentation", ["row", "rest"])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_chunks_of_a_span_come_in_order(
    presentation: Presentation, threads: int
) -> None:
    spans = spans_of(997, 100)[::-1]
    job = RunOptions(presentation, "last", ())
    echoes: list[Any] = [Echo()] * threads
    found = defaultdict(list)
    for span, start, images, outcome in stream(echoes, np.arange(997), spans, job):
        assert len(images) <= CHUNK
        assert start == images[0] == outcome.outputs[0, 0]
        found[span].append(outcome.outputs)
    assert sorted(found) == sorted(spans)
    for (start, stop), parts in found.items():
        examples, rests = np.concatenate(parts).T
        assert examples.tolist() == [*range(start, stop)]
        begins = [start] if presentation == "row" else [*range(start, stop)]
        assert examples[rests == 1].tolist() == begins


def test_who_stops_listening_stops_the_threads() -> None:
    read = []

    class Noted:
        shape = (1000,)

        def __getitem__(self, part: slice) -> Any:
            read.append(part.start)
            return np.arange(1000)[part]

    job = RunOptions("row", "last", ())
    images: Any = Noted()
    echoes: list[Any] = [Echo()] * 2
    chunks = stream(echoes, images, spans_of(1000, 500), job)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert len(read) <= 2 * 3


def test_what_goes_wrong_on_a_thread_is_raised() -> None:
    class Broken(Echo):
        def run(self, *_: Any) -> EngineResult:
            raise ValueError("broken")

    broken: list[Any] = [Broken()]
    with pytest.raises(ValueError, match="broken"):
        list(stream(broken, np.arange(50), [(0, 50)], RunOptions("row", "last", ())))
