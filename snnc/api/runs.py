"""What a sweep has to run, and who runs it: processes of this machine, or a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.api.specs import FileName, Spec
from snnc.api.variant import Job, run_file
from snnc.runtime.files import replacing
from snnc.sweep.records import Records, name_of
from snnc.sweep.workers import DONE, run_jobs
from snnc.text.progress import progress_bar

if TYPE_CHECKING:
    from snnc.sweep.workers import Tell

MODULE = "snnc.api.variant"


def data_file(data: FileName | tuple[Any, Any], folder: Path) -> Path:
    """Return a file of the data; arrays are written to one."""
    if not isinstance(data, tuple):
        return Path(data).absolute()
    import hashlib

    import numpy as np

    x, y = map(np.ascontiguousarray, data)
    digest = hashlib.sha256()
    for array in (x, y):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    path = folder / f"data-{digest.hexdigest()[:16]}.npz"
    if not path.exists():
        with replacing(path) as file:
            np.savez(file, x=x, y=y)
    return path


@dataclass(frozen=True)
class Shared:
    """What all variants of a sweep have in common."""

    folder: Path
    data: Path | None
    test: Path | None
    weights: Path | None
    epochs: int | None
    examples: int | None
    seed: int

    def job(self, spec: Spec) -> Job:
        """Return what to run of a variant; its name tells all that it depends on."""
        # Not the device's name: what is in its file may change.
        own = {"spec": spec.hash, "device": repr(spec.made.device)}
        return Job(
            name_of(own | self._identity),
            str(self.folder),
            spec.text,
            spec.notation,
            spec.device,
            str(self.data),
            None if self.test is None else str(self.test),
            None if self.weights is None else str(self.weights),
            self.epochs,
            self.examples,
            self.seed,
        )

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """What all depend on; large files are read once for it."""
        from snnc.runtime.arrays import open_arrays

        identity: dict[str, Any] = {
            "epochs": self.epochs,
            "examples": self.examples,
            "seed": self.seed,
        }
        for name, file in (("data", self.data), ("test", self.test)):
            identity[name] = file and open_arrays(file, ("x", "y"))[1]
        if self.weights is not None:
            import hashlib

            identity["weights"] = hashlib.sha256(self.weights.read_bytes()).hexdigest()
        return identity


def run_left(
    jobs: Iterable[Job],
    folder: Path,
    workers: int | None,
    dask: str | None,
    progress: bool | None,
) -> dict[str, str]:
    """Do what is not done yet; return what is wrong with the others, by name."""
    records, unique = Records(folder), {job.name: job for job in jobs}
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
