"""`snnc evaluate` on several workers, which may die, and its progress."""

import re
import sys
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.output.imported import CannotRunError
from snnc.processes import Workers
from snnc.verbs.evaluate import exact
from snnc.verbs.evaluate.exact import run_exact
from snnc.verbs.evaluate.measures import join
from snnc.verbs.evaluate.options import EvaluateOptions
from snnc.verbs.evaluate.task import Task, open_task
from tests.evaluate.conftest import Case, Make, Tell, lines, outputs
from tests.support import CLUSTER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("without_keras", "short_rows"),
]


@CLUSTER
@pytest.mark.usefixtures("with_keras")
@pytest.mark.parametrize(
    # Workers are started without a presentation.
    ("name", "presentation", "workers"),
    [("small", "row", "2"), ("regression", "rest", "1")],
)
def test_any_number_of_workers_gives_the_same(
    case: Make,
    told: Tell,
    scheduler: str,
    tmp_path: Path,
    name: str,
    presentation: str,
    workers: str,
) -> None:
    made = case(name)
    ways = {
        "threads": [],
        "processes": ["--workers", workers],
        "dask": ["--dask", scheduler],
    }
    presented = ("--presentation", presentation)
    found = {
        way: told(made, *options, *presented, "--output", str(tmp_path / way))
        for way, options in ways.items()
    }
    rows = {way: outputs(tmp_path / way) for way in ways}
    assert len(lines(tmp_path / "dask")) > 2
    for way in ways:
        assert found[way] == found["threads"]
        assert rows[way] == rows["threads"]
    assert len(np.unique(rows["threads"], axis=0)) > 1


@pytest.mark.usefixtures("with_keras")
@CLUSTER
@pytest.mark.parametrize("shared", [False, True])
def test_progress_is_told_while_rows_run(
    case: Make,
    scheduler: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shared: bool,
) -> None:
    monkeypatch.setattr(exact, "ROW", 20)
    made = case(count=30)
    address = scheduler if shared else None
    how = EvaluateOptions(steps=20, dask=address, output=tmp_path / "out")
    told: list[int] = []
    run_exact(task_of(made), how, told.append)
    assert sum(told) == 30
    # 20 and 10 in a row: a stretch at a time, or in chunks.
    assert sorted(told, reverse=True) == ([20, 10] if shared else [8, 8, 8, 4, 2])


def test_a_terminal_shows_something_at_once(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(made.arguments) == 0
    err = capsys.readouterr().err
    assert err.startswith("reading the package, weights and data\r")
    assert "21/21" in err


def task_of(made: Case) -> Task:
    return open_task(made.folder, made.weights, made.data, None, 0)


ALONE, SHARED = (EvaluateOptions(steps=20, workers=workers) for workers in (None, 2))


def run_outputs(task: Task, how: EvaluateOptions) -> np.ndarray:
    return join(run_exact(task, how, print)).outputs


class DyingExecutor(ThreadPoolExecutor):
    """An executor whose process dies with its task."""

    def submit(self, *task: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor())
        return future


def use_threads(monkeypatch: pytest.MonkeyPatch, deaths: int = 0) -> None:
    """Use threads as workers; the first few die with their task."""
    kinds = chain(repeat(DyingExecutor, deaths), repeat(ThreadPoolExecutor))
    workers = nullcontext(Workers(2, lambda: next(kinds)(1)))
    monkeypatch.setattr("snnc.processes.local_workers", lambda *_: workers)


def test_a_killed_worker_costs_nothing(
    case: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(case(count=20))
    want = run_outputs(task, ALONE)
    use_threads(monkeypatch, deaths=1)
    assert np.array_equal(run_outputs(task, SHARED), want)


def test_examples_that_kill_every_worker_end_the_run(
    case: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_threads(monkeypatch, deaths=9)
    out = tmp_path / "out"
    with pytest.raises(CannotRunError) as caught:
        run_exact(task_of(case(count=4)), replace(SHARED, output=out), print)
    assert str(caught.value) == "too many workers died; they may lack memory"
    assert not out.exists()


def test_weights_that_change_meanwhile_are_not_run(
    case: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_threads(monkeypatch)
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
