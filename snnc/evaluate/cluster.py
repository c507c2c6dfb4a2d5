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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
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

from snnc.evaluate.part import Fresh, Span, run_part
from snnc.evaluate.refusals import LostClusterError, NoClusterError, NotBuiltError
from snnc.exact import CannotRunError, Engine, open_engine
from snnc.exact.package import Package
from snnc.runtime.data import Examples
from snnc.runtime.scores import Decide

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
    decide: Decide
    compares: bool  # whether Keras wants the counts of spikes

    @classmethod
    def of(cls, package: Package, weights: Path, steps: int, compares: bool) -> Program:
        decide = package.network.readout.decide
        sources, content = dict(package.sources), weights.read_bytes()
        return cls(package.name, sources, content, steps, decide, compares)

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
        """Get ready on a worker; its tasks share one engine, in turn."""
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._threads = worker.state.nthreads

    def teardown(self, worker: Worker) -> None:
        if self._engine is not None:
            self._engine.close()

    def run(self, start: int, x: Any) -> Fresh:
        with self._lock:
            if self._engine is None:
                self._engine = self._open()
            decide = self._program.decide
            fresh = run_part(self._engine, decide, start, x, self._threads)
        return fresh if self._program.compares else Fresh(fresh.part)

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


def run_there(key: str, start: int, x: Any) -> Fresh | Refusal:
    """Run examples on the worker that this is called on."""
    carrier = get_worker().plugins[key]
    assert isinstance(carrier, Carrier)
    try:
        return carrier.run(start, x)
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
        with _deaf():
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
def _deaf() -> Iterator[None]:
    """Let processes that start ignore Ctrl-C, which a terminal sends to all of them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    _knock(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise NoClusterError(address, "this Dask cluster has no workers") from error
        yield client


def _knock(address: str) -> None:
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


def run_spans(
    client: Client,
    program: Program,
    examples: Examples,
    spans: Sequence[Span],
    out: Path,
) -> Iterator[tuple[Fresh, Any]]:
    """Yield the parts of spans, with the examples, as they are done, in any order.

    Raises
    ------
    LostClusterError
        If the workers die, or can't run the engine.
    """
    try:
        client.register_plugin(Carrier(program))
        yield from _collected(client, program.key, examples, spans, out)
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
    client: Client, key: str, examples: Examples, spans: Sequence[Span], out: Path
) -> Iterator[tuple[Fresh, Any]]:
    given: dict[Any, Any] = {}

    def submit(span: Span) -> Any:
        start, stop = span
        x = examples[start:stop]
        future = client.submit(run_there, key, start, x, pure=False)
        given[future.key] = x
        return future

    waiting = iter(spans)
    threads = sum(client.nthreads().values())
    first = [submit(span) for span in islice(waiting, AHEAD * max(1, threads))]
    running = as_completed(first, loop=client.loop)
    for future in running:
        fresh = future.result()
        if isinstance(fresh, Refusal):
            raise (NotBuiltError if fresh.of_build else CannotRunError)(fresh.text)
        for span in islice(waiting, 1):
            running.add(submit(span))
        yield fresh, given.pop(future.key)
