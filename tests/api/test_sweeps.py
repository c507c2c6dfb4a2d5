"""Sweeps: run variants at the same time, keep results, resume."""

import importlib.util
import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.cli import main
from snnc.interface import sweep_runs as runs
from snnc.interface.sweep_runs import VariantJob
from snnc.loihi.profile import read_profile
from snnc.processes import Workers
from snnc.results.sweep import Variant, select_best
from snnc.views.plots.style import theme
from tests.api.test_specs import DRIFT, SMALL
from tests.commands import run
from tests.support import ROOT

SETTINGS: dict[str, list[Any]] = {
    "c0.filters": [3, 4, 6],
    "timing.present": ["20 ms", "30 ms"],
}
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0, 1, (30, 6, 6, 1)).astype("f4")
Y = RANDOM.integers(0, 3, 30)


def evaluate_variant(job: VariantJob) -> Any:
    """Return what an evaluation might have found."""
    filters = job.spec.report().layers[1].shape[-1]
    return {
        "accuracy": 0.5 + filters / 20,
        "accuracy_interval": [0.5, 0.9],
        "energy_joules": filters * 1e-6,
    }


class Runner:
    """Does jobs in this process, up to where it is interrupted."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.until: int | None = None
        self.work: Callable[[VariantJob], Any] = evaluate_variant

    def __call__(
        self, workers: Workers, work: object, jobs: Iterable[VariantJob]
    ) -> Iterator[tuple[VariantJob, Future[Any]]]:
        for job in jobs:
            if len(self.done) == self.until:
                raise KeyboardInterrupt
            self.done.append(job.name)
            future: Future[Any] = Future()
            future.set_result(self.work(job))
            yield job, future


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run jobs in this process, without a training."""
    runner = Runner()
    monkeypatch.setattr(runs, "run_tasks", runner)
    return runner


def swept(folder: Path, settings: Any = SETTINGS, **options: Any) -> snnc.Sweep:
    spec = snnc.parse(SMALL)
    return snnc.sweep(spec, settings, data=(X, Y), output=folder, **options)


def test_all_combinations_are_compared_at_once() -> None:
    found = snnc.sweep(DRIFT, ["c0.filters=8,16", "timing.present=60,100"])
    assert [variant.settings["c0.filters"] for variant in found] == [*"88", "16", "16"]
    assert [variant.cores for variant in found.variants] == [5, 5, 8, 8]
    first, second = (variant.energy or 0 for variant in found.variants[:2])
    assert second == pytest.approx(first * 100 / 60, rel=0.01)
    assert not found.front
    assert "drift: 4 variants" in str(found)
    assert len(found.as_dict()["variants"]) == len(found) == 4
    assert [*found] == [*found.variants]
    assert (found[1], found[:1]) == (found.variants[1], found.variants[:1])


@pytest.mark.parametrize(
    ("settings", "others"),
    [
        (
            {"c1.kernel": [(3, 3, 3), 2], "c1.rate": ["20..99 Hz"]},
            ["c1.kernel=3x3x3,2", "c1.rate=20..99 Hz"],
        ),
        (
            {"c0.filters": 8, "timing.present": "60 ms"},
            {"c0.filters": [8], "timing.present": ["60 ms"]},
        ),
        (
            {"neuron": ["relu", "lif { tau_rc 10 ms }"]},
            ["neuron=relu,lif { tau_rc 10 ms }"],
        ),
    ],
)
def test_texts_and_single_values_mean_the_same(settings: Any, others: Any) -> None:
    found, again = snnc.sweep(DRIFT, settings), snnc.sweep(DRIFT, others)
    assert str(found) == str(again)
    assert [v.settings for v in found] == [v.settings for v in again]


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


def test_a_sweep_that_was_interrupted_goes_on(tmp_path: Path, ran: Runner) -> None:
    ran.until = 4
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path)
    ran.until = None
    found = swept(tmp_path)
    assert len(ran.done) == len({*ran.done}) == 6
    accuracies = [variant.accuracy for variant in found.variants]
    assert accuracies == pytest.approx([0.65, 0.65, 0.7, 0.7, 0.8, 0.8])
    assert str(swept(tmp_path)) == str(found)
    assert len(ran.done) == 6
    swept(tmp_path, epochs=3)  # another training
    assert len(ran.done) == 12
    assert all(variant.is_best for variant in found.variants)


def test_other_data_of_the_same_size_and_time_are_run(
    tmp_path: Path, ran: Runner
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "y.npy", Y)
    for number, x in enumerate((X, 1 - X, 1 - X)):
        np.save(data / "x.npy", x)
        for file in data.iterdir():
            os.utime(file, ns=(1, 1))
        snnc.sweep(snnc.parse(SMALL), SETTINGS, data=data, output=tmp_path / "out")
        assert len(ran.done) == 6 * min(number + 1, 2)


