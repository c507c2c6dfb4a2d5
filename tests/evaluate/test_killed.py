"""Workers that die, and a cluster that does."""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.exact import CannotRunError
from snnc.processes import LocalWorkers
from snnc.tools.evaluate.exact import run_exact
from snnc.tools.evaluate.measures import join
from snnc.tools.evaluate.options import EvaluateOptions, RefusedRunError
from snnc.tools.evaluate.task import Task, open_task
from tests.evaluate.conftest import Case, Make

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("short_rows"),
]


def task_of(made: Case) -> Task:
    return open_task(made.folder, made.weights, made.data, None, 0)


ALONE, SHARED = (EvaluateOptions(steps=20, workers=workers) for workers in (None, 2))


def run_outputs(task: Task, how: EvaluateOptions) -> np.ndarray:
    parts = run_exact(task, how, print)
    return join([p for p in parts if p.presentation == "row"]).outputs


class Deadly(LocalWorkers):
    """Workers whose first few processes are killed while they run."""

    kills = 1

    def open(self) -> Executor:
        executor = super().open()
        if self.kills:
            self.kills -= 1
            genuine = executor.submit

            def submit(*task: Any) -> Future[Any]:
                genuine(os.kill, 0, 0).result()  # the process is there
                (process,) = executor._processes.values()  # type: ignore[attr-defined]
                future = genuine(*task)
                os.kill(process.pid, signal.SIGKILL)
                return future

            executor.submit = submit  # type: ignore[method-assign, assignment]
        return executor


def test_a_killed_worker_costs_nothing(
    case: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(case(count=20))
    want = run_outputs(task, ALONE)
    monkeypatch.setattr("snnc.processes.LocalWorkers", Deadly)
    assert np.array_equal(run_outputs(task, SHARED), want)


def test_examples_that_kill_every_worker_end_the_run(
    case: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Deadly, "kills", 9)
    monkeypatch.setattr("snnc.processes.LocalWorkers", Deadly)
    out = tmp_path / "out"
    with pytest.raises(RefusedRunError) as caught:
        run_exact(task_of(case(count=4)), replace(SHARED, output=out), print)
    assert str(caught.value) == (
        f"too many workers died; they may lack memory; {out} keeps the finished "
        "examples, and `--resume` continues the run"
    )


class Threads(LocalWorkers):
    """Workers that start no process."""

    def open(self) -> Executor:
        return ThreadPoolExecutor(1)


def test_weights_that_change_meanwhile_are_not_run(
    case: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snnc.processes.LocalWorkers", Threads)
    made = case(count=4)
    task = task_of(made)
    assert task.weights_hash
    made.package.layout.save(made.weights, {n: -t for n, t in task.tensors.items()})
    with pytest.raises(CannotRunError, match="has changed since the run began"):
        run_exact(task, SHARED, print)


def test_a_network_that_is_not_built_is_told_by_workers_too(case: Make) -> None:
    made = case(count=4)
    tensors = made.package.layout.load(made.weights)
    strong = {"c0.kernel": np.full_like(tensors["c0.kernel"], 1e4)}
    task = open_task(made.folder, {**tensors, **strong}, made.data, None, 0)
    with pytest.raises(CannotRunError) as alone:
        run_exact(task, ALONE, print)
    with pytest.raises(CannotRunError, match=re.escape(str(alone.value))):
        run_exact(task, SHARED, print)
