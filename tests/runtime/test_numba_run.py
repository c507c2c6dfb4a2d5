"""Neurons in Numba fire in the same steps as those in TensorFlow."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from snnc.output.imported import ImportedPackage, open_package
from tests.exact.proof import random_images, random_weights, write_package
from tests.support import network

pytestmark = pytest.mark.slow

NETWORKS = {
    "shortcuts": """
        input image 9x9x2 in 0..1
        encode conv e { filters 4, start spread, rate ..900 Hz }
        conv2d c { filters 6, padding same }
        conv2d d { filters 6, padding same, shortcut c, batchnorm on }
        avgpool { window 2 }
        dense f { units 20 }
        readout y { classes 3, decide last }
    """,
    "hosts": """
        input image 9x9x2 in 0..1
        encode rate e
        conv2d pre { filters 4, place host, neuron relu }
        conv2d c { filters 6 }
        conv2d post { filters 4, place host, neuron relu, padding same, shortcut c }
        readout y { classes 3 }
    """,
    "unfiltered hosts": """
        input image 9x9x2 in 0..1
        encode rate e
        conv2d pre { filters 4, place host, neuron relu, synapse 0 ms }
        conv2d c { filters 6 }
        conv2d post { filters 4, place host, neuron relu, synapse 0 ms }
        readout y { classes 3, synapse 0 ms }
    """,
}


def package_of(folder: Path, body: str, neuron: str = "relu") -> ImportedPackage:
    text = f"timing {{ present 23 ms, synapse 2 ms }}\ndefaults {{ neuron {neuron} }}\n"
    return open_package(write_package(network(text + body, "compared"), folder))


def model_of(package: ImportedPackage) -> Any:
    program = package.module("keras_model")
    model = program.build_model()
    program.import_weights(model, random_weights(package))
    return model


@pytest.mark.parametrize("memory", [1e8, 3e4], ids=["at once", "in chunks"])
@pytest.mark.parametrize("neuron", ["relu", "lif"])
@pytest.mark.parametrize("name", NETWORKS)
def test_spikes_are_equal_step_by_step(
    tmp_path: Path,
    name: str,
    neuron: str,
    memory: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = package_of(tmp_path, NETWORKS[name], neuron)
    library = package.module("_runtime.keras.numba_run")
    monkeypatch.setattr(library, "MEMORY", memory)
    model = model_of(package)
    run = library.make_run(package.network, model)
    assert type(run).__name__ == "NumbaRun"
    slow = package.module("_runtime.keras.spiking").SpikingRun(package.network, model)
    state, wanted_state = run.rest(2), slow.rest(2)
    for x in np.split(random_images(package, 6), 3):
        given = tf.constant(x)
        firing, state = run.present(given, state, sampled=True)
        wanted, wanted_state = slow.present(given, wanted_state, sampled=True)
        spikes = sum(float(np.sum(rates)) for rates in wanted.rates)
        assert spikes > 10
        found = (firing, state)
        for ours, theirs in zip(
            tf.nest.flatten(found), tf.nest.flatten((wanted, wanted_state)), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)


def test_max_pools_and_installations_without_numba_use_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooled = """
        input image 9x9x2 in 0..1
        encode conv e { filters 4 }
        conv2d c { filters 6 }
        maxpool m { window 2 }
        dense d { units 20 }
        readout y { classes 3 }
    """
    package = package_of(tmp_path / "pooled", pooled)
    make_run = package.module("_runtime.keras.numba_run").make_run
    assert type(make_run(package.network, model_of(package))).__name__ == "SpikingRun"
    package = package_of(tmp_path, NETWORKS["shortcuts"])
    library = package.module("_runtime.keras.numba_neurons")
    make_run = package.module("_runtime.keras.numba_run").make_run
    monkeypatch.setattr(library, "numba", None)
    assert type(make_run(package.network, model_of(package))).__name__ == "SpikingRun"


def test_a_chunk_may_be_longer_than_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = package_of(tmp_path, NETWORKS["shortcuts"])
    library = package.module("_runtime.keras.spiking")
    monkeypatch.setattr(library, "CHUNK", 23)
    weights = library.sample_weights(package.network, 23)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
