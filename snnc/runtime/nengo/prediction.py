# SPDX-License-Identifier: MIT
# The run-time library of snnc; `snnc build` puts a copy into each package.
"""Predicts new examples: runs a network and returns its outputs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import DataError, DataSpec, Inputs, open_input, select_input
from ..examples import decide
from ..files import reason, replacing
from ..layout import Layout, LayoutError
from ..network import Network
from .simulators import (
    BuildNetwork,
    RefusedError,
    require,
    run_examples,
    simulators_of,
)

if TYPE_CHECKING:
    from ..layout import Weights
    from .simulators import Simulator


@dataclass(frozen=True)
class Predictor:
    """Predicts with one network."""

    network: Network
    layout: Layout
    build_network: BuildNetwork

    def predict(
        self,
        x: Any,
        weights: Weights,
        simulator: Simulator = "nengo",
    ) -> NDArray[np.float32]:
        """Return the outputs of examples on spikes: (examples, units).

        ``x`` is (examples, *the input's shape), ``weights`` a file or a
        mapping of the tensors in `layout.TENSORS`. Examples run in rows of 200
        with the state carried over, as on the chip.

        Raises DataError if ``x`` does not fit, LayoutError if the weights do
        not, ValueError if there is no such simulator, ModuleNotFoundError if
        it is not installed, and RefusedError if the chip can't store the
        weights.
        """
        chosen = select_input(np.asarray(x), DataSpec.of(self.network))
        return self._outputs(chosen, weights, simulator)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Predict from the command line; return the exit status."""
        parser = self._parser()
        options = parser.parse_args(arguments)
        weights, simulator = options.weights, options.simulator
        try:
            inputs = open_input(options.data, DataSpec.of(self.network))
            outputs = self._outputs(inputs, weights, simulator)
            columns = {"outputs": outputs}
            if self.network.readout.classes:
                columns["labels"] = outputs.argmax(axis=1).astype(np.int64)
            with replacing(options.output) as file:
                np.savez(file, **columns)
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
        return 0

    def _outputs(
        self,
        inputs: Inputs,
        weights: Weights,
        simulator: Simulator,
    ) -> NDArray[np.float32]:
        require(simulator, self.network)
        if inputs.warning is not None:
            print(f"warning: {inputs.warning}", file=sys.stderr)
        tensors, how = self.layout.read(weights), self.network.readout.decide
        given = self.build_network, self.network, tensors, inputs
        runs = run_examples(*given, simulator, "row", probe=())
        outputs = [decide(part.rows, how) for part in runs]
        return np.asarray(np.concatenate(outputs), np.float32)

    def _parser(self) -> argparse.ArgumentParser:
        name = self.network.name
        parser = argparse.ArgumentParser(
            prog=f"{name}.predict",
            description=f"Predict with {name} on spikes.",
        )
        simulators = simulators_of(self.network)
        data = ".npz file with x, or an .npy file"
        written = ".npz file to write, with outputs and labels"
        add = parser.add_argument
        add("--data", required=True, help=data)
        add("--weights", required=True, help="file to read")
        add("-o", "--output", required=True, metavar="FILE", help=written)
        add("--simulator", choices=simulators, default="nengo")
        return parser
