"""Run a package on the board's Python, whose packages are old: NAME X W OUT.

Writes the rows of the readout and the spikes of each layer, (examples, neurons).
"""

import importlib
import sys
from contextlib import closing

import numpy as np


def main(name: str, data: str, weights: str, output: str) -> None:
    """Present the examples one after another on nengo-loihi's emulator."""
    program = importlib.import_module(f"{name}.nengo_network")
    simulators = importlib.import_module(f"{name}._runtime.nengo.simulators")
    network = program.NETWORK
    x, tensors = np.load(data), program.LAYOUT.load(weights)
    built = program.build_network(tensors, x, probe=tuple(network.layers))
    run = simulators.SimulatorRun("loihi", built)
    parts = []
    with closing(run.sim):
        for start in range(0, len(x), 10):
            rows, spikes = run.present(len(x[start : start + 10]))
            parts.append({"rows": rows, **spikes})
    if "tensorflow" in sys.modules:
        raise SystemExit("a deployment imported TensorFlow")
    np.savez(output, **{n: np.concatenate([p[n] for p in parts]) for n in parts[0]})


if __name__ == "__main__":
    main(*sys.argv[1:])
