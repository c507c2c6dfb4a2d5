"""Combine the results of runs into an evaluation, and compare them with Keras."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.ir.device import Energy
from snnc.output.imported import ImportedPackage
from snnc.runtime.examples import check_budget, slack_of
from snnc.runtime.layout import LayoutError, Weights
from snnc.runtime.network import Network
from snnc.text.progress import Moved
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.part import Compared, EvaluatedPart
from snnc.tools.evaluate.results import LayerResult, Score, Work
from snnc.tools.evaluate.task import smooth_of
from snnc.tools.scores import compare_readouts, confusion, over_time, unit_results
from snnc.tools.statistics import Array, Correlation, LayerFiring

PICO = 1e-12
BATCH = 64  # the most examples that the Keras model predicts at once
BATCH_BYTES = 2**22  # the most bytes of examples in a batch of `KerasReference.outputs`


def result_of(
    network: Network,
    part: EvaluatedPart,
    y: Array,
    *,
    simulator: str,
    score: Score,
    steps: int | None = None,
    energy: Energy | None = None,
) -> Evaluation:
    """Compute the result of a run from the results of all examples.

    ``steps`` per example defaults to the network's. With a chip whose ``energy`` per
    event is known, the result includes the work on the chip.
    """
    steps = network.steps if steps is None else steps
    outputs, classes, firing = part.outputs, network.readout.classes, part.firing
    spikes = {name: fired.spikes for name, fired in firing.items()}
    layers = []
    for name, fired in firing.items():
        pairs = None if part.keras is None else part.keras.alike[name]
        layers.append(layer_result(network, name, fired, steps, pairs))
    work = None
    if part.cores is not None and energy is not None:
        work = work_of(network, spikes, steps, energy)
    encoders = {n: each for n, each in network.layers.items() if each.encoder}
    values = sum(firing[name].at_least(0) for name in encoders)
    clipped = sum(firing[name].at_least(steps) for name in encoders)
    return Evaluation(
        network=network.name,
        simulator=simulator,
        presentation=part.presentation,
        examples=len(y),
        steps=steps,
        classes=classes,
        score=score,
        over_time=over_time(outputs, y, classes, steps),
        readings=compare_readouts(network, outputs[-1], part.others, y),
        confusion=confusion(outputs[-1], y) if classes else (),
        units=() if classes else unit_results(outputs[-1], y),
        names=network.readout.names,
        layers=tuple(layers),
        spikes=sum(spikes.values()),
        clipped=clipped / max(1, values),
        resting=tuple(n for n, each in encoders.items() if each.start == "rest"),
        decide=network.readout.decide,
        work=work,
        cores=part.cores,
        overflows=part.overflows or None,
    )


def work_of(
    network: Network, spikes: Mapping[str, float], steps: int, energy: Energy
) -> Work:
    """Return the chip's work per example.

    ``spikes`` contains the spikes of each layer. Each spike costs as much as the mean
    over its layer's neurons, and each neuron on the chip costs energy in each step.
    Idle power and the host are not included.
    """
    operations = arrivals = 0.0
    updates = 0
    for name, layer in network.layers.items():
        neurons = layer.neurons
        operations += spikes[name] / neurons * layer.fanout.synaptic_operations
        arrivals += spikes[name] / neurons * layer.fanout.messages
        updates += neurons * steps if layer.on_chip else 0
    picojoules = (
        operations * energy.synaptic_operation
        + arrivals * energy.spike
        + updates * energy.active_update
    )
    return Work(operations, PICO * picojoules)


def layer_result(
    network: Network,
    name: str,
    firing: LayerFiring,
    steps: int,
    alike: Correlation | None = None,
) -> LayerResult:
    """Compute a layer's result from its spikes in examples of ``steps`` steps."""
    layer, present = network.layers[name], steps * network.dt
    rate = firing.percentile(layer.percentile) / present
    return LayerResult(
        name,
        layer.low,
        layer.high,
        layer.percentile,
        rate,
        check_budget(rate, layer.rate, present),
        slack_of(layer.rate, present),
        firing.spikes,
        firing.silent,
        firing.saturation(steps),
        None if alike is None else alike.value,
    )


class KerasReference:
    """A package's Keras model with some weights.

    The model is built on first use, because TensorFlow takes seconds to import.
    ``seconds`` is the time spent in `compare`.
    """

    def __init__(self, package: ImportedPackage, weights: Weights) -> None:
        self._package = package
        self._weights = weights
        self.seconds = 0.0

    def outputs(
        self, x: Any, progress: Moved = lambda count: None
    ) -> NDArray[np.float64]:
        """Return the outputs of examples, of shape (examples, units).

        ``x`` may be `Examples`, which are read a few at a time. ``progress`` is called
        with the number of examples just completed.
        """
        size = BATCH_BYTES // (4 * max(1, prod(x.shape[1:])))
        size = max(1, min(BATCH, size))
        outputs: list[Array] = []
        for start in range(0, len(x), size):
            batch = x[start : start + size]
            outputs.append(self._model.predict_on_batch(batch)[0])
            progress(len(batch))
        return np.concatenate(outputs).astype(np.float64)

    def before_spikes(
        self, weights: Weights, x: object
    ) -> tuple[NDArray[np.float64] | None, str | None]:
        """Return outputs with the weights from before the phase `spikes`.

        The outputs are None if there was no such phase, or if the weights are unknown;
        the second value then says why. ``x`` is as in `outputs`.
        """
        try:
            path = smooth_of(weights)
            if path is None:
                return None, None
            smooth = self._package.layout.load(path)
        except (LayoutError, OSError) as error:
            return None, str(error)
        return KerasReference(self._package, smooth).outputs(x), None

    def compare(self, x: Array, spikes: Mapping[str, Array]) -> Compared:
        """Compare the activations of layers with their spikes.

        ``spikes`` contains an array of shape (examples, ...) for each layer, in Keras
        order. Activations represent rates, which are proportional to spike counts.
        """
        started = time.perf_counter()
        outputs, *activations = self._model.predict_on_batch(x)
        pairs = zip(self._package.network.layers, activations, strict=True)
        alike = {name: Correlation.of(a, spikes[name]) for name, a in pairs}
        self.seconds += time.perf_counter() - started
        return Compared(np.asarray(outputs, np.float64), alike)

    @cached_property
    def _model(self) -> Any:
        """The model that outputs the result, followed by each layer's activations."""
        program = self._package.module("keras_model")
        model = program.build_model()
        program.import_weights(model, self._weights)
        return with_activations(model, self._package.network)


def with_activations(model: Any, network: Network) -> Any:
    """Return a Keras model that outputs the result and each layer's activations."""
    from tensorflow import keras

    from snnc.runtime.keras.model import with_currents  # imports TensorFlow

    output, *values = with_currents(model, network.layers).outputs
    for i, (name, layer) in enumerate(network.layers.items()):
        if layer.pool is None:
            values[i] = model.get_layer(f"{name}.neurons").output
        else:
            values[i] = keras.layers.ReLU()(values[i])
    return keras.Model(model.input, [output, *values])
