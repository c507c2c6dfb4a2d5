"""Graphs of NIR become specs whose outputs, in rates, are the graph's."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest
from safetensors.numpy import load_file

from snnc.cli import main
from snnc.diagnostics import Diagnostics
from snnc.importer.model import ImportRequest
from snnc.importer.read import FileNames
from snnc.ir.layout import layout_id, tensors
from snnc.language.model import spec_hash
from snnc.nir.export import CannotExportError, export_nir
from snnc.nir.graph_file import NirGraph, read_graph
from snnc.nir.importing import restore, run
from tests.agreement.specs import draw_specs
from tests.nir.graphs import GRAPHS, affine, chain, conv, fires, flat
from tests.nir.networks import BODIES, channels_first, keras_model, spec_of, weights_of
from tests.nir.rates import rates
from tests.support import network, sound

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.usefixtures("here")
STEPS = {"snntorch": 1e-4}


def hash_of(text: str) -> str:
    return spec_hash(sound(text, "validate").spec)


def exported(text: str, neuron: Any = "if") -> dict[str, np.ndarray]:
    """Export a network as ``net.nir``; return its weights."""
    Path("net.snn").write_text(text)
    weights = weights_of(text)
    export_nir("net.snn", weights, "net.nir", neuron)
    return weights


@pytest.mark.parametrize("neuron", ["if", "cubalif"])
@pytest.mark.parametrize("name", BODIES)
def test_a_round_trip_gives_the_same_spec_and_weights(name: str, neuron: str) -> None:
    weights = exported(spec_of(name), neuron)
    written = ["-o", "b.snn", "--weights-out", "b.safetensors"]
    assert main(["import", "net.nir", *written]) == 0
    assert hash_of(Path("b.snn").read_text()) == hash_of(spec_of(name))
    found = load_file("b.safetensors")
    for tensor, values in weights.items():
        np.testing.assert_allclose(found[tensor], values, rtol=1e-5, atol=1e-6)


ENCODED = """
  input values 7 in {range}
  encode rate
  dense d0 {{ units 5 }}
  readout y {{ units 2 }}
"""
OVERLAPPING = """
  input image 9x10x1 in 0..1
  encode conv { filters 3 }
  avgpool { window 1x3, stride 3x1 }
  dense d0 { units 5 }
  readout y { units 2 }
"""
ONE_CHANNEL = """
  input image 6x6x1 in 0..1
  encode conv e
  conv2d a { filters 1, kernel 3, padding same }
  conv2d b from a { filters 1, kernel 3, padding same }
  concat c from b, a
  conv2d d from c { filters 1 }
  readout y { units 2 }
