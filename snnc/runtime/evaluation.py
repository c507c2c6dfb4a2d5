# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Runs a network on spikes: how right it is and how fast it fires."""

# mypy: disable-error-code="import-not-found,import-untyped"

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Protocol

from numpy.typing import NDArray

from .builder import BuiltNetwork, Mode
from .comparison import Reference
from .data import DataError, DataSpec, check_data, open_data
from .layout import Layout, LayoutError, Tensors, Weights
from .measures import Part, result_of
from .network import Network
from .results import Result
from .scores import decide_early
from .simulators import RefusedError, Run, Simulator, require, simulators_of
from .statistics import Firing

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
    ) -> Result:
        """Present examples one after another and judge what the spikes decide.

        ``x`` is (examples, *the input's shape), ``y`` their labels, integers
        (examples,), or values (examples, units). ``weights`` is a file or a
        mapping of the tensors in `layout.TENSORS`. The state is carried over
        from one example to the next, as on the chip. ``examples`` limits how
        many are presented. ``progress`` is called with the number done and
        the number of all, before the first one too.

        Raises DataError if an array does not fit, LayoutError if the weights
        do not, ValueError if there is no such simulator or no example,
        ModuleNotFoundError if the simulator is not installed, RefusedError if
        the chip can't store the weights.
        """
        started = time.perf_counter()
        require(simulator, self.network)
        if examples is not None and examples < 1:
            raise ValueError(f"examples is {examples}, not 1 or more")
        accepted = DataSpec.of(self.network)
        x, y = check_data(x[:examples], y[:examples], accepted)
        tensors = self.layout.read(weights)
        tell = progress or (lambda done, total: None)
        tell(0, len(x))
        # The emulator's neurons have the discrete rates that training knew.
        aware = simulator == "loihi" and self.network.aware
        reference = Reference(self.network, self.program, tensors, aware)
        parts, cores = self._run(x, tensors, simulator, reference, tell)
        return result_of(
            self.network,
            parts,
            y,
            simulator=simulator,
            presentation="row",
            model=reference.model,
            cores=cores,
            seconds=time.perf_counter() - started,
        )

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Evaluate from the command line; return the exit status."""
        parser = self._parser()
        options = parser.parse_args(arguments)
        try:
            accepted = DataSpec.of(self.network)
            data = open_data(options.data, accepted, options.examples)
            result = self.evaluate(
                data[:],
                data.y,
                options.weights,
                options.simulator,
                progress=_show if sys.stderr.isatty() else None,
            )
        except (
            DataError,
            LayoutError,
            ModuleNotFoundError,
            OSError,
            RefusedError,
        ) as error:
            print(f"{parser.prog}: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        as_json = options.format == "json"
        print(json.dumps(result.as_dict(), indent=2) if as_json else result)
        if not (options.strict and result.missed):
            return 0
        names = ", ".join(result.missed)
        print(f"{parser.prog}: rates not held: {names}", file=sys.stderr)
        return 1

    def _run(
        self,
        x: NDArray[Any],
        tensors: Tensors,
        simulator: Simulator,
        reference: Reference,
        progress: Progress,
    ) -> tuple[list[Part], int | None]:
        """Return what chunks of examples gave, and the cores of a chip."""
        names = tuple(self.network.layers)
        built = self.build_network(tensors, images=x, probe=names)
        compares = find_spec("tensorflow") is not None
        how = self.network.readout.decide
        parts = []
        with Run(simulator, built, self.network, tensors) as run:
            for start in range(0, len(x), run.at_once):
                stop = min(start + run.at_once, len(x))
                rows, spikes = run.present(stop - start)
                outputs = decide_early(rows, how)
                firing = {name: Firing.of(spikes[name]) for name in names}
                keras = None
                if compares:
                    keras = reference.compared(x[start:stop], spikes)
                parts.append(Part(start, stop, outputs, firing, keras))
                progress(stop, len(x))
            return parts, run.cores

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
        add("--examples", type=_positive, help="present the first N")
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
