"""The generated `evaluate.py` and `snnc evaluate`: the numbers of a run by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nengo
import numpy as np
import pytest

import snnc
from snnc.runtime.examples import sample_indices
from snnc.runtime.nengo import simulators
from snnc.tools.evaluate.evaluation import Evaluation
from tests.agreement.networks import text
from tests.support import NENGO_DL, network

Package = Callable[[str], SimpleNamespace]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.xdist_group("evaluate"),
]


@pytest.fixture(scope="module")
def net(package: Package) -> SimpleNamespace:
    spec = text("conv3d", "relu").replace("conv3d_relu", "evaluated")
    return package(spec)


@pytest.fixture(scope="module")
def data(net: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    x = random.uniform(-2, 2, (6, *net.network.input.shape)).astype(np.float32)
    return x, np.arange(6) % 4


def by_hand(net: SimpleNamespace, x: np.ndarray, simulator: Any, row: int = 99) -> Any:
    """Return outputs and rates in Hz of runs of ``row`` examples, each from rest."""
    runs = [one_run(net, x[i : i + row], simulator) for i in range(0, len(x), row)]
    rates = {n: np.concatenate([r[n] for _, r in runs]) for n in runs[0][1]}
    return np.concatenate([rows for rows, _ in runs]), rates


def one_run(net: SimpleNamespace, x: np.ndarray, simulator: Any) -> Any:
    """Return outputs and rates in Hz of one long run."""
    described = net.network
    steps, layers = described.steps, described.layers
    built = net.nengo.build_network(net.weights, x, probe=tuple(layers))
    with simulator(built.net, dt=described.dt, progress_bar=False) as sim:
        sim.run_steps(len(x) * steps)
    rows = np.asarray(sim.data[built.output]).reshape(len(x), steps, -1)
    rates = {}
    for name, layer in layers.items():
        values = built.layer_values(sim, name).reshape(len(x), steps, -1)
        rates[name] = values.mean(axis=1) * layer.high
    return rows, rates


def library(net: SimpleNamespace, name: str) -> Any:
    """Return a module of the package's run-time library."""
    return import_module(f"{net.nengo.__package__}._runtime.{name}")


def evaluate_package(
    net: SimpleNamespace, x: np.ndarray, y: np.ndarray, simulator: Any, **how: Any
) -> Evaluation:
    """Return what snnc finds of the package."""
    folder = Path(net.layout.__file__).parent
    how = {"seed": 0, **how}
    return snnc.evaluate(folder, x, y, net.weights, simulator=simulator, **how)


def activations(net: SimpleNamespace, model: Any, name: str, x: np.ndarray) -> Any:
    neurons = model.get_layer(f"{name}.neurons").output
    probed = net.keras.keras.Model(model.input, neurons)
    return probed(x).numpy()


