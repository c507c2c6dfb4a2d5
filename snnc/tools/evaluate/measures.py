"""Combine the results of runs into an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.ir.device import Energy
from snnc.runtime.examples import Presentation, check_budget, slack_of
from snnc.runtime.layout import Layout, LayoutError, Weights
from snnc.runtime.network import Network
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.results import KerasModel, LayerResult, Work
from snnc.tools.provenance import smooth_of
from snnc.tools.scores import compare_readouts as judged_readings
from snnc.tools.scores import confusion, over_time, score, unit_results
from snnc.tools.statistics import Array, Correlation, LayerFiring

PICO = 1e-12
BATCH = 64  # examples


@dataclass(frozen=True)
class Compared:
    """Keras's results for some examples.

    ``outputs`` are the model's outputs, of shape (examples, units). ``alike`` contains
    the correlation of each layer's activations with its spikes.
    """

    outputs: NDArray[np.float64]
    alike: Mapping[str, Correlation]

    def __add__(self, other: Compared) -> Compared:
        """Concatenate the results of two sets of examples."""
        outputs = np.concatenate([self.outputs, other.outputs])
        alike = {n: own + other.alike[n] for n, own in self.alike.items()}
        return Compared(outputs, alike)


class TrainedOutputs(NamedTuple):
    """The kind of Keras model, and the model's results before the phase `spikes`.

    ``before`` contains the outputs, of shape (examples, units), with the weights from
    before the phase, in the order of the examples. ``before`` is None if there was no
    such phase, or if the weights are unknown; ``unknown`` then says why.
    """

    model: KerasModel
    before: NDArray[np.float64] | None = None
    unknown: str | None = None


class UsedChip(NamedTuple):
    """The cores that nengo-loihi used, and the energy per event, if known."""

    cores: int
    energy: Energy | None


@dataclass(frozen=True)
class EvaluatedPart:
    """The results of the examples ``start`` to ``stop``.

    ``outputs``, of shape (moments, examples, units), are the outputs after each of
    `scores.moments`. ``others``, of shape (ways, examples, units), are the outputs with
    each of `scores.alternative_readouts`. ``keras`` is None without TensorFlow.
    """

    start: int
    stop: int
    outputs: NDArray[np.float64]
    others: NDArray[np.float64]
    firing: Mapping[str, LayerFiring]
    keras: Compared | None = None


def outputs_of(parts: Sequence[EvaluatedPart]) -> NDArray[np.float64]:
    """Return the outputs (moments, examples, units) of all examples in order."""
    return np.concatenate([part.outputs for part in _sort(parts)], axis=1)


def others_of(parts: Sequence[EvaluatedPart]) -> NDArray[np.float64]:
    """Return the other readouts' outputs (ways, examples, units) in order."""
    return np.concatenate([part.others for part in _sort(parts)], axis=1)


def keras_of(parts: Sequence[EvaluatedPart]) -> Compared | None:
    """Return Keras's results for all examples in order."""
    pieces = [part.keras for part in _sort(parts) if part.keras is not None]
    return reduce(add, pieces) if pieces else None


def result_of(
    network: Network,
    parts: Sequence[EvaluatedPart],
    y: Array,
    *,
    simulator: str,
    presentation: Presentation,
    trained: TrainedOutputs,
    steps: int | None = None,
    chip: UsedChip | None = None,
) -> Evaluation:
    """Compute the result of a run from its parts, in any order.

    ``steps`` per example defaults to the network's. With a ``chip`` whose energy
    per event is known, the result includes the work on the chip.
    """
    steps = network.steps if steps is None else steps
    outputs, classes = outputs_of(parts), network.readout.classes
    firing = {n: reduce(add, (p.firing[n] for p in parts)) for n in network.layers}
    keras = keras_of(parts)
    keras_outputs = None if keras is None else keras.outputs
    spikes = {name: fired.spikes for name, fired in firing.items()}
    layers = []
    for name, fired in firing.items():
        pairs = None if keras is None else keras.alike[name]
        layers.append(layer_result(network, name, fired, steps, pairs))
    return Evaluation(
        network=network.name,
        simulator=simulator,
        presentation=presentation,
        examples=len(y),
        steps=steps,
        classes=classes,
        score=score(outputs[-1], y, classes, keras_outputs, *trained),
        over_time=over_time(outputs, y, classes, steps),
        readings=judged_readings(network, outputs[-1], others_of(parts), y),
        confusion=confusion(outputs[-1], y) if classes else (),
        units=() if classes else unit_results(outputs[-1], y),
        names=network.readout.names,
        layers=tuple(layers),
        spikes=sum(spikes.values()),
        clipped=_clipped_share(network, firing, steps),
        resting=_resting(network),
        decide=network.readout.decide,
        work=chip and work_of(network, spikes, steps, chip.energy),
        cores=chip and chip.cores,
    )


