"""What is best of several, and how it is kept and told."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnc.sweep import (
    DONE,
    SweepRecords,
    VariantLine,
    front,
    name_of,
    run_jobs,
    table,
)

ECHO = """
import os, sys
for line in sys.stdin:
    path = line.strip()
    if "dies" in path:
        os._exit(3)
    print("too bad" if "bad" in path else "done", flush=True)
"""


@given(st.lists(st.none() | st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_front_has_what_nothing_is_better_than(
    costs: list[tuple[int, int] | None],
) -> None:
    best = front(costs)
    for own, is_best in zip(costs, best, strict=True):
        others = [other for other in costs if other is not None and own is not None]
        beaten = any(
            o != own and o[0] <= own[0] and o[1] <= own[1]  # type: ignore[index]
            for o in others
        )
        assert is_best == (own is not None and not beaten)


def test_records_are_whole_or_not_there(tmp_path: Path) -> None:
    records = SweepRecords(tmp_path / "new")
    name = name_of({"spec": "x", "seed": 0})
    assert records.read(name) is None
    records.write(name, {"result": {"accuracy": 0.5}})
    assert records.read(name) == {"version": 1, "result": {"accuracy": 0.5}}
    records.path(name).write_text('{"version": 1, "resu')
    assert records.read(name) is None
    records.path(name).write_text('{"version": 0}')
    assert records.read(name) is None
    assert name != name_of({"spec": "x", "seed": 1})


def test_jobs_are_done_by_processes_that_may_die(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "echo_jobs.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = ["a", "bad", "b", "dies", "c", "d", "dies too", "e"]
    told: dict[str, str] = {}
    jobs = [Path(name) for name in names]
    run_jobs(
        "echo_jobs", jobs, 2, tmp_path / "log", lambda p, a: told.update({p.name: a})
    )
    assert told.keys() == {*names}
    died = "its process died with status 3"
    assert (told["dies"], told["dies too"], told["bad"]) == (died, died, "too bad")
    assert {told[name] for name in "abcde"} == {DONE}


def test_processes_end_with_who_waits_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "echo_jobs.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def interrupt(path: Path, answer: str) -> None:
        raise AssertionError("a thread's error ends only that thread")

    monkeypatch.setattr("threading.excepthook", lambda _: None)
    run_jobs("echo_jobs", [Path("a"), Path("b")], 1, tmp_path / "log", interrupt)


def test_a_table_tells_what_is_best() -> None:
    lines = [
        VariantLine(
            {"c0.filters": str(n), "timing.present": time},
            cores=n,
            weights=100 * n,
            energy=n * 1e-6,
            score=0.5 + n / 100,
            interval=(0.4, 0.9),
            classifies=True,
            best=n == 4,
            problem="",
        )
        for n, time in product((4, 8), ("60 ms",))
    ]
    failed = VariantLine(
        {"c0.filters": "9"}, None, None, None, None, None, True, False, "no"
    )
    told = table("net", [*lines, failed])
    head, four, eight, nine, _, counted, best = told.split("\n")
    assert head.split()[-6:] == [
        "cores", "weights", "energy", "accuracy", "interval", "best",
    ]  # fmt: skip
    assert four.split("  ")[-1] == "*"
    assert "54.0 %  40.0 to 90.0 %" in four
    assert not eight.endswith("*")
    assert nine.split() == ["9", "no"]
    assert counted == "net: 3 variants, 1 of which has a problem"
    assert best.endswith("and better in one: 1")
