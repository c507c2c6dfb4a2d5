"""`snnc evaluate`, in this process."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster
from safetensors.numpy import load_file, save_file

from snnc.cli import main
from snnc.evaluate import cluster, exact, run
from snnc.evaluate.others import has_keras
from snnc.evaluate.task import open_task
from tests.evaluate.conftest import Case

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
Make = Callable[..., Case]
Told = dict[str, Any]


@pytest.fixture(autouse=True)
def _without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "has_keras", lambda: False)


@pytest.fixture(autouse=True)
def _short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows and the sample be as short as the data of a test."""
    monkeypatch.setattr(exact, "ROW", 4)
    monkeypatch.setattr(exact, "SAMPLE", 6)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Return what runs the verb and reads its JSON, its seconds left out."""

    def act(case: Case, *options: str) -> Told:
        status = main([*case.arguments, "--format", "json", *options])
        out, err = capsys.readouterr()
        assert status == 0, err
        found: Told = json.loads(out)
        assert found.pop("seconds") > 0
        return found

    return act


def approximately(found: Any) -> Any:
    """Compare numbers in documents with the tolerance of a float32."""
    if isinstance(found, dict):
        return {name: approximately(value) for name, value in found.items()}
    if isinstance(found, list):
        return [approximately(value) for value in found]
    return pytest.approx(found, rel=1e-6) if isinstance(found, float) else found


def lines(path: Path) -> list[Told]:
    """Return the parts of a file of results, each presentation's by their examples."""
    records = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return sorted(records, key=lambda part: (part["presentation"], part["start"]))


def outputs(path: Path) -> list[list[float]]:
    return [row for record in lines(path) for row in record["outputs"]]


@pytest.fixture
def short_rows_there(monkeypatch: pytest.MonkeyPatch) -> Callable[[Case], None]:
    """Return what makes the package's own rows as short."""

    def act(case: Case) -> None:
        monkeypatch.setattr(case.package.library("evaluation"), "ROW", 4)

    return act


