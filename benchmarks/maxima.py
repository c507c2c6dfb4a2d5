"""Measure the error of spiking maxima, and compare it with what `snnc report` prints.

``python -m benchmarks.maxima`` runs max pools on the exact engine, which computes what
nengo-loihi's emulator does. Activations in 0..1 have the same distribution at all
places. It prints measured and expected errors. ``--table`` simulates the chip's neurons
for ``snnc/ir/pooling_error.csv`` and prints it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.ir.pooling_error import PoolingError, expected_error, measurements
from snnc.runtime.maxima import MaxTree, PoolWindow, entries, max_tree

Array = NDArray[np.float64]
WINDOWS = {
    2: (1, 1, 2),
    4: (1, 2, 2),
    9: (1, 3, 3),
    16: (1, 4, 4),
    25: (1, 5, 5),
    49: (1, 7, 7),
    100: (1, 100, 1),
}
DT = 1e-3
SHORT, LONG = 0.1, 0.4  # seconds: what lasts and what more spikes average out


def _picked(source: Array, grid: Sequence[Sequence[int]]) -> Array:
    """Return the values at a grid of places, for all examples."""
    index: Any = (slice(None), *np.ix_(*grid))
    return source[index]


class Chip:
    """Max pools, one a window, of neurons that sum, floor at 0 and reset to 0."""

    def __init__(self, values: int, high: float, synapse: float, windows: int) -> None:
        size = WINDOWS[values]
        self.tree: MaxTree = max_tree(size, PoolWindow(size, size))
        self.high, self.decay = high, math.exp(-DT / synapse)
        self.size = (windows, *size)
        shapes = [(windows, *level.shape) for level in self.tree.levels]
        self.voltage = np.zeros(self.size)
        self.voltages = [np.zeros(shape) for shape in shapes]
        self.currents = [np.zeros(shape) for shape in shapes]
        self.spikes = [np.zeros(shape) for shape in (*shapes, self.size)]

    def step(self, x: Array) -> Array:
        """Drive the sources by activations; return the maxima as spikes tell them."""
        before = self.spikes
        levels = [self._level(i, before) for i in range(len(self.tree.levels))]
        self.voltage += x * self.high * DT
        self.spikes = [*levels, self._fire(self.voltage)]
        total = np.zeros(len(x))
        for pick in self.tree.picks:
            source = self.spikes[-1 if pick.level is None else pick.level]
            read = _picked(source, pick.grid)
            total += read.reshape(len(x), -1).sum(axis=1)
        return total

    def _level(self, number: int, before: list[Array]) -> Array:
        level = self.tree.levels[number]
        total: Any = 0
        for read in level.reads:
            source = before[-1 if read.level is None else read.level]
            source = _picked(source, read.grid)
            places = range(source.shape[level.axis + 1])
            rows = entries(read.nodes, level.windows, places)
            matrix = np.zeros((len(rows), len(places)))
            for i, row in enumerate(rows):
                matrix[i, list(row)] = list(row.values())
            moved = np.tensordot(matrix, source, (1, level.axis + 1))
            total = total + np.moveaxis(moved, 0, level.axis + 1)
        current = self.currents[number]
        current *= self.decay
        current += (1 - self.decay) * total
        self.voltages[number] += current * self.high * DT
        return self._fire(self.voltages[number])

    def _fire(self, voltage: Array) -> Array:
        np.maximum(voltage, 0, out=voltage)
        fired = voltage >= 1
        voltage[fired] = 0
        return fired / (self.high * DT)


def simulate(
    values: int, high: float, synapse: float, present: float, windows: int
) -> PoolingError:
    """The error of maxima over the second and third example of a row."""
    random, steps = np.random.default_rng(0), round(present / DT)
    chip = Chip(values, high, synapse, windows)
    errors = []
    for _ in range(3):
        x = random.random(chip.size)
        total = sum(chip.step(x) for _ in range(steps))
        errors.append(total / steps - x.reshape(windows, -1).max(axis=1))
    found = np.concatenate(errors[1:])
    return PoolingError(float(found.mean()), float(found.std()))


def table() -> Iterator[str]:
    """The rows of the table, as CSV."""
    yield "synapse,rate,values,bias,lasting,counted"
    for values, high, synapse in measurements():
        windows = int(max(60, min(800, 6000 // values)))
        one = simulate(int(values), high, synapse, SHORT, windows)
        other = simulate(int(values), high, synapse, LONG, windows // 2)
        spread = one.deviation**2 - other.deviation**2
        counted = max(spread, 0.0) / (1 / SHORT - 1 / LONG)
        lasting = max(other.deviation**2 - counted / LONG, 0.0)
        bias = (one.bias + other.bias) / 2
        row = (bias, math.sqrt(lasting), math.sqrt(counted))
        point = f"{synapse:g},{high:g},{values:g}"
        yield f"{point},{','.join(f'{n:.3f}' for n in row)}"


SPEC = """snn 1

