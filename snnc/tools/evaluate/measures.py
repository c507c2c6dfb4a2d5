"""Results of examples, their JSON lines, Keras's results, and the evaluation."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import prod
from operator import add
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from snnc.exact import Engine
from snnc.exact.engine import Kept
from snnc.ir.device import Energy
from snnc.loihi.activity import Activity
from snnc.output.imported import ImportedPackage
from snnc.runtime.examples import Array, Presentation, Span, check_budget, slack_of
from snnc.runtime.layout import LayoutError, Weights
from snnc.runtime.network import Network
from snnc.text.progress import Moved
from snnc.tools import scores
from snnc.tools.evaluate.evaluation import Evaluation
from snnc.tools.evaluate.results import LayerResult, Score, Work
from snnc.tools.evaluate.task import smooth_of
from snnc.tools.scores import Correlation, Floats, LayerFiring

BATCH = 64  # the most examples that the Keras model predicts at once
BATCH_BYTES = 2**22  # the most bytes of examples in a batch of `KerasReference.outputs`
KEPT: tuple[Kept, ...] = ("counts", "rows")


@dataclass(frozen=True)
class EvaluatedPart:
    """The results of the examples ``start`` to ``stop``.

    ``outputs``, of shape (moments, examples, units), are the outputs after each of
    `scores.moments`. ``others``, of shape (ways, examples, units), are the outputs with
    each of `scores.alternative_readouts`. ``keras``, of shape (examples, units), are
    the Keras model's outputs, and ``alike`` contains the correlation of each layer's
    activations with its spikes; None and empty without TensorFlow. Only the exact
    engine knows ``overflows``, as in `snnc.exact.EngineResult`. ``cores`` is the number
    of cores that nengo-loihi used; None without a chip.
    """

    start: int
    stop: int
    outputs: Floats
    others: Floats
    firing: Mapping[str, LayerFiring]
    keras: Floats | None = None
    alike: Mapping[str, Correlation] = field(default_factory=dict)
    presentation: Presentation = "row"
    overflows: tuple[int, ...] = ()
    cores: int | None = None

    @classmethod
    def of(
        cls,
        reader: scores.Reader,
        start: int,
        rows: Array,
        spikes: Mapping[str, Array],
        **more: Any,
    ) -> EvaluatedPart:
        """Return the results of rows (examples, steps, units) and each layer's spikes.

        Spikes are integers of shape (examples, ...).
        """
        return cls(
            start,
            start + len(rows),
            scores.decide_early(rows, reader.network.readout.decide),
            reader.read(rows),
            {name: LayerFiring.of(counts) for name, counts in spikes.items()},
            **more,
        )


JSON_PARTS = TypeAdapter(EvaluatedPart)
"""Converts parts to mappings for JSON and back."""


def join(parts: Sequence[EvaluatedPart]) -> EvaluatedPart:
    """Join the results of consecutive examples, which are given in any order."""
    parts = sorted(parts, key=lambda part: part.start)
    known = [part.keras for part in parts if part.keras is not None]
    return replace(
        parts[0],
        stop=parts[-1].stop,
        outputs=np.concatenate([part.outputs for part in parts], axis=1),
        others=np.concatenate([part.others for part in parts], axis=1),
        firing={n: reduce(add, (p.firing[n] for p in parts)) for n in parts[0].firing},
        keras=np.concatenate(known) if known else None,
        alike={n: reduce(add, (p.alike[n] for p in parts)) for n in parts[0].alike},
        overflows=tuple(np.sum([p.overflows for p in parts], axis=0).tolist()),
    )


class SpanResult(NamedTuple):
    """A few examples of a span, and their spikes for comparison with Keras.

    ``counts`` contains an array of shape (examples, *shape) for each layer, and
    ``images`` has the shape (examples, *input shape).
    """

    span: Span
    part: EvaluatedPart
    counts: dict[str, Array]
    images: Array


def run_spans(
    engine: Engine,
    presentation: Presentation,
    images: Any,
    spans: Sequence[Span],
    threads: int | None = None,
) -> Iterator[SpanResult]:
    """Run spans of examples in parallel, a few examples at a time."""
    network = engine.network
    readers = {span: scores.Reader(network, presentation == "row") for span in spans}
    how = network.readout.decide
    for chunk in engine.stream(images, spans, presentation, how, KEPT, threads):
        outcome = chunk.outcome
        assert outcome.rows is not None
        part = EvaluatedPart.of(
            readers[chunk.span],
            chunk.start,
            outcome.rows,
            outcome.counts,
            presentation=presentation,
            overflows=tuple(map(int, outcome.overflows)),
            cores=engine.cores,
        )
        yield SpanResult(chunk.span, part, outcome.counts, chunk.images)


def whole_spans(results: Iterable[SpanResult]) -> Iterator[EvaluatedPart]:
    """Yield the results of each span when its last examples are done."""
    building: dict[tuple[Presentation, Span], list[EvaluatedPart]] = defaultdict(list)
    for fresh in results:
        key = fresh.part.presentation, fresh.span
        building[key].append(fresh.part)
        if fresh.part.stop == fresh.span[1]:
            yield join(building.pop(key))


def result_of(
    network: Network,
    part: EvaluatedPart,
    y: Array,
    *,
    simulator: str,
    score: Score,
    steps: int | None = None,
    energy: Energy | None = None,
    **more: Any,
) -> Evaluation:
    """Compute the result of a run from the results of all examples.

    ``steps`` per example defaults to the network's. With a chip whose ``energy`` per
    event is known, the result includes the work on the chip. ``more`` contains other
    fields of the result.
    """
    steps = network.steps if steps is None else steps
    outputs, classes, firing = part.outputs, network.readout.classes, part.firing
    spikes = {name: fired.spikes for name, fired in firing.items()}
    layers = (
        layer_result(network, name, fired, steps, part.alike.get(name))
        for name, fired in firing.items()
    )
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
        over_time=scores.over_time(outputs, y, classes, steps),
        readings=scores.compare_readouts(network, outputs[-1], part.others, y),
        confusion=scores.confusion(outputs[-1], y) if classes else (),
        units=() if classes else scores.unit_results(outputs[-1], y),
        names=network.readout.names,
        layers=tuple(layers),
        spikes=sum(spikes.values()),
        clipped=clipped / max(1, values),
        resting=tuple(n for n, each in encoders.items() if each.start == "rest"),
        decide=network.readout.decide,
        work=work,
        cores=part.cores,
        overflows=part.overflows or None,
        **more,
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
    for name, layer in network.layers.items():
        operations += spikes[name] / layer.neurons * layer.fanout.synaptic_operations
        arrivals += spikes[name] / layer.neurons * layer.fanout.messages
    layers = network.layers.values()
    updates = steps * sum(layer.neurons for layer in layers if layer.on_chip)
    done = Activity(network.name, sum(spikes.values()), operations, arrivals, updates)
    return Work(operations, done.joules(energy))


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

    def compare(self, x: Array, spikes: Mapping[str, Array]) -> dict[str, Any]:
        """Return ``keras`` and ``alike`` of an `EvaluatedPart`.

        ``spikes`` contains an array of shape (examples, ...) for each layer, in Keras
        order. Activations represent rates, which are proportional to spike counts.
        """
        started = time.perf_counter()
        outputs, *activations = self._model.predict_on_batch(x)
        pairs = zip(self._package.network.layers, activations, strict=True)
        alike = {name: Correlation.of(a, spikes[name]) for name, a in pairs}
        self.seconds += time.perf_counter() - started
        return {"keras": np.asarray(outputs, np.float64), "alike": alike}

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

    output, *values = with_currents(model, network).outputs
    for i, (name, layer) in enumerate(network.layers.items()):
        if layer.pool is None:
            values[i] = model.get_layer(f"{name}.neurons").output
        else:
            values[i] = keras.layers.ReLU()(values[i])
    return keras.Model(model.input, [output, *values])