def work_of(
    network: Network,
    spikes: Mapping[str, float],
    steps: int,
    energy: Energy | None,
) -> Work | None:
    """Return the chip's work per example; None if the energy per event is unknown.

    ``spikes`` contains the spikes of each layer. Each spike costs as much as the mean
    over its layer's neurons, and each neuron on the chip costs energy in each step.
    Idle power and the host are not included.
    """
    if energy is None:
        return None
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


def _clipped_share(
    network: Network,
    firing: Mapping[str, LayerFiring],
    steps: int,
) -> float:
    """Return the fraction of encoder values whose neuron fires in every step."""
    layers = network.layers
    encoders = [firing[name] for name in layers if layers[name].encoder]
    clipped = sum(fired.at_least(steps) for fired in encoders)
    return clipped / max(1, sum(fired.at_least(0) for fired in encoders))


def _resting(network: Network) -> tuple[str, ...]:
    """Return the encoders whose initial voltages are all 0."""
    layers = network.layers.items()
    return tuple(n for n, x in layers if x.encoder and x.start == "rest")


def _sort(parts: Sequence[EvaluatedPart]) -> list[EvaluatedPart]:
    return sorted(parts, key=lambda part: part.start)


@dataclass
class KerasReference:
    """A network's Keras model with trained weights.

    The model is built on first use, because TensorFlow takes seconds to import.
    """

    network: Network
    program: Callable[[], ModuleType]
    weights: Weights

    def outputs(self, x: Any) -> NDArray[np.float64]:
        """Return the outputs of examples, of shape (examples, units).

        ``x`` may be `Examples`, which are read a few at a time.
        """
        starts = range(0, len(x), BATCH)
        batches = [self._predict(x[i : i + BATCH])[0] for i in starts]
        return np.concatenate(batches)

    def before_spikes(
        self,
        layout: Layout,
        weights: Weights,
        x: object,
        model: KerasModel,
    ) -> TrainedOutputs:
        """Return outputs with the weights before the phase `spikes`.

        ``x`` is as in `outputs`.
        """
        try:
            path = smooth_of(weights)
            if path is None:
                return TrainedOutputs(model)
            smooth = layout.load(path)
        except (LayoutError, OSError) as error:
            return TrainedOutputs(model, unknown=str(error))
        reference = KerasReference(self.network, self.program, smooth)
        return TrainedOutputs(model, reference.outputs(x))

    def compare(
        self,
        x: Array,
        spikes: Mapping[str, Array],
    ) -> Compared:
        """Compare the activations of layers with their spikes.

        ``spikes`` contains an array of shape (examples, ...) for each layer, in Keras
        order. Activations represent rates, which are proportional to spike counts.
        """
        outputs, *activations = self._predict(x)
        pairs = zip(self.network.layers, activations, strict=True)
        alike = {name: Correlation.of(a, spikes[name]) for name, a in pairs}
        return Compared(outputs, alike)

    def _predict(self, x: Array) -> list[Array]:
        batches = [x[i : i + BATCH] for i in range(0, len(x), BATCH)]
        predicted = [self._model.predict_on_batch(batch) for batch in batches]
        outputs, *layers = map(np.concatenate, zip(*predicted, strict=True))
        return [np.asarray(outputs, np.float64), *layers]

    @cached_property
    def _model(self) -> Any:
        """The model that outputs the result, followed by each layer's activations."""
        program = self.program()
        model = program.build_model()
        program.import_weights(model, self.weights)
        return with_activations(model, self.network)


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
