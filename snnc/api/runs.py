"""The runs of a sweep: what each does, in a folder of its own, and who runs them.

``python -m snnc.api.runs`` is the program of the processes of a sweep on this machine.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.api.packages import Package
from snnc.api.specs import FileName, Spec, parse
from snnc.runtime.files import write_file
from snnc.sweep import DONE, SweepRecords, name_of, run_jobs
from snnc.text.progress import progress_bar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.sweep import Tell


HELD_OUT = 0.2
"""The share of the data that variants are evaluated on, where no other data are."""
MODULE = "snnc.api.runs"


@dataclass(frozen=True, slots=True)
class VariantJob:
    """What to run, as JSON can hold it; paths are absolute.

    ``weights`` are those to evaluate with; None to train.
    """

    name: str
    folder: str
    spec: str
    notation: str
    device: str
    data: str
    test: str | None
    weights: str | None
    epochs: int | None
    phases: tuple[str, ...]
    examples: int | None
    seed: int

    def write(self) -> Path:
        """Write the job into the folder of its variant."""
        path = Path(self.folder) / self.name / "job.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(asdict(self)))
        return path


def run(job: VariantJob) -> None:
    """Build, train and evaluate a variant, and keep what was found.

    What was begun before is gone on with: training after its last epoch, evaluation
    after its last row.

    Raises
    ------
    ValueError, RuntimeError, OSError
        If something does not fit or can't be done; the text is for users.
    """
    own = Path(job.folder) / job.name
    spec = parse(job.spec, job.device, name=f"variant.{job.notation}")
    package = spec.build(own / "models", force=True)
    train, test = _data(package, job)
    weights = Path(job.weights or own / "weights.safetensors")
    if job.weights is None and not weights.exists():
        resumes = Path(f"{weights}.progress.npz").exists()
        how = {"phases": job.phases, "resume": resumes, "seed": job.seed}
        package.train(*train, weights, job.epochs, **how)
    journal = own / "evaluation.jsonl"
    found = package.evaluate(
        *test,
        weights,
        examples=job.examples,
        seed=job.seed,
        output=journal,
        resume=journal.exists(),
        progress=False,
        workers=1,
    )
    result = found.as_dict()
    SweepRecords(Path(job.folder)).write(job.name, {"spec": job.spec, "result": result})


Arrays = tuple["NDArray[Any]", "NDArray[Any]"]


def _data(package: Package, job: VariantJob) -> tuple[Arrays, Arrays]:
    """Return data to train on, and others to evaluate on: the same for all variants."""
    import numpy as np

    from snnc.runtime.data import DataSpec, load_data

    accepted = DataSpec.of(package.opened.network)
    x, y = load_data(job.data, accepted)
    if job.weights is not None:
        return (x[:0], y[:0]), (x, y)
    if job.test is not None:
        return (x, y), load_data(job.test, accepted)
    order = np.random.default_rng(job.seed).permutation(len(x))
    count = max(1, round(HELD_OUT * len(x)))
    return (x[order[count:]], y[order[count:]]), (x[order[:count]], y[order[:count]])


def run_file(path: str) -> str:
    """Run the job in a file, and return how that ended, on one line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    job = VariantJob(**json.loads(Path(path).read_text(encoding="utf-8")))
    try:
        run(job)
    except (ValueError, RuntimeError, OSError, ModuleNotFoundError) as error:
        return str(error).split("\n")[0] or type(error).__name__
    return DONE


def data_file(data: FileName | tuple[Any, Any], folder: Path) -> Path:
    """Return a file of the data; arrays are written to one."""
    if not isinstance(data, tuple):
        return Path(data).absolute()
    import hashlib

    import numpy as np

    from snnc.evaluate.task import write_data

    x, y = map(np.ascontiguousarray, data)
    digest = hashlib.sha256()
    for array in (x, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    path = folder / f"data-{digest.hexdigest()[:16]}.npz"
    if not path.exists():
        write_data(path, x, y)
    return path


@dataclass(frozen=True)
class SweepSettings:
    """What all variants of a sweep have in common."""

    folder: Path
    data: Path | None
    test: Path | None
    weights: Path | None
    epochs: int | None
    phases: tuple[str, ...]
    examples: int | None
    seed: int

    def job(self, spec: Spec) -> VariantJob:
        """Return what to run of a variant; its name tells all that it depends on."""
        # Not the device's name: what is in its file may change.
        own = {"spec": spec.hash, "device": repr(spec.made.device)}
        return VariantJob(
            name_of(own | self._identity),
            str(self.folder),
            spec.text,
            spec.notation,
            spec.device,
            str(self.data),
            None if self.test is None else str(self.test),
            None if self.weights is None else str(self.weights),
            self.epochs,
            self.phases,
            self.examples,
            self.seed,
        )

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What all depend on; large files are read once for it."""
        from snnc.runtime.arrays import open_arrays

        identity: dict[str, Any] = {
            "epochs": self.epochs,
            "phases": self.phases,
            "examples": self.examples,
            "seed": self.seed,
        }
        for name, file in (("data", self.data), ("test", self.test)):
            identity[name] = file and open_arrays(file, ("x", "y"))[1]
        if self.weights is not None:
            import hashlib

            identity["weights"] = hashlib.sha256(self.weights.read_bytes()).hexdigest()
        return identity


def run_remaining(
    jobs: Iterable[VariantJob],
    folder: Path,
    workers: int | None,
    dask: str | None,
    progress: bool | None,
) -> dict[str, str]:
    """Do what is not done yet; return what is wrong with the others, by name."""
    records, unique = SweepRecords(folder), {job.name: job for job in jobs}
    left = [job for job in unique.values() if records.read(job.name) is None]
    problems: dict[str, str] = {}
    with progress_bar(len(unique), "variants", progress) as move:
        move(len(unique) - len(left))

        def tell(path: Path, answer: str) -> None:
            move(1)
            if answer != DONE:
                problems[path.parent.name] = answer

        files = [job.write() for job in left]
        if files and dask is not None:
            run_on_cluster(files, dask, tell)
        elif files:
            count = workers or os.cpu_count() or 1
            run_jobs(MODULE, files, count, folder / "log.txt", tell)
    return problems


def run_on_cluster(files: Sequence[Path], address: str, tell: Tell) -> None:
    """Do jobs on a Dask cluster, and tell of each how it ended."""
    from distributed import KilledWorker, as_completed

    from snnc.evaluate.cluster import open_client

    completed: Callable[..., Iterable[Any]] = as_completed

    with open_client(None, address) as client:
        run: Callable[[str], str] = run_file
        futures = {client.submit(run, str(file), pure=False): file for file in files}
        for future in completed(futures, loop=client.loop):
            try:
                answer = future.result()
            except KilledWorker:  # as often as the scheduler lets a job try
                answer = "the workers that ran it died; they may lack memory"
            tell(futures[future], answer)


def main() -> None:
    """Do the jobs that stdin names; all that is printed meanwhile goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(run_file(line.rstrip("\n")), file=answers, flush=True)


if __name__ == "__main__":
    main()
