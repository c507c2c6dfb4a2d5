"""Run examples on the exact engine, in this or other processes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from nengo.exceptions import BuildError

from snnc.exact import CannotRunError, Engine, make_engine
from snnc.output.imported import open_package
from snnc.processes import open_workers, run_tasks
from snnc.runtime.examples import ROW, Array, Presentation, Span, spans_of
from snnc.runtime.files import reason
from snnc.text.display import Json
from snnc.text.installing import installation
from snnc.text.progress import Moved
from snnc.tools.checkpoint import Checkpoint, SavedRun, read_checkpoint, reserve
from snnc.tools.evaluate import measures
from snnc.tools.evaluate.measures import EvaluatedPart, SpanResult
from snnc.tools.evaluate.task import Task
from snnc.tools.opening import FileName, RefusedRunError

if TYPE_CHECKING:
    from snnc.tools.evaluate.verb import EvaluateOptions

REST = 25  # examples from rest per run, so few that all threads get some
SAMPLE = 100  # examples in a row that also run from rest, for comparison
AHEAD = 2  # stretches per cluster thread: one runs while the next is sent
TRIES = 2  # attempts to run a stretch if its process dies
MARK = {"snnc": "evaluation", "version": 12}

Left = list[tuple[Presentation, Span]]
"""The examples to run, and how to present them."""


def counts_of(options: EvaluateOptions, examples: int) -> dict[Presentation, int]:
    """Return the number of examples to present in a row and from rest."""
    if options.presentation == "rest":
        return {"rest": examples}
    return {"row": examples, "rest": min(SAMPLE, examples)}


def run_exact(
    task: Task,
    options: EvaluateOptions,
    progress: Moved,
    reference: measures.KerasReference | None = None,
) -> list[EvaluatedPart]:
    """Return the parts of all examples, including those of an interrupted run.

    ``progress`` is called with the number of examples just completed. With a
    ``reference``, the parts include Keras's results. Inputs that don't match, or an
    output that another run is writing, raise `RefusedRunError` or
    `snnc.exact.CannotRunError`.
    """
    if options.output is None:
        return _run_parts(task, options, progress, reference, None)
    out = Path(options.output)
    with reserve(out):
        return _run_parts(task, options, progress, reference, out)


def _run_parts(
    task: Task,
    options: EvaluateOptions,
    progress: Moved,
    reference: measures.KerasReference | None,
    out: Path | None,
) -> list[EvaluatedPart]:
    counts = counts_of(options, len(task.examples))
    compares = reference is not None
    header = {} if out is None else _identify(task, options, counts, compares)
    saved = None if out is None else read_saved(out, header, options.resume)
    parts = restored_parts(saved)
    done = {(part.presentation, part.start) for part in parts}
    sizes: dict[Presentation, int] = {"row": ROW, "rest": REST}
    spans = ((way, s) for way, n in counts.items() for s in spans_of(n, sizes[way]))
    left = [(way, span) for way, span in spans if (way, span[0]) not in done]
    with nullcontext() if out is None else Checkpoint(out, header, saved) as checkpoint:
        progress(sum(part.stop - part.start for part in parts))
        fresh: Iterator[SpanResult] = iter(())
        if left and options.uses_workers:
            fresh = _in_workers(task, left, options, compares, progress)
        elif left:
            fresh = _in_threads(task, left, options, progress)
        for part in measures.whole_spans(fresh, reference):
            if checkpoint is not None:
                checkpoint.add(measures.JSON_PARTS.dump_python(part))
            parts.append(part)
    return parts


def _identify(
    task: Task,
    options: EvaluateOptions,
    counts: Mapping[Presentation, int],
    compares: bool,
) -> Json:
    """Return everything on which the results of a run depend."""
    return {
        **MARK,
        "package": task.package.hash,
        "weights": task.weights_hash,
        "data": task.data_hash,
        "examples": counts[options.presentation],
        "sample": sum(counts.values()) - counts[options.presentation],
        "seed": options.seed,
        "steps": options.steps or task.package.network.steps,
        "presentation": options.presentation,
        "tensorflow": compares,
    }


def read_saved(path: Path, header: Json, resume: bool) -> SavedRun | None:
    """Return the saved run to continue; None to start a new one.

    Refuse a file of another program, version or run, and don't overwrite an interrupted
    run.
    """
    saved = read_checkpoint(path)
    if saved is None:
        return None
    found, why = saved.header or {}, ""
    others = [name for name, value in header.items() if found.get(name) != value]
    if "snnc" in others:
        why = "is not a result file from `snnc evaluate`;"
    elif "version" in others:
        why = "contains results from another version of snnc; remove the file, or"
    elif not resume:
        why = _describe_unfinished(saved, found)
    elif others:
        if "seed" in others or "examples" in others:  # these draw other data
            others = [name for name in others if name != "data"]
        why = f"can't be resumed, because the run had other {', '.join(others)};"
        why += " leave out `--resume` and"
    if why:
        raise RefusedRunError(f"{path} {why} choose another name with `-o`")
    return saved if resume else None


def restored_parts(saved: SavedRun | None) -> list[EvaluatedPart]:
    """Return the saved parts of a run; ignore repeated lines."""
    lines = () if saved is None else saved.lines
    unique = {(line["presentation"], line["start"]): line for line in lines}
    return [*map(measures.JSON_PARTS.validate_python, unique.values())]


def _describe_unfinished(saved: SavedRun, header: Json) -> str:
    done = Counter[str]()
    for line in saved.lines:
        done[line["presentation"]] += line["stop"] - line["start"]
    is_whole = not saved.lines or done.total() == header["examples"] + header["sample"]
    if is_whole and not saved.damaged:
        return ""
    shown = f"{done[str(header.get('presentation'))]} of {header.get('examples')}"
    interrupted = f"contains {shown} examples from an interrupted run;"
    return f"{interrupted} continue with `--resume`, remove the file, or"


def _in_threads(
    task: Task, left: Left, options: EvaluateOptions, progress: Moved
) -> Iterator[SpanResult]:
    """Yield the results of threads in this process."""
    try:
        engine = make_engine(task.package, task.tensors, options.steps)
    except BuildError as error:
        raise _not_built(error) from error
    with engine:
        for way in dict.fromkeys(way for way, _ in left):
            spans = [span for each, span in left if each == way]
            given = way, task.examples, spans, options.workers
            for fresh in measures.run_spans(engine, *given):
                progress(fresh.part.stop - fresh.part.start)
                yield fresh


def _in_workers(
    task: Task, left: Left, options: EvaluateOptions, compares: bool, progress: Moved
) -> Iterator[SpanResult]:
    """Yield the results of processes; refuse workers that die or have no engine."""
    stretches = ((way, at, task.examples[at:stop]) for way, (at, stop) in left)
    hashes = task.package.hash, task.weights_hash
    with (
        open_workers(options.workers or 1, options.dask, ahead=AHEAD) as workers,
        _weights_file(task) as weights,
    ):
        known = task.package.folder, weights, hashes, options.steps
        work = partial(run_stretch, known, compares)
        try:
            for (_, at, x), future in run_tasks(workers, work, stretches, TRIES):
                parts = future.result()
                if isinstance(parts, ValueError):
                    raise parts
                progress(len(x))
                for part, counts in parts:
                    images = x[part.start : part.stop]
                    own = replace(part, start=at + part.start, stop=at + part.stop)
                    yield SpanResult((at, at + len(x)), own, counts, images)
        except workers.deaths as error:
            lost = "too many workers died; they may lack memory"
            raise _lost(lost, options.output) from error
        except ModuleNotFoundError as error:
            lost = f"a worker has no {error.name}: {installation('evaluate')}, there"
            raise _lost(lost, options.output) from error
        except CancelledError as error:
            lost = "the Dask cluster is no longer available"
            raise _lost(lost, options.output) from error


@contextmanager
def _weights_file(task: Task) -> Iterator[Path]:
    """Yield the path of a weight file that other processes can read."""
    if not isinstance(task.weights, Mapping):
        yield Path(task.weights).absolute()
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        path.write_bytes(task.weight_bytes)
        yield path


Stretch = tuple[Presentation, int, Array]
"""How to present consecutive examples, the index of the first, and the examples."""
Known = tuple[Path, Path, tuple[str, str], int | None]
"""The package's folder, the weight file, the hashes of both, and the steps."""
Results = list[tuple[EvaluatedPart, dict[str, Array]]]
"""The results of a stretch's examples, and their spikes for comparison with Keras."""


