"""Run tasks in processes that import nothing from the current folder, or with Dask.

The folder may be untrusted, and may contain its own `struct.py`. The processes don't
import the caller's program either, so scripts and notebooks need no main guard.
"""

# mypy: disable-error-code="import-untyped,no-untyped-call"

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import parent_process, spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, TypeVar

PATIENCE = 10  # seconds to wait for an answer from a cluster
SAFE_PATH = "PYTHONSAFEPATH"
KNOWS_SAFE_PATH = sys.version_info >= (3, 11)
ENVIRONMENT = {
    SAFE_PATH: "1",
    "OPENBLAS_NUM_THREADS": "1",  # more threads would only wait for each other
    "PYTHONWARNINGS": "ignore",  # each process would repeat those of libraries
}
_ROOT = str(Path(__file__).resolve().parents[1])
Task = TypeVar("Task")
Result = TypeVar("Result")


NO_ADDRESS = "this is not an address such as tcp://HOST:8786"
NO_ANSWER = f"no Dask scheduler answers within {PATIENCE} s"
NO_WORKERS = "this Dask cluster has no workers"


class NoClusterError(ValueError):
    """Raised if an address has no Dask cluster with workers."""

    def __init__(self, address: str, reason: str) -> None:
        start = f"`dask scheduler` and its workers with `dask worker {address}`"
        advice = f"start one with {start}, or use `--workers N` on this machine"
        super().__init__(f"{address}: {reason}; {advice}")


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers for ``width`` tasks at the same time.

    ``open`` returns an executor for one of them, which may be the same for all.
    ``deaths`` contains the errors of tasks whose processes died.
    """

    width: int
    open: Callable[[], Executor]
    deaths: tuple[type[Exception], ...] = (BrokenExecutor,)


def open_workers(
    count: int, dask: str | None, log: Path | None = None, ahead: int = 1
) -> AbstractContextManager[Workers]:
    """Return processes on this machine, or the workers of a Dask cluster."""
    # Without tasks, there is nothing to ask a cluster for.
    if dask is None or not count:
        return local_workers(count, log)
    return cluster_workers(dask, ahead)


@contextmanager
def local_workers(width: int, log: Path | None = None) -> Iterator[Workers]:
    """Yield processes on this machine, and end them; after an error, kill them.

    Each process has its own executor, so that a crash ends only one task, and starts
    with its first task. Output goes to the file ``log``, if given.
    """
    opened: list[ProcessPoolExecutor] = []

    def start() -> Executor:
        # Its queues start a process too: the resource tracker of multiprocessing.
        with _STARTING, _alone():
            opened.append(ProcessPoolExecutor(1, _Context(), _begin, (log,)))
        return opened[-1]

    try:
        yield Workers(width, start)
    except BaseException:
        # `shutdown` would wait for the tasks, which may take hours.
        for pool in opened:
            for process in [*(pool._processes or {}).values()]:
                process.kill()
        raise
    finally:
        for pool in opened:
            pool.shutdown()


@contextmanager
def cluster_workers(address: str, ahead: int = 1) -> Iterator[Workers]:
    """Yield the workers of the Dask cluster at an address, in one executor.

    ``ahead`` is the number of tasks per worker thread, more than one if sending a task
    takes long compared to running it. If a worker dies, this counts as a failed attempt
    for each of its tasks. Raise NoClusterError if the cluster has no workers.
    """
    import asyncio  # Dask takes a second to import

    from distributed import Client, KilledWorker
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.core import connect

    async def greet() -> None:
        comm = await asyncio.wait_for(connect(address), PATIENCE)
        await comm.close()

    try:
        parse_host_port(parse_address(address)[1])
        asyncio.run(greet())  # a `Client` would raise too, but take 20 s to close
    except ValueError as error:
        raise NoClusterError(address, NO_ADDRESS) from error
    # The greeting of another server, parsed as Dask's, may announce exabytes.
    except (OSError, asyncio.TimeoutError, MemoryError) as error:
        raise NoClusterError(address, NO_ANSWER) from error
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise NoClusterError(address, NO_WORKERS) from error
        threads = sum(client.nthreads().values())
        # Dask would treat equal tasks as one, and not run a task again.
        executor = client.get_executor(pure=False)
        yield Workers(ahead * max(1, threads), lambda: executor, (KilledWorker,))


def run_tasks(
    workers: Workers,
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    tries: int = 1,
) -> Iterator[tuple[Task, Future[Result]]]:
    """Yield each task and its future when the task ends.

    A task is requested when a worker is free, and runs up to ``tries`` times if its
    process dies.
    """
    waiting: Iterator[tuple[Task, int]] = ((task, 1) for task in tasks)
    idle: list[Executor] = []
    running: dict[Future[Result], tuple[Task, int, Executor]] = {}
    while True:
        for task, attempt in islice(waiting, workers.width - len(running)):
            submitted: Future[Result] | None = None
            while submitted is None:
                executor = idle.pop() if idle else workers.open()
                with suppress(BrokenExecutor):  # it died while it was idle
                    submitted = executor.submit(work, task)
            running[submitted] = task, attempt, executor
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            task, attempt, executor = running.pop(future)
            if not isinstance(future.exception(), BrokenExecutor):
                idle.append(executor)
            elif attempt < tries:
                waiting = chain([(task, attempt + 1)], waiting)
                continue
            yield task, future


def _begin(log: Path | None) -> None:
    """Begin a worker: print to the file ``log``, and end with the main process.

    If the main process is killed, it can't end its workers.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if log is not None:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        # Libraries in C, such as TensorFlow, write to descriptors.
        for stream in (1, 2):
            os.dup2(handle, stream)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "a worker has a parent"
    parent.join()
    os._exit(1)  # `sys.exit` would end only this thread


