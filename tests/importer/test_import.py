"""``snnc import``: what it writes, prints and exits with."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file

import snnc as snnc_api
from snnc.cli import snnc
from tests.importer.configs import IMAGE, functional, layer
from tests.support import ROOT, codes

GOLDEN = Path(__file__).parent / "imported"
DRAWN = {"kernel_initializer": {"class_name": "GlorotUniform", "config": {}}}
L2 = {"class_name": "L2", "config": {"l2": 0.009999999776482582}}
COMPILED = {
    "loss": "sparse_categorical_crossentropy",
    "optimizer_config": {
        "class_name": "Adam",
        "config": {"learning_rate": 0.0010000000474974513, "beta_1": 0.9},
    },
}


def model() -> dict[str, Any]:
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
        layer("Dense", "end", "flat", units=3, activation="softmax"),
    )  # fmt: skip
    found["compile_config"] = COMPILED
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a current directory with ``m.json``."""
    (tmp_path / "m.json").write_text(json.dumps(model()), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(snnc, ["import", *arguments], standalone_mode=False)


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "accept with SNNC_ACCEPT=1"


@pytest.mark.parametrize("by", ["avgpool", "downsample"])
def test_the_spec_goes_to_stdout_in_the_one_layout(folder: Path, by: str) -> None:
    done = run("m.json", "--rewrite", f"maxpool={by}")
    assert done.return_value == 0
    assert codes(done.stdout) == []
    Path("net.snn").write_text(done.stdout, encoding="utf-8")
    formatted = CliRunner().invoke(snnc, ["fmt", "--check", "net.snn"])
    assert formatted.exit_code == 0
    compare(f"{by}.snn", done.stdout)
    compare("notes.txt", done.stderr)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_an_explanation_is_printed_in_each_format(folder: Path, form: str) -> None:
    done = run("m.json", "--rewrite", "maxpool=avgpool", "--explain", "--format", form)
    assert done.return_value == 0
    suffix = {"text": "txt", "markdown": "md"}.get(form, form)
    compare(f"explained.{suffix}", done.stdout)


def test_strides_above_a_kernel_are_allowed_as_the_model_has_them(folder: Path) -> None:
    config = functional(
        IMAGE,
        layer("Conv2D", "c", "image", filters=2, kernel_size=[3, 3], activation="relu"),
        layer("Conv2D", "s", "c", filters=2, kernel_size=[1, 1], strides=[2, 2]),
        layer("ReLU", "relu", "s"),
        layer("Flatten", "f", "relu"),
        layer("Dense", "end", "f", units=2),
    )
    Path("m.json").write_text(json.dumps(config), encoding="utf-8")
    done = run("m.json", "-o", "net.snn")
    assert done.return_value == 0
    assert "SNN308" not in done.stderr
    for verb in (["check"], ["fmt", "--check"]):
        checked = CliRunner().invoke(snnc, [*verb, "net.snn"])
        assert checked.exit_code == 0
        assert "warning" not in checked.output
    assert "strides above kernel_size" in run("m.json", "--explain").stdout


def test_cores_are_explained_as_they_are_reported(folder: Path) -> None:
    explained = json.loads(run("m.json", "--explain", "--format", "json").stdout)
    assert run("m.json", "-o", "net.snn").return_value == 0
    done = CliRunner().invoke(snnc, ["report", "net.snn", "--format", "json"])
    assert explained["network"]["cores"] == json.loads(done.stdout)["cores"]


def test_a_refused_model_is_told_and_explained(folder: Path) -> None:
    refused = model()
    for kind in ("Conv2D", "ReLU"):
        for entry in refused["config"]["layers"]:
            if entry["class_name"] == kind:
                entry["config"]["activation"] = "tanh"
    Path("m.json").write_text(json.dumps(refused), encoding="utf-8")
    done = run("m.json", "-o", "net.snn")
    assert done.return_value == 1
    assert not Path("net.snn").exists()
    assert done.stdout == ""
    compare("refused.txt", done.stderr)
    explained = run("m.json", "--explain")
    assert explained.return_value == 1
    assert "no spec: a layer is refused" in explained.stdout
    compare("refused_cores.txt", explained.stdout.split("no spec")[1])


def test_every_layer_has_decisions(folder: Path) -> None:
    done = run(
        "m.json", "--explain", "--format", "json", "--rewrite", "maxpool=avgpool"
    )
    document = json.loads(done.stdout)
    names = [item["name"] for item in model()["config"]["layers"]]
    assert [item["name"] for item in document["layers"]] == names
    assert all(item["converter"] is None for item in document["layers"])
    assert all(item["decisions"] for item in document["layers"])
    assert document["network"]["cores"] > 0


def test_what_is_there_stays_unless_forced(folder: Path) -> None:
    Path("net.snn").write_text("mine", encoding="utf-8")
    arguments = ("m.json", "-o", "net.snn", "--rewrite", "maxpool=avgpool")
    assert run(*arguments).return_value == 1
    assert Path("net.snn").read_text(encoding="utf-8") == "mine"
    assert run(*arguments, "--force").return_value == 0
    assert codes(Path("net.snn").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "m.json", "--force"),
        ("--weights-out", "m.json", "--force"),
        ("--explain", "-o", "net.snn"),
    ],
)
def test_no_option_makes_it_replace_the_model(folder: Path, options: tuple) -> None:
    before = Path("m.json").read_bytes()
    done = run("m.json", "--rewrite", "maxpool=avgpool", *options)
    assert isinstance(done.exception, click.UsageError)
    assert Path("m.json").read_bytes() == before
    assert not Path("net.snn").exists()