network maxima {{
  timing {{ present {present} ms, synapse {synapse} ms }}
  defaults {{ rate 0..{high} Hz }}
  input x {shape} in 0..1
  encode rate {{ rate ..1000 Hz }}
  depthwise2d c0 {{ kernel 1 }}
  maxpool p {{ window {window}, rate ..{high} Hz }}
  avgpool {{ window all }}
  readout y {{ units 1 }}
}}
"""


def measure(
    window: tuple[int, int], high: float, synapse: float, present: float, examples: int
) -> PoolingError:
    """The error on the exact engine, over examples in a row."""
    from snnc.exact import make_engine
    from snnc.output.imported import open_package
    from tests.exact.proof import write_package

    side = 4
    text = SPEC.format(
        present=round(1000 * present),
        synapse=f"{1000 * synapse:g}",
        high=f"{high:g}",
        shape=f"{side * window[0]}x{side * window[1]}x4",
        window="x".join(map(str, window)),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = write_package(text, Path(folder))
        assert path is not None
        package = open_package(path)
        weights = {
            tensor.name: np.ones(tensor.shape, np.float32)
            if tensor.name == "c0.kernel"
            else np.zeros(tensor.shape, np.float32)
            for tensor in package.layout.tensors
        }
        read = package.network.input.shape
        x = np.random.default_rng(1).random((examples, *read)).astype(np.float32)
        with make_engine(package, weights) as engine:
            counts = engine.run(x, "row", keep=("counts",)).counts
        pool = package.network.layers["p"].pool
        assert pool is not None
        spikes = [counts["c0"].reshape(examples, 1, *read)]
        start = 0
        for volume in pool.volumes:
            size = math.prod(volume)
            part = counts["p"][:, start : start + size]
            spikes.append(part.reshape(examples, *volume))
            start += size
        total: Any = 0
        for pick in pool.tree.picks:
            source = spikes[0 if pick.level is None else pick.level + 1]
            total = total + _picked(source, pick.grid)
    tiles = x.reshape(examples, side, window[0], side, window[1], 4)
    error = total[:, 0] / (high * present) - tiles.max(axis=(2, 4))
    return PoolingError(float(error[1:].mean()), float(error[1:].std()))


CASES = (
    ((2, 2), 150.0, 0.005, 0.05),
    ((2, 2), 150.0, 0.005, 0.1),
    ((2, 2), 150.0, 0.005, 0.2),
    ((2, 2), 150.0, 0.005, 0.3),
    ((2, 2), 250.0, 0.005, 0.2),
    ((2, 2), 100.0, 0.01, 0.1),
    ((3, 3), 150.0, 0.005, 0.1),
    ((3, 3), 200.0, 0.005, 0.06),
    ((4, 4), 150.0, 0.005, 0.1),
    ((5, 3), 120.0, 0.004, 0.1),
    ((7, 7), 150.0, 0.005, 0.1),
)


def compare(examples: int) -> None:
    """Print a line for each case."""
    print(
        "window  rate    synapse  present  expected        measured        size  in Hz"
    )
    for window, high, synapse, present in CASES:
        told = expected_error(math.prod(window), high, synapse, present)
        found = measure(window, high, synapse, present, examples)
        print(
            f"{window[0]}x{window[1]}     {high:3.0f} Hz  {1e3 * synapse:4g} ms "
            f"{1e3 * present:5g} ms   {told.bias:+.3f} / {told.deviation:.3f}  "
            f"{found.bias:+.3f} / {found.deviation:.3f}  {told.size / found.size:5.2f} "
            f"{high * found.bias:+5.1f} / {high * found.deviation:.1f}",
            flush=True,
        )


def main() -> None:
    """Measure, or make the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--examples", type=int, default=12)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    if asked.table:
        for line in table():
            print(line, flush=True)
    else:
        compare(asked.examples)


if __name__ == "__main__":
    main()
