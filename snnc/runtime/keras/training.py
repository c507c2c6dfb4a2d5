# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Trains a network's Keras model, from Python and from the command line."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from ..data import DataError, DataSpec, naming, open_arrays, range_warning
from ..files import UserError, make_parser, positive, run_program, warn
from ..labels import (
    ClassWeight,
    balance_classes,
    check_data,
    check_groups,
    load_data,
    unused_ends,
)
from ..layout import FileName, Layout, check_writable
from ..network import Network

if TYPE_CHECKING:
    from tensorflow import keras
    from typing_extensions import Unpack

Strategy = Literal["mirrored"]
Phase = Literal["smooth", "scale", "spikes"]
PHASES: tuple[Phase, ...] = ("smooth", "scale", "spikes")


class StrategyError(UserError, RuntimeError):
    """Raised when devices can't share a batch evenly."""


@dataclass(frozen=True)
class Training:
    """The training that a spec describes.

    ``batch`` is the number of examples per step; ``validation`` is the share
    of examples to hold out; with a cosine ``schedule`` the learning rate falls
    to 0. ``phases`` are listed in order: see `phases`. ``class_weight`` is
    that of `TrainOptions`, or None.
    """

    epochs: int = 20
    batch: int = 64
    validation: float = 0.1
    seed: int = 0
    schedule: Literal["constant", "cosine"] = "constant"
    phases: tuple[Phase, ...] = PHASES
    class_weight: ClassWeight | None = None


class TrainOptions(TypedDict, total=False):
    """The options of a training; each has a default.

    ``phases`` and ``seed`` default to the spec's. ``seed`` draws the first
    weights, dropout, the examples held out and the order of the others.
    ``initial`` is a file of weights to begin with, instead of drawn ones; it
    is required without the phase smooth. ``spike_updates`` is the number of
    updates in the phase spikes; its default follows from their cost: see
    `spike_plan`. ``patience`` ends the phase smooth that many epochs after the
    one with the least validation loss, whose weights are kept. ``resume``
    continues an interrupted training: until it is done,
    ``<weights>.progress.npz`` holds its state after the last whole epoch.
    ``strategy`` "mirrored" shares each batch among all devices of this
    machine.

    ``validation`` is (x, y) to validate on, instead of a share of the
    examples; ``groups``, (examples,), such as subjects, are held out as a
    whole. ``class_weight`` is the weight of each class's examples in the loss,
    by default the spec's, or 1; "balanced" gives all classes the same total
    weight.
    ``callbacks`` are Keras callbacks to add.
    """

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
        **options: Unpack[TrainOptions],
    ) -> keras.Model:
        """Return a trained model, and write its weights if a path is given.

        ``x``, (examples, *the input's shape), is an array with its ``y``, or a
        tf.data.Dataset of both, in single examples or in batches. ``epochs``,
        of the phase smooth, default to the spec's. The weights that enter the
        phase spikes are written to ``<stem>.smooth.safetensors``.

        Raises DataError if the network does not accept data or progress.
        Before it trains, it raises LayoutError if the initial weights do not
        fit the layout or the weights to write have another format's suffix. It
        raises OSError if they can't be written, and StrategyError if the
        devices can't share a batch. It raises DivergedError when the loss is
        NaN, and then leaves no file.
        """
        if unknown := options.keys() - TrainOptions.__annotations__.keys():
            raise TypeError(f"there is no option {min(unknown)!r}")
        if weights is not None:
            check_writable(weights)
        if options.get("class_weight") is None:
            options["class_weight"] = self.training.class_weight
        x, y = _validate(x, y, DataSpec.of(self.network), options)
        seed, phases = options.get("seed"), options.get("phases")
        seed = self.training.seed if seed is None else seed
        phases = self.training.phases if phases is None else tuple(phases)
        _check_phases(phases, options.get("initial"))
        epochs = self.training.epochs if epochs is None else epochs
        program = importlib.import_module(self.program)

        from .phases import Session

        given = epochs, seed, phases, weights, options
        return Session(self, program, *given).train(x, y)

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

        def run() -> None:
            x, y = load_data(data, accepted)
            if held_out is not None:
                options["validation"] = load_data(held_out, accepted)
            if groups is not None:
                found = open_arrays(data, (groups,))[groups]
                with naming(f"{data}: {groups}"):
                    options["groups"] = check_groups(found, len(x))
            self.train(x, y, weights, **options)

        return run_program(parser.prog, run)

    def _parser(self) -> argparse.ArgumentParser:
        name, training = self.network.name, self.training
        does, written = f"Train {name}.", "file to write"
        parser = make_parser(f"{name}.train", does, weights=written)
        add = parser.add_argument
        begins = "weights to begin with"
        add("--from", "--initial", dest="initial", metavar="FILE", help=begins)
        among = f"some of {','.join(training.phases)}"
        add("--phases", type=_phases, metavar="P,...", help=among)
        by_cost = "updates of the phase spikes (by its cost)"
        add("--spike-updates", type=positive, metavar="N", help=by_cost)
        add("--epochs", type=positive, default=training.epochs)
        add("--patience", type=positive, help="epochs without a better one")
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


def _validate(x: Any, y: Any, spec: DataSpec, options: TrainOptions) -> Any:
    """Return the checked data; check those among the options in place."""
    if y is not None:
        x, y = check_data(x, y, spec)
        warn(range_warning(float(x.min()), float(x.max()), spec))
        warn(unused_ends(y, spec.units) if spec.classifies else None)
    if (validation := options.get("validation")) is not None:
        options["validation"] = check_data(*validation, spec)
    if (groups := options.get("groups")) is not None:
        if y is None:
            raise DataError("groups need x and y as arrays")
        options["groups"] = check_groups(groups, len(y))
    if (weights := options.get("class_weight")) is not None:
        if not spec.classifies:
            raise DataError("class_weight: this network has no classes")
        options["class_weight"] = balance_classes(weights, y, spec.units)
    return x, y


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


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)
