"""Run tasks in processes that import nothing from the current folder.

The folder may be untrusted, and may contain its own `struct.py`. The processes don't
import the caller's program either, so scripts and notebooks need no main guard.
"""

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
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain, islice
from multiprocessing import spawn
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Protocol, TypeVar

SAFE_PATH = "PYTHONSAFEPATH"
KNOWS_SAFE_PATH = sys.version_info >= (3, 11)
ENVIRONMENT = {
    SAFE_PATH: "1",
    "OPENBLAS_NUM_THREADS": "1",  # more threads would only wait for each other
    "PYTHONWARNINGS": "ignore",
}
_ROOT = str(Path(__file__).resolve().parents[1])
Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers(Protocol):
    """Workers for tasks: a number of processes in one or several executors.

    ``deaths`` contains the errors of tasks whose processes died.
    """

    @property
    def width(self) -> int: ...
    @property
    def deaths(self) -> tuple[type[Exception], ...]: ...
    def open(self) -> Executor: ...


class LocalWorkers:
    """Processes on this machine, one executor each, so that a crash ends only one task.

    Output goes to the file ``log``, if given.
    """

    deaths: tuple[type[Exception], ...] = (BrokenExecutor,)

    def __init__(self, width: int, log: Path | None = None) -> None:
        self.width = width
        self._log = log
        self._opened: list[ProcessPoolExecutor] = []

    def open(self) -> Executor:
        """Return an executor for a new process, which starts with its first task."""
        log = None if self._log is None else str(self._log)
        pool = ProcessPoolExecutor(1, _Context(), _print_to, (log,))
        self._opened.append(pool)
        return pool

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the processes; after an error, don't wait for their tasks."""
        for pool in self._opened:
            for process in [*(pool._processes or {}).values()] if kind else ():
                process.kill()
            pool.shutdown()


def run_tasks(
    workers: Workers,
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    tries: int = 1,
) -> Iterator[tuple[Task, Future[Result]]]:
    """Yield each task and its future when the task ends.

    Parameters
    ----------
    tasks
        The tasks; each is requested when a worker is free.
    tries
        How often to run a task whose process dies.
    """
    waiting: Iterator[tuple[Task, int]] = ((task, 1) for task in tasks)
    idle: list[Executor] = []
    running: dict[Future[Result], tuple[Task, int, Executor]] = {}
    while True:
        for task, attempt in islice(waiting, workers.width - len(running)):
            future, executor = _submit(workers, idle, work, task)
            running[future] = task, attempt, executor
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


def _submit(
    workers: Workers,
    idle: list[Executor],
    work: Callable[[Task], Result],
    task: Task,
) -> tuple[Future[Result], Executor]:
    while True:
        executor = idle.pop() if idle else workers.open()
        with suppress(BrokenExecutor):  # it died while it was idle
            return executor.submit(work, task), executor


def _print_to(log: str | None) -> None:
    if log is not None:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        for stream in (1, 2):
            os.dup2(handle, stream)


class _Process(SpawnProcess):
    def start(self) -> None:
        with _STARTING, _alone():
            super().start()


class _Context(SpawnContext):
    Process = _Process


_STARTING = threading.Lock()
_OF_CALLER = ("sys_path", "init_main_from_name", "init_main_from_path")


@contextmanager
def _alone() -> Iterator[None]:
    """Let a new process import only installed modules, and ignore Ctrl-C.

    A terminal sends Ctrl-C to all processes, but only the main process should react.
    """
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    genuine, installed = spawn.get_preparation_data, _search_path()

    def prepare(name: str) -> dict[str, Any]:
        told = {k: v for k, v in genuine(name).items() if k not in _OF_CALLER}
        return {**told, "sys_path": installed}

    is_main = threading.current_thread() is threading.main_thread()
    try:
        spawn.get_preparation_data = prepare
        _set(ENVIRONMENT)
        with (
            _ignoring_interrupts() if is_main else nullcontext(),
            nullcontext() if KNOWS_SAFE_PATH else _among_modules(),
        ):
            yield
    finally:
        spawn.get_preparation_data = genuine
        _set(before)


def _search_path() -> list[str]:
    """Return the search path without the current folder and the program's folder.

    A folder that contains this snnc is kept, because another snnc may follow on the
    path.
    """
    program = getattr(sys.modules["__main__"], "__file__", None)
    left_out = set() if program is None else {os.path.dirname(_absolute(program))}
    left_out.add(_absolute(os.curdir))
    found = map(_absolute, sys.path)
    kept = [path for path in found if path == _ROOT or path not in left_out]
    return [*kept, _ROOT]


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except FileNotFoundError:  # the current folder was removed
        return os.curdir


def _set(environment: Mapping[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _among_modules() -> Iterator[None]:
    """Change to the folder of Python's modules, for this process and its children."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        yield
        return
    os.chdir(Path(os.__file__).parent)
    try:
        yield
    finally:
        os.chdir(here)
