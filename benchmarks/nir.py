"""Run trained networks in other NIR tools: ``python -m benchmarks.nir FOLDER``.

For each network, FOLDER contains its package ``NAME``, the weights
``NAME.safetensors`` and the test examples ``NAME.npz``. Each tool runs in its own
environment, which ``make test-nir`` creates. Its results are compared with the exact
engine from rest, example by example.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.exact import EngineResult, make_engine
from snnc.nir.export import export_nir
from snnc.output.imported import ImportedPackage, open_package
from snnc.runtime.examples import decide
from snnc.runtime.network import volume_of
from snnc.text.tables import table

Array = NDArray[Any]
ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "tests/nir/clients/run.py"
TOOLS = {
    "Norse": ("older", "norse", "if"),
    "Norse, CubaLIF": ("older", "norse", "cubalif"),
    "sinabs": ("older", "sinabs", "if"),
    "snnTorch, fixed": ("newer", "snntorch-mended", "if"),
    "Spyx": ("newer", "spyx", "if"),
}
"""For each row its environment, its name in the client, and the neurons exported."""


@dataclass(frozen=True, slots=True)
class Run:
    """A tool's outputs, (examples, units), and spikes by layer, channels first."""

    outputs: Array
    spikes: Mapping[str, Array]


def main(folder: Path) -> None:
    """Print a table for each network of a folder."""
    for weights in sorted(folder.glob("*.safetensors")):
        examples = np.load(folder / f"{weights.stem}.npz")
        package = open_package(folder / weights.stem)
        print(f"\n### {weights.stem}, {len(examples['y'])} examples\n")
        rows = list(compare(package, weights, examples["x"], examples["y"]))
        head = ("", "accuracy", "as the exact engine", *package.network.layers)
        for line in table(head, rows, right=tuple(range(1, len(head)))):
            print(line)


def compare(
    package: ImportedPackage, weights: Path, x: Array, y: Array
) -> Iterator[tuple[str, ...]]:
    """Give a row for the engine and each tool.

    For each layer it has the mean rate and, for a tool, the root mean square error of
    the neurons' rates, both in Hz.
    """
    network = package.network
    with make_engine(package, weights) as engine:
        found = engine.run(x, "rest", network.readout.decide, ("counts",), threads=1)
    exact = Run(found.outputs, counts_of(found))
    rates = [f"{exact.spikes[n].mean() / network.present:.1f}" for n in network.layers]
    yield "exact engine", share(exact, y), "", *rates
    decided = exact.outputs.argmax(1)
    for name, (environment, tool, neuron) in TOOLS.items():
        run = run_tool(package, weights, x, (environment, tool, neuron))
        cells = [off(exact.spikes[n], run.spikes[n], network) for n in network.layers]
        yield name, share(run, y), share(run, decided), *cells


def share(run: Run, y: Array) -> str:
    return f"{100 * np.mean(run.outputs.argmax(1) == y):.1f} %"


def off(exact: Array, given: Array, network: Any) -> str:
    error = np.sqrt(np.mean((given - exact) ** 2)) / network.present
    return f"{given.mean() / network.present:.1f} ({error:.1f})"


def counts_of(outcome: EngineResult) -> dict[str, Array]:
    """Return spikes an example, channels first."""
    return {
        name: np.stack([channels_first(example) for example in counts.astype(float)])
        for name, counts in outcome.counts.items()
    }


def channels_first(values: Array) -> Array:
    """Return (depth, height, width, channels) as NIR has it."""
    if values.ndim == 1:
        return values
    depth, height, width, channels = volume_of(values.shape)
    planes = values.reshape(depth, height, width, channels).transpose(0, 3, 1, 2)
    return planes.reshape(-1, height, width)


def run_tool(
    package: ImportedPackage, weights: Path, x: Array, how: tuple[str, str, Any]
) -> Run:
    """Run a tool on what is exported for it."""
    environment, tool, neuron = how
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        export_nir(package, weights, folder / "net.nir", neuron)
        np.savez(folder / "x.npz", x=np.stack([channels_first(one) for one in x]))
        python = ROOT / ".venv-nir" / environment / "bin/python"
        arguments = [tool, "net.nir", "x.npz", "out.npz"]
        subprocess.run([python, CLIENT, *arguments], cwd=folder, check=True)
        given = np.load(folder / "out.npz")
        spikes = {
            name.removeprefix("spikes.").removesuffix("_neurons"): given[name]
            for name in given.files
            if name.startswith("spikes.")
        }
        return Run(read_out(package.network, given["outputs"]), spikes)


def read_out(network: Any, rows: Array) -> Array:
    """Filter and decide as the chip's host does: (examples, units)."""
    readout = network.readout
    keeps = np.exp(-network.dt / readout.synapse) if readout.synapse else 0.0
    filtered = np.zeros_like(rows)
    state = np.zeros_like(rows[:, 0])
    for step in range(rows.shape[1]):
        state = keeps * state + (1 - keeps) * rows[:, step]
        filtered[:, step] = state
    return decide(filtered, readout.decide)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
