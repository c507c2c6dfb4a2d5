"""The generated `evaluate.py` and `predict.py`: the numbers of a run by hand."""

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nengo
import numpy as np
import pytest

import snnc
from snnc.results.evaluation import Evaluation
from snnc.runtime.examples import sample_indices
from snnc.runtime.nengo import simulators
from tests.agreement.networks import text
from tests.commands import run_python
from tests.support import NENGO_DL, QUIET, network

Package = Callable[[str], SimpleNamespace]
Data = tuple[np.ndarray, np.ndarray]

pytestmark = [pytest.mark.slow, QUIET, pytest.mark.xdist_group("evaluate")]


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
def x(data: Data) -> np.ndarray:
    return data[0]


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
    own = ("-m", "evaluated.evaluate", *files, "--format", "json")
    done = run_python(*own, cwd=net.weights.parent)
    assert done.returncode == 0
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


def one_line(main: Any, *arguments: object) -> str:
    """Return the one line of error that a command prints."""
    with redirect_stdout(StringIO()) as printed, redirect_stderr(StringIO()) as error:
        assert main([*map(str, arguments)]) == 1
    assert printed.getvalue() == ""
    assert error.getvalue().count("\n") == 1
    return error.getvalue()


def test_files_that_do_not_fit_are_refused_in_one_line(
    net: SimpleNamespace, x: np.ndarray, file: str, tmp_path: Path
) -> None:
    small, empty, none = (tmp_path / name for name in ("a.npz", "b.npz", "none"))
    np.savez(small, x=x[:, 1:], y=[0] * 6)
    np.savez(empty, x=x[:0], y=[])
    for data, weights, said in (
        (file, tmp_path, tmp_path),
        (file, file, file),
        (file, none, none),
        (tmp_path, net.weights, tmp_path),
        (net.weights, net.weights, net.weights),
        (none, net.weights, "none: No such file"),
        (small, net.weights, "a.npz: x has shape"),
        (small, none, "a.npz: x has shape"),
        (empty, net.weights, "b.npz: x holds no examples"),
    ):
        files, out = ("--data", data, "--weights", weights), ("-o", tmp_path / "out")
        for verb, more in (("evaluate", ()), ("predict", out)):
            told = one_line(getattr(net, verb).main, *files, *more)
            assert told.startswith(f"evaluated.{verb}: ")
            assert str(said) in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "factor", "bias"), [("c1", 1e-6, 1), ("c0", 1e30, 0), ("d0", 1e30, 0)]
)
def test_what_the_chip_cannot_hold_is_refused(
    net: SimpleNamespace, file: str, tmp_path: Path, name: str, factor: float, bias: int
) -> None:
    tensors = net.layout.load_weights(net.weights)
    tensors[f"{name}.kernel"] *= np.float32(factor)
    tensors[f"{name}.bias"] += np.float32(bias)
    net.layout.save_weights(tmp_path / "w", tensors)
    arguments = ("--data", file, "--weights", tmp_path / "w", "--simulator", "loihi")
    told = "evaluated.evaluate: the chip can't store these weights: "
    assert one_line(net.evaluate.main, *arguments).startswith(told)


def test_wrong_arguments_are_refused_by_name(net: SimpleNamespace, data: Data) -> None:
    build = net.nengo.build_network
    tensors = net.layout.load_weights(net.weights)
    tensors["c0.kernel"] = tensors["c0.kernel"][..., :1]
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        (tensors, {}, r"^weights: c0\.kernel has shape"),
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


@pytest.mark.parametrize("row", [8, 4])
def test_outputs_are_those_of_runs_from_rest(
    net: SimpleNamespace, x: np.ndarray, row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net.library("nengo.simulators"), "ROW", row)
    outputs = net.predict.predict(x, net.weights)
    assert (outputs.dtype, outputs.shape) == (np.float32, (6, 4))
    rows, _ = by_hand(net, x, nengo.Simulator, row)
    expected = rows[:, net.network.steps // 2 :].mean(axis=1)
    np.testing.assert_allclose(outputs, expected, rtol=1e-6)
    weights = net.layout.load_weights(net.weights)
    np.testing.assert_array_equal(net.predict.predict(x, weights), outputs)


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
