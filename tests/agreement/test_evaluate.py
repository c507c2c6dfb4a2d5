"""The generated `evaluate.py` and `predict.py`: the numbers of a run by hand."""

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
Data = tuple[np.ndarray, np.ndarray]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.xdist_group("evaluate"),
]


@pytest.fixture(scope="module")
def net(package: Package) -> SimpleNamespace:
    return package(text("conv3d", "relu").replace("conv3d_relu", "evaluated"))


@pytest.fixture(scope="module")
def data(net: SimpleNamespace) -> Data:
    random = np.random.default_rng(3)
    x = random.uniform(-2, 2, (6, *net.network.input.shape)).astype(np.float32)
    return x, np.arange(6) % 4


def one_run(net: SimpleNamespace, x: np.ndarray, simulator: Any) -> Any:
    """Return rows and rates in Hz of one long run."""
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


def by_hand(net: SimpleNamespace, x: np.ndarray, simulator: Any, row: int = 99) -> Any:
    """Return outputs and rates in Hz of runs of ``row`` examples, each from rest."""
    runs = [one_run(net, x[i : i + row], simulator) for i in range(0, len(x), row)]
    rates = {n: np.concatenate([r[n] for _, r in runs]) for n in runs[0][1]}
    return np.concatenate([rows for rows, _ in runs]), rates


def evaluate_package(
    net: SimpleNamespace, x: np.ndarray, y: np.ndarray, simulator: Any, **how: Any
) -> Evaluation:
    """Return what snnc finds of the package."""
    folder = Path(net.layout.__file__).parent
    how = {"seed": 0, **how}
    return snnc.evaluate(folder, x, y, net.weights, simulator=simulator, **how)


def activations(net: SimpleNamespace, name: str, x: np.ndarray) -> Any:
    neurons = net.model.get_layer(f"{name}.neurons").output
    return net.keras.keras.Model(net.model.input, neurons)(x).numpy()


