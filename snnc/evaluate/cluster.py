"""Shares examples among processes, here or on a cluster, by Dask.

A worker gets the package and its weights as bytes, for it may have another disk, and
opens the engine with its first examples. Dask sends the examples of a worker that dies
to another one, and a new worker gets what the others got.
"""

# mypy: disable-error-code="import-untyped,no-untyped-call,misc"

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from distributed import (
    CancelledError,
    Client,
    KilledWorker,
    LocalCluster,
    Worker,
    WorkerPlugin,
    as_completed,
    get_worker,
)
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.comm.core import connect
from nengo.exceptions import BuildError

from snnc.evaluate.part import SpanResult, moved, run_spans
from snnc.evaluate.refusals import LostClusterError, NoClusterError, NotBuiltError
from snnc.exact import CannotRunError, Engine, open_engine
from snnc.exact.package import ImportedPackage
from snnc.runtime.examples import Presentation, Span
from snnc.runtime.labels import Examples

PATIENCE = 10  # seconds until an address counts as dead
SAFE_PATH = "PYTHONSAFEPATH"
KNOWS_SAFE_PATH = sys.version_info >= (3, 11)
AHEAD = 2  # pieces that wait for each thread of the workers


@dataclass(frozen=True, slots=True)
class Program:
    """All that a worker needs beside the examples."""

    name: str
    sources: dict[str, bytes]
    weights: bytes
    steps: int
    compares: bool  # whether Keras wants the counts of spikes

    @classmethod
    def of(
        cls, package: ImportedPackage, weights: bytes, steps: int, compares: bool
    ) -> Program:
        sources = dict(package.sources)
        return cls(package.name, sources, weights, steps, compares)

    @property
    def key(self) -> str:
        """A name that no other program has."""
        settings = f"{self.steps} {self.compares}".encode()
        parts = [*self.sources.values(), self.weights, settings]
        return f"snnc-{hashlib.sha256(b''.join(parts)).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text of an error of which the class does not travel."""

    text: str
    of_build: bool


class Carrier(WorkerPlugin):
    """Keeps a program and its engine on a worker."""

    def __init__(self, program: Program) -> None:
        self.name = program.key
        self._program = program

    def setup(self, worker: Worker) -> None:
        """Get ready on a worker, whose threads share an engine."""
        self._opening = threading.Lock()
        self._stepping = threading.Lock()
        self._engine: Engine | None = None

    def teardown(self, worker: Worker) -> None:
        if self._engine is not None:
            self._engine.close()

    def run(self, presentation: Presentation, x: Any) -> list[SpanResult]:
        """Run examples of one span on this thread."""
        with self._opening:
            if self._engine is None:
                self._engine = self._open()
        # Nengo has one memory for the layers that it steps.
        with self._stepping if self._engine.hosted else nullcontext():
            spans, results = [(0, len(x))], []
            kept = self._program.compares
            for fresh in run_spans(self._engine, presentation, x, spans, 1):
                results.append(_light(fresh, kept))
                get_worker().log_event(self.name, fresh.part.stop - fresh.part.start)
        return results

    def _open(self) -> Engine:
        program = self._program
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / program.name
            for name, source in program.sources.items():
                path = package / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(source)
            weights = Path(folder) / "weights"
            weights.write_bytes(program.weights)
            return open_engine(package, weights, program.steps)


def _light(fresh: SpanResult, compares: bool) -> SpanResult:
    """Return examples without what who sent them has, or nobody wants."""
    counts = fresh.counts if compares else {}
    return replace(fresh, images=fresh.images[:0], counts=counts)


def run_here(
    key: str, presentation: Presentation, x: Any
) -> list[SpanResult] | Refusal:
    """Run the examples of a span on the worker that this is called on."""
    carrier = get_worker().plugins[key]
    assert isinstance(carrier, Carrier)
    try:
        return carrier.run(presentation, x)
    except (CannotRunError, BuildError) as error:
        return Refusal(str(error), isinstance(error, BuildError))


