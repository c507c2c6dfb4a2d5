"""Draw the layers of a network from input to readout, and the cores of its chips.

Connections that skip layers are drawn at the side. The filled part of a core shows its
use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from matplotlib import rcParams
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path

from snnc.ir.mapped import MappedNetwork
from snnc.text.tables import counted, dims
from snnc.tools.plots.style import COLOURS, WIDTH, axes, bare, looks, theme
from snnc.tools.report.summary import COUNTERS, neurons_of, use_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
ROW = 0.42  # inches
_HALF = 0.31  # half the height of a box, in rows
_LANE = 0.045
_LETTER, _BETWEEN = 0.0142, 0.03  # 9-point letters, relative to the width


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A row of the picture: a statement, its texts, and the names that it reads."""

    name: str
    kind: str
    shape: str
    takes: str
    reads: tuple[str, ...]
    shortcut: str | None = None


def nodes(mapped: MappedNetwork) -> list[DrawnNode]:
    """Return the input, the layers and the readout in the order of the spec."""
    network = mapped.lowered.network
    source, readout = network.input, network.readout
    drawn = [DrawnNode(source.name, "input", dims(source.shape), "host", ())]
    for layer in network.layers:
        levels = mapped.of_layer(layer.name)
        takes = "folded into its reader"
        if levels:
            cores = sum(level.cores for level in levels)
            takes = counted(cores, "core") if cores else "host"
        shortcut = None if layer.shortcut is None else layer.shortcut.source
        shape = dims(layer.shape)
        node = DrawnNode(layer.name, layer.kind, shape, takes, layer.sources, shortcut)
        drawn.append(node)
    shape = dims(readout.shape)
    return [*drawn, DrawnNode(readout.name, "readout", shape, "host", readout.sources)]


@theme()
def network(mapped: MappedNetwork, ax: Axes | None = None) -> Axes:
    """Draw layers with kind, shape, cores and connections.

    Shortcuts are dashed. Connections that skip rows are drawn at the side.
    """
    rows = nodes(mapped)
    ax = axes(ax, ROW * len(rows) + 0.3)
    looked = _looks(mapped)
    for place, node in enumerate(rows):
        on_chip = looked.get(node.name)
        colour = on_chip["facecolor"] if on_chip else "none"
        alpha = 0.25 if on_chip else 1
        filled = {"facecolor": colour, "alpha": alpha, "edgecolor": "none"}
        edge = colour if on_chip else ax.spines["left"].get_edgecolor()
        style = "-" if on_chip else ":"
        for look in (filled, {"fill": False, "edgecolor": edge, "linestyle": style}):
            size, form = (0.8, 2 * _HALF), "round,pad=0,rounding_size=0.03"
            corner = (0.0, -place - _HALF)
            ax.add_patch(
                FancyBboxPatch(corner, *size, boxstyle=form, mutation_aspect=6, **look)
            )
    _label(ax, rows)
    _connect(ax, rows)
    lanes = max((lane for *_, lane in _skips(rows)), default=0)
    ax.set(xlim=(-0.01, 0.83 + _LANE * (lanes + 1)), ylim=(-len(rows) + 0.4, 0.6))
    bare(ax)
    takes = counted(neurons_of(mapped), "neuron")
    if mapped.cores:
        takes += f", {counted(mapped.cores, 'core')}"
    ax.set_title(f"{mapped.lowered.network.name}: {takes}")
    return ax


def _looks(mapped: MappedNetwork) -> dict[str, dict[str, Any]]:
    """Return the colours of layers on the chip; for a max pool, that of level 0."""
    placed = [p.population for p in mapped.populations if p.cores]
    looked = looks([population.name for population in placed])
    return {p.layer.name: looked[p.name] for p in reversed(placed)}


def _label(ax: Axes, rows: list[DrawnNode]) -> None:
    """Write the columns in the largest font that fits."""
    cells = [(row.name, row.kind, row.shape, row.takes) for row in rows]
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    room = 0.76 - _BETWEEN * (len(columns) - 1)
    letter = room / sum(widths)
    size = min(1.0, letter / _LETTER) * rcParams["font.size"]
    left = 0.02
    for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
        to_right = number >= 2
        x = left + letter * width if to_right else left
        left += letter * width + _BETWEEN
        look: dict[str, Any] = {
            "size": size,
            "weight": "normal" if number else "bold",
            "ha": "right" if to_right else "left",
        }
        for place, text in enumerate(column):
            ax.text(x, -place, text, va="center_baseline", **look)


def _connect(ax: Axes, rows: list[DrawnNode]) -> None:
    line = ax.spines["left"].get_edgecolor()
    for place, node in enumerate(rows[1:], start=1):
        if rows[place - 1].name in node.reads:
            _arrow(ax, (0.1, -place + 1 - _HALF), (0.1, -place + _HALF), line)
    for start, stop, is_shortcut, lane in _skips(rows):
        side = 0.82 + _LANE * (lane + 1)
        style = "--" if is_shortcut else "-"
        colour = COLOURS[5] if is_shortcut else line
        above, below = -start - 0.1, -stop + 0.1
        xs, ys = (0.8, side, side, 0.83), (above, above, below, below)
        ax.plot(xs, ys, style, color=colour, linewidth=1)
        _arrow(ax, (0.84, below), (0.8, below), colour)


