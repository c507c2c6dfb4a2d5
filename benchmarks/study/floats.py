"""A network without spikes: in Keras, and as rates in Nengo."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.curve import accuracy
from benchmarks.study.data import Examples
from benchmarks.study.packages import Files
from snnc.output.imported import open_package


def keras_model(package: Path) -> ModuleType:
    """Return a package's module of this name."""
    return open_package(package).module("keras_model")


def keras_outputs(files: Files, x: NDArray[Any]) -> NDArray[Any]:
    """Return the logits of the Keras model."""
    program = keras_model(files.package)
    model = program.build_model()
    program.import_weights(model, files.weights)
    return np.asarray(model.predict(x, batch_size=128, verbose=0))


def keras(files: Files, test: Examples) -> dict[str, Any]:
    """Return the accuracy of the Keras model."""
    return accuracy(keras_outputs(files, test.x), test.y)


def rates(files: Files, test: Examples) -> dict[str, Any]:
    """Judge the generated network in mode "rate", a step an example."""
    import nengo

    package = open_package(files.package)
    dt = package.network.dt
    program = package.module("nengo_network")
    network = program.build_network(files.weights, mode="rate")
    # Rates do not change from step to step, so one of an example is enough.
    values = test.x.reshape(len(test), -1)
    network.input.output = nengo.processes.PresentInput(values, dt)
    model = nengo.builder.Model(dt)  # one without a cache of decoders
    with nengo.Simulator(
        network.net, dt=dt, model=model, progress_bar=False
    ) as simulator:
        simulator.run_steps(len(test))
        outputs = np.asarray(simulator.data[network.output])
    return accuracy(outputs, test.y)
