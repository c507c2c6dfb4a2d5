"""Sweeps: variants beside each other, kept, gone on with."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.api import runs
from snnc.api.runs import run_file
from snnc.cli import main
from snnc.loihi.profile import read_profile
from snnc.plots.style import theme
from snnc.sweep import DONE, SweepRecords, Tell
from tests.api.test_specs import DRIFT, SMALL
from tests.support import ROOT

SETTINGS: dict[str, list[Any]] = {
    "c0.filters": [3, 4, 6],
    "timing.present": ["20 ms", "30 ms"],
}
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0, 1, (30, 6, 6, 1)).astype("f4")
Y = RANDOM.integers(0, 3, 30)


class Runner:
    """Does jobs at once, as if it trained, up to where it is interrupted."""

    def __init__(self, until: int | None = None) -> None:
        self.done: list[str] = []
        self._until = until

    def __call__(
        self, module: str, jobs: Sequence[Path], workers: int, log: Path, tell: Tell
    ) -> None:
        for path in jobs:
            if len(self.done) == self._until:
                raise KeyboardInterrupt
            job = json.loads(path.read_text())
            spec = snnc.parse(job["spec"])
            filters = spec.report().layers[1].shape[-1]
            told = {
                "accuracy": 0.5 + filters / 20,
                "accuracy_interval": [0.5, 0.9],
                "energy_joules": filters * 1e-6,
            }
            self.done.append(path.parent.name)
            SweepRecords(Path(job["folder"])).write(path.parent.name, {"result": told})
            tell(path, DONE)


def swept(folder: Path, **options: Any) -> snnc.Sweep:
    spec = snnc.parse(SMALL)
    return snnc.sweep(spec, SETTINGS, data=(X, Y), output=folder, **options)


def test_all_combinations_are_compared_at_once() -> None:
    found = snnc.sweep(DRIFT, ["c0.filters=8,16", "timing.present=60,100"])
    assert [variant.settings["c0.filters"] for variant in found.variants] == [
        "8", "8", "16", "16",
    ]  # fmt: skip
    assert [variant.cores for variant in found.variants] == [5, 5, 8, 8]
    first, second = (variant.energy or 0 for variant in found.variants[:2])
    assert second == pytest.approx(first * 100 / 60, rel=0.01)
    assert not found.front
    assert "drift: 4 variants" in str(found)
    assert len(found.as_dict()["variants"]) == 4


def test_texts_and_values_mean_the_same() -> None:
    values = snnc.sweep(DRIFT, {"c1.kernel": [(3, 3, 3), 2], "c1.rate": ["20..99 Hz"]})
    texts = snnc.sweep(DRIFT, ["c1.kernel=3x3x3,2", "c1.rate=20..99 Hz"])
    assert str(values) == str(texts)
    assert [v.spec for v in values.variants] == [v.spec for v in texts.variants]


def test_one_value_needs_no_list() -> None:
    alone = snnc.sweep(DRIFT, {"c0.filters": 8, "timing.present": "60 ms"})
    listed = snnc.sweep(DRIFT, {"c0.filters": [8], "timing.present": ["60 ms"]})
    assert str(alone) == str(listed)


def test_a_combination_that_is_no_network_is_a_row() -> None:
    found = snnc.sweep(DRIFT, ["c1.kernel=3,9", "target.cores=4,8"])
    assert [variant.problem for variant in found.variants] == [
        "does not fit its chip",
        "",
        *2 * ["kernel 9 is larger than the depth of `c0`, which is 6"],
    ]


@pytest.mark.parametrize(
    ("setting", "code", "column"),
    [
        ("c0.filters=8,1.5", "SNN205", 12),
        ("c0.filtrs=8", "SNN203", 4),
        ("e0.filters=8", "SNN250", 1),
        ("timing.present=60 Hz", "SNN209", 19),
    ],
)
def test_a_value_that_is_wrong_by_itself_is_refused_where_it_stands(
    setting: str, code: str, column: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(snnc.SpecError) as caught:
        snnc.sweep(DRIFT, [setting])
    (found,) = caught.value.diagnostics
    assert (found.code, found.file, found.column) == (code, "--set", column)
    assert repr(snnc.sweep(DRIFT, ["c0.filters=8"])).endswith(": 1 variant>")
    assert main(["sweep", str(DRIFT), "--set", setting]) == 1
    assert capsys.readouterr().err.rstrip("\n") == str(caught.value)


def test_a_sweep_that_was_interrupted_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = Runner(until=4), Runner(), Runner()
    monkeypatch.setattr(runs, "run_jobs", first)
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path)
    monkeypatch.setattr(runs, "run_jobs", second)
    found = swept(tmp_path)
    assert (len(first.done), len(second.done)) == (4, 2)
    assert not {*first.done} & {*second.done}
    assert [variant.accuracy for variant in found.variants] == pytest.approx(
        [0.65, 0.65, 0.7, 0.7, 0.8, 0.8]
    )
    monkeypatch.setattr(runs, "run_jobs", third)
    assert str(swept(tmp_path)) == str(found)
    assert not third.done
    swept(tmp_path, epochs=3)  # another training
    assert len(third.done) == 6
    assert all(variant.is_best for variant in found.variants)


def test_a_sweep_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.plots.test_pictures import words

    monkeypatch.setattr(runs, "run_jobs", Runner())
    found = swept(tmp_path)
    with theme():
        ax = found.plot()
    said = words(ax)
    assert "small: 6 variants" in said
    assert "energy per example, uJ" in said
    with pytest.raises(ValueError, match="nothing was evaluated"):
        snnc.sweep(DRIFT, ["c0.filters=8"]).plot()


def test_a_sweep_with_nothing_to_draw_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(
        module: str, jobs: Sequence[Path], workers: int, log: Path, tell: Tell
    ) -> None:
        for path in jobs:
            tell(path, "out of luck")

    monkeypatch.setattr(runs, "run_jobs", fail)
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    picture = tmp_path / "p.png"
    command = ["sweep", str(DRIFT), "--set", "c0.filters=8", "--train"]
    paths = {"--data": tmp_path / "d.npz", "-o": tmp_path, "--plot": picture}
    arguments = [str(word) for pair in paths.items() for word in pair]
    assert main([*command, *arguments]) == 1
    said = capsys.readouterr()
    assert "out of luck" in said.out
    assert "error: nothing was evaluated" in said.err
    assert not picture.exists()


def test_a_device_that_was_edited_is_another(tmp_path: Path) -> None:
    limits = (ROOT / "snnc" / "loihi" / "loihi1.toml").read_text()
    device = tmp_path / "mine.toml"
    shared = runs.SweepSettings(tmp_path, None, None, None, 1, ("smooth",), None, 0)
    names = []
    for compartments in (1024, 512, 1024):
        device.write_text(limits.replace("= 1024", f"= {compartments}", 1))
        read_profile.cache_clear()
        names.append(shared.job(snnc.parse(SMALL, str(device))).name)
    assert names[0] == names[2] != names[1]


def test_data_of_the_same_bytes_are_kept_apart(tmp_path: Path) -> None:
    flat = runs.data_file((X.reshape(30, 36), Y), tmp_path)
    image = runs.data_file((X, Y), tmp_path)
    assert np.load(image)["x"].shape == X.shape
    assert np.load(flat)["x"].shape == (30, 36)
    assert image == runs.data_file((X, Y), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([flat, image])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--train"], "need --data"),
        (["--data", "d.npz"], "give one of --train and --weights"),
        (["--data", "d.npz", "--weights", "w", "--test", "t.npz"], "is for --train"),
        (["--data", "d.npz", "--train", "--plot", "p.gif"], "is no picture"),
        (["--set", "c0.filters"], "--set c0.filters: write NAME.PROPERTY=VALUE"),
    ],
)
def test_options_at_odds_are_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sweep", str(DRIFT), "--set", "c0.filters=8", *arguments]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_data_that_are_not_there_are_told_by_their_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["sweep", str(DRIFT), "--set", "c0.filters=8", "--data", "/no.npz"]
    assert main([*command, "--train"]) == 1
    assert capsys.readouterr().err == "error: /no.npz: No such file or directory\n"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_does_the_same_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    def run(path: str) -> str:
        told: list[str] = []
        Runner()("", [Path(path)], 1, tmp_path, lambda _, answer: told.append(answer))
        return told[0]

    monkeypatch.setattr(runs, "run_file", run)
    options: Any = {"n_workers": 1, "processes": False, "dashboard_address": None}
    with LocalCluster(**options, protocol="tcp") as cluster:
        found = swept(tmp_path, dask=cluster.scheduler_address)
    assert [variant.accuracy for variant in found.variants] == pytest.approx(
        [0.65, 0.65, 0.7, 0.7, 0.8, 0.8]
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_job_that_kills_the_workers_of_a_cluster_does_not_end_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from distributed import LocalCluster

    def run(path: str) -> str:
        if path == "deadly":
            time.sleep(1)  # until it is known that the other job has ended
            os._exit(1)
        return DONE

    monkeypatch.setattr(runs, "run_file", run)
    told: dict[str, str] = {}
    options: Any = {"n_workers": 1, "threads_per_worker": 1}
    with LocalCluster(**options, dashboard_address=None) as cluster:
        monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
        runs.run_on_cluster(
            [Path("harmless"), Path("deadly")],
            cluster.scheduler_address,
            lambda file, answer: told.update({file.name: answer}),
        )
    died = "the workers that ran it died; they may lack memory"
    assert told == {"deadly": died, "harmless": DONE}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_variants_are_trained_and_evaluated_in_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = snnc.parse(SMALL).replace(train={"epochs": 1, "batch": 8})
    settings = {"timing.present": ["20 ms", "30 ms"]}
    found = snnc.sweep(
        spec, settings, data=(X, Y), output=tmp_path, workers=1, progress=False
    )
    one, two = found.variants
    assert one.problem == two.problem == ""
    assert one.result is not None
    assert (one.result["examples"], one.result["steps"]) == (6, 20)
    assert found.front
    # What was trained is not trained again, and gives the same.
    record = next(tmp_path.glob("*.json"))
    before = json.loads(record.read_text())
    record.unlink()
    assert run_file(str(tmp_path / record.stem / "job.json")) == DONE
    again = json.loads(record.read_text())
    assert again["result"] == {
        **before["result"],
        "seconds": again["result"]["seconds"],
    }
    job = json.loads((tmp_path / record.stem / "job.json").read_text())
    np.savez(job["data"], x=X[:, :5], y=Y)
    record.unlink()
    assert "x has shape" in run_file(str(tmp_path / record.stem / "job.json"))
