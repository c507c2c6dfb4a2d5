"""Chips and their cores, each filled as far as its four limits are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snnc.ir.mapped import Block, MappedNetwork
from snnc.plots.style import WIDTH, axes, bare, looks
from snnc.text.tables import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS, FEW = 16, 8
"""Cores in a row of the picture, and of few; a chip of 128 has eight rows."""
COUNTERS = ("compartments", "in-axons", "out-axons", "synapses")
_BAR, _GAP = 0.2, 0.05


@dataclass(frozen=True, slots=True)
class Tile:
    """A core: its layer, and what it uses of each of `COUNTERS`, as a share."""

    layer: str
    use: tuple[float, float, float, float]


def tiles(mapped: MappedNetwork) -> Iterator[Tile]:
    """Yield the cores in the order in which nengo-loihi makes them."""
    core = mapped.lowered.network.device.core
    for population in mapped.populations:
        for ensemble in population.ensembles:
            for block in ensemble.blocks:
                yield Tile(population.population.name, _use(block, core))


def _use(block: Block, core: object) -> tuple[float, float, float, float]:
    limits = (
        (block.compartments, "compartments"),
        (block.in_axons, "in_axons"),
        (block.out_axons, "out_axons"),
        (block.synapse_bits, "synapse_bits"),
    )
    a, b, c, d = (used / getattr(core, name) for used, name in limits)
    return a, b, c, d


def cores(mapped: MappedNetwork, ax: Axes | None = None) -> Axes:
    """Draw each core as four bars, of the colour of its layer.

    Raises
    ------
    ValueError
        If the network has no cores.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Patch, Rectangle

    filled = list(tiles(mapped))
    if not filled:
        raise ValueError("`target nengo` has no cores to draw")
    size = mapped.lowered.network.device.chip.cores
    columns = FEW if len(filled) <= FEW else COLUMNS
    rows = _rows(len(filled), size, columns)
    ax = axes(ax, WIDTH / columns * (rows + 1) + 0.8)
    looked = looks(list(dict.fromkeys(tile.layer for tile in filled)))
    line = ax.spines["left"].get_edgecolor()
    frames = []
    for number, tile in enumerate(filled):
        x, y = _place(number, size, columns)
        frames.append(Rectangle((x, y), 0.9, 0.9))
        for i, share in enumerate(tile.use):
            left = x + 0.05 + i * _BAR
            bar = Rectangle(
                (left, y),
                _BAR - _GAP / 2,
                0.9 * min(1.0, share),
                linewidth=0,
                **looked[tile.layer],
            )
            ax.add_patch(bar)
    ax.add_collection(
        PatchCollection(frames, facecolor="none", edgecolor=line, linewidth=0.6)
    )
    chips = -(-len(filled) // size)
    for chip in range(chips if chips > 1 else 0):
        _, top = _place(chip * size, size, columns)
        ax.text(0, top + 1.0, f"chip {chip + 1}", size="small", va="bottom")
    ax.set_xlim(-0.1, columns)
    ax.set_ylim(-rows - 0.1, 1.0 if chips == 1 else 1.6)
    ax.set_aspect("equal", anchor="NW")
    bare(ax)
    patches = [Patch(label=name, linewidth=0, **look) for name, look in looked.items()]
    ax.legend(
        handles=patches,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        ncols=min(6, len(patches)),
        handlelength=1,
        borderaxespad=0.2,
    )
    name = mapped.lowered.network.name
    ax.set_title(
        f"{name}: {counted(len(filled), 'core')} on {counted(chips, 'chip')}\n"
        f"bars of a core: {', '.join(COUNTERS)}"
    )
    return ax


def _rows(count: int, size: int, columns: int) -> float:
    """Rows of all chips, and the gaps between these."""
    _, y = _place(count - 1, size, columns)
    return -y


def _place(number: int, size: int, columns: int) -> tuple[float, float]:
    chip, at = divmod(number, size)
    row, column = divmod(at, columns)
    full = -(-size // columns)
    return float(column), -float(row + chip * (full + 1))
