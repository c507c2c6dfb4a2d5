"""What is predicted of Keras models, NengoDL and nengo-loihi do."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from snnc.importer.converter import Prediction, predict
from snnc.importer.converter.shapes import output_shape
from snnc.importer.converter.table import HANDLERS
from snnc.importer.model import Model
from snnc.importer.read import read
from tests.importer.converter_models import MODELS

GOLDEN = Path(__file__).with_name("converter.txt")
AROUND = {"image", "spikes", "chip", "flat", "reader"}
TRAINING = "without `inference_only=True`"


@pytest.fixture(scope="module")
def keras_models() -> dict[str, Any]:
    from tensorflow import keras

    found = {}
    for name, build in MODELS.items():
        keras.backend.clear_session()  # so that names count from 1 in each model
        found[name] = build(keras)
    return found


@pytest.fixture(scope="module")
def models(
    keras_models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Model]:
    folder = tmp_path_factory.mktemp("models")
    found = {}
    for number, (name, model) in enumerate(keras_models.items()):
        path = folder / f"{number}.json"
        path.write_text(model.to_json())
        found[name] = read(path)[0]
    return found


def convert(model: Any, inference_only: bool = True) -> Any:
    """Convert as `predict` says that a user does; None if it raises."""
    import nengo
    import nengo_dl
    import tensorflow as tf

    relus = (tf.keras.activations.relu, tf.nn.relu)
    swaps = dict.fromkeys(relus, nengo.SpikingRectifiedLinear())
    try:
        return nengo_dl.Converter(
            model, swap_activations=swaps, inference_only=inference_only
        )
    except Exception:
        return None


def tensor_nodes(converter: Any) -> set[str]:
    """Return the layers that are TensorNodes, or whose activations ``layer.0`` are."""
    from nengo_dl import TensorNode

    nodes = converter.net.all_nodes
    return {re.sub(r"[.]\d+$", "", n.label) for n in nodes if isinstance(n, TensorNode)}


def runs(converter: Any) -> bool:
    """Return whether nengo-loihi builds a network and makes a step."""
    import nengo_loihi

    put_first_neurons_on_host(converter.net)
    try:
        with nengo_loihi.Simulator(
            converter.net, target="sim", progress_bar=False
        ) as simulator:
            simulator.run_steps(1)
    except Exception:
        return False
    return True


def put_first_neurons_on_host(net: Any) -> None:
    import nengo
    import nengo_loihi
    from nengo_loihi.passthrough import base_obj

    def before(ensemble: Any) -> Iterator[Any]:
        waiting, seen = [ensemble], set()
        while waiting:
            post = waiting.pop()
            for connection in net.all_connections:
                pre = base_obj(connection.pre)
                if base_obj(connection.post) is post and pre not in seen:
                    seen.add(pre)
                    waiting.append(pre)
                    yield pre

    nengo_loihi.add_params(net)
    first = [
        ensemble
        for ensemble in net.all_ensembles
        if not any(isinstance(pre, nengo.Ensemble) for pre in before(ensemble))
    ]
    if len(first) < len(net.all_ensembles):
        for ensemble in first:
            net.config[ensemble].on_chip = False


def names(predictions: Mapping[str, Prediction], converter: str) -> set[str]:
    """Return the layers of which something is predicted, by their own names."""
    found = predictions.items()
    return {name.split("/")[-1] for name, p in found if p.converter == converter}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_the_converter_and_nengo_loihi_do_what_is_predicted(
    name: str, keras_models: dict[str, Any], models: dict[str, Model]
) -> None:
    predictions = predict(models[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = convert(keras_models[name])
        assert (converter is None) == bool(names(predictions, "exception"))
        if converter is not None:
            assert tensor_nodes(converter) == names(predictions, "TensorNode")
            builds = all(p.loihi == "builds" for p in predictions.values())
            assert runs(converter) == builds, predictions


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["conv regularised", "dense regularised", "batch norm last",
             "batch norm frozen", "conv constrained", "conv frozen", "dense"],
)  # fmt: skip
def test_what_training_makes_a_tensor_node_is_told(
    name: str, keras_models: dict[str, Any], models: dict[str, Model]
) -> None:
    predictions = predict(models[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = convert(keras_models[name], inference_only=False)
    told = {layer for layer, p in predictions.items() if TRAINING in p.why}
    assert tensor_nodes(converter) == told


@pytest.mark.slow
def test_shapes_are_those_of_keras(
    keras_models: dict[str, Any], models: dict[str, Model]
) -> None:
    known = 0
    for name, model in models.items():
        shapes: dict[str, Any] = {}
        for layer in model.layers:
            if layer.kind == "InputLayer":
                shapes[layer.name] = tuple(layer.options["batch_input_shape"][1:])
                continue
            found = output_shape(layer, [shapes[read] for read in layer.reads])
            shapes[layer.name] = found
            if found is not None and "/" not in layer.name:
                keras_layer = keras_models[name].get_layer(layer.name)
                assert found == keras_layer.output_shape[1:], (name, layer.name)
                known += 1
    assert known > len(models)


@pytest.mark.slow
def test_each_registered_layer_is_in_a_model(models: dict[str, Model]) -> None:
    import nengo_dl
    from tensorflow import keras

    registered = {
        kind.__name__
        for kind in nengo_dl.Converter.converters
        if kind and kind.__module__.startswith(("keras.layers", keras.__name__))
    }
    assert set(HANDLERS) == registered - {"InputLayer", "TimeDistributed"}
    kinds = {layer.kind for model in models.values() for layer in model.layers}
    assert set(HANDLERS) <= kinds


@pytest.mark.slow
def test_the_reasons_are_accepted(models: dict[str, Model]) -> None:
    lines = []
    for name, model in models.items():
        for layer, p in predict(model).items():
            if layer not in AROUND or p.converter != "native":
                lines.append(f"{name}: {layer}: {p.converter}, {p.loihi}: {p.why}\n")
    if os.environ.get("SNNC_ACCEPT"):
        GOLDEN.write_text("".join(lines))
    assert "".join(lines) == GOLDEN.read_text(), "SNNC_ACCEPT=1 pytest rewrites it"


def test_nothing_heavy_is_imported() -> None:
    script = "import sys, snnc.importer.converter; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    modules = set(done.stdout.split())
    assert "snnc.importer.converter.loihi" in modules
    assert not modules & {"numpy", "tensorflow", "nengo", "nengo_dl"}
