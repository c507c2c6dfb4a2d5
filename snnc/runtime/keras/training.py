# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Trains a network's Keras model, from Python and from the command line."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from ..data import DataError, DataSpec, narrow
from ..files import leave_pipe, reason
from ..labels import check_data, check_groups, load_data, load_groups
from ..layout import (
    Layout,
    LayoutError,
    check_writable,
    smooth_hash,
    smooth_path,
)
from ..network import Network
from .splitting import ClassWeight, unused_ends, weights_of_classes

if TYPE_CHECKING:
    import tensorflow as tf
    from tensorflow import keras

    from .pipelines import Batches, Pipelines

FileName = str | PathLike[str]
Strategy = Literal["mirrored"]
Phase = Literal["smooth", "scale", "spikes"]
PHASES: tuple[Phase, ...] = ("smooth", "scale", "spikes")


class DivergedError(RuntimeError):
    """Raised when the loss is NaN; names the epoch and a layer."""


class StrategyError(RuntimeError):
    """Raised when devices can't share a batch evenly."""


@dataclass(frozen=True)
class Training:
    """The training that a spec describes.

    ``batch`` is the number of examples per step; ``validation`` is the share
    of examples to hold out; with a cosine ``schedule`` the learning rate falls
    to 0. ``phases`` are listed in order: see `phases`.
    """

    epochs: int = 20
    batch: int = 64
    validation: float = 0.1
    seed: int = 0
    schedule: Literal["constant", "cosine"] = "constant"
    phases: tuple[Phase, ...] = PHASES


class TrainOptions(TypedDict, total=False):
    """The options of a training: see `Trainer.train`."""

    initial: FileName | None
    phases: Sequence[Phase] | None
    spike_updates: int | None
    patience: int | None
    resume: bool
    strategy: Strategy | None
    seed: int | None
    validation: tuple[Any, Any] | None
    groups: Any
    class_weight: ClassWeight | None
    callbacks: Sequence[keras.callbacks.Callback]


