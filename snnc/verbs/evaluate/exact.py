"""Run examples on the exact engine, in this or other processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from nengo.exceptions import BuildError

from snnc.exact import Engine, make_engine
from snnc.output.imported import CannotRunError, open_package
from snnc.processes import open_workers, run_tasks
from snnc.results.base import to_json
from snnc.runtime.examples import ROW, Array, Presentation, Span, spans_of
from snnc.runtime.files import reason, write_file
from snnc.text.display import Json
from snnc.text.installing import installation
from snnc.text.progress import Moved
from snnc.verbs.evaluate import measures
from snnc.verbs.evaluate.measures import EvaluatedPart, SpanResult
from snnc.verbs.evaluate.task import Task

if TYPE_CHECKING:
    from snnc.verbs.evaluate.options import EvaluateOptions

REST = 25  # examples from rest per run, so few that all threads get some
AHEAD = 2  # stretches per cluster thread: one runs while the next is sent
TRIES = 2  # attempts to run a stretch if its process dies
MOST_UNITS = 100
"""The outputs of larger readouts are not written, only errors and sums."""
MARK = {"snnc": "evaluation", "version": 12}


def run_exact(
    task: Task,
    options: EvaluateOptions,
    progress: Moved,
    reference: measures.KerasReference | None = None,
) -> list[EvaluatedPart]:
    """Return the parts of all examples, and write them if ``options`` name a file.

    ``progress`` is called with the number of examples just completed. With a
    ``reference``, the parts include Keras's results. Inputs that don't match raise
    `CannotRunError` or `snnc.exact.CannotRunError`.
    """
    # Whole rows on each thread: results then don't depend on threads (decision 024).
    size = ROW if options.presentation == "row" else REST
    spans = spans_of(len(task.examples), size)
    if options.uses_workers:
        compares = reference is not None
        results = _in_workers(task, spans, options, compares, progress)
    else:
        results = _in_threads(task, spans, options, progress)
    parts = [*measures.whole_spans(results, reference)]
    if options.output is not None:
        lines = [_header(task, options), *_lines(parts, task)]
        text = "".join(
            f"{json.dumps(line, default=np.ndarray.tolist)}\n" for line in lines
        )
        write_file(Path(options.output), text)
    return parts


def _header(task: Task, options: EvaluateOptions) -> Json:
    """Return the first line of a file of results, which identifies the run."""
    return {
        **MARK,
        "package": task.package.hash,
        "weights": task.weights_hash,
        "examples": len(task.examples),
        "seed": options.seed,
        "steps": options.steps or task.package.network.steps,
        "presentation": options.presentation,
    }


def _lines(parts: Sequence[EvaluatedPart], task: Task) -> list[Json]:
    """Return a line per part with its outputs or, for images, one line with errors."""
    readout = task.package.network.readout
    if readout.classes or readout.units <= MOST_UNITS:
        return [to_json(part) for part in parts]
    # Each output of an image network is an image, and would need a long line.
    whole = measures.join(parts)
    outputs = whole.outputs[-1]  # at the end of each example
    empty = np.empty(0)
    line: Json = to_json(replace(whole, outputs=empty, others=empty, keras=None))
    errors = np.sqrt(np.mean((outputs - task.examples.y) ** 2, axis=-1))
    line["errors"] = errors.round(6).tolist()
    line["sums"] = outputs.sum(axis=0).round(4).tolist()
    return [line]


def _in_threads(
    task: Task, spans: Sequence[Span], options: EvaluateOptions, progress: Moved
) -> Iterator[SpanResult]:
    """Yield the results of threads in this process."""
    try:
        engine = make_engine(task.package, task.tensors, options.steps)
    except BuildError as error:
        raise _not_built(error) from error
    with engine:
        for fresh in measures.run_spans(
            engine, options.presentation, task.examples, spans, options.workers
        ):
            progress(fresh.part.stop - fresh.part.start)
            yield fresh


def _in_workers(
    task: Task,
    spans: Sequence[Span],
    options: EvaluateOptions,
    compares: bool,
    progress: Moved,
) -> Iterator[SpanResult]:
    """Yield the results of processes; refuse workers that die or have no engine."""
    presentation = options.presentation
    stretches = ((presentation, at, task.examples[at:stop]) for at, stop in spans)
    with (
        open_workers(options.workers or 1, options.dask, ahead=AHEAD) as workers,
        _weights_file(task) as weights,
    ):
        source = EngineSource(
            folder=task.package.folder,
            package_hash=task.package.hash,
            weights=weights,
            weights_hash=task.weights_hash,
            steps=options.steps,
        )
        work = partial(run_stretch, source, compares)
        try:
            for (_, at, x), future in run_tasks(workers, work, stretches, TRIES):
                parts = future.result()
                if isinstance(parts, ValueError):
                    raise parts
                progress(len(x))
                for part, counts in parts:
                    images = x[part.start : part.stop]
                    # A worker numbers the examples of its stretch from 0.
                    whole = replace(part, start=at + part.start, stop=at + part.stop)
                    yield SpanResult((at, at + len(x)), whole, counts, images)
        except workers.deaths as error:
            problem = "too many workers died; they may lack memory"
            raise CannotRunError(problem) from error
        except ModuleNotFoundError as error:
            problem = f"a worker has no {error.name}: {installation('evaluate')}, there"
            raise CannotRunError(problem) from error
        except CancelledError as error:
            problem = "the Dask cluster is no longer available"
            raise CannotRunError(problem) from error


@contextmanager
def _weights_file(task: Task) -> Iterator[Path]:
    """Yield the path of a weight file that other processes can read."""
    if not isinstance(task.weights, Mapping):
        # Workers of a cluster may have another current folder.
        yield Path(task.weights).absolute()
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        path.write_bytes(task.weight_bytes)
        yield path


Stretch = tuple[Presentation, int, Array]
"""How to present consecutive examples, the index of the first, and the examples."""
Results = list[tuple[EvaluatedPart, dict[str, Array]]]
"""The results of a stretch's examples, and their spikes for comparison with Keras."""