"""


@pytest.mark.parametrize(
    "body",
    [
        *(ENCODED.format(range=text) for text in ("-4..2", "0..1 as 0..3")),
        OVERLAPPING,
        ONE_CHANNEL,
    ],
)
def test_a_graph_contains_the_tensors_of_its_spec(body: str) -> None:
    assert_restored(network(body, "net"))


@pytest.mark.slow
def test_drawn_graphs_contain_the_tensors_of_their_specs() -> None:
    refused = 0
    for text in draw_specs(40):
        try:
            assert_restored(text)
        except CannotExportError:
            refused += 1
    assert refused < 5


def test_a_spec_that_has_no_graph_is_not_restored() -> None:
    text = network(
        "  input image 8x8x1 in 0..1\n  encode rate\n"
        "  conv2d a { filters 4, kernel 3x3, stride 2, padding same }\n"
        "  conv2d_transpose b { filters 4, kernel 3x3, stride 2, padding same }\n"
        "  readout out { classes 10 }\n"
    )
    facts = {"layout_id": layout_id(tensors(sound(text, "lower").network))}
    assert restore(text, NirGraph({}, (), "1.0", facts), None) is None


def assert_restored(text: str) -> None:
    """Assert that a graph gives back its spec, and tensors with the same effect."""
    for neuron in ("if", "cubalif"):
        weights = exported(text, neuron)
        graph = read_graph(Path("net.nir"), "net.nir")
        restored = restore(graph.facts["spec"], graph, None)
        assert restored is not None, text
        found = restored.tensors
        assert hash_of(restored.text) == hash_of(text)
        for name, values in weights.items():
            # A weight that only reads padding is in no graph.
            assert found[name].shape == values.shape
            has_effect = found[name] != 0
            assert has_effect.mean() > 0.1 or not values.any()
            np.testing.assert_allclose(
                found[name][has_effect], values[has_effect], rtol=1e-4, atol=1e-5
            )
        export_nir("net.snn", found, "again.nir", neuron)
        again = read_graph(Path("again.nir"), "again.nir")
        for name, node in graph.nodes.items():
            for key, array in node.arrays.items():
                same = again.nodes[name].arrays[key]
                np.testing.assert_allclose(same, array, rtol=1e-4, atol=1e-5)


def test_neurons_of_drawn_graphs_fire_as_often_without_their_specs() -> None:
    for text in draw_specs(6):
        exported(text)
        bounds = re.search(r"input x \S+ in (\S+?)\.\.(\S+)", text)
        assert bounds is not None
        values = float(bounds[1]), float(bounds[2])
        done = run(
            "net.nir",
            ImportRequest(values=values),
            FileNames("net.nir", "b.snn", "b.safetensors"),
            Diagnostics(),
            takes_spec=False,
        )
        assert done is not None
        Path("b.snn").write_text(done.text)
        export_nir("b.snn", done.tensors, "again.nir")
        graph = nir.read("net.nir", type_check=False)
        again = nir.read("again.nir", type_check=False)
        shape = graph.nodes["input"].input_type["input"]
        x = np.random.default_rng(1).uniform(*values, shape)
        found = rates(again, x)
        expected = rates(graph, x)
        for name in (last_neurons(graph), "output"):
            own = last_neurons(again) if name != "output" else name
            assert np.abs(expected[name]).max() > 0.001
            np.testing.assert_allclose(
                found[own].ravel(), expected[name].ravel(), rtol=1e-4, atol=1e-5
            )


def test_a_graph_that_ends_in_neurons_outputs_spikes_per_step() -> None:
    nodes = affine(6, 5), fires(6), affine(4, 6), fires(4, threshold=0.5)
    nir.write("net.nir", chain((5,), 4, *nodes))
    written = ["-o", "b.snn", "--weights-out", "b.safetensors"]
    assert main(["import", "net.nir", *written]) == 0
    found = load_file("b.safetensors")
    np.testing.assert_allclose(found["output.kernel"], np.eye(4) / 4)
    np.testing.assert_allclose(found["n2.kernel"].T, 2 * nodes[2].weight, rtol=1e-5)


def last_neurons(graph: nir.NIRGraph) -> str:
    return [name for name, node in graph.nodes.items() if isinstance(node, nir.IF)][-1]


def test_a_one_by_one_kernel_of_ones_remains_a_node() -> None:
    text = network(ONE_CHANNEL, "net")
    Path("net.snn").write_text(text)
    ones = {name: np.ones_like(values) for name, values in weights_of(text).items()}
    export_nir("net.snn", ones, "net.nir")
    graph = read_graph(Path("net.nir"), "net.nir")
    assert "d_from_a" in graph.nodes
    restored = restore(graph.facts["spec"], graph, None)
    assert restored is not None
    for tensor, values in ones.items():
        np.testing.assert_allclose(restored.tensors[tensor], values, rtol=1e-5)


def edit_graph(change: Callable[[dict[str, Any]], None]) -> None:
    graph = nir.read("net.nir")
    change(graph.nodes)
    nir.write("net.nir", graph)


def test_weights_that_were_trained_on_come_back() -> None:
    weights = exported(spec_of("clip"))

    def train(nodes: dict[str, Any]) -> None:
        nodes["d0"].weight *= 2
        nodes["c0"].bias += 1

    edit_graph(train)
    assert main(["import", "net.nir", "--weights-out", "b.safetensors"]) == 0
    found = load_file("b.safetensors")
    np.testing.assert_allclose(found["d0.kernel"], 2 * weights["d0.kernel"], rtol=1e-5)
    bias = weights["c0.bias"] + 1 / 0.15
    np.testing.assert_allclose(found["c0.bias"], bias, rtol=1e-5)


def test_biases_that_were_trained_on_in_several_nodes_of_a_layer_are_added() -> None:
    weights = exported(spec_of("joins"))

    def train(nodes: dict[str, Any]) -> None:
        nodes["c"].bias += 0.25
        nodes["c_from_e"].bias += 0.5

    edit_graph(train)
    assert main(["import", "net.nir", "--weights-out", "b.safetensors"]) == 0
    bias = weights["c.bias"] + 0.75 / 0.15
    np.testing.assert_allclose(load_file("b.safetensors")["c.bias"], bias, rtol=1e-5)


def fill(nodes: dict[str, Any]) -> None:
    nodes["c0"].weight[nodes["c0"].weight == 0] = 0.01


def add_bias(nodes: dict[str, Any]) -> None:
    nodes["c0"].bias = nodes["c0"].bias + 0.25


def flatten_less(nodes: dict[str, Any]) -> None:
    for node in nodes.values():
        if isinstance(node, nir.Flatten):
            node.start_dim = 1


def train_encoder(nodes: dict[str, Any]) -> None:
    nodes["encode"].weight *= 2


def train_one_slice(nodes: dict[str, Any]) -> None:
    nodes["c0"].bias[0] += 0.25


def shift(nodes: dict[str, Any]) -> None:
    nodes["image_scaled"].bias += 0.25


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (spec_of("clip"), fill),
        (spec_of("image").replace("filters", "bias off, filters"), add_bias),
        (spec_of("clip"), train_one_slice),
        (spec_of("image"), flatten_less),
        (spec_of("leaky"), train_encoder),
        (spec_of("image"), shift),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_graph_that_is_no_longer_its_spec_s_is_imported_by_its_nodes(
    text: str,
    change: Callable[[dict[str, Any]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    exported(text)
    again = ["--weights-out", "b.safetensors", "--force", "-o", "b.snn"]
    assert main(["import", "net.nir", *again]) == 0
    assert "was changed after its export" not in capsys.readouterr().err
    edit_graph(change)
    assert main(["import", "net.nir", *again]) == 0
    assert "was changed after its export" in capsys.readouterr().err
    assert main(["weights", "b.safetensors", "b.snn"]) == 0
    if change is fill:  # five slices of four filters
        assert "conv2d c0 { filters 20" in Path("b.snn").read_text()


def test_a_spec_in_a_graph_commands_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    about = 'about "a \x1b[31m \u202e ::error::x"\n#\x07#vso[task.x]\n'
    text = spec_of("image").replace("  input", f"{about}  input", 1)
    exported(text)
    assert main(["import", "net.nir", "-o", "b.snn"]) == 0
    assert main(["import", "net.nir"]) == 0
    out = capsys.readouterr().out
    for printed in (out, Path("b.snn").read_text()):
        assert not {"\x1b", "\u202e", "\x07"} & set(printed)
        assert "##vso" not in printed
        assert not any(x.lstrip().startswith("::") for x in printed.splitlines())
        assert hash_of(printed) is not None


@pytest.mark.parametrize(("weight", "is_said"), [(0.25, False), (2.0, True)])
def test_an_encoder_that_may_exceed_one_spike_per_step_is_named(
    weight: float, is_said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    on_chip = affine(4, 32), fires(4), affine(3, 4)
    nodes = conv(2, 1), fires(2, 4, 4), flat(2, 4, 4), *on_chip
    nodes[0].weight[:] = weight / 9
    nodes[0].bias[:] = 0
    nir.write("net.nir", chain((1, 6, 6), 3, *nodes))
    written = ["-o", "b.snn", "--weights-out", "b.safetensors"]
    assert main(["import", "net.nir", *written, "--input-range=-1..1"]) == 0
    assert "encode conv n0" in Path("b.snn").read_text()
    notes = " ".join(capsys.readouterr().err.split())
    assert ("n0 may output up to 2 per step" in notes) == is_said
    assert ("the outputs are near NIR's" in notes) == is_said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*GRAPHS, "image", "pools", "clip", "series"])
def test_outputs_in_rates_are_those_of_the_graph(name: str) -> None:
    if name in GRAPHS:
        nir.write("net.nir", GRAPHS[name]())
        low = 0.0
    else:
        exported(spec_of(name))
        low = -1.0 if name in ("pools", "series") else 0.0
    command = ["import", "net.nir", "-o", "back.snn", "--weights-out", "w.safetensors"]
    assert main([*command, "--input-range", f"{low}..1", "--name", "back"]) == 0
    package, model = keras_model(Path(), "back")
    x = np.random.default_rng(1).uniform(low, 1, (3, *package.network.input.shape))
    expected = model.predict(x.astype("f4"), verbose=0)
    graph = nir.read("net.nir", type_check=False)
    dt = STEPS.get(name, 1e-3)
    found = [rates(graph, channels_first(example), dt)["output"] for example in x]
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
