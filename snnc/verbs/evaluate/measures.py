"""Results of examples, Keras's results, and the evaluation."""

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

from snnc.exact import Engine
from snnc.exact.results import Kept
from snnc.ir.device import Energy, Profile
from snnc.loihi.activity import Activity
from snnc.output.imported import ImportedPackage
from snnc.results.evaluation import Evaluation
from snnc.results.scores import LayerResult, Score, Work
from snnc.results.statistics import Correlation, Floats, LayerFiring
from snnc.runtime.examples import (
    Array,
    Presentation,
    Span,
    check_budget,
    decide,
    slack_of,
)
from snnc.runtime.layout import LayoutError, Weights
from snnc.runtime.network import Decide, Network
from snnc.text.progress import Moved
from snnc.verbs import scores
from snnc.verbs.evaluate.task import smooth_of
from snnc.verbs.evaluate.work import WorkCounts, join_work, time_of

BATCH = 64  # the most examples that the Keras model predicts at once
BATCH_BYTES = 2**22  # the most bytes of examples in a batch of `KerasReference.outputs`
KEPT: tuple[Kept, ...] = ("counts", "rows")


@dataclass(frozen=True)
class EvaluatedPart:
    """The results of the examples ``start`` to ``stop``.

    ``outputs`` (moments, examples, units) are those after each of `scores.moments`, and
    ``others`` (examples, units) those with the other decision.
    ``keras`` (examples, units) are the Keras model's outputs, and ``alike`` contains
    the correlation of each layer's activations with its spikes; None and empty without
    TensorFlow. Only the exact engine knows ``overflows``, as in
    `snnc.exact.EngineResult`, and the ``work`` of cores. ``cores`` is as in
    `Evaluation`.
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
    work: WorkCounts | None = None

    @classmethod
    def of(
        cls,
        how: Decide,
        start: int,
        rows: Array,
        spikes: Mapping[str, Array],
        **more: Any,
    ) -> EvaluatedPart:
        """Return the results of rows (examples, steps, units) and spikes by layer."""
        return cls(
            start=start,
            stop=start + len(rows),
            outputs=scores.decide_early(rows, how),
            others=decide(rows, scores.other_decision(how)),
            firing={name: LayerFiring.of(counts) for name, counts in spikes.items()},
            **more,
        )


def join(parts: Sequence[EvaluatedPart]) -> EvaluatedPart:
    """Join the results of consecutive examples, which are given in any order."""
    parts = sorted(parts, key=lambda part: part.start)
    known = [part.keras for part in parts if part.keras is not None]
    return replace(
        parts[0],
        stop=parts[-1].stop,
        outputs=np.concatenate([part.outputs for part in parts], axis=1),
        others=np.concatenate([part.others for part in parts]),
        firing=_add_layers([part.firing for part in parts]),
        keras=np.concatenate(known) if known else None,
        alike=_add_layers([part.alike for part in parts]),
        overflows=tuple(np.sum([p.overflows for p in parts], axis=0).tolist()),
        work=join_work([part.work for part in parts if part.work is not None]),
    )


def _add_layers(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: reduce(add, (part[name] for part in parts)) for name in parts[0]}


class SpanResult(NamedTuple):
    """A few examples of a span, ``images`` (examples, *input shape), and their results.

    ``counts``, the spikes (examples, *shape) of each layer, are compared with Keras.
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
    threads: int | None,
) -> Iterator[SpanResult]:
    """Run spans of examples in parallel, a few examples at a time."""
    how = engine.network.readout.decide
    stream = engine.stream(
        images, spans, presentation, decide=how, keep=KEPT, threads=threads
    )
    cores = engine.work
    for span, start, x, result in stream:
        assert result.rows is not None
        part = EvaluatedPart.of(
            how,
            start,
            result.rows,
            result.counts,
            presentation=presentation,
            cores=engine.cores,
            overflows=tuple(map(int, result.overflows)),
            work=WorkCounts(cores.layers, cores.neurons, cores.count(result.counts)),
        )
        yield SpanResult(span, part, result.counts, x)


def whole_spans(
    results: Iterable[SpanResult], reference: KerasReference | None = None
) -> Iterator[EvaluatedPart]:
    """Yield the results of each span as soon as it is complete.

    With ``reference``, they are compared with Keras.
    """
    building: dict[tuple[Presentation, Span], list[EvaluatedPart]] = defaultdict(list)
    for span, part, counts, images in results:
        compared = {} if reference is None else reference.compare(images, counts)
        key = part.presentation, span
        building[key].append(replace(part, **compared))
        # The parts of a span come in order, so this is its last one.
        if part.stop == span[1]:
            yield join(building.pop(key))


