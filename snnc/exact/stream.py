"""Run examples on several threads, from the encoder to the readout.

Each thread runs the examples of a span in order, so that in a row, each example starts
from the state after the previous example. Results are yielded for a few examples at a
time, so that the caller doesn't have to wait for all results or store them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from snnc.exact.encoder import Encoder
from snnc.exact.kernel import run_examples
from snnc.exact.tables import (
    Bools,
    BuiltChip,
    Floats,
    Int64,
    ReadoutTable,
    RunResults,
    host_state,
    resting_state,
)
from snnc.runtime.examples import Array, Presentation, Span, decide
from snnc.runtime.network import Decide

Kept = Literal["counts", "spikes", "rows"]
Layers = dict[str, Array]


@dataclass(frozen=True, slots=True)
class EngineResult:
    """The outputs of examples, and other requested results.

    Attributes
    ----------
    outputs : (examples, units)
        The outputs that determine the result.
    overflows : (3,)
        How often, over compartments and steps, the input, the current and the biased
        current overflowed the chip's registers and wrapped around. The emulator warns
        about overflows.
    counts : uint16 (examples, *shape) of each layer
        Spikes per example.
    spikes : uint8 (examples, steps, *shape) of each layer
        Spikes per step.
    rows : (examples, steps, units)
        The readout at each step.
    """

    outputs: NDArray[np.float64]
    overflows: Int64
    counts: Layers = field(default_factory=dict)
    spikes: Layers = field(default_factory=dict)
    rows: NDArray[np.float64] | None = None


def join(parts: Sequence[EngineResult]) -> EngineResult:
    """Join consecutive outcomes of the same kind."""
    rows = [part.rows for part in parts if part.rows is not None]
    return EngineResult(
        np.concatenate([part.outputs for part in parts]),
        np.sum([part.overflows for part in parts], axis=0),
        _join([part.counts for part in parts]),
        _join([part.spikes for part in parts]),
        np.concatenate(rows) if rows else None,
    )


def _join(layers: list[Layers]) -> Layers:
    return {name: np.concatenate([part[name] for part in layers]) for name in layers[0]}


CHUNK = 8  # examples that a thread runs at once without the interpreter lock
AHEAD = 2  # chunks per thread: one runs while another is used


class Images(Protocol):
    """Examples, with shape (examples, *input shape), read when they are sliced."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, part: slice, /) -> Array: ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run examples, and which results to keep."""

    presentation: Presentation
    decide: Decide
    keep: tuple[Kept, ...]

    def result(
        self, rows: Floats, overflows: Int64, counts: Layers, spikes: Layers
    ) -> EngineResult:
        """Return the results to keep of some examples."""
        return EngineResult(
            outputs=decide(rows, self.decide),
            overflows=overflows,
            counts=counts if "counts" in self.keep else {},
            spikes=spikes if "spikes" in self.keep else {},
            rows=rows if "rows" in self.keep else None,
        )


class Runner(Protocol):
    """A state that runs examples one after another, on one thread at a time."""

    def prepare(self, images: Array, /) -> Array:
        """Convert examples to the argument of `run`."""

    def run(self, values: Array, /, rests: Bools, options: RunOptions) -> EngineResult:
        """Present examples; ``rests`` says which of them start from rest."""


class Chunk(NamedTuple):
    """Some examples of a span, starting at ``start``, and their results."""

    span: Span
    start: int
    images: Array
    outcome: EngineResult


def share(count: int, threads: int | None) -> int:
    """Return the span length for ``count`` examples that all start from rest.

    Each thread gets several spans, so that all threads end at about the same time.
    """
    each = 4 * (threads or os.cpu_count() or 1)
    return max(1, min(CHUNK, count // each))


def stream(
    runners: Sequence[Runner], images: Images, spans: Sequence[Span], job: RunOptions
) -> Iterator[Chunk]:
    """Yield the chunks of all spans; only chunks of the same span are in order."""
    waiting = iter(spans)
    ahead = [_pieces(waiting) for _ in runners]
    running: dict[Future[EngineResult], tuple[int, Span, int, Array]] = {}
    with ExitStack() as stack:
        # One pool per thread keeps the chunks of a span in order.
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in runners]

        def submit(thread: int) -> None:
            for span, start, stop in ahead[thread]:
                x, rests = images[start:stop], np.ones(stop - start, bool)
                if job.presentation == "row":
                    rests[:] = np.arange(start, stop) == span[0]
                runner = runners[thread]
                future = pools[thread].submit(runner.run, runner.prepare(x), rests, job)
                running[future] = thread, span, start, x
                return

        for thread in AHEAD * tuple(range(len(runners))):
            submit(thread)
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future in done]:
                thread, span, start, x = running.pop(future)
                submit(thread)
                yield Chunk(span, start, x, future.result())


def _pieces(spans: Iterator[Span]) -> Iterator[tuple[Span, int, int]]:
    """Yield the chunks of a span, then the chunks of the next unclaimed span."""
    for start, stop in spans:
        for at in range(start, stop, CHUNK):
            yield (start, stop), at, min(at + CHUNK, stop)


@dataclass(frozen=True, slots=True)
class Circuit:
    """The constant data that all runners share; ``places`` has each layer's sources."""

    chip: BuiltChip
    readout: ReadoutTable
    encoder: Encoder
    places: dict[str, Int64]
    steps: int


class ThreadRunner:
    """The state of one run; each thread has its own."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self.prepare = circuit.encoder.charges
        blocks, voltage = circuit.chip.fanin.start, circuit.encoder.voltage
        self._sources = int(blocks[-1]) + len(voltage)
        self._state = resting_state(blocks, self._sources, circuit.steps)
        units = len(circuit.readout.filter.bias)
        self._host = host_state(voltage, units, circuit.steps)

    def run(self, charges: Floats, rests: Bools, options: RunOptions) -> EngineResult:
        """Present examples, of shape (examples, encoder neurons), one after another."""
        circuit, keep = self._circuit, options.keep
        count, steps, sources = len(charges), circuit.steps, self._sources
        shape = (steps, sources) if "spikes" in keep else (0, 0)
        results = RunResults(
            np.empty((count, steps, len(circuit.readout.filter.bias))),
            np.zeros((count, sources * ("counts" in keep)), np.uint16),
            np.zeros((count, *shape), np.uint8),
        )
        before = self._state.overflows.copy()
        states = self._state, self._host
        run_examples(circuit.chip, circuit.readout, *states, charges, rests, results)
        layers = [
            {name: values[..., at] for name, at in circuit.places.items()}
            if values.size
            else {}
            for values in (results.counts, results.spikes)
        ]
        return options.result(results.rows, self._state.overflows - before, *layers)
