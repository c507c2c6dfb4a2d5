"""Exported graphs compute what Keras does, and readers can read them."""

import os
from pathlib import Path

import nir
import numpy as np
import pytest

from snnc.cli import main
from snnc.ir.layout import layout_id, tensors
from snnc.language.model import spec_hash
from snnc.nir.export import CannotExportError, export_nir
from tests.nir.networks import BODIES, channels_first, keras_model, spec_of, weights_of
from tests.nir.rates import rates
from tests.rules.checking import assert_accepted
from tests.support import sound

HERE = Path(__file__).parent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="module")
def export_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write each network, its spec and its weights."""
    folder = tmp_path_factory.mktemp("nir")
    for name in BODIES:
        text = spec_of(name)
        (folder / f"{name}.snn").write_text(text)
        export_nir(folder / f"{name}.snn", weights_of(text), folder / f"{name}.nir")
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BODIES)
def test_outputs_in_rates_are_those_of_keras(name: str, export_folder: Path) -> None:
    package, model = keras_model(export_folder, name, weights_of(spec_of(name)))
    given = package.network.input
    x = np.random.default_rng(1).uniform(given.low, given.high, (3, *given.shape))
    expected = model.predict(x.astype("f4"), verbose=0)
    graph = read(export_folder / f"{name}.nir")
    found = [rates(graph, channels_first(example))["output"] for example in x]
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def read(path: Path) -> nir.NIRGraph:
    """Read a graph as its text says it has to be."""
    told = path.with_name(f"{path.name}.txt").read_text()
    return nir.read(path, type_check="are not square" not in told)


@pytest.mark.parametrize("name", BODIES)
def test_nodes_are_such_as_every_reader_knows(name: str, export_folder: Path) -> None:
    graph = read(export_folder / f"{name}.nir")
    assert next(iter(graph.nodes)) == "input"
    assert list(graph.nodes)[-1] == "output"
    seen: set[str] = set()
    for node_name, node in graph.nodes.items():
        before = {source for source, target in graph.edges if target == node_name}
        assert before <= seen, "nirtorch runs nodes in the order of the file"
        seen.add(node_name)
        if isinstance(node, nir.Conv2d):
            assert (node.groups, *np.ravel(node.dilation)) == (1, 1, 1)
            assert not isinstance(node.padding, str | bytes)
            assert node.input_shape is not None
        if isinstance(node, nir.IF | nir.LIF):
            assert {*np.ravel(node.r), *np.ravel(node.v_threshold)} == {1}
            assert not np.any(node.v_reset)
        known = nir.Input | nir.Output | nir.Conv2d | nir.Affine | nir.Flatten
        assert isinstance(node, known | nir.IF | nir.LIF)


def test_cubalif_keeps_the_synapse(tmp_path: Path) -> None:
    text = spec_of("joins")
    (tmp_path / "n.snn").write_text(text)
    path = tmp_path / "n.nir"
    export_nir(tmp_path / "n.snn", weights_of(text), path, neuron="cubalif")
    nodes = nir.read(path).nodes
    assert isinstance(nodes["e_neurons"], nir.IF), "nothing filters values"
    cell = nodes["a_neurons"]
    assert isinstance(cell, nir.CubaLIF)
    assert set(np.ravel(cell.tau_syn)) == {np.float32(0.005)}
    assert {*np.ravel(cell.r), *np.ravel(cell.w_in), *np.ravel(cell.v_threshold)} == {1}
    # All that a spike of 1 brings in: dt / tau_syn and its echoes, dt / tau_mem of it.
    plain = tmp_path / "plain.nir"
    export_nir(tmp_path / "n.snn", weights_of(text), plain)
    charge = nodes["a"].weight * 1e-3 / cell.tau_mem.flat[0]
    np.testing.assert_allclose(charge, nir.read(plain).nodes["a"].weight, rtol=1e-6)


@pytest.mark.parametrize("name", ["clip", "joins", "leaky"])
def test_the_text_beside_a_file(name: str, export_folder: Path) -> None:
    expected = HERE / "expected" / f"{name}.txt"
    assert_accepted(expected, (export_folder / f"{name}.nir.txt").read_text())


def test_programs_find_the_same_in_the_file(export_folder: Path) -> None:
    told = nir.read(export_folder / "clip.nir").metadata
    assert told["rates"] == {"encode": 200, "c0": 150, "c1": 150, "c2": 150, "d0": 150}
    assert (told["dt"], told["present"], told["layout_id"]) == (
        0.001,
        0.1,
        layout_id(tensors(sound(spec_of("clip"), "resolve"))),
    )
    assert told["host"] == "encode, y"
    specs = (sound(text, "validate").spec for text in (told["spec"], spec_of("clip")))
    assert len(set(map(spec_hash, specs))) == 1


def test_what_can_t_be_exported_is_said(tmp_path: Path) -> None:
    spec = tmp_path / "image.snn"
    spec.write_text(spec_of("image"))
    weights = weights_of(spec.read_text())
    good = tmp_path / "n.nir"

    def refusal(package: Path, tensors: dict[str, np.ndarray]) -> str:
        with pytest.raises(CannotExportError) as error:
            export_nir(package, tensors, good)
        assert not list(tmp_path.glob("*.nir*"))
        return str(error.value)

    assert "no package or spec" in refusal(tmp_path / "none", weights)
    assert "no valid snnc.lock" in refusal(tmp_path, weights)
    assert "c0.kernel has shape" in refusal(spec, weights_of(spec_of("pools")))
    nan = weights | {"c0.bias": np.full_like(weights["c0.bias"], np.nan)}
    assert "c0.bias holds 6 NaN" in refusal(spec, nan)
    body = spec_of("image").rpartition("readout")[0]
    grows = "conv2d_transpose u { filters 2, stride 2 }\n  readout y { units 2 }"
    repeats = "upsample { factor 2 }\n  conv2d c { filters 2 }\n  readout y { units 2 }"
    flat = body.replace("dense", "# dense")
    for text, told in (
        (f"{flat}readout y {{ filters 2 }}\n}}\n", "`y` is a convolution"),
        (f"{body}{grows}\n}}\n", "NIR has no transposed convolution: u can't"),
        (f"{flat}{repeats}\n}}\n", "NIR has no upsampling: c can't"),
        (spec_of("image").replace("filters 6", "filtres 6"), "`filtres`"),
    ):
        spec.write_text(text)
        assert told in refusal(spec, weights)


@pytest.mark.slow
def test_a_package_is_that_of_its_spec(tmp_path: Path) -> None:
    spec = tmp_path / "image.snn"
    spec.write_text(spec_of("image"))
    assert main(["build", str(spec), "-o", str(tmp_path / "models")]) == 0
    package, weights = tmp_path / "models" / "image", weights_of(spec.read_text())
    done = export_nir(package, weights, tmp_path / "n.nir")
    assert done.path.read_bytes()[1:4] == b"HDF"
    spec.write_text(spec.read_text().replace("90 Hz", "80 Hz"))
    with pytest.raises(CannotExportError, match="has changed since"):
        export_nir(package, weights, tmp_path / "n.nir")
    spec.unlink()
    with pytest.raises(CannotExportError, match="was moved"):
        export_nir(package, weights, tmp_path / "n.nir")