@pytest.mark.parametrize(
    ("simulator", "presentation", "row"),
    [
        ("nengo", "row", 4),
        ("nengo", "rest", 1),
        pytest.param("nengo_dl", "row", 99, marks=NENGO_DL),
        ("loihi", "row", 99),
        ("loihi", "row", 4),
        ("loihi", "rest", 1),
    ],
)
def test_chunks_give_what_long_runs_give(
    net: SimpleNamespace,
    data: Data,
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
    for copy in (net.library("nengo.simulators"), simulators):
        monkeypatch.setattr(copy, "EXAMPLES_AT_ONCE", 3)
        monkeypatch.setattr(copy, "ROW", max(row, 4))
    how = {"presentation": presentation, "seed": 5}
    own = net.evaluate.evaluate(x, y, net.weights, simulator, **how)
    result = evaluate_package(net, x, y, simulator, **how)
    x, y = x[order], y[order]
    rows, rates = by_hand(net, x, stepped, row)
    decided = rows[:, net.network.steps // 2 :].mean(axis=1).argmax(axis=1)
    keras = net.model(x).numpy().argmax(axis=1)
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
        of_keras = activations(net, layer.name, x).ravel()
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


@pytest.fixture
def file(data: Data, tmp_path: Path) -> str:
    np.savez(tmp_path / "data.npz", x=data[0], y=data[1])
    return str(tmp_path / "data.npz")


def test_progress_is_told_on_a_terminal(
    net: SimpleNamespace,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(net.library("nengo.simulators"), "EXAMPLES_AT_ONCE", 4)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert net.evaluate.main(["--data", file, "--weights", str(net.weights)]) == 0
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


def test_the_command_line(
    net: SimpleNamespace, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--data", file, "--weights", str(net.weights), "--examples", "2")
    done = subprocess.run(
        [sys.executable, "-m", "evaluated.evaluate", *files, "--format", "json"],
        cwd=net.weights.parent,
        capture_output=True,
        check=True,
    )
    result = json.loads(done.stdout)
    assert (result["examples"], result["steps"]) == (2, net.network.steps)
    assert 0 <= result["accuracy"] <= 1
    assert list(result["rates"]) == list(net.network.layers)
    assert "rmse" not in result
    assert net.evaluate.main([*files, "--presentation", "rest", "--seed", "7"]) == 0
    first, second, *rates = capsys.readouterr().out.splitlines()
    assert first == "evaluated on nengo, 2 examples of 20 steps"
    assert second.startswith("accuracy ")
    assert [line.split()[0] for line in rates] == list(net.network.layers)


@pytest.mark.parametrize("simulator", ["nengo", "loihi"])
def test_settings_of_nengo_stay_as_they_are(
    net: SimpleNamespace,
    data: Data,
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
    file: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    none, weights = str(tmp_path / "none"), str(net.weights)
    pairs = [(file, wrong) for wrong in (str(tmp_path), file, none)]
    pairs += [(wrong, weights) for wrong in (str(tmp_path), weights, none)]
    for examples, tensors in pairs:
        assert net.evaluate.main(["--data", examples, "--weights", tensors]) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("evaluated.evaluate: ")
        assert shown.err.count("\n") == 1
        assert (tensors if examples == file else examples) in shown.err


def test_what_the_chip_cannot_hold_is_refused(
    net: SimpleNamespace,
    file: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tensors = net.layout.load_weights(net.weights)
    tensors["c1.kernel"] = tensors["c1.kernel"] * np.float32(1e-6)
    tensors["c1.bias"] = tensors["c1.bias"] + np.float32(1)
    weights = tmp_path / "w.safetensors"
    net.layout.save_weights(weights, tensors)
    arguments = ["--data", file, "--weights", str(weights), "--simulator", "loihi"]
    assert net.evaluate.main(arguments) == 1
    told = "evaluated.evaluate: the chip can't store these weights: "
    assert capsys.readouterr().err.startswith(told)


@pytest.mark.parametrize("name", ["c0", "d0"])
def test_weights_beyond_all_bounds_are_refused(
    net: SimpleNamespace, data: Data, name: str
) -> None:
    tensors = net.layout.load_weights(net.weights)
    tensors[f"{name}.kernel"] = tensors[f"{name}.kernel"] * np.float32(1e30)
    refused = net.library("nengo.simulators").RefusedError
    with pytest.raises(refused, match="can't store these weights"):
        net.evaluate.evaluate(*data, tensors, "loihi")


def test_wrong_arguments_are_refused_by_name(net: SimpleNamespace, data: Data) -> None:
    build = net.nengo.build_network
    tensors = net.layout.load_weights(net.weights)
    tensors["c0.kernel"] = tensors["c0.kernel"][..., :1]
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        (tensors, {}, r"c0\.kernel"),
        (net.weights, {"images": data[0][..., 0]}, "images"),
        (net.weights, {"probe": ["c9"]}, "no layer 'c9'"),
        (net.weights, {"mode": "fast"}, "mode is 'fast'"),
    ]
    for weights, settings, said in wrong:
        with pytest.raises(ValueError, match=said):
            build(weights, **settings)
    with pytest.raises(KeyError, match="not probed"):
        build(net.weights, probe=["c0"]).layer_values(None, "c1")


def test_neurons_but_an_encoders_start_at_zero_and_are_native(
    net: SimpleNamespace,
) -> None:
    built = net.nengo.build_network(net.weights)
    encoder, *others = built.layers.values()
    ensembles = [e for parts in others for e in parts]
    assert {*encoder, *ensembles} == set(built.net.all_ensembles)
    for ensemble in built.net.all_ensembles:
        assert isinstance(ensemble.neuron_type, nengo.SpikingRectifiedLinear)
    with nengo.Simulator(built.net, progress_bar=False) as sim:
        for ensemble in ensembles:
            voltage = sim.signals[sim.model.sig[ensemble.neurons]["voltage"]]
            assert not voltage.any()


def test_no_node_lies_between_chip_layers(net: SimpleNamespace) -> None:
    built = net.nengo.build_network(net.weights)
    nodes = set(built.net.all_nodes)
    ends = {
        (c.pre_obj in nodes, c.post_obj in nodes) for c in built.net.all_connections
    }
    assert ends == {(True, False), (False, False), (False, True)}
    assert len(nodes) == 2


@pytest.fixture
def x(data: Data) -> np.ndarray:
    return data[0]


def outputs_by_hand(net: SimpleNamespace, x: np.ndarray, row: int = 99) -> np.ndarray:
    rows, _ = by_hand(net, x, nengo.Simulator, row)
    return rows[:, net.network.steps // 2 :].mean(axis=1)


def test_outputs_are_those_of_one_run(net: SimpleNamespace, x: np.ndarray) -> None:
    outputs = net.predict.predict(x, net.weights)
    assert (outputs.dtype, outputs.shape) == (np.float32, (6, 4))
    np.testing.assert_allclose(outputs, outputs_by_hand(net, x), rtol=1e-6)
    weights = net.layout.load_weights(net.weights)
    np.testing.assert_array_equal(net.predict.predict(x, weights), outputs)


def test_a_row_begins_from_rest(
    net: SimpleNamespace, x: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net.library("nengo.simulators"), "ROW", 4)
    outputs = net.predict.predict(x, net.weights)
    np.testing.assert_allclose(outputs, outputs_by_hand(net, x, row=4), rtol=1e-6)


@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
def test_the_command_line_writes_outputs_and_labels(
    net: SimpleNamespace, x: np.ndarray, tmp_path: Path, name: str
) -> None:
    data, out = tmp_path / name, tmp_path / "out.npz"
    np.save(data, x) if name == "x.npy" else np.savez(data, x=x)
    files = ("--data", data, "--weights", net.weights, "-o", out)
    assert net.predict.main([*map(str, files)]) == 0
    with np.load(out) as found:
        outputs, labels = found["outputs"], found["labels"]
    np.testing.assert_array_equal(outputs, net.predict.predict(x, net.weights))
    np.testing.assert_array_equal(labels, outputs.argmax(axis=1))
    assert labels.dtype == np.int64


def test_examples_that_do_not_fit_are_refused_in_one_line(
    net: SimpleNamespace,
    x: np.ndarray,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "small.npz", x=x[:, 1:])
    np.savez(tmp_path / "none.npz", x=x[:0])
    out = tmp_path / "out.npz"
    for data, weights, said in (
        ("small.npz", net.weights, "small.npz: x has shape"),
        ("none.npz", net.weights, "none.npz: x holds no examples"),
        ("missing.npz", net.weights, "missing.npz: No such file"),
        ("small.npz", tmp_path / "missing", "small.npz: x has shape"),
    ):
        files = ("--data", tmp_path / data, "--weights", weights, "-o", out)
        assert net.predict.main([*map(str, files)]) == 1
        told = capsys.readouterr().err
        assert said in told
        assert told.startswith("evaluated.predict: ")
        assert told.count("\n") == 1
    assert not out.exists()
