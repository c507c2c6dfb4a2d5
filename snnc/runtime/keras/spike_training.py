# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Plans the phase `spikes`, and trains a network on its own spikes.

The forward pass simulates the network in spikes, with examples in a row. The
gradient is computed in one pass through the Keras model, on means of spikes
over a few steps each: a neuron has the mean slope of its rate curve at its
currents (a straight-through estimator), and its output is replaced by its
spikes (tandem learning: Wu et al., 2021, doi:10.1109/TNNLS.2021.3095724). The
steps are few because a neuron of few inputs fires while these are strong,
which means over an example hide. Memory use does not grow with the number of
steps.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

import numpy as np

from ..examples import Array
from ..network import Network
from .backend import Dataset, Logs, Tensor, keras, tell, tf, verbosity
from .numba_run import NumbaRun
from .pipelines import Batches
from .spiking import SAMPLES, Firing, SpikingRun, State
from .wiring import has_batch_norm

UPDATES = 1600  # at least, unless they cost too much
# Short examples have noisier gradients, so they get more updates.
STEPS = 96_000  # of all updates together, at least
# More updates raise the accuracy further, so a long phase smooth has them.
MANY_STEPS = 2 * STEPS
RATE = 8e-3  # the highest learning rate
# Learning is less stable for neurons of few inputs, because these fire by
# strong single spikes, and in networks of many layers.
LOW_RATE = 4e-3
MANY = 7  # layers of neurons, with the encoder
# A start that decides well in spikes would be undone by the full rate. The
# rate is lower in proportion to the start's error, relative to guessing.
FULL_RATE_ERROR = 0.1  # at least, for the full rate
LEAST_SHARE = 0.25  # of the full rate
STREAMS = 10  # simulations side by side, each with one example per update
ROUNDS = 10  # after each, the network is evaluated on held-out examples
MOST = 6  # times the cost of the phase smooth, as passes are counted
LITTLE = 3  # times its cost, for updates beyond the usual number
FEWEST = 800  # updates, even if they cost more: few examples need them too
MEMORY = 2e9  # bytes for the state of all streams and a training step
VALUES = 30  # numbers of 4 bytes, per neuron and stream
RESTS = 0.3  # the share of streams that start an update from rest
HELD_OUT = 256  # examples at most: these runs take time from training
LEAST_HELD_OUT = 50  # fewer would choose a round and a rate by chance
HELD_OUT_STREAMS = 16  # simulations of held-out examples side by side
FEW = 4  # updates before the time is estimated
FALL = 2  # rounds in which the learning rate falls, if updates don't help
WARM_UP = 0.1  # the share of updates in which the learning rate rises
CLIP = 1.0  # the largest norm of all gradients
EXCESS = 0.2  # the weight in the loss of rates above their bounds
ALLOWED = 0.95  # of the upper bound


@dataclass(frozen=True)
class SpikePlan:
    """Updates per round, streams, the seed for rests, and the highest rate."""

    each: int
    streams: int
    seed: int
    rate: float = RATE

    @property
    def updates(self) -> int:
        """The number of updates in all rounds."""
        return self.each * ROUNDS

    def __str__(self) -> str:
        """Describe the phase in one line."""
        length = f"{self.updates} updates of {self.streams} examples"
        return f"spikes: trains on the spikes that the network fires, {length}"

    def batches(self, batches: Batches, start: int, stop: int) -> Dataset:
        """Return the batches of the rounds, which count as epochs.

        Each round has its own order, so an interrupted training continues with
        the same batches.
        """
        rounds = []
        for epoch in range(start, stop):
            examples = batches.training(epoch).unbatch()
            whole = examples.batch(self.streams, drop_remainder=True)
            rounds.append(whole.take(self.each))
        return reduce(tf.data.Dataset.concatenate, rounds)


