"""Graphs of NIR become specs whose outputs, in rates, are the graph's."""

from __future__ import annotations

import os
from pathlib import Path

import nir
import numpy as np
import pytest
from safetensors.numpy import load_file

from snnc.cli import main
from snnc.language.model import spec_hash
from snnc.nir.export import export_nir
from snnc.output.imported import open_package
from tests.nir.graphs import GRAPHS
from tests.nir.networks import BODIES, spec_of, weights_of
from tests.nir.rates import rates
from tests.nir.test_export import channels_first
from tests.support import sound

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

STEPS = {"snntorch": 1e-4}


def hash_of(text: str) -> str:
    return spec_hash(sound(text, "validate").spec)


@pytest.mark.parametrize("neuron", ["if", "cubalif"])
@pytest.mark.parametrize("name", BODIES)
def test_a_round_trip_gives_the_same_spec_and_weights(
    name: str, neuron: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.snn").write_text(spec_of(name))
    weights = weights_of(spec_of(name))
    export_nir("net.snn", weights, "net.nir", neuron)  # type: ignore[arg-type]
    assert (
        main(["import", "net.nir", "-o", "b.snn", "--weights-out", "b.safetensors"])
        == 0
    )
    assert hash_of(Path("b.snn").read_text()) == hash_of(spec_of(name))
    found = load_file("b.safetensors")
    for tensor, values in weights.items():
        np.testing.assert_allclose(found[tensor], values, rtol=1e-5, atol=1e-6)


def edit_graph(path: str, change: object) -> None:
    graph = nir.read(path)
    change(graph)  # type: ignore[operator]
    nir.write(path, graph)


def test_weights_that_were_trained_on_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.snn").write_text(spec_of("clip"))
    weights = weights_of(spec_of("clip"))
    export_nir("net.snn", weights, "net.nir")

    def train(graph: nir.NIRGraph) -> None:
        graph.nodes["d0"].weight *= 2
        graph.nodes["c0"].bias += 1

    edit_graph("net.nir", train)
    assert main(["import", "net.nir", "--weights-out", "b.safetensors"]) == 0
    found = load_file("b.safetensors")
    np.testing.assert_allclose(found["d0.kernel"], 2 * weights["d0.kernel"], rtol=1e-5)
    bias = weights["c0.bias"] + 1 / 0.15
    np.testing.assert_allclose(found["c0.bias"], bias, rtol=1e-5)


def test_a_graph_that_is_no_longer_its_spec_s_is_imported_by_its_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.snn").write_text(spec_of("clip"))
    export_nir("net.snn", weights_of(spec_of("clip")), "net.nir")

    def fill(graph: nir.NIRGraph) -> None:
        weight = graph.nodes["c0"].weight
        weight[weight == 0] = 0.01

    edit_graph("net.nir", fill)
    assert main(["import", "net.nir"]) == 0
    out, err = capsys.readouterr()
    assert "was changed after its export" in err
    assert "conv2d c0 { filters 20" in out  # five slices of four filters


def test_a_bias_that_the_spec_does_not_have_makes_another_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = spec_of("image").replace("filters", "bias off, filters")
    Path("net.snn").write_text(text)
    export_nir("net.snn", weights_of(text), "net.nir")
    again = ["--weights-out", "b.safetensors", "--force", "-o", "b.snn"]
    assert main(["import", "net.nir", *again]) == 0
    assert "was changed after its export" not in capsys.readouterr().err

    def train(graph: nir.NIRGraph) -> None:
        graph.nodes["c0"].bias = graph.nodes["c0"].bias + 0.25

    edit_graph("net.nir", train)
    assert main(["import", "net.nir", *again]) == 0
    assert "was changed after its export" in capsys.readouterr().err
    assert main(["weights", "b.safetensors", "b.snn"]) == 0


def test_a_flatten_of_other_axes_makes_another_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.snn").write_text(spec_of("image"))
    export_nir("net.snn", weights_of(spec_of("image")), "net.nir")

    def start(graph: nir.NIRGraph) -> None:
        flat = [n for n in graph.nodes.values() if isinstance(n, nir.Flatten)]
        assert flat
        for node in flat:
            node.start_dim = 1

    edit_graph("net.nir", start)
    assert main(["import", "net.nir"]) == 0
    assert "was changed after its export" in capsys.readouterr().err


def test_another_scale_of_the_input_makes_another_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.snn").write_text(spec_of("image"))
    export_nir("net.snn", weights_of(spec_of("image")), "net.nir")

    def scale(graph: nir.NIRGraph) -> None:
        graph.nodes["image_scaled"].bias += 0.25

    edit_graph("net.nir", scale)
    assert main(["import", "net.nir"]) == 0
    assert "was changed after its export" in capsys.readouterr().err


def test_a_spec_in_a_graph_commands_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    about = 'about "a \x1b[31m \u202e ::error::x"\n#\x07#vso[task.x]\n'
    text = spec_of("image").replace("  input", f"{about}  input", 1)
    Path("net.snn").write_text(text)
    export_nir("net.snn", weights_of(text), "net.nir")
    assert main(["import", "net.nir", "-o", "b.snn"]) == 0
    assert main(["import", "net.nir"]) == 0
    out = capsys.readouterr().out
    for printed in (out, Path("b.snn").read_text()):
        assert not {"\x1b", "\u202e", "\x07"} & set(printed)
        assert "##vso" not in printed
        assert not any(x.lstrip().startswith("::") for x in printed.splitlines())
        assert hash_of(printed) is not None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*GRAPHS, "image", "pools", "clip", "sequence"])
def test_outputs_in_rates_are_those_of_the_graph(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in GRAPHS:
        nir.write("net.nir", GRAPHS[name]())
        low = 0.0
    else:
        Path("own.snn").write_text(spec_of(name))
        export_nir("own.snn", weights_of(spec_of(name)), "net.nir")
        low = -1.0 if name in ("pools", "sequence") else 0.0
    command = ["import", "net.nir", "-o", "net.snn", "--weights-out", "w.safetensors"]
    assert main([*command, "--input-range", f"{low}..1", "--name", "back"]) == 0
    assert main(["build", "net.snn", "-o", "models"]) == 0
    package = open_package("models/back")
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, "w.safetensors")
    x = np.random.default_rng(1).uniform(low, 1, (3, *package.network.input.shape))
    expected = model.predict(x.astype("f4"), verbose=0)
    graph = nir.read("net.nir", type_check=False)
    dt = STEPS.get(name, 1e-3)
    found = [rates(graph, channels_first(example), dt)["output"] for example in x]
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