@pytest.mark.parametrize("presentation", ["row", "rest"])
@pytest.mark.parametrize("name", ["small", "regression"])
def test_the_emulator_gives_the_same(
    case: Make,
    told: Callable[..., Told],
    short_rows_there: Callable[[Case], None],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    presentation: str,
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case(name, 6)
    short_rows_there(made)
    exact = told(made, "--presentation", presentation)
    emulator = told(made, "--simulator", "loihi", "--presentation", presentation)
    assert (exact.pop("contrast") is None) == (presentation == "rest")
    assert emulator.pop("contrast") is None
    for key in ("overflows", "simulator"):
        assert exact.pop(key) != emulator.pop(key)
    assert exact == approximately(emulator)
    assert exact["energy_joules"] > 0
    assert all(layer["correlation"] is not None for layer in exact["layers"])


def test_one_text_for_both_evaluates(
    case: Make,
    capsys: pytest.CaptureFixture[str],
    short_rows_there: Callable[[Case], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case("small", 6)
    short_rows_there(made)
    assert main(made.arguments) == 0
    ours = capsys.readouterr().out.splitlines()[1:]
    data, weights = str(made.data), str(made.weights)
    files = ["--data", data, "--weights", weights, "--simulator", "loihi"]
    assert made.package.module("evaluate").main(files) == 0
    package = capsys.readouterr().out.splitlines()[1:]
    theirs = [line for line in package if not line.startswith("seconds")]
    marks = ("overflows", "seconds", "each from rest")
    more = [line for line in ours if line.startswith(marks)]
    assert len(more) == 3
    assert [line for line in ours if line not in more] == theirs


def test_examples_are_drawn_and_shuffled_by_the_seed(
    case: Make, told: Callable[..., Told]
) -> None:
    made = case()
    each = made.data.with_name("each.csv")
    rows = {}
    for seed in ("0", "1"):
        options = ("--seed", seed, "--examples", "9", "--examples-out", str(each))
        assert told(made, *options)["examples"] == 9
        with each.open(newline="") as file:
            rows[seed] = [*csv.DictReader(file)]
    y = np.load(made.data)["y"]
    for found in rows.values():
        numbers = [int(row["example"]) for row in found]
        assert numbers == sorted(set(numbers))
        assert [int(row["label"]) for row in found] == y[numbers].tolist()
    drawn = [[row["example"] for row in found] for found in rows.values()]
    assert drawn[0] != drawn[1]


def test_what_rest_gives_is_known_beside_a_row(
    case: Make, told: Callable[..., Told]
) -> None:
    made = case(count=21)
    row = told(made)
    rest = told(made, "--presentation", "rest", "--output", str(made.data) + ".rest")
    assert (row["presentation"], rest["presentation"]) == ("row", "rest")
    rows, rests = (
        [r for r in lines(path) if r["presentation"] == way]
        for path, way in (
            (made.weights.with_suffix(".evaluation.jsonl"), "rest"),
            (Path(str(made.data) + ".rest"), "rest"),
        )
    )
    sample, every = (
        [o for r in found for o in r["outputs"]] for found in (rows, rests)
    )
    assert sample == every[:6]
    assert row["contrast"]["examples"] == 6
    assert row["contrast"]["gain"][0] < row["contrast"]["gain"][1]


def test_weights_that_were_imported_are_compared_with_what_was_imported(
    case: Make, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case(count=6)
    assert told(made)["keras_model"] == "aware"
    tensors = made.package.read(made.weights)
    made.package.layout.save(made.weights, tensors, "imported")
    for simulator in ("exact", "loihi", "nengo", "keras"):
        found = told(made, "--simulator", simulator)
        assert found["keras_model"] == "imported"


def test_strict_is_an_exit_code(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    layers: Any = made.package.network.layers
    for name, layer in layers.items():
        monkeypatch.setitem(layers, name, replace(layer, rate=(0.0, 1e6)))
    assert main([*made.arguments, "--strict"]) == 0
    missed = replace(layers["c0"], rate=(1e5, 1e6), percentile=50.0)
    monkeypatch.setitem(layers, "c0", missed)
    assert main(made.arguments) == 0
    assert capsys.readouterr().err == ""
    assert main([*made.arguments, "--strict", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("error: rates not held: c0; ")
    assert [layer["holds"] for layer in json.loads(out)["layers"]] == [True, False]


@pytest.mark.parametrize("name", ["small", "regression"])
def test_examples_are_written_one_a_row(
    case: Make,
    told: Callable[..., Told],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case(name, 9)
    path = made.data.with_name("each.csv")
    found = told(made, "--examples-out", str(path))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["example"] for row in rows] == [str(i) for i in range(9)]

    def values(column: str) -> np.ndarray:
        return np.array([float(row[column]) for row in rows])

    if made.package.network.readout.classes:
        y, keras, chip = map(values, ("label", "keras", "chip"))
        assert found["accuracy"] == np.mean(y == chip)
        assert found["agreement"] == np.mean(keras == chip)
    else:
        error = [values(f"label_{i}") - values(f"chip_{i}") for i in range(2)]
        assert found["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(error))))


def test_spikes_and_steps_are_counted(case: Make, told: Callable[..., Told]) -> None:
    made = case()
    short, long = told(made), told(made, "--steps", "50")
    assert (short["steps"], long["steps"], long["examples"]) == (20, 50, 21)
    assert 0 < short["spikes"] < long["spikes"]
    parts = sum(layer["spikes"] for layer in long["layers"])
    assert parts == pytest.approx(long["spikes"])
    assert told(made, "--examples", "4")["examples"] == 4


def test_keras_agrees_with_itself(
    case: Make, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case()
    keras, exact = told(made, "--simulator", "keras"), told(made)
    assert exact["keras_accuracy"] == keras["accuracy"]
    assert exact["agreement"] is not None
    assert keras["layers"] == []


CLUSTER = pytest.mark.xdist_group("cluster")
"""Tests of one cluster, which takes seconds to start."""


@pytest.fixture(scope="module")
def scheduler() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        yield cluster


@CLUSTER
@pytest.mark.parametrize("presentation", ["row", "rest"])
def test_any_number_of_workers_gives_the_same(
    case: Make,
    told: Callable[..., Told],
    scheduler: LocalCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    presentation: str,
) -> None:
    if presentation == "row":
        monkeypatch.setattr(run, "has_keras", has_keras)
    made = case()
    ways = {
        "threads": [],
        "one": ["--workers", "1"],
        "dask": ["--dask", scheduler.scheduler_address],
    }
    if presentation == "row":  # what is started for them knows no presentation
        ways["two"] = ["--workers", "2"]
    presented = ("--presentation", presentation)
    found = {
        name: told(made, *way, *presented, "--output", str(tmp_path / name))
        for name, way in ways.items()
    }
    rows = {name: outputs(tmp_path / name) for name in ways}
    assert len(lines(tmp_path / "dask")) > 2
    for name in ways:
        assert found[name] == found["threads"]
        assert rows[name] == rows["threads"]
    assert len(np.unique(rows["threads"], axis=0)) > 1


@pytest.mark.parametrize("knows_safe_path", [False, True])
def test_workers_import_nothing_from_the_current_folder(
    knows_safe_path: bool,
    case: Make,
    told: Callable[..., Told],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Python 3.11 and newer keep them from it, and as it is done for 3.10."""
    if not knows_safe_path:
        monkeypatch.setattr(cluster, "SAFE_PATH", "UNKNOWN_SAFE_PATH")
        monkeypatch.setattr(cluster, "KNOWS_SAFE_PATH", False)
    elif sys.version_info < (3, 11):
        pytest.skip("Python 3.10 has no such mode")
    for name in ("multiprocessing", "numpy", "struct"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert told(case(), "--workers", "2")["examples"] == 21


@pytest.mark.parametrize("presentation", ["row", "rest"])
def test_an_interrupted_run_goes_on(
    case: Make,
    told: Callable[..., Told],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    presentation: str,
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case()
    way = ("--presentation", presentation)
    out = made.weights.with_suffix(".evaluation.jsonl")
    want = told(made, *way)
    whole = outputs(out)
    out.unlink()
    genuine, seen = vars(exact)["whole_spans"], 0

    def interrupted(found: Any) -> Any:
        nonlocal seen
        for part in genuine(found):
            seen += 1
            yield part
            if seen == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(exact, "whole_spans", interrupted)
    assert main([*made.arguments, *way]) == 130
    assert "`--resume` goes on" in capsys.readouterr().err
    assert len(lines(out)) == 2
    assert main([*made.arguments, *way]) == 1
    assert "`--resume`" in capsys.readouterr().err
    assert main([*made.arguments, *way, "--resume", "--seed", "1"]) == 1
    assert "with other seed;" in capsys.readouterr().err
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
    scheduler: LocalCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shared: bool,
) -> None:
    monkeypatch.setattr(exact, "ROW", 20)
    made = case(count=30)
    task = open_task(made.folder, made.weights, made.data, None, 0)
    address = scheduler.scheduler_address if shared else None
    how = exact.RunSettings(20, "row", None, address, tmp_path / "out", resume=False)
    told: list[int] = []
    exact.run_exact(task, how, told.append)
    assert sum(told) == how.runs(30) == 36
    rows = sorted(told, reverse=True)[:5]
    assert rows == [8, 8, 8, 4, 2]  # 20 and 10 in chunks


def test_a_terminal_shows_something_at_once(
    case: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(made.arguments) == 0
    err = capsys.readouterr().err
    assert err.startswith("reading the package, weights and data\r")
    assert "examples" in err
    assert "27/27" in err


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main([*arguments])
    out, err = capsys.readouterr()
    assert not out
    return f"exit {status}: {err[err.lower().index('error') :].strip()}"


def too_strong(made: Case) -> Iterator[str]:
    """Write weights that nengo-loihi fails on, each in another way."""
    tensors = made.package.layout.load(made.weights)
    kernel, bias = tensors["c0.kernel"], tensors["c0.bias"]
    changes = {
        "strong.safetensors": {"c0.kernel": np.full_like(kernel, 1e4)},
        "stronger.safetensors": {"c0.kernel": np.full_like(kernel, 1e30)},
        "strongest.safetensors": {"c0.kernel": np.full_like(kernel, 3.4e38)},
        "weak.safetensors": {"c0.kernel": np.full_like(kernel, 1e-6)},
        "biased.safetensors": {"c0.bias": np.full_like(bias, 3e38)},
    }
    for name, change in changes.items():
        made.package.layout.save(made.weights.parent / name, tensors | change)
        yield name


@pytest.mark.parametrize("simulator", ["exact", "keras", "nengo", "loihi"])
def test_a_bias_that_is_off_is_not_taken_from_a_file(
    case: Make,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    simulator: str,
) -> None:
    monkeypatch.setattr(run, "has_keras", has_keras)
    made = case("biasless", 3)
    weights = load_file(made.weights)
    biased = {**weights, "c0.bias": weights["c0.bias"] + 0.3}
    save_file(biased, made.weights, {"layout_id": made.package.layout.id})
    text = refused(capsys, *made.arguments, "--simulator", simulator)
    assert text.startswith("exit 1: error: ")
    assert "w.safetensors: c0 has no bias, but c0.bias is not 0" in text


def test_what_is_refused(
    case: Make,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, other, host = case(), case("regression"), case("host")
    monkeypatch.chdir(made.weights.parent)
    small = ["evaluate", "small", "--data", "data.npz", "--weights"]
    fits = [*small, "w.safetensors"]
    Path("notes.txt").write_text("mine\n")
    (old := made.weights.parent / "old").mkdir()
    for source in made.folder.glob("*.py"):
        (old / source.name).write_text(source.read_text())
    content = bytearray(made.data.read_bytes())
    content[200] ^= 1
    Path("damaged.npz").write_bytes(content)
    Path("foreign").write_bytes(other.weights.read_bytes())
    texts = [
        refused(capsys, "evaluate", "nothing", *fits[2:]),
        refused(capsys, "evaluate", "old", *fits[2:]),
        refused(capsys, *host.arguments),
        refused(capsys, *host.arguments, "--simulator", "loihi"),
        refused(capsys, *small, "foreign"),
        refused(capsys, *small, "nothing"),
        *(refused(capsys, *small, strong) for strong in too_strong(made)),
        refused(capsys, *small, "strong.safetensors", "--simulator", "loihi"),
        refused(capsys, *fits, "--steps", "65536"),
        refused(capsys, *fits, "--output", "notes.txt"),
        refused(capsys, *fits, "--output", "nowhere/out"),
        refused(capsys, *fits[:3], "nothing.npz", *fits[4:]),
        refused(capsys, *fits[:3], "damaged.npz", *fits[4:]),
        refused(capsys, *fits, "--examples-out", "nowhere/each.csv"),
        refused(capsys, *fits, "--examples-out", "data.npz"),
        refused(capsys, *fits, "--dask", "scheduler"),
        refused(capsys, *fits, "--simulator", "keras", "--strict"),
        refused(capsys, *fits, "--simulator", "nengo", "--steps", "9"),
        refused(capsys, *fits, "--simulator", "keras", "--presentation", "row"),
        refused(capsys, *fits, "--workers", "2", "--dask", "tcp://h:1"),
    ]
    genuine = importlib.util.find_spec
    absent = ("numba", "distributed", "tensorflow")
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name in absent else genuine(name, *rest),
    )
    texts.append(refused(capsys, *fits, "--workers", "2"))
    texts.append(refused(capsys, *fits, "--simulator", "keras"))
    text = "\n".join(texts) + "\n"
    golden = Path(__file__).parent / "refused.txt"
    if os.environ.get("SNNC_ACCEPT"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
