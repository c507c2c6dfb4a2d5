# The run-time library of snnc. SPDX-License-Identifier: MIT
"""Predicts new examples: runs a network and returns its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Examples, open_data, select
from ..examples import decide
from ..files import make_parser, replacing, run_program
from ..layout import Weights
from .simulators import Simulator, SpikingProgram, simulators_of


class Predictor(SpikingProgram):
    """Predicts with one network."""

    def predict(
        self,
        x: Any,
        weights: Weights,
        simulator: Simulator = "nengo",
    ) -> NDArray[np.float32]:
        """Return the outputs of examples on spikes: (examples, units).

        ``x`` is (examples, *the input's shape), an array or `Examples`;
        ``weights`` is a file or a mapping of the tensors in `layout.TENSORS`.
        Examples run in rows of 200 with the state carried over, as on the
        chip. Raises DataError if ``x`` does not fit, and the errors of `run`.
        """
        examples = x
        if not isinstance(x, Examples):
            examples = select(x, None, self.network)
        runs = self.run(examples, weights, simulator, probe=())
        how = self.network.readout.decide
        outputs = [decide(part.rows, how) for part in runs]
        return np.asarray(np.concatenate(outputs), np.float32)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Predict from the command line; return the exit status."""
        name = self.network.name
        does = f"Predict with {name} on spikes."
        data = ".npz file with x, or an .npy file"
        parser = make_parser(f"{name}.predict", does, data)
        add = parser.add_argument
        simulators = simulators_of(self.network)
        written = ".npz file to write or replace, with outputs and labels"
        add("-o", "--output", required=True, metavar="FILE", help=written)
        add("--simulator", choices=simulators, default="nengo")
        options = parser.parse_args(arguments)

        def run() -> None:
            inputs = open_data(options.data, self.network, labelled=False)
            columns = {
                "outputs": self.predict(
                    inputs,
                    options.weights,
                    options.simulator,
                )
            }
            if self.network.readout.classes:
                labels = columns["outputs"].argmax(axis=1)
                columns["labels"] = labels.astype(np.int64)
            with replacing(options.output) as file:
                np.savez(file, **columns)

        return run_program(parser.prog, run)