@dataclass(frozen=True)
class Trainer:
    """Trains one network.

    ``program`` is the name of the module with ``build_model``,
    ``compile_model``, ``export_weights`` and ``import_weights``. It imports
    TensorFlow, which takes seconds, so it is imported after the data are
    checked.
    """

    network: Network
    layout: Layout
    training: Training
    program: str

    def train(
        self,
        x: Any,
        y: Any = None,
        weights: FileName | None = None,
        epochs: int | None = None,
        *,
        initial: FileName | None = None,
        phases: Sequence[Phase] | None = None,
        spike_updates: int | None = None,
        patience: int | None = None,
        resume: bool = False,
        strategy: Strategy | None = None,
        seed: int | None = None,
        validation: tuple[Any, Any] | None = None,
        groups: Any = None,
        class_weight: ClassWeight | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> keras.Model:
        """Return a trained model, and write its weights if a path is given.

        ``x``, (examples, *the input's shape), is an array with its ``y``, or a
        tf.data.Dataset of both, in single examples or in batches.

        ``epochs`` (of the phase smooth), ``seed`` and ``phases`` default to
        the spec's. ``seed`` draws the first weights, dropout, the examples
        held out and the order of the others. ``initial`` is a file of weights
        to begin with, instead of drawn ones; it is required without the phase
        smooth. ``spike_updates`` is the number of updates in the phase spikes;
        its default follows from their cost: see `spike_plan`. The weights that
        enter that phase are written to ``<stem>.smooth.safetensors``.
        ``patience`` ends the phase smooth that many epochs after the one with
        the least validation loss, whose weights are kept. ``resume`` continues
        an interrupted training: until it is done, ``<weights>.progress.npz``
        holds its state after the last whole epoch. ``strategy`` "mirrored"
        shares each batch among all devices of this machine.

        ``validation`` is (x, y) to validate on, instead of a share of the
        examples; ``groups``, (examples,), such as subjects, are held out as a
        whole. ``class_weight`` is the weight of each class's examples in the
        loss, by default 1; "balanced" gives all classes the same total weight.
        ``callbacks`` are Keras callbacks to add.

        Raises DataError if the network does not accept data or progress.
        Before it trains, it raises LayoutError if the initial weights do not
        fit the layout or the weights to write have another format's suffix,
        OSError if they can't be written, and StrategyError if the devices
        can't share a batch. It raises DivergedError when the loss is NaN, and
        then leaves no file.
        """
        if weights is not None:
            check_writable(weights)
        accepted = DataSpec.of(self.network)
        if y is not None:
            x, y = check_data(x, y, accepted)
            _warn_of_range(x, accepted)
            _warn_of_labels(y, accepted)
        if validation is not None:
            validation = check_data(*validation, accepted)
        if groups is not None:
            if y is None:
                raise DataError("groups need x and y as arrays")
            groups = check_groups(groups, len(y))
        weighted = None
        if class_weight is not None:
            if not accepted.classifies:
                raise DataError("class_weight: this network has no classes")
            classes = accepted.units
            weighted = weights_of_classes(class_weight, y, classes)
        epochs = self.training.epochs if epochs is None else epochs
        seed = self.training.seed if seed is None else seed
        phases = self.training.phases if phases is None else tuple(phases)
        _check_phases(phases, initial)
        program = importlib.import_module(self.program)

        from .divergence import StopAtNaN
        from .model import model_weights
        from .phases import Phases, tell
        from .pipelines import Pipelines, sample_of
        from .progress import Progress
        from .scaler import Scaler
        from .spike_plan import plan_spikes

        distribution = _distribution(strategy)
        replicas = distribution.num_replicas_in_sync
        batch = self.training.batch
        if batch % replicas:
            reason = f"can't share batches of {batch} evenly"
            raise StrategyError(f"{replicas} devices {reason}")
        file = None if weights is None else _progress_file(weights)
        run = [self.layout.id, str(seed), *phases]
        progress = Progress(file, run, patience)
        if resume:
            progress.read()
        held_out = self.training.validation
        pipelines = Pipelines(accepted, batch, held_out, seed, replicas)
        batches = _batches(pipelines, x, y, groups, validation)
        if patience is not None and batches.validation is None:
            reason = "patience needs validation: no examples are held out"
            raise DataError(reason)
        with distribution.scope():
            # Keras 2 can't restore dropout, so its masks are drawn again.
            model = program.build_model(seed=seed)
            self._compile(program, model, epochs * batches.steps)
            if initial is not None:
                program.import_weights(model, initial)
            sample = sample_of(batches)
            if y is None:
                _warn_of_range(sample, accepted)
            scaler = Scaler(self.network, self.layout, model, sample)
            layers = self.network.layers
            plan = plan_spikes(
                self.network,
                model,
                epochs * batches.steps * batch,
                seed,
                spike_updates,
                replicas,
            )

            written: list[Path] = []

            def write_smooth() -> None:
                if weights is not None:
                    path = smooth_path(weights)
                    program.export_weights(model, path)
                    written.append(path)

            leader = Phases(
                phases,
                epochs,
                progress,
                plan,
                any(layer.lif is not None for layer in layers.values()),
                weighted,
                write_smooth,
            )
            stops = StopAtNaN(layers, sample[:batch])
            others = [stops, *callbacks]
            try:
                leader.train(scaler, batches, others)
            except DivergedError:
                progress.remove()
                for path in written:
                    path.unlink()
                raise
        if weights is not None:
            tensors = model_weights(model, self.layout)
            entered = smooth_hash(weights) if "spikes" in phases else None
            self.layout.save(weights, tensors, smooth_sha256=entered)
            progress.remove()
            tell(f"wrote {os.fspath(weights)}")
        return model

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Train from the command line; return the exit status."""
        # Hide TensorFlow's log.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        parser = self._parser()
        options = vars(parser.parse_args(arguments))
        data, weights = options.pop("data"), options.pop("weights")
        if Path(weights).resolve() == Path(data).resolve():
            parser.error("--weights would replace the data")
        accepted = DataSpec.of(self.network)
        held_out, groups = options.pop("validation"), options.pop("groups")
        if held_out is not None and groups is not None:
            parser.error("--groups divides the data: leave --validation out")
        try:
            x, y = load_data(data, accepted)
            if held_out is not None:
                options["validation"] = load_data(held_out, accepted)
            if groups is not None:
                options["groups"] = load_groups(data, groups, len(x))
            self.train(x, y, weights, **options)
        except BrokenPipeError:
            leave_pipe()
            return 1
        except (
            DataError,
            DivergedError,
            LayoutError,
            OSError,
            StrategyError,
        ) as error:
            print(f"{parser.prog}: {reason(error)}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        return 0

    def _compile(
        self,
        program: ModuleType,
        model: keras.Model,
        steps: int,
    ) -> None:
        if self.training.schedule == "cosine":
            program.compile_model(model, steps=steps)
        else:
            program.compile_model(model)

    def _parser(self) -> argparse.ArgumentParser:
        name, training = self.network.name, self.training
        parser = argparse.ArgumentParser(
            prog=f"{name}.train",
            description=f"Train {name}.",
        )
        add = parser.add_argument
        add("--data", required=True, help=".npz file with x and y")
        add("--weights", required=True, help="file to write")
        begins = "weights to begin with"
        add("--from", "--initial", dest="initial", metavar="FILE", help=begins)
        among = f"some of {','.join(training.phases)}"
        add("--phases", type=_phases, metavar="P,...", help=among)
        by_cost = "updates of the phase spikes (by its cost)"
        add("--spike-updates", type=_positive, metavar="N", help=by_cost)
        add("--epochs", type=_positive, default=training.epochs)
        add("--patience", type=_positive, help="epochs without a better one")
        add("--resume", action="store_true", help="go on with a run cut off")
        add("--strategy", choices=get_args(Strategy), help="use all devices")
        add("--seed", type=_whole, default=training.seed)
        held_out = ".npz file to validate on, not a share of the data"
        add("--validation", metavar="FILE", help=held_out)
        whole = "array of the data, such as subjects: none is divided"
        add("--groups", metavar="NAME", help=whole)
        alike = "let all classes count alike"
        add("--class-weight", choices=("balanced",), help=alike)
        return parser


def _distribution(strategy: Strategy | None) -> tf.distribute.Strategy:
    import tensorflow as tf

    if strategy == "mirrored":
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


def _batches(
    pipelines: Pipelines,
    x: Any,
    y: Any,
    groups: Any,
    held_out: Any,
) -> Batches:
    if y is None:
        return pipelines.of_dataset(x, held_out)
    return pipelines.of_arrays(x, y, groups, held_out)


def _warn_of_range(x: Any, accepted: DataSpec) -> None:
    warning = narrow(float(x.min()), float(x.max()), accepted)
    if warning is not None:
        print(f"warning: {warning}", file=sys.stderr)


def _warn_of_labels(y: Any, accepted: DataSpec) -> None:
    warning = unused_ends(y, accepted.units) if accepted.classifies else None
    if warning is not None:
        print(f"warning: {warning}", file=sys.stderr)


def _progress_file(weights: FileName) -> Path:
    return Path(f"{os.fspath(weights)}.progress.npz")


def _check_phases(phases: Sequence[str], initial: FileName | None) -> None:
    unknown = [phase for phase in phases if phase not in PHASES]
    if unknown or not phases:
        known = ", ".join(PHASES)
        raise DataError(f"phases: {', '.join(unknown)!r} is not among {known}")
    if "smooth" not in phases and initial is None:
        listed = ", ".join(phases)
        reason = f"phases {listed} train weights that exist"
        raise DataError(f"{reason}: name their file with --from (initial=)")


def _phases(text: str) -> tuple[str, ...]:
    return tuple(phase.strip() for phase in text.split(","))


def _positive(text: str) -> int:
    if _whole(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
