"""Processes that do one job after another, and tell when each is done.

A process imports TensorFlow and nengo-loihi once for all its jobs. Its program is a
module, and not the caller's: scripts and notebooks need no guard.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue

DONE = "done"
Tell = Callable[[Path, str], None]


def run_jobs(
    module: str, jobs: Sequence[Path], workers: int, log: Path, tell: Tell
) -> None:
    """Let processes do jobs, and tell of each how it ended.

    Parameters
    ----------
    module
        What to run by ``python -m``: it reads paths of jobs from stdin, a line each,
        and answers each by a line, `DONE` or what is wrong.
    jobs
        Files that it reads.
    workers
        How many processes.
    log
        What these print otherwise goes there.
    tell
        Is given a job and its answer, by one thread at a time.

    Raises
    ------
    KeyboardInterrupt
        After the processes have been ended.
    """
    waiting: Queue[Path] = Queue()
    for job in jobs:
        waiting.put(job)
    telling = threading.Lock()
    with log.open("ab") as output:
        pool = [
            _Worker(module, output.fileno()) for _ in range(min(workers, len(jobs)))
        ]

        def work(worker: _Worker) -> None:
            while not worker.ended:
                try:
                    job = waiting.get_nowait()
                except Empty:
                    return
                answer = worker.do(job)
                with telling:
                    if not worker.ended:
                        tell(job, answer)

        with _ending(pool):
            threads = [threading.Thread(target=work, args=(w,)) for w in pool]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


@contextmanager
def _ending(pool: Sequence[_Worker]) -> Iterator[None]:
    try:
        yield
    finally:
        for worker in pool:
            worker.end()


class _Worker:
    """A process, begun anew if it dies."""

    def __init__(self, module: str, output: int) -> None:
        self.ended = False
        self._command = [sys.executable, "-m", module]
        self._output = output
        self._process: subprocess.Popen[str] | None = None

    def do(self, job: Path) -> str:
        """Let the process do a job, and return its answer."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._output,
                text=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{job}\n")
            process.stdin.flush()
            answer = process.stdout.readline().rstrip("\n")
        except OSError:
            answer = ""
        if answer:
            return answer
        _close(process)
        return f"its process died with status {process.wait()}"

    def end(self) -> None:
        """End the process, whatever it does: what it has kept is gone on with."""
        self.ended = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            _close(self._process)


def _close(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was to be said reaches nobody
            if pipe is not None:
                pipe.close()
