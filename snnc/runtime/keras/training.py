# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Trains a network's Keras model, from Python and from the command line."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from ..data import LISTED, DataError, open_arrays, open_data, select
from ..examples import Array
from ..files import UserError, make_parser, positive, run_program, warn, whole
from ..layout import FileName, Layout, check_writable
from ..network import Network

if TYPE_CHECKING:
    from tensorflow import keras
    from typing_extensions import Unpack

ClassWeight = Mapping[int, float] | Literal["balanced"]
Phase = Literal["smooth", "scale", "spikes"]
PHASES: tuple[Phase, ...] = ("smooth", "scale", "spikes")


class StrategyError(UserError, RuntimeError):
    """Raised when devices can't share a batch evenly."""


@dataclass(frozen=True)
class TrainSettings:
    """The training settings of a spec.

    ``batch`` is the number of examples per step, and ``validation`` is the
    fraction of examples to hold out. With a cosine ``schedule``, the learning
    rate falls to 0. ``phases`` are in the order in which they run.
    ``class_weight`` is as in `TrainOptions`, or None.
    """

    epochs: int = 20
    batch: int = 64
    validation: float = 0.1
    seed: int = 0
    schedule: Literal["constant", "cosine"] = "constant"
    phases: tuple[Phase, ...] = PHASES
    class_weight: ClassWeight | None = None


class TrainOptions(TypedDict, total=False):
    """The options of training; each has a default.

    ``phases`` and ``seed`` default to the spec's. ``seed`` determines the
    initial weights, dropout, the held-out examples and the order of the
    others. ``initial`` is a file with initial weights, which is required
    without the phase smooth. ``spike_updates`` is the number of updates in the
    phase spikes, rounded up to a multiple of 10; the default depends on their
    cost, see `spike_training`.
    ``resume`` continues an interrupted training, whose state after the last
    complete epoch is in ``<weights>.progress.npz``.

    ``validation`` is a pair (x, y) for validation, instead of a fraction of
    the examples. ``groups``, of shape (examples,), names for example the
    subject of each example; groups are held out as a whole. ``class_weight``
    is the weight of each class's examples in the loss; the default is the
    spec's, or 1. "balanced" gives all classes the same total weight.
    ``callbacks`` are additional Keras callbacks.
    """

    initial: FileName | None
    phases: Sequence[Phase] | None
    spike_updates: int | None
    resume: bool
    seed: int | None
    validation: tuple[Any, Any] | None
    groups: Any
    class_weight: ClassWeight | None
    callbacks: Sequence[keras.callbacks.Callback]