def test_results_that_another_sweep_writes_are_refused(
    tmp_path: Path, ran: Runner
) -> None:
    def sweep_again(job: VariantJob) -> Any:
        with pytest.raises(ValueError, match="is in use by another run: "):
            swept(tmp_path)
        return evaluate_variant(job)

    ran.work = sweep_again
    assert all(variant.results for variant in swept(tmp_path))
    assert len(ran.done) == 6


def test_a_sweep_is_drawn(tmp_path: Path, ran: Runner) -> None:
    from tests.plots.test_pictures import words

    found = swept(tmp_path)
    with theme():
        said = words(found.plot())
        ax = found.plot(over="cores")
    assert "small: 6 variants" in said
    assert "energy per example, uJ" in said
    assert ax.get_xlabel().startswith("cores\n1: c0.filters")


def test_a_sweep_with_nothing_to_draw_says_so(tmp_path: Path, ran: Runner) -> None:
    ran.work = lambda job: "out of luck"
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    paths = ("--data", "d.npz", "-o", "out", "--picture", "p.png")
    command = ("sweep", DRIFT, "--set", "c0.filters=8", "--train", *paths)
    done = run(*command, cwd=tmp_path)
    assert (done.returncode, "out of luck" in done.stdout) == (1, True)
    assert "error: nothing was evaluated" in done.stderr
    assert not (tmp_path / "p.png").exists()


@pytest.fixture
def shared(tmp_path: Path) -> runs.SweepSettings:
    data = runs.data_file((X, Y), tmp_path)
    return runs.SweepSettings(tmp_path, data, None, None, 1, ("smooth",), None, 0)


def test_a_device_that_was_edited_is_another(
    shared: runs.SweepSettings, tmp_path: Path
) -> None:
    limits = (ROOT / "snnc" / "loihi" / "loihi1.toml").read_text()
    device, names = tmp_path / "mine.toml", []
    for compartments in (1024, 512, 1024):
        device.write_text(limits.replace("= 1024", f"= {compartments}", 1))
        read_profile.cache_clear()
        names.append(shared.job(snnc.parse(SMALL, str(device)), {}).name)
    assert names[0] == names[2] != names[1]


def test_folders_have_readable_names(shared: runs.SweepSettings) -> None:
    settings = {"c0.filters": "8", "c1.rate": "20..99 Hz"}
    job = shared.job(snnc.parse(SMALL), settings)
    assert job.folder.name == f"c0.filters=8,c1.rate=20..99_Hz-{job.name}"
    job.folder.mkdir()
    assert shared.job(snnc.parse(SMALL), {}).folder == job.folder


