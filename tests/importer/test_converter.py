"""What `--converter` tells is what NengoDL and nengo-loihi do, and the docs show."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from snnc.diagnostics import Report
from snnc.importer.converter import ask as asking
from snnc.importer.converter import program
from snnc.importer.converter.ask import ConverterTrial, ask
from snnc.importer.model import RefusedModelError
from snnc.importer.process import ProcessLimit
from snnc.text.tables import prose, table
from tests.importer.converter_models import MODELS, SHOWN
from tests.support import NENGO_DL, ROOT

pytestmark = NENGO_DL

GOLDEN = Path(__file__).with_name("converter.txt")
PAGE = ROOT / "docs/from-keras.md"
HEAD = ("layer", "nengo_dl.Converter", "nengo-loihi")
TABLE = re.compile(r"^\| layer \| nengo_dl.Converter \|.*?\n\n", re.M | re.S)

Trials = Mapping[str, ConverterTrial]
TRIED_ONCE = pytest.mark.xdist_group("converter")
"""All models are built and tried for the first of these tests in a process."""


@pytest.fixture(scope="module")
def keras_models() -> dict[str, Any]:
    from tensorflow import keras

    found = {}
    for name, build in MODELS.items():
        keras.backend.clear_session()  # so that names count from 1 in each model
        found[name] = build(keras)
    return found


@pytest.fixture(scope="module")
def trials(keras_models: dict[str, Any]) -> dict[str, Trials]:
    from snnc.importer.converter.run_converter import convert

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: convert(model) for name, model in keras_models.items()}


def accept(path: Path, text: str) -> None:
    if os.environ.get("SNNC_ACCEPT"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "SNNC_ACCEPT=1 pytest rewrites it"


@pytest.fixture
def plain(keras_models: dict[str, Any], name: str) -> Iterator[Any]:
    """The Converter as a user calls it, who watches nothing; None if it raises."""
    import nengo
    import nengo_dl
    import tensorflow as tf

    relus = (tf.keras.activations.relu, tf.nn.relu)
    swaps = dict.fromkeys(relus, nengo.SpikingRectifiedLinear())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = keras_models[name]
            yield nengo_dl.Converter(model, swap_activations=swaps, inference_only=True)
        except Exception:
            yield None


def tensor_nodes(converter: Any) -> set[str]:
    """Return the layers that are TensorNodes, or whose activations ``layer.0`` are."""
    from nengo_dl import TensorNode

    nodes = converter.net.all_nodes
    return {re.sub(r"[.]\d+$", "", n.label) for n in nodes if isinstance(n, TensorNode)}


def runs(converter: Any) -> bool:
    """Return whether nengo-loihi builds a network and makes a step."""
    import nengo_loihi

    from snnc.importer.converter.run_loihi import put_first_neurons_on_host

    put_first_neurons_on_host(converter.net)
    try:
        with nengo_loihi.Simulator(
            converter.net, target="sim", progress_bar=False
        ) as simulator:
            simulator.run_steps(1)
    except Exception:
        return False
    return True


@pytest.mark.slow
@TRIED_ONCE
@pytest.mark.parametrize("name", MODELS)
def test_a_model_runs_if_and_only_if_all_of_its_layers_do(
    name: str, plain: Any, trials: dict[str, Trials]
) -> None:
    found = trials[name]
    ends = {layer.split("/")[-1]: trial for layer, trial in found.items()}
    assert (plain is None) == any(t.converter == "exception" for t in found.values())
    if plain is not None:
        nodes = {name for name, t in ends.items() if t.converter == "TensorNode"}
        assert tensor_nodes(plain) == nodes
        assert runs(plain) == all(t.loihi == "builds" for t in found.values())


@pytest.mark.slow
@TRIED_ONCE
def test_what_becomes_of_each_layer_is_accepted(trials: dict[str, Trials]) -> None:
    lines = [
        f"{name}: {layer}: {trial.converter}, {trial.loihi}\n"
        for name, found in trials.items()
        for layer, trial in found.items()
        if layer not in {"image", "spikes", "chip", "flat", "reader"}
        or trial.loihi == "refused"
    ]
    accept(GOLDEN, "".join(lines))


@pytest.mark.slow
@TRIED_ONCE
def test_the_docs_show_what_becomes_of_each_kind(trials: dict[str, Trials]) -> None:
    rows = []
    for what, (model, layer) in SHOWN.items():
        trial = trials[model][layer]
        said = f"{trial.loihi}: {trial.why}" if trial.why else trial.loihi
        if trial.converter == "TensorNode":
            said = "refused"
        rows.append((what, trial.converter, prose(said)))
    made = "\n".join(table(HEAD, rows)) + "\n\n"
    accept(PAGE, TABLE.sub(lambda _: made, PAGE.read_text(encoding="utf-8")))


@pytest.mark.slow
@TRIED_ONCE
def test_each_registered_layer_is_in_a_model(keras_models: dict[str, Any]) -> None:
    import nengo_dl
    from tensorflow import keras

    registered = {
        kind.__name__
        for kind in nengo_dl.Converter.converters
        if kind and kind.__module__.startswith(("keras.layers", keras.__name__))
    }
    kinds = {
        type(layer).__name__
        for model in keras_models.values()
        for layer in model.layers
    }
    assert registered <= kinds


@pytest.mark.slow
@TRIED_ONCE
@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("conv regularised", {"conv2d"}),
        ("conv constrained", {"conv2d"}),
        ("dense regularised", {"dense"}),
        ("batch norm last", {"batch_normalization"}),
        ("batch norm frozen", set()),
        ("conv frozen", set()),
        ("dense", set()),
    ],
)
def test_training_makes_tensor_nodes(
    name: str, layers: set[str], keras_models: dict[str, Any]
) -> None:
    from snnc.importer.converter.run_converter import convert

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = convert(keras_models[name], inference_only=False)
    nodes = {layer for layer, trial in found.items() if trial.converter == "TensorNode"}
    assert nodes == layers


def saved(model: Any, suffix: str) -> Path:
    path = Path(f"model.{suffix}")
    if suffix == "json":
        path.write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(path, save_format="tf" if suffix == "folder" else None)
    return path


@pytest.mark.slow
@TRIED_ONCE
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_a_file_is_tried_as_the_model_that_was_saved(
    suffix: str,
    keras_models: dict[str, Any],
    trials: dict[str, Trials],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from snnc.importer.converter.run_converter import convert

    monkeypatch.chdir(tmp_path)
    path = saved(keras_models["fit"], suffix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert convert(program._model("file", path.name)) == trials["fit"]


@pytest.mark.slow
@TRIED_ONCE
@pytest.mark.parametrize("suffix", ["json", "folder"])
def test_a_file_is_tried_in_a_process_of_its_own(
    suffix: str,
    keras_models: dict[str, Any],
    trials: dict[str, Trials],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for module in ("tensorflow", "nengo_dl"):
        never = "raise SystemExit('a file of the current folder was run')"
        Path(f"{module}.py").write_text(never, encoding="utf-8")
    path, report = saved(keras_models["fit"], suffix), Report()
    assert ask(path.name, report, print) == trials["fit"]
    assert not report.diagnostics


CODE = """
from tensorflow import keras