def scored(
    network: Network, simulator: str, outputs: Array, y: Array, score: Score
) -> Evaluation:
    """Return the result of outputs (examples, units), without steps and spikes."""
    classes = network.readout.classes
    return Evaluation(
        network=network.name,
        simulator=simulator,
        presentation=None,
        examples=len(y),
        steps=None,
        classes=classes,
        score=score,
        confusion=scores.confusion(outputs, y) if classes else (),
        units=() if classes else scores.unit_results(outputs, y),
        names=network.readout.names,
    )


def result_of(
    network: Network,
    part: EvaluatedPart,
    y: Array,
    *,
    simulator: str,
    score: Score,
    steps: int | None = None,
    device: Profile | None = None,
) -> Evaluation:
    """Compute the result of a run from the results of all examples.

    ``steps`` defaults to the network's. If the ``device`` is known, the
    result includes the work on the chip.
    """
    steps = network.steps if steps is None else steps
    outputs = part.outputs
    classes = network.readout.classes
    firing = part.firing
    spikes = {name: fired.spikes for name, fired in firing.items()}
    layers = [
        layer_result(network, name, fired, steps, part.alike.get(name))
        for name, fired in firing.items()
    ]
    work = None
    time = None
    if part.cores is not None and device is not None:
        work = work_of(network, spikes, steps, device.energy)
        time = time_of(part.work, len(outputs[-1]), steps, device)
    encoders = {name: layer for name, layer in network.layers.items() if layer.encoder}
    resting = [name for name, layer in encoders.items() if layer.start == "rest"]
    return replace(
        scored(network, simulator, outputs[-1], y, score),
        presentation=part.presentation,
        steps=steps,
        over_time=scores.over_time(outputs, y, classes, steps),
        readings=scores.compare_decisions(network, outputs[-1], part.others, y),
        layers=tuple(layers),
        spikes=sum(spikes.values()),
        clipped=_clipped_share([firing[name] for name in encoders], steps),
        resting=tuple(resting),
        decide=network.readout.decide,
        work=work,
        time=time,
        cores=part.cores,
        overflows=part.overflows or None,
    )


def _clipped_share(encoders: Sequence[LayerFiring], steps: int) -> float:
    """Return the fraction of values with a spike in every step."""
    values = sum(firing.at_least(0) for firing in encoders)
    return sum(firing.at_least(steps) for firing in encoders) / max(1, values)


def work_of(
    network: Network, spikes: Mapping[str, float], steps: int, energy: Energy
) -> Work:
    """Return the chip's work per example, without idle power and the host.

    Each spike costs as much as the mean over its layer's neurons, and each neuron on
    the chip costs energy in each step.
    """
    operations = 0.0
    arrivals = 0.0
    updates = 0
    for name, layer in network.layers.items():
        operations += spikes[name] / layer.neurons * layer.fanout.synaptic_operations
        arrivals += spikes[name] / layer.neurons * layer.fanout.messages
        updates += steps * layer.neurons if layer.on_chip else 0
    activity = Activity(
        network.name, sum(spikes.values()), operations, arrivals, updates
    )
    return Work(operations, activity.joules(energy))


def layer_result(
    network: Network,
    name: str,
    firing: LayerFiring,
    steps: int,
    alike: Correlation | None,
) -> LayerResult:
    """Compute a layer's result from its spikes in examples of ``steps`` steps."""
    layer = network.layers[name]
    present = steps * network.dt
    rate = firing.percentile(layer.percentile) / present
    return LayerResult(
        name=name,
        low=layer.low,
        high=layer.high,
        percentile=layer.percentile,
        rate=rate,
        verdict=check_budget(rate, layer.rate, present),
        slack=slack_of(layer.rate, present),
        spikes=firing.spikes,
        silent=firing.silent,
        saturated=firing.saturation(steps),
        correlation=None if alike is None else alike.value,
    )


class KerasReference:
    """A package's Keras model with some weights, built on first use.

    TensorFlow takes seconds to import. ``seconds`` is the time spent in `compare`.
    """

    def __init__(self, package: ImportedPackage, weights: Weights) -> None:
        self._package = package
        self._weights = weights
        self.seconds = 0.0

    def outputs(self, x: Any, progress: Moved = lambda count: None) -> Floats:
        """Return the outputs (examples, units) of examples, which are read in batches.

        ``progress`` is called with the number of examples just completed.
        """
        # Four bytes per value. Large images would otherwise fill the memory.
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
    ) -> tuple[Floats | None, str | None]:
        """Return the outputs (examples, units) of the weights from before `spikes`.

        Without such a phase, both values are None. If the weights can't be read, the
        second value is the reason, and there are no outputs.
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

        ``spikes`` contains an array (examples, ...) for each layer, in Keras order.
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
            # A max pool compares with rectified linear neurons (decision 028).
            values[i] = keras.layers.ReLU()(values[i])
    return keras.Model(model.input, [output, *values])
