"""Draws the picture of the README: a spec with its costs, its cores, its spikes.

    python -m benchmarks.picture snnc-demo docs/pictures/drift.png

The folder is the demo's: it has the package, trained weights and clips.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from snnc.diagnostics import Report
from snnc.exact.engine import open_engine
from snnc.ir.mapped import MappedNetwork
from snnc.language_server.analysis import Memory, analyse
from snnc.language_server.pages import hints
from snnc.loihi.profile import read_profile
from snnc.report.summary import COUNTERS
from snnc.syntax.files import read

SPEC = Path(__file__).parent.parent / "specs/drift.snn"
INK, SOFT, LINE = "#1b1f24", "#6e7781", "#d0d7de"
LAYERS = {"encode": "#6e7781", "c0": "#0969da", "c1": "#8250df", "d0": "#bc4c00"}
MONO = {"family": "DejaVu Sans Mono", "fontsize": 9.2}
EXAMPLE = 6


def draw(demo: Path, path: Path) -> None:
    """Draw the three parts beside each other into a file."""
    source = read(SPEC, Report())
    assert source is not None
    device = read_profile()
    *_, analysis = analyse(source, device, Memory(device))
    mapped = analysis.mapped
    assert mapped is not None
    figure = plt.figure(figsize=(13.2, 5.6), dpi=160, facecolor="white")
    grid = figure.add_gridspec(
        2, 2, width_ratios=(1.28, 1), height_ratios=(1, 2.1), hspace=0.34, wspace=0.06
    )
    figure.subplots_adjust(0.015, 0.085, 0.985, 0.94)
    _spec(figure.add_subplot(grid[:, 0]), source.text, dict(hints(analysis)))
    _cores(figure.add_subplot(grid[0, 1]), mapped)
    _raster(figure.add_subplot(grid[1, 1]), demo)
    figure.savefig(path)


def _spec(axes: Axes, text: str, costs: dict[int, str]) -> None:
    lines = text.splitlines()
    axes.set_axis_off()
    axes.set_title("specs/drift.snn, with its costs beside the lines", loc="left")
    axes.set(xlim=(0, 100), ylim=(len(lines), -0.2))
    start = 0
    for number, line in enumerate(lines):
        axes.text(0, number + 0.5, line, color=_ink(line), va="center", **MONO)
        shown = next(
            (told for at, told in costs.items() if start <= at <= start + len(line)), ""
        )
        place = 1.13 * (len(line) + 2)
        axes.text(place, number + 0.5, shown, color="#1a7f37", va="center", **MONO)
        start += len(line) + 1


def _ink(line: str) -> str:
    word = next(iter(line.split()[1:2]), "")
    kind = next(iter(line.split()), "")
    return LAYERS.get(word if kind != "encode" else "encode", INK)


def _cores(axes: Axes, mapped: MappedNetwork) -> None:
    """A square a core, a bar in it for each of the four limits."""
    core = mapped.lowered.network.device.core
    axes.set_axis_off()
    axes.set_title("its cores, and how full they are", loc="left")
    at = 0.0
    for population in mapped.populations:
        name = population.population.layer.name
        for block in (b for e in population.ensembles for b in e.blocks):
            use = (
                block.compartments / core.compartments,
                block.in_axons / core.in_axons,
                block.out_axons / core.out_axons,
                block.synapse_bits / core.synapse_bits,
            )
            axes.add_patch(Rectangle((at, 0), 1, 1, fill=False, ec=LINE, lw=1.2))
            for row, part in enumerate(use):
                place = (at, 0.75 - 0.25 * row)
                axes.add_patch(Rectangle(place, part, 0.25, color=LAYERS[name], lw=0))
            axes.text(at + 0.5, 1.06, name, ha="center", color=LAYERS[name], **MONO)
            at += 1.12
    for row, counter in enumerate(COUNTERS):
        axes.text(at, 0.875 - 0.25 * row, counter, va="center", color=SOFT, **MONO)
    axes.set(xlim=(-0.05, at + 1.55), ylim=(-0.02, 1.2))


def _raster(axes: Axes, demo: Path) -> None:
    clips = np.load(demo / "test.npz")
    with open_engine(demo / "drift", demo / "drift.safetensors") as engine:
        outcome = engine.run(
            clips["x"][EXAMPLE : EXAMPLE + 1], decide="last", keep=("spikes", "rows")
        )
    below = 0
    for name, colour in LAYERS.items():
        steps, neurons = _some(outcome.spikes[name][0])
        axes.scatter(steps, below + neurons, s=5, color=colour, lw=0)
        axes.text(61, below + 30, name, ha="left", va="center", color=colour, **MONO)
        below += 66
    says = int(outcome.outputs[0].argmax())
    axes.set_title(
        f"its spikes in one clip: direction {says}"
        f" ({'right' if says == clips['y'][EXAMPLE] else 'wrong'})",
        loc="left",
    )
    axes.set(
        xlim=(-0.5, 66),
        ylim=(below, -4),
        xticks=range(0, 61, 10),
        xlabel="step of 1 ms",
        yticks=[],
    )
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _some(spikes: Any, most: int = 60) -> tuple[Any, Any]:
    """Spikes of at most so many neurons, busy ones first: steps, rows."""
    flat = spikes.reshape(len(spikes), -1)
    counts = flat.sum(axis=0, dtype=int)
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    ranks = np.linspace(0, len(order) - 1, min(most, len(order))).astype(int)
    return np.nonzero(flat[:, np.sort(order[ranks])])


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
