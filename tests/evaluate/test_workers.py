"""`snnc evaluate` on several workers, interrupted, and the progress it prints."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.tools.evaluate import exact
from snnc.tools.evaluate.options import EvaluateOptions
from snnc.tools.evaluate.task import open_task
from tests.evaluate.conftest import Make, Told, approximately, lines, outputs
from tests.support import CLUSTER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("without_keras", "short_rows"),
]


@CLUSTER
@pytest.mark.usefixtures("with_keras")
@pytest.mark.parametrize(
    # What is started for workers knows no presentation.
    ("name", "presentation", "workers"),
    [("small", "row", "2"), ("regression", "rest", "1")],
)
def test_any_number_of_workers_gives_the_same(
    case: Make,
    told: Callable[..., Told],
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
@pytest.mark.parametrize("presentation", ["row", "rest"])
def test_an_interrupted_run_goes_on(
    case: Make,
    told: Callable[..., Told],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    presentation: str,
) -> None:
    made = case()
    way = ("--presentation", presentation)
    out = made.weights.with_suffix(".evaluation.jsonl")
    want = told(made, *way)
    whole = outputs(out)
    out.unlink()
    genuine, seen = vars(exact)["whole_spans"], 0

    def interrupt(found: Any) -> Any:
        nonlocal seen
        for part in genuine(found):
            seen += 1
            yield part
            if seen == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(exact, "whole_spans", interrupt)
    assert main([*made.arguments, *way]) == 130
    assert "`--resume` continues" in capsys.readouterr().err
    assert len(lines(out)) == 2
    assert main([*made.arguments, *way]) == 1
    assert "`--resume`" in capsys.readouterr().err
    assert main([*made.arguments, *way, "--resume", "--seed", "1"]) == 1
    assert "had other seed;" in capsys.readouterr().err
    again = told(made, *way, "--resume")
    assert again == (want if presentation == "row" else approximately(want))
    assert all(layer["correlation"] is not None for layer in again["layers"])
    assert sorted(outputs(out)) == sorted(whole)
    done = seen
    assert told(made, *way, "--resume") == again  # a whole one is only read
    assert seen == done > 3


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
    task = open_task(made.folder, made.weights, made.data, None, 0)
    address = scheduler if shared else None
    how = EvaluateOptions(steps=20, dask=address, output=tmp_path / "out")
    told: list[int] = []
    exact.run_exact(task, how, told.append)
    assert sum(told) == sum(exact.counts_of(how, 30).values()) == 36
    # 20 and 10 in a row and 6 from rest: a stretch at a time, or in chunks.
    assert [told[0], *sorted(told, reverse=True)] == (
        [0, 20, 10, 3, 3, 0] if shared else [0, 8, 8, 8, 4, 3, 3, 2, 0]
    )


def test_a_terminal_shows_something_at_once(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(made.arguments) == 0
    err = capsys.readouterr().err
    assert err.startswith("reading the package, weights and data\r")
    assert "runs of 21 examples" in err
    assert "27/27" in err