Point = tuple[float, float]
_ARROW: dict[str, Any] = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}


def _arrow(ax: Axes, start: Point, end: Point, colour: object) -> None:
    ax.annotate("", xy=end, xytext=start, arrowprops={**_ARROW, "color": colour})


def _skips(rows: list[DrawnNode]) -> Iterator[tuple[int, int, bool, int]]:
    """Yield connections that skip rows: source, target, is shortcut, and lane."""
    at = {node.name: place for place, node in enumerate(rows)}
    busy: list[int] = []
    for place, node in enumerate(rows):
        above = rows[place - 1].name if place else None
        skips = [(at[name], False) for name in node.reads if name != above]
        if node.shortcut is not None:
            skips.append((at[node.shortcut], True))
        for start, is_shortcut in skips:
            free = (i for i, until in enumerate(busy) if until <= start)
            lane = next(free, len(busy))
            busy[lane : lane + 1] = [place]
            yield start, place, is_shortcut, lane


COLUMNS, FEW = 16, 8
"""The number of cores per row, and per row if there are few; 128 cores fill eight
rows."""
_BAR, _GAP = 0.2, 0.05
Box = tuple[float, float, float, float]
"""The left, bottom, width and height of a box."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A core: its layer, and its use of each of `COUNTERS`, as a fraction."""

    layer: str
    use: tuple[float, ...]


def tiles(mapped: MappedNetwork) -> Iterator[Tile]:
    """Yield the cores in nengo-loihi's order."""
    core = mapped.lowered.network.device.core
    for population in mapped.populations:
        for ensemble in population.ensembles:
            for block in ensemble.blocks:
                yield Tile(population.population.name, use_of([block], core))


@theme()
def cores(mapped: MappedNetwork, ax: Axes | None = None) -> Axes:
    """Draw each core as four bars in the colour of its layer.

    Raise ValueError if the network has no cores.
    """
    filled = list(tiles(mapped))
    if not filled:
        raise ValueError("`target nengo` has no cores to draw")
    size = mapped.lowered.network.device.chip.cores
    columns = FEW if len(filled) <= FEW else COLUMNS
    rows = -_place(len(filled) - 1, size, columns)[1]
    ax = axes(ax, WIDTH / columns * (rows + 1) + 0.8)
    looked = looks(list(dict.fromkeys(tile.layer for tile in filled)))
    line = ax.spines["left"].get_edgecolor()
    frames: list[Box] = []
    bars: dict[str, list[Box]] = {}
    for number, tile in enumerate(filled):
        x, y = _place(number, size, columns)
        frames.append((x, y, 0.9, 0.9))
        for i, share in enumerate(tile.use):
            left, height = x + 0.05 + i * _BAR, 0.9 * min(1.0, share)
            bar = (left, y, _BAR - _GAP / 2, height)
            bars.setdefault(tile.layer, []).append(bar)
    for name, boxes in bars.items():
        ax.add_artist(PathPatch(_outline(boxes), linewidth=0, **looked[name]))
    frame = PathPatch(_outline(frames), fill=False, edgecolor=line, linewidth=0.6)
    ax.add_artist(frame)
    chips = -(-len(filled) // size)
    for chip in range(chips if chips > 1 else 0):
        _, top = _place(chip * size, size, columns)
        ax.text(0, top + 1.0, f"chip {chip + 1}", size="small", va="bottom")
    ax.set(xlim=(-0.1, columns), ylim=(-rows - 0.1, 1.0 if chips == 1 else 1.6))
    ax.set_aspect("equal", anchor="NW")
    bare(ax)
    patches = [Patch(label=name, linewidth=0, **look) for name, look in looked.items()]
    look: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, 0)}
    ncols = min(6, len(patches))
    ax.legend(handles=patches, ncols=ncols, handlelength=1, borderaxespad=0.2, **look)
    name = mapped.lowered.network.name
    ax.set_title(
        f"{name}: {counted(len(filled), 'core')} on {counted(chips, 'chip')}\n"
        f"bars of a core: {', '.join(COUNTERS)}"
    )
    return ax


def _outline(boxes: Sequence[Box]) -> Path:
    """Return one path around all boxes; drawing 5,000 single boxes takes a second."""
    corners = [
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        for x, y, width, height in boxes
    ]
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    return Path(list(chain.from_iterable(corners)), codes * len(corners))


def _place(number: int, size: int, columns: int) -> tuple[float, float]:
    chip, at = divmod(number, size)
    row, column = divmod(at, columns)
    full = -(-size // columns)
    return float(column), -float(row + chip * (full + 1))