@dataclass(frozen=True)
class Trainer:
    """Trains one network.

    ``program`` is the name of the module with ``build_model``,
    ``compile_model``, ``export_weights`` and ``import_weights``. This module
    imports TensorFlow, which takes seconds, so it is imported after the data
    are checked.
    """

    network: Network
    layout: Layout
    training: TrainSettings
    program: str

    def train(
        self,
        x: Any,
        y: Any = None,
        weights: FileName | None = None,
        epochs: int | None = None,
        **options: Unpack[TrainOptions],
    ) -> keras.Model:
        """Return a trained model, and write its weights if a path is given.

        ``x`` is an array of shape (examples, *input shape) with its ``y``, or
        a tf.data.Dataset of both, as single examples or batches. ``epochs`` is
        the number of epochs in the phase smooth, by default as in the spec.
        The weights that enter the phase spikes are written to
        ``<stem>.smooth.safetensors``. If KeyboardInterrupt ends the training,
        the best weights so far are written to ``<stem>.best.safetensors``.

        Raises DataError if the network does not accept data or progress, and
        DivergedError, without leaving a file, if the loss is NaN. Before
        training, raises LayoutError if initial weights do not fit or
        ``weights`` has the suffix of another format, OSError if it can't be
        written, and StrategyError if the devices of the current
        tf.distribute strategy can't share a batch.
        """
        if unknown := options.keys() - TrainOptions.__annotations__.keys():
            raise TypeError(f"there is no option {min(unknown)!r}")
        given: dict[str, Any] = {"epochs": epochs, **options}
        updates = given.get("spike_updates")
        if updates is not None and updates < 1:
            raise DataError(f"spike_updates is {updates}, not at least 1")
        if weights is not None:
            check_writable(weights)
        # A setting that is None is that of the spec.
        names = ("epochs", "phases", "seed", "class_weight")
        settings = {name: given.get(name) for name in names}
        changes = {n: v for n, v in settings.items() if v is not None}
        training = replace(self.training, **changes)
        options["class_weight"] = training.class_weight
        x, y = _validate(x, y, self.network, options)
        _check_phases(training.phases, options.get("initial"))
        program = importlib.import_module(self.program)

        from .session import Session

        session = Session(
            network=self.network,
            layout=self.layout,
            training=training,
            program=program,
            weights=weights,
            options=options,
        )
        return session.train(x, y)

    def train_files(
        self,
        data: FileName,
        weights: FileName | None = None,
        epochs: int | None = None,
        **options: Any,
    ) -> keras.Model:
        """Train like `train`, on a file with x and y.

        ``validation`` may also be such a file, and ``groups`` the name of an
        array in ``data``.
        """
        x, y = open_data(data, self.network).arrays
        held_out = options.get("validation")
        groups = options.get("groups")
        if isinstance(held_out, (str, os.PathLike)):
            options["validation"] = open_data(held_out, self.network).arrays
        if isinstance(groups, str):
            options["groups"] = open_arrays(data, (groups,))[groups]
        return self.train(x, y, weights, epochs, **options)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Train from the command line; return the exit status."""
        # Hide TensorFlow's log.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        parser = self._parser()
        options = vars(parser.parse_args(arguments))
        data = options.pop("data")
        weights = options.pop("weights")
        if Path(weights).resolve() == Path(data).resolve():
            parser.error("--weights would replace the data")
        if options["validation"] is not None and options["groups"] is not None:
            parser.error("--groups divides the data: leave --validation out")

        def run() -> None:
            self.train_files(data, weights, **options)

        return run_program(parser.prog, run)

    def _parser(self) -> argparse.ArgumentParser:
        name = self.network.name
        training = self.training
        does = f"Train {name}."
        written = "file to write or replace"
        parser = make_parser(f"{name}.train", does, weights=written)
        add = parser.add_argument
        begins = "weights to begin with"
        add("--from", "--initial", dest="initial", metavar="FILE", help=begins)
        among = f"some of {','.join(PHASES)}"
        add("--phases", type=_phases, metavar="P,...", help=among)
        by_cost = "updates of the phase spikes, in tens (chosen by cost)"
        add("--spike-updates", type=positive, metavar="N", help=by_cost)
        epochs = "epochs of the phase smooth"
        add("--epochs", type=positive, default=training.epochs, help=epochs)
        add("--resume", action="store_true", help="continue a run")
        add("--seed", type=whole, default=training.seed)
        held_out = ".npz file to validate on, not a share of the data"
        add("--validation", metavar="FILE", help=held_out)
        divided = "array of the data, such as subjects, to split by"
        add("--groups", metavar="NAME", help=divided)
        equal = "give all classes the same total weight"
        add("--class-weight", choices=("balanced",), help=equal)
        return parser


def _validate(x: Any, y: Any, network: Network, options: TrainOptions) -> Any:
    """Return the checked data; also check the data in ``options``."""
    readout = network.readout
    if y is not None:
        examples = select(x, y, network)
        x, y = examples.arrays
        warn(examples.warning)
        warn(unused_ends(y, readout.units) if readout.classes else None)
    held_out = options.get("validation")
    if held_out is not None:
        held_x, held_y = held_out
        options["validation"] = select(held_x, held_y, network).arrays
    if options.get("groups") is not None:
        if y is None:
            raise DataError("groups need x and y as arrays")
        groups = options["groups"] = np.asarray(options["groups"])
        if groups.shape != (len(y),) or groups.dtype.kind not in "iuUS":
            message = f"groups: type {groups.dtype}, shape {groups.shape}"
            wanted = f"integers or strings of shape ({len(y)},)"
            raise DataError(f"{message}, not {wanted}")
    if (weights := options.get("class_weight")) is not None:
        if not readout.classes:
            raise DataError("class_weight: this network has no classes")
        options["class_weight"] = balance_classes(weights, y, readout.units)
    return x, y


def _check_phases(phases: Sequence[str], initial: FileName | None) -> None:
    if isinstance(phases, str):
        raise DataError(f"phases is a string: use {_phases(phases)}")
    unknown = [phase for phase in phases if phase not in PHASES]
    if unknown or not phases:
        known = ", ".join(PHASES)
        raise DataError(f"phases: {', '.join(unknown)!r} is not among {known}")
    if "smooth" not in phases and initial is None:
        listed = ", ".join(phases)
        reason = f"phases {listed} train weights that exist"
        raise DataError(f"{reason}: name their file with --from (initial=)")


def _phases(text: str) -> list[str]:
    return [phase.strip() for phase in text.split(",")]


def unused_ends(y: Array, classes: int) -> str | None:
    """Warn about labels that look shifted; None if they don't."""
    unused = np.setdiff1d(np.arange(classes), y).tolist()
    if not {0, classes - 1} & {*unused}:
        return None
    named = " nor of ".join(f"class {label}" for label in unused[:LISTED])
    more = ", and so on" if len(unused) > LISTED else ""
    message = f"no example is of {named}{more}, of 0..{classes - 1}"
    return f"{message}: are labels shifted?"


def balance_classes(
    asked: ClassWeight,
    y: Array | None,
    classes: int,
) -> dict[int, float]:
    """Return the weight of each class's examples in the loss.

    The weight is 1 unless ``asked`` contains another one. "balanced" gives all
    classes of the labels ``y`` (examples,) the same total weight, with a mean
    of 1 per example.

    Raises DataError if a class is unknown, or "balanced" is used without
    labels.
    """
    if asked != "balanced":
        if others := set(asked) - set(range(classes)):
            message = f"there is no class {min(others)}"
            raise DataError(f"class_weight: {message}")
        return {label: float(asked.get(label, 1)) for label in range(classes)}
    if y is None:
        raise DataError("class_weight: balanced needs y as an array")
    counts = np.bincount(y, minlength=classes)
    alike = len(y) / np.count_nonzero(counts) / np.maximum(1, counts)
    return dict(enumerate(alike.tolist()))
