# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Evaluates a network on spikes: its accuracy and its rates."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from ..data import Examples, open_data, select
from ..examples import Largest, Presentation, decide, score
from ..files import make_parser, positive, run_program, whole
from ..layout import Weights
from .simulators import Simulator, SpikingProgram, simulators_of


@dataclass(frozen=True)
class EvaluationResult:
    """The accuracy of a network on spikes, and the rates of its layers.

    ``accuracy`` is the fraction of correct decisions, or None for a
    regression, and ``rmse`` is the root mean square error. ``rates`` contains
    the percentiles, in Hz, that `Layer.rate` limits. ``cores`` is the number
    of cores used; None without a chip.
    """

    network: str
    simulator: str
    examples: int
    steps: int
    accuracy: float | None
    rmse: float | None
    rates: dict[str, float]
    cores: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return a mapping for JSON, without empty entries."""
        return {n: v for n, v in vars(self).items() if v is not None}

    def __str__(self) -> str:
        """Return a summary, one result per line."""
        where = f"{self.network} on {self.simulator}"
        lines = [f"{where}, {self.examples} examples of {self.steps} steps"]
        if self.accuracy is not None:
            lines.append(f"accuracy {100 * self.accuracy:.1f} %")
        if self.rmse is not None:
            lines.append(f"RMSE {self.rmse:.4g}")
        if self.cores is not None:
            lines.append(f"cores {self.cores}")
        rates = self.rates.items()
        return "\n".join([*lines, *(f"{n} {r:.0f} Hz" for n, r in rates)])


class Evaluator(SpikingProgram):
    """Evaluates one network."""

    def evaluate(
        self,
        x: Any,
        y: Any,
        weights: Weights,
        simulator: Simulator = "nengo",
        examples: int | None = None,
        presentation: Presentation = "row",
        seed: int | None = 0,
    ) -> EvaluationResult:
        """Present examples, like ``evaluate`` of the package.

        Raises DataError if an array does not fit, ValueError if ``examples``
        is below 1, and the errors of `run`.
        """
        if examples is not None and examples < 1:
            raise ValueError(f"examples is {examples}, not 1 or more")
        chosen = select(x, np.asarray(y), self.network, examples, seed)
        return self._evaluate(chosen, weights, simulator, presentation)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Evaluate from the command line; return the exit status."""
        name = self.network.name
        parser = make_parser(f"{name}.evaluate", f"Run {name} on spikes.")
        add = parser.add_argument
        simulators = simulators_of(self.network)
        add("--simulator", choices=simulators, default="nengo")
        add("--examples", type=positive, help="draw N of them by the seed")
        add("--seed", type=whole, default=0, help="shuffles the examples (0)")
        presented = "in rows, the state carried over, or each from rest"
        kinds = get_args(Presentation)
        add("--presentation", choices=kinds, default="row", help=presented)
        add("--format", choices=("text", "json"), default="text")
        options = parser.parse_args(arguments)

        def run() -> None:
            found = self._evaluate(
                open_data(
                    options.data,
                    self.network,
                    options.examples,
                    options.seed,
                ),
                options.weights,
                options.simulator,
                options.presentation,
                sys.stderr.isatty(),
            )
            document = json.dumps(found.as_dict(), indent=2)
            text = document if options.format == "json" else str(found)
            print(text, flush=True)

        return run_program(parser.prog, run)

    def _evaluate(
        self,
        examples: Examples,
        weights: Weights,
        simulator: Simulator,
        presentation: Presentation,
        shows: bool = False,
    ) -> EvaluationResult:
        """Evaluate on checked examples; with ``shows``, print the progress."""
        network = self.network
        count = len(examples)
        parts = self.run(examples, weights, simulator, presentation)
        outputs = []
        cores = None
        most = {}
        for name, layer in network.layers.items():
            most[name] = Largest(count * layer.neurons, layer.percentile)
        for part in parts:
            outputs.append(decide(part.rows, network.readout.decide))
            for name, spikes in part.spikes.items():
                most[name].add(spikes)
            cores = part.cores
            if shows:
                done = f"{part.start + len(part.rows)}/{count}"
                sys.stderr.write(f"\r{done} examples")
                sys.stderr.flush()
        if shows:
            print(file=sys.stderr)
        classes = network.readout.classes
        reached = score(np.concatenate(outputs), examples.y, classes)
        present = network.present
        rates = {n: seen.percentile / present for n, seen in most.items()}
        accuracy, rmse = (reached, None) if classes else (None, reached)
        return EvaluationResult(
            network.name,
            simulator,
            count,
            network.steps,
            accuracy,
            rmse,
            rates,
            cores,
        )