def test_data_of_the_same_bytes_are_kept_apart(tmp_path: Path) -> None:
    flat = runs.data_file((X.reshape(30, 36), Y), tmp_path)
    image = runs.data_file((X, Y), tmp_path)
    assert np.load(image)["x"].shape == X.shape
    assert np.load(flat)["x"].shape == (30, 36)
    assert image == runs.data_file((X, Y), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([flat, image])


def die(job: VariantJob) -> Any:
    """End the process of a variant with 4 filters."""
    if "filters=4" in job.settings:
        os._exit(1)
    return evaluate_variant(job)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_variant_that_kills_the_workers_of_a_cluster_does_not_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(runs, "run_variant", die)
    options: Any = {"n_workers": 1, "threads_per_worker": 1}
    with LocalCluster(**options, dashboard_address=None) as cluster:
        monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
        address = cluster.scheduler_address
        done = swept(tmp_path, {"c0.filters": [3, 4, 6]}, dask=address)
    assert [variant.problem for variant in done] == ["", runs.DIED, ""]
    assert [variant.accuracy for variant in done] == pytest.approx([0.65, None, 0.8])


@pytest.mark.parametrize("text", ["", '{"result": {', "[]", "{}", "[" * 100_000])
def test_a_variant_whose_result_is_damaged_runs_again(
    tmp_path: Path, ran: Runner, text: str
) -> None:
    before = swept(tmp_path)
    path, *others = tmp_path.glob("*/result.json")
    assert len(others) == 5
    path.write_text(text)
    assert str(swept(tmp_path)) == str(before)
    assert len(ran.done) == 7


def test_what_is_no_number_is_not_the_best() -> None:
    one = Variant({}, cores=1)
    good = one.with_results(({"rmse": 0.5, "energy_joules": 1.0},))
    lost = one.with_results(({"rmse": math.nan, "energy_joules": 1.0},))
    assert select_best((good, lost), "energy", "cores") == (good,)


def of_seed(job: VariantJob) -> Any:
    """Return an accuracy that depends on the seed of the spec, and fail with seed 3."""
    seed = job.spec.train.seed
    if seed == 3 and "filters=6" in job.settings:
        return "no luck"
    found = evaluate_variant(job)
    return {**found, "accuracy": found["accuracy"] + 0.01 * seed}


def test_seeds_give_means_and_deviations(
    tmp_path: Path, ran: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran.work = of_seed
    spec = snnc.parse(SMALL).replace(train={"seed": 1})
    options: Any = {"data": (X, Y), "output": tmp_path}
    done = snnc.sweep(spec, {"c0.filters": [3, 4, 6]}, seeds=3, **options)
    assert [len(v.results) for v in done] == [3, 3, 2]
    assert done[0].accuracy == pytest.approx(0.67)
    assert done[0].deviation == pytest.approx(0.01)
    assert [v.problem for v in done] == ["", "", "no luck"]
    assert "67.0 %      1.0 %" in str(done)
    assert "mean and standard deviation over seeds" in done.markdown()
    assert "the held-out fifth of the data gives each accuracy" in str(done)
    low, high = done[0].interval or (0.0, 0.0)
    # Student's t with 2 degrees of freedom, and the bounds of each run.
    seeds = 4.3027 * 0.01 / math.sqrt(3)
    assert low == pytest.approx(0.67 - math.hypot(seeds, 0.67 - 0.5))
    assert high == pytest.approx(0.67 + math.hypot(seeds, 0.9 - 0.67))
    head, first, *_ = done.csv().splitlines()
    assert head.startswith("c0.filters,cores,weights,energy_joules,example_seconds,")
    assert first.startswith("3,")
    assert done.as_dict()["variants"][0]["settings"] == {"c0.filters": 3}
    page = done.html()
    assert page.count("<picture>") == 2
    assert '<td class="number">67.0 %</td>' in page
    one = snnc.sweep(spec, {"c0.filters": [3]}, **options)  # which is kept
    assert one[0].accuracy == pytest.approx(0.66)
    assert one[0].deviation is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert done.html().count("pip install &#x27;.[plot]&#x27;") == 2


SEED = ["train.seed=1,2"]
ONE = ["c0.filters=8"]


@pytest.mark.parametrize(
    ("settings", "options", "error"),
    [
        (SEED, {"seeds": 2}, "give data, and no weights"),
        (SEED, {"seeds": 2, "data": (X, Y), "weights": "w"}, "data, and no weights"),
        (SEED, {"seeds": 2, "data": (X, Y)}, "do not vary it too"),
        (SEED, {"seeds": 0}, "seeds is 0, not 1 or more"),
        (["c0.filters=8,8"], {}, "c0.filters=8 is there 2 times"),
        ([*ONE, "c0.filters=9"], {}, "c0.filters is there 2 times"),
        ({"c0.filters": [8, "8"]}, {}, "c0.filters=8 is there 2 times"),
        (
            {"c0.filters": range(1, 1001), "d0.units": range(1, 1001)},
            {},
            "1000000 variants are more than 10000",
        ),
    ],
)
def test_bad_settings_and_options_are_refused(
    settings: Any, options: Any, error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        snnc.sweep(DRIFT, settings, **options)


def test_off_a_terminal_a_line_per_variant_is_printed(
    tmp_path: Path, ran: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(tmp_path, progress=True)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first == "1 of 6 variants: c0.filters=3,timing.present=20 ms: 65.0 %"
    assert last == "6 of 6 variants: c0.filters=6,timing.present=30 ms: 80.0 %"
    swept(tmp_path, progress=True)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("eagerly")
def test_variants_are_trained_and_evaluated(tmp_path: Path, ran: Runner) -> None:
    ran.work = runs.run_variant
    spec = snnc.parse(SMALL).replace(
        timing={"present": "20 ms"}, train={"epochs": 1, "batch": 8}
    )

    def run_seeds() -> list[dict[str, Any]]:
        options: Any = {"data": (X, Y), "output": tmp_path, "progress": False}
        found = snnc.sweep(spec, {"train.seed": [1, 2]}, **options)
        assert [variant.problem for variant in found] == ["", ""]
        assert found.front
        results = [variant.results[0] for variant in found]
        return [{**result, "seconds": None} for result in results]

    one, two = run_seeds()
    assert (one["examples"], one["steps"]) == (6, 20)
    # The spec's seed draws the weights, the sweep's does not.
    first, second = tmp_path.glob("*/weights.safetensors")
    assert first.read_bytes() != second.read_bytes()
    # A trained variant is not trained again, and gives the same result.
    next(tmp_path.glob("*/result.json")).unlink()
    assert run_seeds() == [one, two]
    assert len(ran.done) == 3
