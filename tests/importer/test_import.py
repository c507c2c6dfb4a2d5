"""``snnc import``: what it writes, prints and exits with."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import h5py
import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

from snnc.cli import exchange, snnc
from tests.importer.configs import IMAGE, functional, layer
from tests.rules.checking import assert_accepted
from tests.support import ROOT, codes

GOLDEN = Path(__file__).parent / "imported"
CHAIN, GRAPH = (
    str(GOLDEN.parent / f"data/k3_{name}.h5") for name in ("chain", "graph")
)
DRAWN = {"kernel_initializer": {"class_name": "GlorotUniform", "config": {}}}
L2 = {"class_name": "L2", "config": {"l2": 0.009999999776482582}}
COMPILED = {
    "loss": "sparse_categorical_crossentropy",
    "optimizer_config": {
        "class_name": "Adam",
        "config": {"learning_rate": 0.0010000000474974513, "beta_1": 0.9},
    },
}


def model(final: str = "softmax", **compiled: Any) -> dict[str, Any]:
    """Return a model with something of each verdict but `refused`."""
    conv = {"filters": 4, "kernel_size": [3, 3], **DRAWN}
    found = functional(
        IMAGE,
        layer("Rescaling", "rescaling", "image", scale=1 / 255, offset=0.0),
        layer("Conv2D", "conv2d", "rescaling", activation="relu", **conv),
        layer("MaxPooling2D", "pool", "conv2d", pool_size=[2, 2], padding="valid"),
        layer("Conv2D", "block/c", "pool", kernel_regularizer=L2, **conv | {
            "kernel_size": [2, 2], "activation": "linear"}),
        layer("BatchNormalization", "norm", "block/c", axis=[3], momentum=0.99),
        layer("ReLU", "relu", "norm", max_value=None),
        layer("SpatialDropout2D", "drop", "relu", rate=0.25),
        layer("Flatten", "flat", "drop"),
        layer("Dense", "end", "flat", units=3, activation=final),
    )  # fmt: skip
    found["compile_config"] = COMPILED | compiled
    return found


def save(config: dict[str, Any]) -> None:
    Path("m.json").write_text(json.dumps(config), encoding="utf-8")


@pytest.fixture
def folder(here: Path) -> Path:
    """Return a current directory with ``m.json``."""
    save(model())
    return here


def run(*arguments: str, file: str = "m.json") -> Result:
    words = ["import", file, *arguments]
    return CliRunner().invoke(snnc, words, standalone_mode=False)


MEAN = "--rewrite", "maxpool=avgpool"


@pytest.mark.parametrize("by", ["avgpool", "downsample"])
def test_the_spec_goes_to_stdout_in_the_one_layout(folder: Path, by: str) -> None:
    done = run("--rewrite", f"maxpool={by}")
    assert done.return_value == 0
    assert codes(done.stdout) == []
    Path("net.snn").write_text(done.stdout, encoding="utf-8")
    formatted = CliRunner().invoke(snnc, ["fmt", "--check", "net.snn"])
    assert formatted.exit_code == 0
    assert_accepted(GOLDEN / f"{by}.snn", done.stdout)
    assert_accepted(GOLDEN / "notes.txt", done.stderr)


def test_a_spec_that_never_fits_is_written_and_exits_as_a_check_does(
    here: Path,
) -> None:
    wide = functional(
        IMAGE,
        layer("Flatten", "f", "image"),
        layer("Dense", "d", "f", units=262144, activation="relu"),
        layer("Dense", "wide", "d", units=4, activation="relu"),
        layer("Dense", "end", "wide", units=3, activation="softmax"),
    )
    save(wide)
    done = run("-o", "net.snn")
    assert done.return_value == 1
    checked = CliRunner().invoke(snnc, ["check", "net.snn"], standalone_mode=False)
    assert checked.return_value == 1
    problems, notes = done.stderr.split("note: Keras does not state")
    assert problems == checked.stderr
    assert "after `snnc build" not in notes


def test_a_long_import_shows_progress(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = exchange._convert

    def convert_slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.5)
        return convert(*arguments, **options)

    assert "so far" not in run().stderr
    monkeypatch.setattr(exchange, "_convert", convert_slowly)
    monkeypatch.setattr(exchange, "SILENT_SECONDS", 0.1)
    done = run()
    assert done.return_value == 0
    assert "note: importing m.json: 0 s so far\n" in done.stderr


FORMATS = {"text": "txt", "json": "json"}


@pytest.mark.parametrize("form", FORMATS)
def test_an_explanation_is_printed_in_each_format(folder: Path, form: str) -> None:
    done = run(*MEAN, "--explain", "--format", form)
    assert done.return_value == 0
    assert_accepted(GOLDEN / f"explained.{FORMATS[form]}", done.stdout)


def test_cores_are_explained_as_they_are_reported(folder: Path) -> None:
    explained = json.loads(run("--explain", "--format", "json").stdout)
    assert run("-o", "net.snn").return_value == 0
    done = CliRunner().invoke(snnc, ["report", "net.snn", "--format", "json"])
    assert explained["network"]["cores"] == json.loads(done.stdout)["cores"]


def test_a_refused_model_is_told_and_explained(folder: Path) -> None:
    refused = model()
    for entry in refused["config"]["layers"]:
        if entry["class_name"] in ("Conv2D", "ReLU"):
            entry["config"]["activation"] = "exponential"
    save(refused)
    done = run("-o", "net.snn")
    assert done.return_value == 1
    assert not Path("net.snn").exists()
    assert done.stdout == ""
    assert_accepted(GOLDEN / "refused.txt", done.stderr)
    explained = run("--explain")
    assert explained.return_value == 1
    assert "no spec: a layer is refused" in explained.stdout
    assert_accepted(GOLDEN / "refused_cores.txt", explained.stdout.split("no spec")[1])


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ("-o net.snn", 1),
        ("-o m.json --force", 2),
        ("--weights-out m.json --force", 2),
        ("--explain -o net.snn", 2),
    ],
)
def test_what_is_there_stays(folder: Path, options: str, status: int) -> None:
    Path("net.snn").write_text("mine", encoding="utf-8")
    before = Path("m.json").read_bytes()
    done = CliRunner().invoke(snnc, ["import", "m.json", *options.split()])
    assert (done.exit_code or done.return_value) == status
    assert Path("m.json").read_bytes() == before
    assert Path("net.snn").read_text(encoding="utf-8") == "mine"
    assert run("-o", "net.snn", "--force").return_value == 0
    assert codes(Path("net.snn").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("final", ["linear", "softmax", "sigmoid"])
def test_outputs_are_those_before_the_last_activation(here: Path, final: str) -> None:
    with h5py.File(shutil.copy(CHAIN, "m.h5"), "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][-1]["config"]["activation"] = final
        file.attrs["model_config"] = json.dumps(config)
    done = run("--readout", "classes", "--weights-out", "w.safetensors", file="m.h5")
    before = "" if final == "linear" else f", before the {final}"
    assert f"note: the outputs are Keras's{before}\n" in done.stderr


@pytest.mark.parametrize(
    ("options", "phases"), [((), " --phases scale,spikes"), (MEAN, "")]
)
def test_the_command_for_training_runs_as_it_is_printed(
    here: Path, options: tuple[str, ...], phases: str
) -> None:
    names = "--name", "net", "-o", "net.snn", "--weights-out", "w.safetensors"
    done = run(*names, *options, file=GRAPH)
    command = f"--data train.npz --from w.safetensors{phases} --weights-out trained.saf"
    *_, title, build, found, evaluate = done.stderr.splitlines()
    assert title == "Next:"
    assert build == "  snnc build net.snn"
    found = found.removeprefix("  snnc ")
    assert found.startswith(f"train models/net {command}")
    assert evaluate.startswith("  snnc evaluate models/net --data test.npz")
    assert CliRunner().invoke(snnc, ["build", "net.snn"]).exit_code == 0
    trained = CliRunner().invoke(snnc, found.split(), standalone_mode=False)
    assert trained.return_value == 1
    assert "error: train.npz: No such file" in trained.stderr


def test_a_spec_without_weights_is_trained_in_all_phases(folder: Path) -> None:
    done = run("-o", "net.snn", file=GRAPH)
    trained = "train.npz --weights-out trained.safetensors"
    assert f"  snnc train models/k3_graph --data {trained}\n" in done.stderr


def test_more_than_five_notes_are_left_to_explain(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = click.Context(snnc)
    with context:
        exchange._say_notes([f"{number}" for number in range(5)], "a b.keras")
        assert capsys.readouterr().err.count("note: ") == 5
        exchange._say_notes([f"{number}" for number in range(9)], "a b.keras")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:4] == [f"note: {number}" for number in range(4)]
    listed = "`snnc import 'a b.keras' --explain` lists them"
    assert lines[4:] == [f"note: 5 more notes: {listed}"]


def test_a_network_has_the_name_that_is_asked_for(folder: Path) -> None:
    config = model()
    config["config"]["name"] = "3d-model"
    save(config)
    done = run()
    assert "network net_3d_model {" in done.stdout
    assert "note: the network is named net_3d_model, not 3d-model: a" in done.stderr


@pytest.mark.parametrize("failing", ["net.snn", "net.safetensors"])
def test_both_files_are_written_or_neither(folder: Path, failing: str) -> None:
    files = {"net.snn": Path("net.snn"), "net.safetensors": Path("net.safetensors")}
    files[failing] = Path("absent", failing)
    spec, weights = files.values()
    done = run("-o", str(spec), "--weights-out", str(weights), file=CHAIN)
    assert done.return_value == 1
    assert f"error[SNN720]: `absent/{failing}`" in done.stderr
    assert "help: create its folder, or name another file" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["m.json"]


def test_wide_values_are_divided_and_weights_multiplied(folder: Path) -> None:
    files = "-o", "w.snn", "--weights-out", "w.safetensors", "--force"
    largest = []
    for values in ("0..1", "0..255"):
        done = run("--input-range", values, *files, file=CHAIN)
        assert "SNN502" not in done.stderr
        assert ("divides the input by 255" in done.stderr) == (values == "0..255")
        kernels = load_file("w.safetensors")
        # An encoder that would clip is divided, and its readers are multiplied.
        names = "conv2d_0.kernel", "dense_0.kernel"
        largest.append(np.prod([np.abs(kernels[name]).max() for name in names]))
    assert "in 0..255 as 0..1" in Path("w.snn").read_text(encoding="utf-8")
    assert largest[1] / largest[0] == pytest.approx(255, rel=1e-5)


def test_an_import_warns_of_weights_that_lose_on_spikes(folder: Path) -> None:
    files = "-o", "w.snn", "--weights-out", "w.safetensors", "--force"
    assert "SNN751" not in run(*files, file=GRAPH).stderr
    done = run("--input-range", "0..100", *files, file=GRAPH)
    assert done.return_value == 0
    assert "warning[SNN751]: these weights are likely to lose" in done.stderr
    assert "range than 0..100, narrow `--input-range`" in done.stderr
    way_out = next(line for line in done.stderr.splitlines() if "= help: " in line)
    calibrate = way_out.index(
        "`snnc calibrate models/k3_graph --data train.npz --weights w.safetensors -o "
    )
    train = way_out.index(
        "`snnc train models/k3_graph --data train.npz --from w.safetensors "
    )
    assert calibrate < train
    refused = run("--input-range", "0..10000", *files, file=GRAPH)
    assert refused.return_value == 1
    assert "the upper end is 0.0305176 Hz" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", ["m.json", f"{ROOT}/tests/importer/data/k3_chain.keras"]
)
def test_a_spec_without_weights_is_imported_without_numpy(
    folder: Path, model: str
) -> None:
    script = (
        "import sys; from snnc.cli import main\n"
        f"status = main(['import', {model!r}])\n"
        "names = {'numpy', 'h5py', 'tensorflow', 'nengo', 'nengo_dl'}\n"
        "print(status, sorted(names & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines()[-1] == "0 []"
