"""One variant of a sweep: built, trained and evaluated, in a folder of its own.

``python -m snnc.api.variant`` is the program of the processes of a sweep.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from snnc.api.packages import Package
from snnc.api.specs import parse
from snnc.runtime.files import write_file
from snnc.sweep.records import Records
from snnc.sweep.workers import DONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

HELD_OUT = 0.2
"""The share of the data that variants are evaluated on, where no other data are."""


@dataclass(frozen=True, slots=True)
class Job:
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
    examples: int | None
    seed: int

    def write(self) -> Path:
        """Write the job into the folder of its variant."""
        path = Path(self.folder) / self.name / "job.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(asdict(self)))
        return path


def run(job: Job) -> None:
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
        package.train(*train, weights, job.epochs, resume=resumes, seed=job.seed)
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
    told = found.as_dict()
    Records(Path(job.folder)).write(job.name, {"spec": job.spec, "result": told})


Arrays = tuple["NDArray[Any]", "NDArray[Any]"]


def _data(package: Package, job: Job) -> tuple[Arrays, Arrays]:
    """Return data to train on, and others to evaluate on: the same for all variants."""
    import numpy as np

    reading = package.opened.library("data")
    accepted = reading.DataSpec.of(package.opened.network)
    x, y = reading.load_data(job.data, accepted)
    if job.weights is not None:
        return (x[:0], y[:0]), (x, y)
    if job.test is not None:
        return (x, y), cast("Arrays", reading.load_data(job.test, accepted))
    order = np.random.default_rng(job.seed).permutation(len(x))
    count = max(1, round(HELD_OUT * len(x)))
    return (x[order[count:]], y[order[count:]]), (x[order[:count]], y[order[:count]])


def run_file(path: str) -> str:
    """Run the job in a file, and return how that ended, on one line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks a lot
    job = Job(**json.loads(Path(path).read_text(encoding="utf-8")))
    try:
        run(job)
    except (ValueError, RuntimeError, OSError, ModuleNotFoundError) as error:
        return str(error).split("\n")[0] or type(error).__name__
    return DONE


def main() -> None:
    """Do the jobs that stdin names; all that is printed meanwhile goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(run_file(line.rstrip("\n")), file=answers, flush=True)


if __name__ == "__main__":
    main()