class _Process(SpawnProcess):
    def start(self) -> None:
        with _STARTING, _alone():
            super().start()


class _Context(SpawnContext):
    Process = _Process


# `_alone` changes the environment of the whole process.
_STARTING = threading.Lock()
_OF_CALLER = ("sys_path", "init_main_from_name", "init_main_from_path")


@contextmanager
def _alone() -> Iterator[None]:
    """Let a new process import only installed modules, and ignore Ctrl-C.

    A terminal sends Ctrl-C to all processes, but only the main process should react.
    """
    genuine = spawn.get_preparation_data
    installed = _search_path()

    def prepare(name: str) -> dict[str, Any]:
        data = {k: v for k, v in genuine(name).items() if k not in _OF_CALLER}
        return {**data, "sys_path": installed}

    with ExitStack() as undo:
        undo.callback(setattr, spawn, "get_preparation_data", genuine)
        spawn.get_preparation_data = prepare
        undo.callback(_restore, {name: os.environ.get(name) for name in ENVIRONMENT})
        os.environ.update(ENVIRONMENT)
        # Python allows only the main thread to set a handler.
        if threading.current_thread() is threading.main_thread():
            handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
            undo.callback(signal.signal, signal.SIGINT, handler)
        # Python 3.10 ignores the variable, and imports from the current folder.
        if not KNOWS_SAFE_PATH:
            with suppress(FileNotFoundError):  # the current folder was removed
                undo.callback(os.chdir, Path.cwd())
                os.chdir(Path(os.__file__).parent)
        yield


def _search_path() -> list[str]:
    """Return the search path without the current folder and the program's folder.

    A folder that contains this snnc is kept, because another snnc may follow on the
    path.
    """
    program = getattr(sys.modules["__main__"], "__file__", None)
    left_out = set() if program is None else {os.path.dirname(_absolute(program))}
    left_out.add(_absolute(os.curdir))
    paths = map(_absolute, sys.path)
    others = [path for path in paths if path == _ROOT or path not in left_out]
    return [*others, _ROOT]


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except FileNotFoundError:  # the current folder was removed
        return os.curdir


def _restore(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        del os.environ[name]
        if value is not None:
            os.environ[name] = value