def test_a_network_that_is_too_large_is_written_all_the_same(folder: Path) -> None:
    large = functional(
        IMAGE,
        layer("Flatten", "f", "image"),
        layer("Dense", "d", "f", units=2**18, activation="relu"),
        layer("Dense", "wide", "d", units=4, activation="relu"),  # reads too much
        layer("Dense", "end", "wide", units=3, activation="softmax"),
    )
    Path("m.json").write_text(json.dumps(large), encoding="utf-8")
    for options, severity in ((("--chips", "1"), "error"), ((), "warning")):
        done = run("m.json", "-o", "net.snn", "--force", *options)
        assert done.return_value == (severity == "error")
        assert f"{severity}[SNN406]" in done.stderr
        assert "units 262144" in Path("net.snn").read_text(encoding="utf-8")


def test_a_network_of_several_chips_gets_them(folder: Path) -> None:
    wide = functional(
        layer("InputLayer", "image", batch_input_shape=[None, 32, 32, 3]),
        layer("Conv2D", "e", "image", filters=8, kernel_size=[3, 3], activation="relu"),
        layer("Conv2D", "a", "e", filters=96, kernel_size=[3, 3], activation="relu"),
        layer("Conv2D", "b", "a", filters=96, kernel_size=[3, 3], activation="relu"),
        layer("GlobalAveragePooling2D", "g", "b"),
        layer("Dense", "end", "g", units=10, activation="softmax"),
    )
    Path("m.json").write_text(json.dumps(wide), encoding="utf-8")
    done = run("m.json", "-o", "net.snn")
    assert done.return_value == 0
    assert (
        "note: the network takes 144 cores: `chips 2` is the smallest that fits"
        in done.stderr
    )
    text = Path("net.snn").read_text(encoding="utf-8")
    assert "target loihi { chips 2 }" in text
    assert snnc_api.parse(text).report().cores == 144
    assert run("m.json", "--chips", "3").return_value == 0
    one = run("m.json", "--chips", "1")
    assert one.return_value == 1
    assert "needs 144 cores, but the limit is 128" in one.stderr


def dense(name: str, reads: str, activation: str = "relu") -> dict[str, Any]:
    return layer("Dense", name, reads, units=12, activation=activation)


def test_the_host_looks_up_an_embedding_at_the_front(folder: Path) -> None:
    config = functional(
        layer("InputLayer", "words", batch_input_shape=[None, 20]),
        layer("Embedding", "em", "words", input_dim=10**6, output_dim=8),
        layer("Conv1D", "c", "em", filters=8, kernel_size=[3], activation="relu"),
        layer("GlobalAveragePooling1D", "g", "c"),
        dense("end", "g", "softmax"),
    )
    Path("m.json").write_text(json.dumps(config))
    done = run("m.json")
    assert done.return_value == 0
    assert "input words 20x8 in -1..1" in done.stdout
    assert "look up the rows on the host" in run("m.json", "--explain").stdout


