"""Draws the picture of the README: a spec with its costs, its cores, its spikes.

    python -m benchmarks.picture snnc-demo docs/pictures

The first folder is the demo's: it has the package, trained weights and clips. The
second receives `drift-light.svg` and `drift-dark.svg`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from snnc.diagnostics import Diagnostics
from snnc.exact import make_engine
from snnc.ir.mapped import MappedNetwork
from snnc.language_server.analysis import Memory, analyse
from snnc.language_server.hover import hints
from snnc.loihi.profile import read_profile
from snnc.output.imported import open_package
from snnc.results.report import COUNTERS
from snnc.syntax.files import read

SPEC = Path(__file__).parent.parent / "specs/drift.snn"
MONO: dict[str, Any] = {"family": "DejaVu Sans Mono", "fontsize": 9.2}
EXAMPLE = 6


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of text, minor text, lines, costs and layers."""

    page: str
    ink: str
    soft: str
    line: str
    cost: str
    layers: dict[str, str]


THEMES = {
    "light": Theme(
        "#ffffff",
        "#1b1f24",
        "#57606a",
        "#d0d7de",
        "#1a7f37",
        {"encode": "#57606a", "c0": "#0969da", "c1": "#8250df", "d0": "#bc4c00"},
    ),
    "dark": Theme(
        "#0d1117",
        "#e6edf3",
        "#9198a1",
        "#3d444d",
        "#4ac26b",
        {"encode": "#9198a1", "c0": "#58a6ff", "c1": "#bc8cff", "d0": "#f0883e"},
    ),
}


def draw(demo: Path, folder: Path) -> None:
    """Draw the three parts below each other, on a light and on a dark background."""
    for name, theme in THEMES.items():
        plt.rcParams["svg.hashsalt"] = "snnc"  # the same picture is the same file
        figure = _figure(demo, theme)
        path = folder / f"drift-{name}.svg"
        figure.savefig(path, metadata={"Date": None}, facecolor=theme.page)
        plt.close(figure)


def _figure(demo: Path, theme: Theme) -> Figure:
    source = read(SPEC, Diagnostics())
    assert source is not None
    device = read_profile()
    *_, analysis = analyse(source, device, Memory(device))
    mapped = analysis.mapped
    assert mapped is not None
    # GitHub shows a README about 8.4 inches wide: letters keep their size.
    figure = plt.figure(figsize=(8.4, 9.2))
    grid = figure.add_gridspec(3, 1, height_ratios=(4.6, 1.2, 3), hspace=0.22)
    figure.subplots_adjust(0.015, 0.055, 0.985, 0.965)
    _spec(figure.add_subplot(grid[0]), source.text, dict(hints(analysis)), theme)
    _cores(figure.add_subplot(grid[1]), mapped, theme)
    _raster(figure.add_subplot(grid[2]), demo, theme)
    return figure


def _title(axes: Axes, text: str, theme: Theme) -> None:
    axes.set_title(text, loc="left", color=theme.ink, fontsize=11)


def _spec(axes: Axes, text: str, costs: dict[int, str], theme: Theme) -> None:
    lines = text.splitlines()
    axes.set_axis_off()
    _title(axes, "specs/drift.snn, with its costs beside the lines", theme)
    axes.set(xlim=(0, 100), ylim=(len(lines), -0.2))
    start = 0
    for number, line in enumerate(lines):
        axes.text(0, number + 0.5, line, color=_ink(line, theme), va="center", **MONO)
        shown = next(
            (told for at, told in costs.items() if start <= at <= start + len(line)), ""
        )
        place = 0.98 * (len(line) + 2)
        axes.text(place, number + 0.5, shown, color=theme.cost, va="center", **MONO)
        start += len(line) + 1


def _ink(line: str, theme: Theme) -> str:
    word = next(iter(line.split()[1:2]), "")
    kind = next(iter(line.split()), "")
    return theme.layers.get(word if kind != "encode" else "encode", theme.ink)


def _cores(axes: Axes, mapped: MappedNetwork, theme: Theme) -> None:
    """Draw a square for each core, and in it a bar for each of the four limits."""
    core = mapped.lowered.network.device.core
    axes.set_axis_off()
    _title(axes, "its cores: each bar is the used part of a limit", theme)
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
            axes.add_patch(Rectangle((at, 0), 1, 1, fill=False, ec=theme.line, lw=1.2))
            for row, part in enumerate(use):
                place = (at, 0.75 - 0.25 * row)
                axes.add_patch(
                    Rectangle(place, part, 0.25, color=theme.layers[name], lw=0)
                )
            axes.text(
                at + 0.5, 1.06, name, ha="center", color=theme.layers[name], **MONO
            )
            at += 1.12
    for row, counter in enumerate(COUNTERS):
        axes.text(
            at, 0.875 - 0.25 * row, counter, va="center", color=theme.soft, **MONO
        )
    axes.set(xlim=(-0.05, at + 1.55), ylim=(-0.02, 1.2))


def _raster(axes: Axes, demo: Path, theme: Theme) -> None:
    clips = np.load(demo / "test.npz")
    package = open_package(demo / "drift")
    with make_engine(package, demo / "drift.safetensors") as engine:
        outcome = engine.run(
            clips["x"][EXAMPLE : EXAMPLE + 1], decide="last", keep=("spikes", "rows")
        )
    length = package.network.steps
    below = 0
    for name, colour in theme.layers.items():
        steps, neurons = _some(outcome.spikes[name][0])
        axes.scatter(steps, below + neurons, s=5, color=colour, lw=0)
        axes.text(1.02 * length, below + 30, name, va="center", color=colour, **MONO)
        below += 66
    says = int(outcome.outputs[0].argmax())
    outcome_word = "right" if says == clips["y"][EXAMPLE] else "wrong"
    _title(axes, f"its spikes in one clip: direction {says} ({outcome_word})", theme)
    axes.set_facecolor("none")
    axes.tick_params(colors=theme.soft)
    axes.xaxis.label.set_color(theme.soft)
    axes.spines["bottom"].set_color(theme.line)
    axes.set(
        xlim=(-0.5, 1.1 * length),
        ylim=(below, -4),
        xticks=range(0, length + 1, 10),
        xlabel="time (ms)",
        yticks=[],
    )
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _some(spikes: Any, most: int = 60) -> tuple[Any, ...]:
    """Return spikes of the busiest neurons: steps, rows."""
    flat = spikes.reshape(len(spikes), -1)
    counts = flat.sum(axis=0, dtype=int)
    order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    ranks = np.linspace(0, len(order) - 1, min(most, len(order))).astype(int)
    return np.nonzero(flat[:, np.sort(order[ranks])])


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
