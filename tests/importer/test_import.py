"""``snnc import``: what it writes, prints and exits with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

import snnc as snnc_api
from snnc.cli import snnc
from tests.importer.configs import CONV, IMAGE, POINT, POOL, ended, functional, layer
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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a current directory with ``m.json``."""
    monkeypatch.chdir(tmp_path)
    save(model())
    return tmp_path


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


FORMATS = {"text": "txt", "markdown": "md", "json": "json"}


@pytest.mark.parametrize("form", FORMATS)
def test_an_explanation_is_printed_in_each_format(folder: Path, form: str) -> None:
    done = run(*MEAN, "--explain", "--format", form)
    assert done.return_value == 0
    assert_accepted(GOLDEN / f"explained.{FORMATS[form]}", done.stdout)


def test_strides_above_a_kernel_are_allowed_as_the_model_has_them(folder: Path) -> None:
    first = layer("Conv2D", "c", "image", **CONV)
    save(ended(first, layer("Conv2D", "s", "c", **POINT | {"strides": [2, 2]})))
    done = run("-o", "net.snn")
    assert done.return_value == 0
    assert "SNN308" not in done.stderr
    for verb in (["check"], ["fmt", "--check"]):
        checked = CliRunner().invoke(snnc, [*verb, "net.snn"])
        assert checked.exit_code == 0
        assert "warning" not in checked.output
    assert "strides above kernel_size" in run("--explain").stdout


def test_cores_are_explained_as_they_are_reported(folder: Path) -> None:
    explained = json.loads(run("--explain", "--format", "json").stdout)
    assert run("-o", "net.snn").return_value == 0
    done = CliRunner().invoke(snnc, ["report", "net.snn", "--format", "json"])
    assert explained["network"]["cores"] == json.loads(done.stdout)["cores"]


def test_a_refused_model_is_told_and_explained(folder: Path) -> None:
    refused = model()
    for entry in refused["config"]["layers"]:
        if entry["class_name"] in ("Conv2D", "ReLU"):
            entry["config"]["activation"] = "tanh"
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


def test_a_network_that_is_too_large_is_written_all_the_same(folder: Path) -> None:
    large = functional(
        IMAGE,
        layer("Flatten", "f", "image"),
        layer("Dense", "d", "f", units=2**18, activation="relu"),
        layer("Dense", "wide", "d", units=4, activation="relu"),  # reads too much
        layer("Dense", "end", "wide", units=3, activation="softmax"),
    )
    save(large)
    for options, severity in ((("--chips", "1"), "error"), ((), "warning")):
        done = run("-o", "net.snn", "--force", *options)
        assert done.return_value == (severity == "error")
        assert f"{severity}[SNN406]" in done.stderr
        assert "units 262144" in Path("net.snn").read_text(encoding="utf-8")


def test_a_network_of_several_chips_gets_them(folder: Path) -> None:
    wide = functional(
        layer("InputLayer", "image", batch_input_shape=[None, 32, 32, 3]),
        layer("Conv2D", "e", "image", **CONV | {"filters": 8}),
        layer("Conv2D", "a", "e", **CONV | {"filters": 96}),
        layer("Conv2D", "b", "a", **CONV | {"filters": 96}),
        layer("GlobalAveragePooling2D", "g", "b"),
        layer("Dense", "end", "g", units=10, activation="softmax"),
    )
    save(wide)
    done = run("-o", "net.snn")
    assert done.return_value == 0
    assert (
        "note: the network takes 144 cores: `chips 2` is the smallest that fits"
        in done.stderr
    )
    text = Path("net.snn").read_text(encoding="utf-8")
    assert "target loihi { chips 2 }" in text
    assert snnc_api.parse(text).report().cores == 144
    assert run("--chips", "3").return_value == 0
    one = run("--chips", "1")
    assert one.return_value == 1
    assert "needs 144 cores, but the limit is 128" in one.stderr


def dense(name: str, reads: str, activation: str = "relu") -> dict[str, Any]:
    return layer("Dense", name, reads, units=12, activation=activation)