@pytest.mark.parametrize(
    "last",
    [
        layer("Lambda", "end", "b", function=["4wEAAA==", None, None]),
        layer("Reshape", "end", "b", target_shape=[4, 3]),
    ],
    ids=lambda last: last["class_name"],
)
def test_a_model_ends_before_what_the_host_does_last(
    folder: Path, last: dict[str, Any]
) -> None:
    config = functional(
        layer("InputLayer", "x", batch_input_shape=[None, 20]),
        dense("a", "x"), dense("b", "a", "linear"), last,
    )  # fmt: skip
    Path("m.json").write_text(json.dumps(config))
    done = run("m.json")
    assert done.return_value == 0
    assert "readout b { units 12 }" in done.stdout
    if last["class_name"] == "Lambda":
        assert "before the Lambda" in done.stderr
        between = copy.deepcopy(config)
        between["config"]["layers"].append(dense("c", "end"))
        between["config"]["output_layers"] = [["c", 0, 0]]
        Path("m.json").write_text(json.dumps(between))
        assert run("m.json").return_value == 1


IMAGES = {
    "pools of another order": (
        layer("Conv2D", "c", "image", filters=4, kernel_size=[3, 3],
              activation="relu", data_format="channels_last"),
        layer("MaxPooling2D", "p", "c", pool_size=[2, 2],
              data_format="channels_first"),
        "give all layers the same `data_format`",
    ),
    "a padded maximum": (
        layer("Conv2D", "c", "image", filters=4, kernel_size=[3, 3]),
        layer("MaxPooling2D", "p", "c", pool_size=[3, 3], strides=[2, 2],
              padding="same"),
        "use `padding='valid'`, put a `ReLU` before the pool",
    ),
    "a pool over a whole image": (
        layer("Conv2D", "c", "image", filters=4, kernel_size=[3, 3]),
        layer("AveragePooling2D", "p", "c", pool_size=[7, 7]),
        "give the model a larger input",
    ),
    "a gate": (
        layer("Conv2D", "c", "image", filters=4, kernel_size=[3, 3]),
        {**layer("Multiply", "p", "c"), "inbound_nodes": [[["c", 0, 0, {}]] * 2]},
        "leave out gates of another shape",
    ),
    "a layer of NVIDIA": (
        layer("Flatten", "c", "image"),
        layer("CuDNNLSTM", "p", "c", units=4),
        "bin time along the depth",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAGES)
def test_a_help_names_what_can_be_done(folder: Path, name: str) -> None:
    first, second, said = IMAGES[name]
    end = layer("Flatten", "f", "p"), dense("d", "f"), dense("end", "d")
    Path("m.json").write_text(json.dumps(functional(IMAGE, first, second, *end)))
    done = run("m.json")
    assert done.return_value == 1
    assert said in done.stderr


def test_few_of_many_changed_names_are_listed(folder: Path) -> None:
    names = ["x", *(f"block/{n}" for n in range(40))]
    layers = [dense(b, a) for a, b in pairwise(names)]
    given = layer("InputLayer", "x", batch_input_shape=[None, 12])
    Path("m.json").write_text(json.dumps(functional(given, *layers)))
    done = run("m.json")
    assert "block/5 -> block_5 and 34 more\n" in done.stderr


def test_padding_that_no_kernel_has_is_done_to_the_data(folder: Path) -> None:
    config = functional(
        layer("InputLayer", "image", batch_input_shape=[None, 8, 1]),
        layer("ZeroPadding1D", "p", "image", padding=[4, 4]),
        layer("Conv1D", "c", "p", filters=2, kernel_size=[3], activation="relu"),
        layer("Flatten", "f", "c"),
        layer("Dense", "d", "f", units=2),
    )  # fmt: skip
    Path("padded.json").write_text(json.dumps(config))
    assert "= help: pad the data (`np.pad`), and import" in run("padded.json").stderr


def test_weights_are_asked_of_a_model_that_has_none(folder: Path) -> None:
    done = run(
        "m.json", "--rewrite", "maxpool=avgpool", "--weights-out", "w.safetensors"
    )
    assert done.return_value == 1
    assert "SNN837" in done.stderr
    assert done.stdout == ""
    assert not Path("w.safetensors").exists()


@pytest.mark.parametrize(
    ("readout", "outputs"), [("units", "Keras's;"), ("classes", "Keras's, before a so")]
)
def test_a_softmax_is_told_of_where_there_are_classes(
    folder: Path, readout: str, outputs: str
) -> None:
    model = Path(__file__).parent / "data" / "k3_chain.h5"
    done = run(str(model), "--readout", readout, "--weights-out", "w.safetensors")
    assert f"note: the outputs are {outputs}" in done.stderr


@pytest.mark.parametrize("failing", ["net.snn", "net.safetensors"])
def test_both_files_are_written_or_neither(folder: Path, failing: str) -> None:
    model = Path(__file__).parent / "data" / "k3_chain.h5"
    files = {"net.snn": Path("net.snn"), "net.safetensors": Path("net.safetensors")}
    files[failing] = Path("absent", failing)
    spec, weights = files.values()
    done = run(str(model), "-o", str(spec), "--weights-out", str(weights))
    assert done.return_value == 1
    assert f"error[SNN720]: `absent/{failing}`" in done.stderr
    assert "help: create its folder, or name another file" in done.stderr
    assert not any(path.exists() for path in files.values())
    assert [path.name for path in folder.iterdir()] == ["m.json"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "json"), "--format needs --explain"),
        (("--rewrite", "maxpool=maxpool"), "maxpool=downsample|avgpool"),
        (
            ("--rewrite", "maxpool=avgpool", "--rewrite", "maxpool=downsample"),
            "choose one of them",
        ),
        (("--input-range", "3"), "write a range such as 0..255"),
        (("--input-range", "1..0"), "write a range such as 0..255"),
    ],
)
def test_a_wrong_call_says_what_to_type(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = CliRunner().invoke(snnc, ["import", "m.json", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr


def test_the_range_and_the_name_are_those_that_are_asked_for(folder: Path) -> None:
    done = run(
        "m.json", "--rewrite", "maxpool=avgpool", "--name", "my net",
        "--input-range", "-255..255", "--encode", "rate",
    )  # fmt: skip
    assert "network my_net {" in done.stdout
    assert "in -255..255 as -1..1" in done.stdout
    assert "encode rate {" in done.stdout
    assert "assumed" not in done.stderr


def test_wide_values_are_divided_and_weights_multiplied(folder: Path) -> None:
    chain = str(Path(__file__).parent / "data" / "k3_chain.h5")
    kernels = {}
    for values in ("0..1", "0..255"):
        done = run(
            chain, "--input-range", values, "-o", "w.snn", "--weights-out",
            "w.safetensors", "--force",
        )  # fmt: skip
        assert "SNN502" not in done.stderr
        assert ("divides the input by 255" in done.stderr) == (values == "0..255")
        kernels[values] = load_file("w.safetensors")
    assert "in 0..255 as 0..1" in Path("w.snn").read_text(encoding="utf-8")
    # An encoder that would clip is divided, and its readers are multiplied.
    factor = np.prod([
        np.abs(kernels["0..255"][name]).max() / np.abs(kernels["0..1"][name]).max()
        for name in ("conv2d_0.kernel", "dense_0.kernel")
    ])  # fmt: skip
    assert factor == pytest.approx(255, rel=1e-5)


def test_an_import_warns_of_spikes_that_weigh_too_much(folder: Path) -> None:
    graph = str(Path(__file__).parent / "data" / "k3_graph.h5")
    files = "-o", "w.snn", "--weights-out", "w.safetensors", "--force"
    assert "SNN751" not in run(graph, *files).stderr
    done = run(graph, "--input-range", "0..100", *files)
    assert done.return_value == 0
    assert "warning[SNN751]: one spike through" in done.stderr
    refused = run(graph, "--input-range", "0..10000", *files)
    assert refused.return_value == 1
    assert "the upper end is 0.0305176 Hz" in refused.stderr


def test_a_regression_has_units_unless_classes_are_asked_for(folder: Path) -> None:
    linear = model()
    linear["config"]["layers"][-1]["config"]["activation"] = "linear"
    linear["compile_config"] = {"loss": "mse"}
    Path("m.json").write_text(json.dumps(linear), encoding="utf-8")
    assert "readout end { units 3 }" in run("m.json").stdout
    asked = run("m.json", "--readout", "classes", "--chips", "2").stdout
    assert "readout end { classes 3 }" in asked
    assert "target loihi { chips 2 }" in asked


def test_no_rewrite_is_offered_for_what_the_host_computes(folder: Path) -> None:
    at_the_end = model()
    at_the_end["config"]["layers"][-1]["config"]["activation"] = "tanh"
    Path("m.json").write_text(json.dumps(at_the_end), encoding="utf-8")
    done = run("m.json")
    assert done.return_value == 0
    assert "the readout outputs the values of `end` before the tanh" in done.stderr


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