@dataclass(frozen=True)
class EngineSource:
    """The files from which each worker builds the engine, and the steps per example.

    The hashes are those of the main process, because a file may change during a run.
    """

    folder: Path
    package_hash: str
    weights: Path
    weights_hash: str
    steps: int | None


def _not_built(reason: object) -> CannotRunError:
    return CannotRunError(
        f"nengo-loihi does not build this network: {str(reason).rstrip('.')}; "
        "`snnc weights FILE SPEC` shows which layer has weights that the chip "
        "can't take"
    )


# A worker of a Dask cluster may run several stretches at once, in threads. Without the
# first lock, each of them would build the engine, because `lru_cache` has none.
_OPENING = Lock()
_STEPPING = Lock()


def run_stretch(
    source: EngineSource, compares: bool, stretch: Stretch
) -> Results | ValueError:
    """Run examples in the calling process or worker thread; return a refusal."""
    presentation, _, x = stretch
    try:
        with _OPENING:
            engine = _engine(source)
        # Nengo's state is shared, so run only one thread.
        with nullcontext() if engine.circuit else _STEPPING:
            return [
                (fresh.part, fresh.counts if compares else {})
                for fresh in measures.run_spans(
                    engine, presentation, x, [(0, len(x))], 1
                )
            ]
    except BuildError as error:
        return _not_built(reason(error))
    except (CannotRunError, OSError) as error:
        return CannotRunError(reason(error))


@lru_cache(1)  # a worker runs many stretches of one task
def _engine(source: EngineSource) -> Engine:
    package = open_package(source.folder)
    weights_hash = hashlib.sha256(source.weights.read_bytes()).hexdigest()
    if (package.hash, weights_hash) != (source.package_hash, source.weights_hash):
        raise CannotRunError(
            f"{source.folder} or {source.weights} has changed since the run began"
        )
    return make_engine(package, source.weights, source.steps)
