"""Many variants of a spec: what is kept of them, which are the best, who runs them.

Nothing here knows what a variant is: `snnc.api.sweeps` does. A process that runs jobs
imports TensorFlow and nengo-loihi once for all of them; its program is a module, and
not the caller's: scripts and notebooks need no guard.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from snnc.runtime.files import write_file
from snnc.text.tables import columns, counted, human

BEST = "*"


@dataclass(frozen=True, slots=True)
class VariantLine:
    """A variant: its settings, what it takes, how good it is, what is wrong with it.

    ``score`` is a share, or an error if not ``classifies``; ``energy`` is in joules.
    """

    settings: Mapping[str, str]
    cores: int | None
    weights: int | None
    energy: float | None
    score: float | None
    interval: tuple[float, float] | None
    classifies: bool
    best: bool
    problem: str


def table(name: str, lines: Sequence[VariantLine]) -> str:
    """Return one row a variant, in the order of the settings, and the best below."""
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))
    judged = any(line.score is not None for line in lines)
    kind = "accuracy" if all(line.classifies for line in lines) else "error"
    energy = "energy" if judged else "energy at most"
    head = (*keys, "cores", "weights", energy, kind, "interval", "best", "")
    rows = [tuple(_cells(line, keys, judged)) for line in lines]
    table_lines = columns(head, rows, left={*keys, "interval", "best", ""})
    return "\n".join([*table_lines, "", *_sentences(name, lines, judged, kind)])


def _cells(line: VariantLine, keys: Sequence[str], judged: bool) -> Iterator[str]:
    yield from (line.settings.get(key, "") for key in keys)
    yield "" if line.cores is None else str(line.cores)
    yield "" if line.weights is None else str(line.weights)
    # Beside what was measured, what is spent at most would mislead.
    known = line.energy is not None and (line.score is not None or not judged)
    yield human(line.energy or 0.0, "J") if known else ""
    if line.score is None:
        yield ""
    else:
        yield f"{100 * line.score:.1f} %" if line.classifies else f"{line.score:.4g}"
    low, high = line.interval or (0.0, 0.0)
    yield f"{100 * low:.1f} to {100 * high:.1f} %" if line.interval else ""
    yield BEST if line.best else ""
    yield line.problem


def _sentences(
    name: str, lines: Sequence[VariantLine], judged: bool, kind: str
) -> Iterator[str]:
    failed = sum(bool(line.problem) for line in lines)
    lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
    yield f"{name}: {counted(len(lines), 'variant')}{lost if failed else ''}"
    if judged:
        best = sum(line.best for line in lines)
        yield (
            f"{BEST}: no other is at least as good in {kind}, energy and cores, and "
            f"better in one: {best}"
        )


Costs = tuple[float, ...]


def front(costs: Sequence[Costs | None]) -> tuple[bool, ...]:
    """Tell which of them no other is better than.

    Parameters
    ----------
    costs
        As many numbers of each, all the better the lower; None for what failed.

    Returns
    -------
    tuple of bool
        True for Pareto-optimal ones; of equal ones, for all.
    """
    known = {own for own in costs if own is not None}
    return tuple(
        own is not None and not any(_is_better(other, own) for other in known)
        for own in costs
    )


def _is_better(one: Costs, other: Costs) -> bool:
    """Whether one is nowhere worse, and somewhere better."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


VERSION = 1
DIGITS = 16


def name_of(identity: dict[str, Any]) -> str:
    """Return a name that no other variant, or other data, has."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True, slots=True)
class SweepRecords:
    """A folder of records; each is whole or not there."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the file of a variant; what it makes is in the folder of its name."""
        return self.folder / f"{name}.json"

    def read(self, name: str) -> dict[str, Any] | None:
        """Return what is known of a variant.

        None if that is nothing, of another version, or not what snnc wrote: it is run
        again then.
        """
        try:
            record = json.loads(self.path(name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        is_known = isinstance(record, dict) and record.get("version") == VERSION
        return record if is_known else None

    def write(self, name: str, record: dict[str, Any]) -> None:
        """Keep what is known of a variant."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": VERSION, **record}, indent=2, sort_keys=True)
        write_file(self.path(name), text + "\n")


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
