# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Runs a network on spikes: how right it is and how fast it fires."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from ..data import DataError, DataSpec, Examples, open_data, select
from ..examples import ROW, Presentation, spans_of
from ..files import reason, show
from ..layout import Layout, LayoutError, Weights, source_of
from ..measures import EvaluatedPart, Reference, result_of
from ..network import Network
from ..results import Result
from ..scores import Reader, decide_early
from ..statistics import Firing
from .builder import BuiltNetwork, Mode
from .simulators import (
    RefusedError,
    Simulator,
    SimulatorRun,
    require,
    simulators_of,
)

# Is told how many examples are done, and how many there are.
Progress = Callable[[int, int], None]


class BuildNetwork(Protocol):
    """``nengo_network.build_network`` of a package."""

    def __call__(
        self,
        weights: Weights,
        images: NDArray[Any] | None = ...,
        mode: Mode = ...,
        probe: Sequence[str] = ...,
    ) -> BuiltNetwork:
        """Return the network in Nengo."""


@dataclass(frozen=True)
class Evaluator:
    """Evaluates one network.

    ``program`` returns the module with its ``build_model`` and
    ``import_weights``; it is asked only where TensorFlow is installed.
    """

    network: Network
    layout: Layout
    build_network: BuildNetwork
    program: Callable[[], ModuleType]

    def evaluate(
        self,
        x: Any,
        y: Any,
        weights: Weights,
        simulator: Simulator = "nengo",
        examples: int | None = None,
        progress: Progress | None = None,
        *,
        presentation: Presentation = "row",
        seed: int | None = 0,
    ) -> Result:
        """Present examples one after another and judge what the spikes decide.

        ``x`` is (examples, *the input's shape), ``y`` their labels, integers
        (examples,), or values (examples, units). ``weights`` is a file or a
        mapping of the tensors in `layout.TENSORS`. ``seed`` shuffles the
        examples, and draws as many as ``examples`` says; None takes them as
        they come. In a "row" of 200 the state is carried over from one to the
        next, as on the chip; for "rest" the network is built anew for each,
        which takes longer. ``progress`` is called with the number done and
        the number of all, before the first one too.

        Raises DataError if an array does not fit, LayoutError if the weights
        do not, ValueError if there is no such simulator or no example,
        ModuleNotFoundError if the simulator is not installed, RefusedError if
        the chip can't store the weights.
        """
        if examples is not None and examples < 1:
            raise ValueError(f"examples is {examples}, not 1 or more")
        accepted = DataSpec.of(self.network)
        arrays = np.asarray(x), np.asarray(y)
        chosen = select(*arrays, accepted, examples, seed)
        how = simulator, presentation
        return self._evaluate(chosen, weights, *how, progress)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Evaluate from the command line; return the exit status."""
        # TensorFlow talks a lot.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        parser = self._parser()
        options = parser.parse_args(arguments)
        try:
            accepted = DataSpec.of(self.network)
            asked = options.examples, options.seed
            result = self._evaluate(
                open_data(options.data, accepted, *asked),
                options.weights,
                options.simulator,
                options.presentation,
                _show if sys.stderr.isatty() else None,
            )
        except (
            DataError,
            LayoutError,
            ModuleNotFoundError,
            OSError,
            RefusedError,
        ) as error:
            print(f"{parser.prog}: {reason(error)}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        as_json = options.format == "json"
        document = json.dumps(result.as_dict(), indent=2)
        show(document if as_json else str(result))
        if not (options.strict and result.missed):
            return 0
        names = ", ".join(result.missed)
        print(f"{parser.prog}: rates not held: {names}", file=sys.stderr)
        return 1

    def _evaluate(
        self,
        examples: Examples,
        weights: Weights,
        simulator: Simulator,
        presentation: Presentation,
        progress: Progress | None,
    ) -> Result:
        started = time.perf_counter()
        require(simulator, self.network)
        if examples.warning is not None:
            print(f"warning: {examples.warning}", file=sys.stderr)
        tensors = self.layout.read(weights)
        tell = progress or (lambda done, total: None)
        tell(0, len(examples))
        reference = None
        if find_spec("tensorflow") is not None:
            reference = Reference(self.network, self.program, tensors)
        spans = spans_of(len(examples), ROW if presentation == "row" else 1)
        parts: list[EvaluatedPart] = []
        cores = None
        for start, stop in spans:
            x = examples[start:stop]
            names = tuple(self.network.layers)
            built = self.build_network(tensors, images=x, probe=names)
            with SimulatorRun(simulator, built, self.network, tensors) as run:
                cores = run.cores
                for part in self._parts(run, x, start, reference):
                    parts.append(part)
                    tell(part.stop, len(examples))
        before = None
        if reference is not None:
            before = reference.before_spikes(self.layout, weights, examples)
        return result_of(
            self.network,
            parts,
            examples.y,
            simulator=simulator,
            presentation=presentation,
            model=source_of(weights) or "smooth",
            before=before,
            cores=cores,
            seconds=time.perf_counter() - started,
        )

    def _parts(
        self,
        run: SimulatorRun,
        x: NDArray[Any],
        first: int,
        reference: Reference | None,
    ) -> Iterator[EvaluatedPart]:
        """Yield what examples gave, a few at a time; ``first`` is x[0]."""
        names = tuple(self.network.layers)
        how = self.network.readout.decide
        reader = Reader(self.network, carries=True)  # a span of one is at rest
        for start in range(0, len(x), run.at_once):
            some = x[start : start + run.at_once]
            rows, spikes = run.present(len(some))
            firing = {name: Firing.of(spikes[name]) for name in names}
            keras = None
            if reference is not None:
                keras = reference.compared(some, spikes)
            at = first + start
            outputs, others = decide_early(rows, how), reader.read(rows)
            stop = at + len(some)
            yield EvaluatedPart(at, stop, outputs, others, firing, keras)

    def _parser(self) -> argparse.ArgumentParser:
        name = self.network.name
        parser = argparse.ArgumentParser(
            prog=f"{name}.evaluate",
            description=f"Run {name} on spikes.",
        )
        simulators = simulators_of(self.network)
        missed = "exit with 1 if a rate budget is not held"
        add = parser.add_argument
        add("--data", required=True, help=".npz file with x and y")
        add("--weights", required=True, help="file to read")
        add("--simulator", choices=simulators, default="nengo")
        add("--examples", type=_positive, help="draw N of them by the seed")
        add("--seed", type=int, default=0, help="shuffles the examples (0)")
        presented = "in rows, the state carried over, or each from rest"
        kinds = get_args(Presentation)
        add("--presentation", choices=kinds, default="row", help=presented)
        add("--format", choices=("text", "json"), default="text")
        add("--strict", action="store_true", help=missed)
        return parser


def _show(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done}/{total} examples", end=end, file=sys.stderr, flush=True)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 or more")
    return int(text)