def plan_spikes(
    network: Network,
    model: keras.Model,
    examples: int,
    seed: int,
    updates: int | None = None,
    replicas: int = 1,
) -> SpikePlan:
    """Plan the phase for a network.

    ``examples`` is the number of examples in all epochs of the phase smooth.
    By default, there are `UPDATES` updates, or more until they present `STEPS`
    steps. More than `FEWEST` cost at most `MOST` times as much as that phase.
    There are more, up to `MANY_STEPS` steps, if all of them cost at most
    `LITTLE` times as much (decision 039). The cost is counted in passes
    through the network: one for each step of an example, and three for a
    gradient. A plan is therefore the same on every machine.
    """
    neurons = network.neurons
    room = int(MEMORY // (4 * VALUES * neurons))
    streams = max(1, min(STREAMS, room)) // replicas * replicas or replicas
    update = streams * (network.steps + 3 * SAMPLES)
    smooth = 3 * examples
    usual = max(UPDATES, STEPS // network.steps)
    affordable = min(MOST * smooth // update, usual)
    cheap = min(LITTLE * smooth // update, MANY_STEPS // network.steps)
    count = updates or max(FEWEST, affordable, cheap)
    is_deep = len(network.layers) >= MANY
    rate = LOW_RATE if is_deep or _is_depthwise(model) else RATE
    return SpikePlan(-(-count // ROUNDS), streams, seed, rate)


def _is_depthwise(model: keras.Model) -> bool:
    """Return whether a convolution reads one channel per output."""
    for layer in model.layers:
        # A depthwise layer of Keras 2 has a kernel too, which is None.
        if getattr(layer, "depthwise_kernel", None) is not None:
            return True
        # Keras has no DepthwiseConv3D.
        groups = getattr(layer, "groups", 1)
        if groups > 1 and int(layer.kernel.shape[-2]) == 1:
            return True
    return False


def _fixed_biases(network: Network, model: keras.Model) -> list[Tensor]:
    """Return the variables on which the biases of encoders depend.

    The list is empty for a network without batch norm, which has learned with
    its encoders' biases. Batch norms are folded: they apply to a bias too.
    """
    parts = {part.name: part for part in model.layers}
    if not has_batch_norm(model):
        return []
    variables = []
    for name, layer in network.layers.items():
        if layer.encoder is None or name not in parts:
            continue
        for part in (f"{name}.bias", f"{name}.norm"):
            if part in parts:
                variables += parts[part].trainable_variables
        if getattr(parts[name], "use_bias", False):
            variables.append(parts[name].bias)
    return variables


class SpikeTraining(keras.Model):
    """A model whose training step simulates the network in spikes.

    It shares the weights of a Keras model. A training step reads a batch of
    ``streams`` examples. Each stream continues with the state after its
    previous example, or starts from rest.
    """

    def __init__(
        self,
        run: SpikingRun,
        model: keras.Model,
        plan: SpikePlan,
        validation: Dataset | None = None,
    ) -> None:
        """Create it for a simulation, its model, a plan, held-out batches."""
        super().__init__()
        self.trained = model
        fixed = {id(bias) for bias in _fixed_biases(run.network, model)}
        # Keras would save variables that are attributes.
        self._is_fixed: Callable[[Tensor], bool] = lambda v: id(v) in fixed
        self._network = run.network
        self._run = run
        self._replicas = tf.distribute.get_strategy().num_replicas_in_sync
        self._plan = plan
        self._streams = plan.streams // self._replicas
        state = run.rest(self._streams)
        self._is_eager = isinstance(run, NumbaRun)
        if not self._is_eager:
            kind = partial(
                tf.Variable,
                trainable=False,
                # Each device has its own streams.
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.NONE,
            )
            state = tf.nest.map_structure(kind, state)
        # Keras would save variables that are attributes.
        self._state: Callable[[], State] = lambda: state
        self._validation: tuple[Array, Array] | None = None
        if validation is not None:
            several = validation.unbatch().take(HELD_OUT)
            x, y = zip(*several.as_numpy_iterator(), strict=True)
            self._validation = np.stack(x), np.stack(y)
        self._evaluation_seconds = 0.0
        self._loss_mean = keras.metrics.Mean(name="loss")
        self._kinds = [self._loss_mean]
        if self._network.readout.classes:
            kind = keras.metrics.SparseCategoricalAccuracy
            self._kinds.append(kind(name="accuracy"))
        self._schedule = WarmCosine(plan.rate, plan.updates)
        # XLA takes longer for loops of small convolutions on a CPU.
        optimizer = keras.optimizers.Adam(self._schedule)
        eager = self._is_eager
        self.compile(optimizer, jit_compile=False, run_eagerly=eager)
        optimizer.build(self.trainable_variables)
        self._learn_fast = tf.function(self._learn, autograph=False)
        self._draw_rests = tf.function(self._rests, autograph=False)

    @property
    def compares(self) -> bool:
        """Whether enough examples are held out to compare rounds."""
        held_out = self._validation
        return held_out is not None and len(held_out[0]) >= LEAST_HELD_OUT

    @property
    def metrics(self) -> list[Tensor]:
        """The mean loss and, for classes, the accuracy."""
        return self._kinds

    @property
    def trainable_variables(self) -> list[Tensor]:
        """All variables of the model but biases of encoders, after batch norm.

        An encoder's bias is the current of the background, where inputs are
        0. If it changes, most neurons of the encoder begin or cease to fire
        at once. Batch norm compensated for that, but it is folded now, and
        gradients don't show it, so the loss would rise (decision 039).
        """
        variables = self.trained.trainable_variables
        return [each for each in variables if not self._is_fixed(each)]

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the outputs of the Keras model."""
        return self.trained(inputs, training=False)

    def train_step(self, data: Tensor) -> dict[str, Tensor]:
        """Present a batch, and update the weights."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x = tf.ensure_shape(x, [self._streams, *x.shape[1:]])
        if self._is_eager:
            state = self._state()
            self._rest_some(state)
            firing, _ = self._run.present(x, state, sampled=True)
            logs: dict[str, Tensor] = self._learn_fast(x, y, weight, firing)
            return logs
        stored = self._state()
        each = tf.nest.map_structure
        state = self._rested(each(lambda kept: kept.read_value(), stored))
        firing, state = self._run.present(x, state, sampled=True)
        each(lambda kept, value: kept.assign(value), stored, state)
        return self._learn(x, y, weight, firing)

    def _learn(
        self,
        x: Tensor,
        y: Tensor,
        weight: Tensor,
        firing: Firing,
    ) -> dict[str, Tensor]:
        """Update the weights after a presentation."""
        variables = self.trainable_variables
        with tf.GradientTape() as tape:
            outputs, excess = self._outputs(x, firing)
            loss = self._loss(y, outputs, weight)
            total = loss + EXCESS * excess + sum(self.trained.losses, 0.0)
            total /= self._replicas  # gradients of replicas are summed
        gradients = tape.gradient(total, variables)
        gradients, _ = tf.clip_by_global_norm(gradients, CLIP)
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        self._loss_mean.update_state(loss)
        for metric in self._kinds[1:]:
            metric.update_state(y, outputs[0])
        return {metric.name: metric.result() for metric in self._kinds}

    def _rests(self) -> Tensor:
        """Return which streams start from rest, of shape (streams,)."""
        step = tf.cast(self.optimizer.iterations, tf.int32)
        seed = tf.stack([self._plan.seed, step])
        drawn = tf.random.stateless_uniform([self._streams], seed)
        # A round starts from rest, so it is the same after an interruption.
        return (drawn < RESTS) | (step % self._plan.each == 0)

    def _rest_some(self, state: State) -> None:
        """Reset some streams of a state of arrays to rest."""
        rests = self._draw_rests().numpy()
        present = tf.nest.flatten(state)
        anew = tf.nest.flatten(self._run.rest(1))
        for now, rest in zip(present, anew, strict=True):
            now[rests] = rest

    def _rested(self, state: State) -> State:
        """Return the state with some streams reset to rest."""
        rests = self._rests()

        def chosen(now: Tensor, rest: Tensor) -> Tensor:
            shape = [self._streams] + [1] * (len(now.shape) - 1)
            return tf.where(tf.reshape(rests, shape), rest, now)

        rest = self._run.rest(self._streams)
        rested: State = tf.nest.map_structure(chosen, state, rest)
        return rested

    def _outputs(self, x: Tensor, firing: Firing) -> tuple[Tensor, Tensor]:
        """Return outputs (readings, batch, units) and the excess of rates."""
        run = self._run
        samples = firing.activations[0].shape[0] // x.shape[0]

        def mean(each: Tensor) -> Tensor:
            split = tf.reshape(each, (samples, -1, *each.shape[1:]))
            return tf.reduce_mean(split, 0)

        x = tf.concat([x] * samples, 0)
        outputs: dict[str, Tensor] = {}
        excess: Tensor = 0.0
        rates, _, *sampled = firing
        several = zip(run.layers, rates, *sampled, strict=True)
        for layer, rate, activation, slope in several:
            name = layer.name
            drive = layer.stage(x, outputs)
            if layer.layer.pool is not None:
                drive = self.trained.get_layer(name)(drive)
                outputs[name] = activation + drive - tf.stop_gradient(drive)
                continue
            change = slope * (drive - tf.stop_gradient(drive))
            outputs[name] = activation + change
            reached = (rate + mean(change)) * layer.scale
            over = tf.nn.relu(reached - ALLOWED) ** 2
            excess += tf.reduce_sum(over) / self._streams
        read = run.readout(x, outputs)
        readings = firing.readings + mean(read - tf.stop_gradient(read))
        return tf.map_fn(run.decide, readings), excess

    def losses_of(self, y: Tensor, outputs: Tensor) -> Tensor:
        """Return the loss of each example, of shape (batch,)."""
        loss = self.trained.loss
        losses = getattr(loss, "call", loss)(y, outputs)
        return tf.reshape(losses, [-1])

    def _loss(self, y: Tensor, outputs: Tensor, weight: Tensor) -> Tensor:
        losses = [self.losses_of(y, one) for one in tf.unstack(outputs)]
        if weight is not None:
            losses = [one * tf.reshape(weight, [-1]) for one in losses]
        return tf.reduce_mean(tf.stack(losses))

    def held_out(self) -> dict[str, float]:
        """Return loss and accuracy on the held-out examples, if any."""
        if self._validation is None:
            return {}
        x, y = self._validation
        started = time.perf_counter()
        outputs = self._run.predict(x, HELD_OUT_STREAMS)
        self._evaluation_seconds = time.perf_counter() - started
        y = y[: len(outputs)]
        losses = self.losses_of(tf.constant(y), outputs)
        logs = {"val_loss": float(np.mean(losses))}
        if self._network.readout.classes:
            right = outputs.argmax(axis=1) == y
            logs["val_accuracy"] = float(right.mean())
        return logs

    def lower_rate(self, logs: dict[str, float]) -> float:
        """Lower the learning rate, given the start's `held_out` results.

        The full rate would first undo a start that already decides well.
        Returns the share of the plan's rate.
        """
        if self._validation is None or not self.compares or not logs:
            return 1.0
        _, y = self._validation
        if self._network.readout.classes:
            guess_error = 1 - 1 / self._network.readout.units
            error = (1 - logs["val_accuracy"]) / guess_error
        else:
            means = np.broadcast_to(y.mean(axis=0), y.shape)
            losses = self.losses_of(tf.constant(y), tf.constant(means))
            guess_error = float(np.mean(losses))
            error = logs["val_loss"] / guess_error if guess_error > 0 else 1.0
        share = min(max(error / FULL_RATE_ERROR, LEAST_SHARE), 1.0)
        self._schedule.rate = share * self._plan.rate
        return share

    def fall_early(self, done: int) -> None:
        """Let the learning rate fall to 0 in the `FALL` rounds from now on.

        ``done`` is the number of rounds that are finished.
        """
        each = self._plan.each
        self._schedule.fall_early(done * each, (done + FALL) * each)

    def callback(self) -> keras.callbacks.Callback:
        """Return a callback that evaluates rounds and estimates the time."""
        times: list[float] = []

        def estimate(batch: int, logs: Logs) -> None:
            times.append(time.perf_counter())
            if len(times) == FEW:
                each = (times[-1] - times[1]) / (FEW - 2)
                seconds = each * self._plan.updates
                seconds += ROUNDS * self._evaluation_seconds
                # Keras leaves the line of its bar open.
                line = f"spikes: about {math.ceil(seconds)} s"
                tell("\n" * (verbosity() == 1) + line)

        return keras.callbacks.LambdaCallback(
            on_epoch_end=lambda _, logs: logs.update(self.held_out()),
            on_train_batch_end=estimate,
        )


class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly to a learning rate, then falls to 0 as a cosine.

    At the full rate, the first updates can undo the phase smooth: At first,
    Adam has no statistics of the gradients.
    """

    def __init__(self, rate: float, updates: int) -> None:
        """Create it with the highest rate and the number of updates."""
        self.rate = rate
        self._updates = updates
        # An update that is compiled reads variables anew.
        self._turn = tf.Variable(float(updates), trainable=False)
        self._speed = tf.Variable(1.0, trainable=False)

    def fall_early(self, start: int, stop: int) -> None:
        """Reach the end of the schedule at ``stop``, counted in updates."""
        self._turn.assign(start)
        self._speed.assign((self._updates - start) / (stop - start))

    def __call__(self, step: Tensor) -> Tensor:
        """Return the learning rate of an update, counted from 0."""
        step = tf.cast(step, tf.float32)
        late = tf.nn.relu(step - self._turn)
        done = tf.minimum(step, self._turn) + self._speed * late
        done /= self._updates
        fall = tf.maximum(0.0, (done - WARM_UP) / (1 - WARM_UP))
        rise = tf.minimum(1.0, (done + 1 / self._updates) / WARM_UP)
        return self.rate * rise * (1 + tf.cos(np.pi * fall)) / 2