CONV2D = layer("Conv2D", "c", "image", filters=4, kernel_size=[3, 3])
LAMBDA = layer("Lambda", "end", "b", function=["4wEAAA==", None, None])
GATE = {**layer("Multiply", "p", "c"), "inbound_nodes": [[["c", 0, 0, {}]] * 2]}
NAMES = ["x", *(f"block/{n}" for n in range(40))]
GIVEN = layer("InputLayer", "x", batch_input_shape=[None, 12])
TAIL = GIVEN, dense("a", "x"), dense("b", "a", "linear")
RENAMED = functional(GIVEN, *(dense(b, a) for a, b in pairwise(NAMES)))
TEXT = functional(
    layer("InputLayer", "words", batch_input_shape=[None, 20]),
    layer("Embedding", "em", "words", input_dim=10**6, output_dim=8),
    layer("Conv1D", "c", "em", filters=8, kernel_size=[3], activation="relu"),
    layer("GlobalAveragePooling1D", "g", "c"),
    dense("end", "g", "softmax"),
)
PADDED = functional(
    layer("InputLayer", "image", batch_input_shape=[None, 8, 1]),
    layer("ZeroPadding1D", "p", "image", padding=[4, 4]),
    layer("Conv1D", "c", "p", filters=2, kernel_size=[3], activation="relu"),
    layer("Flatten", "f", "c"),
    layer("Dense", "d", "f", units=2),
)
REGRESSION = model("linear", loss="mse")
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "an embedding": (TEXT, "", "input words 20x8 in -1..1", ""),
    "a lookup": (TEXT, "--explain", "look up the rows on the host", ""),
    "a last Lambda": (
        functional(*TAIL, LAMBDA), "", "readout b { units 12 }", "before the Lambda"),
    "a Lambda in between": (
        functional(*TAIL, LAMBDA, dense("c", "end")), "", "", "SNN830"),
    "a last Reshape": (
        functional(*TAIL, layer("Reshape", "end", "b", target_shape=[4, 3])),
        "", "readout b { units 12 }", ""),
    "a last tanh": (
        model("tanh"), "", "readout",
        "the readout outputs the values of `end` before the tanh"),
    "a regression": (REGRESSION, "", "readout end { units 3 }", ""),
    "classes": (REGRESSION, "--readout classes", "readout end { classes 3 }", ""),
    "chips": (model(), "--chips 2", "target loihi { chips 2 }", ""),
    "a name": (model(), "--name my/net", "network my_net {", ""),
    "a range": (
        model(), "--input-range -255..255 --encode rate",
        "in -255..255 as -1..1\n  encode rate {", ""),
    "many names": (RENAMED, "", "block_5", "block/5 -> block_5 and 34 more\n"),
    "no weights": (model(), "--weights-out w.safetensors", "", "SNN837"),
    "padded data": (PADDED, "", "", "= help: pad the data (`np.pad`), and import"),
    "pools of another order": (
        ended(
            layer("Conv2D", "c", "image", **CONV, data_format="channels_last"),
            layer("MaxPooling2D", "p", "c", **POOL, data_format="channels_first"),
        ),
        "", "", "give all layers the same `data_format`"),
    "a padded maximum": (
        ended(CONV2D, layer("MaxPooling2D", "p", "c", pool_size=[3, 3],
                            strides=[2, 2], padding="same"), activation="relu"),
        "", "", "use `padding='valid'`, put a `ReLU` before the pool"),
    "a pool over a whole image": (
        ended(CONV2D, layer("AveragePooling2D", "p", "c", pool_size=[7, 7])),
        "", "", "give the model a larger input"),
    "a gate": (ended(CONV2D, GATE), "", "", "leave out gates of another shape"),
    "a layer of NVIDIA": (
        ended(layer("Flatten", "c", "image"), layer("CuDNNLSTM", "p", "c", units=4)),
        "", "", "bin time along the depth"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_model_is_imported_or_a_help_names_what_can_be_done(
    folder: Path, case: str
) -> None:
    config, options, printed, told = CASES[case]
    save(config)
    done = run(*options.split())
    assert done.return_value == (not printed)
    assert printed in done.stdout
    assert told in done.stderr
    is_guessed = "does not state the range of the input" in done.stderr
    assert is_guessed == (bool(printed) and "input-range" not in options)
    assert bool(done.stdout) == bool(printed)
    assert [path.name for path in folder.iterdir()] == ["m.json"]


@pytest.mark.parametrize(
    ("readout", "outputs"), [("units", "Keras's;"), ("classes", "Keras's, before a so")]
)
def test_a_softmax_is_told_of_where_there_are_classes(
    folder: Path, readout: str, outputs: str
) -> None:
    done = run("--readout", readout, "--weights-out", "w.safetensors", file=CHAIN)
    assert f"note: the outputs are {outputs}" in done.stderr


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


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--format json", "--format needs --explain"),
        ("--rewrite maxpool=maxpool", "maxpool=downsample|avgpool"),
        (
            "--rewrite maxpool=avgpool --rewrite maxpool=downsample",
            "choose one of them",
        ),
        ("--input-range 3", "write a range such as 0..255"),
        ("--input-range 1..0", "write a range such as 0..255"),
    ],
)
def test_a_wrong_call_says_what_to_type(folder: Path, options: str, told: str) -> None:
    done = CliRunner().invoke(snnc, ["import", "m.json", *options.split()])
    assert done.exit_code == 2
    assert told in done.stderr


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


def test_an_import_warns_of_spikes_that_weigh_too_much(folder: Path) -> None:
    files = "-o", "w.snn", "--weights-out", "w.safetensors", "--force"
    assert "SNN751" not in run(*files, file=GRAPH).stderr
    done = run("--input-range", "0..100", *files, file=GRAPH)
    assert done.return_value == 0
    assert "warning[SNN751]: one spike through" in done.stderr
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
