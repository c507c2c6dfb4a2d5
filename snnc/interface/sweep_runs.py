"""Run the variants of a sweep in processes, and store their results."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.interface.objects import Package, Spec
from snnc.language.readers import Phase
from snnc.processes import Workers, open_workers, run_tasks
from snnc.runtime.files import write_file
from snnc.text.arguments import FileName
from snnc.text.display import Json
from snnc.text.progress import in_notebook, progress_bar
from snnc.text.tables import percent

if TYPE_CHECKING:
    from snnc.runtime.examples import Array


HELD_OUT = 0.2
"""The fraction of the data for evaluation if there is no separate test data."""
MARK = {"snnc": "sweep", "version": 2}
LONGEST = 80  # the maximum length of the settings in a folder's name
DIGITS = 16
DIED = "its process died; it may lack memory"


def name_of(identity: Json) -> str:
    """Return a name that is unique for the variant and data."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True)
class SweepSettings:
    """The common settings of a sweep's variants; without ``weights``, they train."""

    folder: Path
    data: Path
    test: Path | None
    weights: Path | None
    epochs: int | None
    phases: tuple[Phase, ...]
    examples: int | None
    seed: int

    @cached_property
    def identity(self) -> Json:
        """The common dependencies of all results; large files are hashed only once."""
        from snnc.verbs.evaluate.task import identify_data

        return {
            **MARK,
            "data": identify_data(self.data),
            "test": self.test and identify_data(self.test),
            "weights": self.weights and identify_data(self.weights),
            "epochs": self.epochs,
            "phases": list(self.phases),
            "examples": self.examples,
            "seed": self.seed,
        }

    @property
    def reserved(self) -> Path:
        """A path that other sweeps with the same dependencies have, too."""
        return self.folder / name_of(self.identity)

    def job(self, spec: Spec, settings: Mapping[str, str]) -> VariantJob:
        """Return the job of a variant; its name identifies all dependencies."""
        # Use the device's content, because a device file may change.
        variant = {"spec": spec.hash, "device": repr(spec.made.device)}
        texts = ",".join(f"{path}={value}" for path, value in settings.items())
        return VariantJob(name_of(variant | self.identity), texts, spec, self)


@dataclass(frozen=True, slots=True)
class VariantJob:
    """A variant to run; ``settings`` contains texts as on the command line."""

    name: str
    settings: str
    spec: Spec
    shared: SweepSettings

    @property
    def folder(self) -> Path:
        """The folder for the package and the weights."""
        readable = re.sub(r"[^\w.,=-]+", "_", self.settings)[:LONGEST]
        # Other settings may have led to the same variant before.
        known = self.shared.folder.glob(f"*-{self.name}")
        return next(known, self.shared.folder / f"{readable}-{self.name}")

    @property
    def _file(self) -> Path:
        return self.folder / "result.json"

    def save(self, result: Json) -> None:
        """Write the result into the folder, completely or not at all."""
        self.folder.mkdir(exist_ok=True)
        write_file(self._file, json.dumps({"spec": self.spec.text, "result": result}))

    def read(self) -> Json | None:
        """Return the result in the folder; None if there is none."""
        try:
            result: Json = json.loads(self._file.read_bytes())["result"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return result


def run_variant(job: VariantJob) -> Json | str:
    """Build, train and evaluate a variant; return the result, or the problem.

    An interrupted training continues after its last epoch.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # hide TensorFlow messages
    shared = job.shared
    weights = shared.weights or job.folder / "weights.safetensors"
    try:
        package = job.spec.build(job.folder / "models", force=True)
        (x, y), test = _data(package, shared)
        if shared.weights is None and not weights.exists():
            resumes = Path(f"{weights}.progress.npz").exists()
            package.train(  # the seed is in the spec
                x, y, weights, shared.epochs, phases=shared.phases, resume=resumes
            )
        x, y = test
        evaluation = package.evaluate(
            x,
            y,
            weights,
            examples=shared.examples,
            seed=shared.seed,
            workers=1,
            progress=False,
        )
    except (ValueError, RuntimeError, OSError, ModuleNotFoundError) as error:
        return str(error).split("\n")[0] or type(error).__name__
    # Convert tuples to lists, as in a file.
    known: Json = json.loads(json.dumps(evaluation.as_dict()))
    return known


Arrays = tuple["Array", "Array"]


def _data(package: Package, shared: SweepSettings) -> tuple[Arrays, Arrays]:
    """Return the training and evaluation data, which are equal for all variants."""
    import numpy as np  # import of an extra

    from snnc.runtime.data import open_data

    network = package.opened.network
    x, y = open_data(shared.data, network).arrays
    if shared.weights is not None:
        return (x[:0], y[:0]), (x, y)
    if shared.test is not None:
        return (x, y), open_data(shared.test, network).arrays
    order = np.random.default_rng(shared.seed).permutation(len(x))
    count = max(1, round(HELD_OUT * len(x)))
    return (x[order[count:]], y[order[count:]]), (x[order[:count]], y[order[:count]])


def data_file(data: FileName | tuple[object, object], folder: Path) -> Path:
    """Return a file with the data; write arrays to a file."""
    if not isinstance(data, tuple):
        return Path(data).absolute()
    import numpy as np  # import of an extra

    from snnc.verbs.evaluate.task import write_data

    x, y = map(np.ascontiguousarray, data)
    digest = hashlib.sha256()
    for array in (x, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    path = folder / f"data-{digest.hexdigest()[:DIGITS]}.npz"
    if not path.exists():
        write_data(path, x, y)
    return path


def run_variants(
    jobs: Iterable[VariantJob],
    shared: SweepSettings,
    *,
    workers: int | None,
    dask: str | None,
    progress: bool | None,
) -> dict[str, Json | str]:
    """Return the results of jobs, or their problems, by name; skip finished jobs."""
    unique = {job.name: job for job in jobs}
    results: dict[str, Json | str] = {}
    left = []
    for job in unique.values():
        stored = job.read()
        if stored is None:
            left.append(job)
        else:
            results[job.name] = stored
    width = min(workers or os.cpu_count() or 1, len(left))
    is_seen = any((sys.stderr.isatty(), in_notebook()))
    with (
        progress_bar(len(unique), "variants", is_seen and progress) as move,
        open_workers(width, dask, shared.folder / "log.txt") as pool,
    ):
        move(len(unique) - len(left))
        for number, (job, future) in enumerate(run_tasks(pool, run_variant, left), 1):
            move(1)
            result = _store(job, future, pool)
            results[job.name] = result
            if progress and not is_seen:
                done = f"{number} of {len(left)} variants: {job.settings}"
                print(f"{done}: {_summary(result)}", file=sys.stderr, flush=True)
    return results


def _store(job: VariantJob, future: Future[Json | str], pool: Workers) -> Json | str:
    """Store the result of a finished job, and return it, or the problem."""
    try:
        result = future.result()
    except pool.deaths:
        return DIED
    if not isinstance(result, str):
        job.save(result)
    return result


def _summary(result: Json | str) -> str:
    """Write the problem of a variant, or its accuracy or error."""
    if isinstance(result, str):
        return result
    if result.get("accuracy") is None:
        return f"error {result['rmse']:.4g}"
    return percent(result["accuracy"])