def build():
    dense = keras.layers.Dense(2, "relu", name="twice")
    image = keras.Input((2,), name="image")
    return keras.Model(image, dense(dense(image)))
"""


@pytest.mark.slow
def test_code_gives_a_model_whose_layer_is_called_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(CODE, encoding="utf-8")
    found = ask("mine:build", Report(), print)
    assert found["twice"].converter == "exception"
    assert "Multiple applications of layer" in found["twice"].why


def said_of(target: Path) -> str:
    report = Report()
    assert ask(str(target), report, print) == {}
    (diagnostic,) = report.diagnostics
    return f"{diagnostic.code} {diagnostic.render_message()}"


@pytest.mark.slow
def test_a_model_that_fills_the_memory_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "CONVERTER", ProcessLimit(300, 4 * 2**30))
    forum = Path(__file__).parent / "data/forum.json"
    assert re.search("SNN824 .* 4 GiB of memory", said_of(forum))


def test_what_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "CONVERTER", ProcessLimit(0, 2**30))
    forum = Path(__file__).parent / "data/forum.json"
    assert re.search("SNN824 .* more than 0 s", said_of(forum))


@pytest.mark.slow
def test_what_tensorflow_can_not_load_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"class_name": "Nothing", "config": {}}', encoding="utf-8")
    assert said_of(path).startswith("SNN808 ")


@pytest.mark.slow
def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    from tensorflow import keras

    lambdas = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: print("was run") or x)]
    )
    path = tmp_path / "m.h5"
    lambdas.save(path)
    with pytest.raises(RefusedModelError, match=r"unsafe|lambda") as caught:
        program._model("file", str(path))
    assert caught.value.diagnostic.code == "SNN808"