@pytest.mark.parametrize(
    ("simulator", "presentation", "row"),
    [
        ("nengo", "row", 4),
        ("nengo", "rest", 1),
        pytest.param("nengo_dl", "row", 4, marks=NENGO_DL),
        ("loihi", "row", 99),
        ("loihi", "row", 4),
        ("loihi", "rest", 1),
    ],
)
def test_chunks_give_what_long_runs_give(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    simulator: str,
    presentation: str,
    row: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = data
    module = "nengo_loihi" if simulator == "loihi" else simulator
    stepped = import_module(module).Simulator
    order = sample_indices(len(x), None, 5)
    assert order.tolist() != sorted(order)
    for copy in (library(net, "nengo.simulators"), simulators):
        monkeypatch.setattr(copy, "EXAMPLES_AT_ONCE", 3)
        monkeypatch.setattr(copy, "ROW", max(row, 4))
    how = {"presentation": presentation, "seed": 5}
    own = net.evaluate.evaluate(x, y, net.weights, simulator, **how)
    result = evaluate_package(net, x, y, simulator, **how)
    x, y = x[order], y[order]
    rows, rates = by_hand(net, x, stepped, row)
    decided = rows[:, net.network.steps // 2 :].mean(axis=1).argmax(axis=1)
    trained = net.keras.build_model()
    net.keras.import_weights(trained, net.weights)
    keras = trained(x).numpy().argmax(axis=1)
    assert own.accuracy == result.accuracy == pytest.approx(np.mean(decided == y))
    assert own.rates == result.rates
    assert own.cores == result.cores
    assert result.score.keras == pytest.approx(np.mean(keras == y))
    assert result.score.model == "smooth"
    assert result.score.agreement == pytest.approx(np.mean(decided == keras))
    for layer in result.layers:
        want = np.percentile(rates[layer.name], layer.percentile)
        assert layer.rate == pytest.approx(want, rel=1e-6)
        spikes = rates[layer.name] * net.network.present
        assert layer.spikes == pytest.approx(spikes.sum() / len(x), rel=1e-5)
        assert layer.silent == np.mean(~spikes.round().any(axis=0))
        assert layer.saturated == np.mean(spikes.round() >= net.network.steps)
        of_keras = activations(net, trained, layer.name, x).ravel()
        if not spikes.any():
            assert layer.correlation is None
            continue
        alike = np.corrcoef(of_keras, spikes.ravel())[0, 1]
        assert layer.correlation == pytest.approx(alike, rel=1e-5)
    assert result.spikes == sum(layer.spikes for layer in result.layers)
    for moment in result.over_time:
        early = rows[:, moment.steps // 2 : moment.steps].mean(axis=1)
        assert moment.value == np.mean(early.argmax(axis=1) == y)
    assert [moment.steps for moment in result.over_time] == [5, 10, 15, 20]
    assert result.cores == (net.mapped.cores if simulator == "loihi" else None)


def test_weights_may_be_a_mapping(
    net: SimpleNamespace, data: tuple[np.ndarray, np.ndarray]
) -> None:
    tensors = net.layout.load_weights(net.weights)
    found = [
        net.evaluate.evaluate(*data, w, examples=2) for w in (net.weights, tensors)
    ]
    assert found[0] == found[1]


def test_progress_is_told_on_a_terminal(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "data.npz", x=data[0], y=data[1])
    monkeypatch.setattr(library(net, "nengo.simulators"), "EXAMPLES_AT_ONCE", 4)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    files = ["--data", str(tmp_path / "data.npz"), "--weights", str(net.weights)]
    assert net.evaluate.main(files) == 0
    assert capsys.readouterr().err == "\r4/6 examples\r6/6 examples\n"


def test_clipped_values_are_counted(package: Package) -> None:
    spec = network(
        """
        input image 4x4x1 in 0..1
        timing { present 20 ms }
        encode rate { rate 0..1000 Hz }
        dense d { units 3 }
        readout y { classes 2 }
        """,
        "clipped",
    )
    net = package(spec)
    x = np.zeros((2, 4, 4, 1), np.float32)
    x[0, :, :2] = 1
    assert evaluate_package(net, x, np.zeros(2, int), "nengo").clipped == 0.25


def test_the_last_row_decides_where_the_spec_says_so(package: Package) -> None:
    spec = text("conv2d", "relu").replace("conv2d_relu", "last")
    net = package(spec)
    random = np.random.default_rng(3)
    x = random.uniform(0, 1, (4, *net.network.input.shape)).astype(np.float32)
    y = random.normal(size=(4, 2)).astype(np.float32)
    rows, _ = by_hand(net, x, nengo.Simulator)
    result = net.evaluate.evaluate(x, y, net.weights, seed=None)
    rmse = np.sqrt(np.mean((rows[:, -1] - y) ** 2))
    assert result.rmse == pytest.approx(rmse, rel=1e-5)


def run(net: SimpleNamespace, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evaluated.evaluate", *map(str, arguments)],
        cwd=net.weights.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "data.npz", x=data[0], y=data[1])
    files = ("--data", tmp_path / "data.npz", "--weights", net.weights)
    done = run(net, *files, "--examples", 2, "--format", "json")
    result = json.loads(done.stdout)
    assert (result["examples"], result["steps"]) == (2, net.network.steps)
    assert 0 <= result["accuracy"] <= 1
    assert list(result["rates"]) == list(net.network.layers)
    assert "rmse" not in result
    more = ("--examples", 2, "--presentation", "rest", "--seed", 7)
    assert net.evaluate.main([*map(str, (*files, *more))]) == 0
    first, second, *rates = capsys.readouterr().out.splitlines()
    assert first == "evaluated on nengo, 2 examples of 20 steps"
    assert second.startswith("accuracy ")
    assert [line.split()[0] for line in rates] == list(net.network.layers)
    wrong = run(net, "--data", tmp_path / "none.npz", "--weights", net.weights)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "none.npz" in wrong.stderr
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_settings_of_nengo_stay_as_they_are(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    simulator: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(nengo.rc["decoder_cache"], "enabled", "True")
    monkeypatch.setitem(nengo.rc["decoder_cache"], "path", str(tmp_path / "cache"))
    net.evaluate.evaluate(*data, net.weights, simulator, examples=1)
    assert nengo.rc["decoder_cache"]["enabled"] == "True"
    assert not (tmp_path / "cache").exists()


def test_a_folder_or_another_file_is_refused_in_one_line(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = tmp_path / "data.npz"
    np.savez(good, x=data[0], y=data[1])
    pairs = [(good, tmp_path), (good, good), (good, tmp_path / "none")]
    pairs += [(tmp_path, net.weights), (net.weights, net.weights)]
    for examples, weights in pairs:
        arguments = ["--data", str(examples), "--weights", str(weights)]
        assert net.evaluate.main(arguments) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("evaluated.evaluate: ")
        wrong = weights if examples == good else examples
        assert str(wrong) in shown.err


def test_what_the_chip_cannot_hold_is_refused(
    net: SimpleNamespace,
    data: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tensors = net.layout.load_weights(net.weights)
    tensors["c1.kernel"] = tensors["c1.kernel"] * np.float32(1e-6)
    tensors["c1.bias"] = tensors["c1.bias"] + np.float32(1)
    np.savez(tmp_path / "data.npz", x=data[0], y=data[1])
    net.layout.save_weights(tmp_path / "w.safetensors", tensors)
    arguments = ["--data", str(tmp_path / "data.npz"), "--simulator", "loihi"]
    arguments += ["--weights", str(tmp_path / "w.safetensors")]
    assert net.evaluate.main(arguments) == 1
    message = capsys.readouterr().err
    told = "evaluated.evaluate: the chip can't store these weights: "
    assert message.startswith(told)


@pytest.mark.parametrize("name", ["c0", "d0"])
def test_weights_beyond_all_bounds_are_refused(
    net: SimpleNamespace, data: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    tensors = net.layout.load_weights(net.weights)
    tensors[f"{name}.kernel"] = tensors[f"{name}.kernel"] * np.float32(1e30)
    refused = library(net, "nengo.simulators").RefusedError
    with pytest.raises(refused, match="can't store these weights"):
        net.evaluate.evaluate(*data, tensors, "loihi")


def test_wrong_weights_and_images_are_refused_by_name(
    net: SimpleNamespace, data: tuple[np.ndarray, np.ndarray]
) -> None:
    build = net.nengo.build_network
    tensors = net.layout.load_weights(net.weights)
    tensors["c0.kernel"] = tensors["c0.kernel"][..., :1]
    with pytest.raises(ValueError, match=r"c0\.kernel"):
        build(tensors)
    with pytest.raises(ValueError, match="images"):
        build(net.weights, data[0][..., 0])
    with pytest.raises(ValueError, match="no layer 'c9'"):
        build(net.weights, probe=["c9"])
    with pytest.raises(ValueError, match="mode is 'fast'"):
        build(net.weights, mode="fast")


def test_a_layer_that_was_not_probed_has_no_values(net: SimpleNamespace) -> None:
    built = net.nengo.build_network(net.weights, probe=["c0"])
    with pytest.raises(KeyError, match="not probed"):
        built.layer_values(None, "c1")


def test_neurons_but_an_encoders_start_at_zero_and_are_native(
    net: SimpleNamespace,
) -> None:
    built = net.nengo.build_network(net.weights)
    ensembles = [e for parts in built.layers.values() for e in parts]
    assert set(ensembles) == set(built.net.all_ensembles)
    assert all(
        isinstance(e.neuron_type, nengo.SpikingRectifiedLinear) for e in ensembles
    )
    sim = nengo.Simulator(built.net, progress_bar=False)
    encoder = built.layers[next(iter(built.layers))]
    for ensemble in set(ensembles) - set(encoder):
        voltage = sim.signals[sim.model.sig[ensemble.neurons]["voltage"]]
        assert not voltage.any()
    sim.close()


def test_no_node_lies_between_chip_layers(net: SimpleNamespace) -> None:
    built = net.nengo.build_network(net.weights)
    nodes = set(built.net.all_nodes)
    ends = {
        (c.pre_obj in nodes, c.post_obj in nodes) for c in built.net.all_connections
    }
    assert ends == {(True, False), (False, False), (False, True)}
    assert len(nodes) == 2