def _lost(reason: str, out: FileName | None) -> RefusedRunError:
    kept = f"; {out} keeps the finished examples, and `--resume` continues the run"
    return RefusedRunError(reason if out is None else f"{reason}{kept}")


def _not_built(reason: object) -> RefusedRunError:
    return RefusedRunError(
        f"nengo-loihi does not build this network: {str(reason).rstrip('.')}; "
        "`snnc weights FILE SPEC` shows which layer has weights that the chip "
        "can't take"
    )


_OPENING = Lock()
_STEPPING = Lock()


def run_stretch(known: Known, compares: bool, stretch: Stretch) -> Results | ValueError:
    """Run examples in the calling process or worker thread."""
    way, _, x = stretch
    try:
        with _OPENING:
            engine = _engine(*known)
        # Nengo's state is shared, so run only one thread.
        with nullcontext() if engine.circuit else _STEPPING:
            return [
                (fresh.part, fresh.counts if compares else {})
                for fresh in measures.run_spans(engine, way, x, [(0, len(x))], 1)
            ]
    except BuildError as error:
        return _not_built(reason(error))
    except (CannotRunError, OSError) as error:
        return CannotRunError(reason(error))


@lru_cache(1)
def _engine(
    folder: Path, weights: Path, hashes: tuple[str, str], steps: int | None
) -> Engine:
    package = open_package(folder)
    if hashes != (package.hash, hashlib.sha256(weights.read_bytes()).hexdigest()):
        raise CannotRunError(f"{folder} or {weights} has changed since the run began")
    return make_engine(package, weights, steps)
