"""Workers that die."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from snnc.evaluate.cluster import Program, open_client, run_there
from snnc.evaluate.part import spans_left
from snnc.evaluate.refusals import LostClusterError
from snnc.exact import make_engine
from snnc.exact.stream import join
from snnc.runtime.data import DataSpec, open_data
from snnc.runtime.examples import Presentation
from snnc.tools.measures import outputs_of
from tests.evaluate.conftest import Case

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("presentation", ["row", "rest"])
def test_a_killed_worker_costs_its_batch(
    case: Callable[..., Case], presentation: Presentation
) -> None:
    made = case(count=60)
    examples = open_data(made.data, DataSpec.of(made.package.network))
    program = Program.of(made.package, made.weights.read_bytes(), 20, compares=True)
    left = {presentation: spans_left([], 60, 3)}
    with open_client(2, None) as client:
        parts = []
        for fresh in run_there(client, program, examples, left, Path("out"), print):
            part = fresh.part
            assert np.array_equal(fresh.images, examples[part.start : part.stop])
            seen = np.bincount(fresh.counts["c0"].ravel())
            assert np.array_equal(seen, part.firing["c0"].seen)
            parts.append(part)
            if len(parts) == 2:
                victim, _ = client.run(os.getpid).values()
                os.kill(victim, signal.SIGKILL)
    spans = left[presentation]
    assert sorted((part.start, part.stop) for part in parts) == spans
    with make_engine(made.package, made.weights, 20) as engine:
        chunks = engine.stream(examples[:], spans, presentation, "mean")
        ordered = sorted(chunks, key=lambda chunk: chunk.start)
        want = join([chunk.outcome for chunk in ordered]).outputs
    assert np.array_equal(outputs_of(parts)[-1], want)


def test_examples_that_kill_every_worker_end_the_run(
    case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case(count=4)
    examples = open_data(made.data, DataSpec.of(made.package.network))
    program = Program.of(made.package, made.weights.read_bytes(), 20, compares=False)
    with open_client(1, None) as client:
        scheduler = cast("Any", client).cluster.scheduler
        monkeypatch.setattr(scheduler, "allowed_failures", 0)
        genuine = client.submit

        def deadly(_: object, *arguments: object, **settings: object) -> object:
            return genuine(os._exit, 1, **settings)

        monkeypatch.setattr(client, "submit", deadly)
        left: Any = {"row": [(0, 4)]}
        with pytest.raises(LostClusterError) as caught:
            list(run_there(client, program, examples, left, Path("out"), print))
    assert str(caught.value) == (
        "too many workers died; they may lack memory; what was done is kept in out,"
        " and `--resume` goes on with it"
    )


def test_ctrl_c_does_not_reach_the_workers() -> None:
    with open_client(1, None) as client:
        (handler,) = client.run(signal.getsignal, signal.SIGINT).values()
    assert handler == signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