@contextmanager
def open_client(workers: int | None, address: str | None) -> Iterator[Client]:
    """Connect with a cluster at an address, or start processes of this machine.

    Raises
    ------
    NoClusterError
        If nothing answers.
    """
    if address is not None:
        with _connected(address) as client:
            yield client
        return
    with _safe_path():
        with _ignoring_interrupts():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                memory_limit=0,  # Dask would restart workers that a large network fills
                silence_logs=logging.CRITICAL,
                env={"PYTHONWARNINGS": "ignore"},
            )
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


@contextmanager
def _safe_path() -> Iterator[None]:
    """Let processes that start import nothing from the current folder.

    It may be a stranger's: a `struct.py` in it is not Python's.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        with nullcontext() if KNOWS_SAFE_PATH else _among_modules():
            yield
    finally:
        del os.environ[SAFE_PATH]
        if before is not None:
            os.environ[SAFE_PATH] = before


@contextmanager
def _among_modules() -> Iterator[None]:
    """Make the folder of Python's own modules the current one, also of what starts."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # a folder that is gone holds no modules
        yield
        return
    os.chdir(Path(os.__file__).parent)
    try:
        yield
    finally:
        os.chdir(here)


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Let processes that start ignore Ctrl-C, which a terminal sends to all of them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    _check_scheduler(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise NoClusterError(address, "this Dask cluster has no workers") from error
        yield client


def _check_scheduler(address: str) -> None:
    """Raise NoClusterError unless a scheduler answers.

    A `Client` would say so too, but then take 20 s to end.
    """

    async def greet() -> None:
        comm = await asyncio.wait_for(connect(address), PATIENCE)
        await comm.close()

    try:
        parse_host_port(parse_address(address)[1])
        asyncio.run(greet())
    except ValueError as error:
        reason = "this is no address, such as tcp://HOST:8786"
        raise NoClusterError(address, reason) from error
    # Another server's greeting, read as one of Dask's, may have a length of exabytes.
    except (OSError, asyncio.TimeoutError, MemoryError) as error:
        reason = f"no Dask scheduler answers within {PATIENCE} s"
        raise NoClusterError(address, reason) from error


def run_there(
    client: Client,
    program: Program,
    examples: Examples,
    left: Mapping[Presentation, Sequence[Span]],
    out: Path | None,
    progress: Callable[[int], None],
) -> Iterator[SpanResult]:
    """Yield what spans of examples gave, as workers are done with them.

    ``progress`` is told how many examples workers have run, now and again.

    Raises
    ------
    LostClusterError
        If the workers die, or can't run the engine.
    """
    try:
        client.register_plugin(Carrier(program))
        client.subscribe_topic(program.key, lambda event: progress(event[1]))
        yield from _collected(client, program.key, examples, left)
        client.unsubscribe_topic(program.key)
        client.unregister_worker_plugin(program.key)
    except KilledWorker as error:
        reason = "too many workers died; they may lack memory"
        raise LostClusterError(reason, out) from error
    except ModuleNotFoundError as error:
        reason = f"a worker has no {error.name}: pip install 'snnc[evaluate]' there"
        raise LostClusterError(reason, out) from error
    except (CancelledError, OSError) as error:
        raise LostClusterError("the Dask cluster is gone", out) from error


def _collected(
    client: Client,
    key: str,
    examples: Examples,
    left: Mapping[Presentation, Sequence[Span]],
) -> Iterator[SpanResult]:
    given: dict[Any, Any] = {}

    def submit(presentation: Presentation, span: Span) -> Any:
        x = examples[slice(*span)]
        future = client.submit(run_here, key, presentation, x, pure=False)
        given[future.key] = span[0], x
        return future

    waiting = ((way, span) for way, spans in left.items() for span in spans)
    threads = sum(client.nthreads().values())
    first = [submit(*each) for each in islice(waiting, AHEAD * max(1, threads))]
    running = as_completed(first, loop=client.loop)
    for future in running:
        result = future.result()
        if isinstance(result, Refusal):
            raise (NotBuiltError if result.of_build else CannotRunError)(result.text)
        for each in islice(waiting, 1):
            running.add(submit(*each))
        start, x = given.pop(future.key)
        for fresh in result:
            yield moved(fresh, start, x)
