"""Draw the layers of a network from input to readout, and the cores of its chips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib import rcParams
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from snnc.results.report import COUNTERS, Report
from snnc.text.tables import counted, dims
from snnc.views.core_map import chip_looks, core_map
from snnc.views.palette import COLOURS, HOST
from snnc.views.plots.style import WIDTH, axes, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
ROW = 0.42  # inches
_HALF = 0.31  # half the height of a box, in rows
_LANE = 0.045  # between two lines at the side, as a part of the picture's width
_LETTER = 0.0142  # the width of 9-point letters, as a part of the picture's width


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A row of the picture: a statement, its costs, and the names that it reads."""

    name: str
    costs: str
    reads: tuple[str, ...] = ()
    shortcut: str | None = None


def nodes(report: Report) -> list[DrawnNode]:
    """Return the input, the layers and the readout in the order of the spec."""
    source = f"input, {dims(report.spec.input_shape)}, host"
    drawn = [DrawnNode(report.spec.input_name, source)]
    for layer in report.layers:
        takes = counted(layer.cores, "core") if layer.cores else layer.place
        takes += " into its reader" if takes == "folded" else ""
        costs = f"{layer.kind}, {dims(layer.shape)}, {takes}"
        drawn.append(DrawnNode(layer.name, costs, layer.sources, layer.shortcut))
    return drawn


@theme()
def network(report: Report, ax: Axes | None = None) -> Axes:
    """Draw layers with kind, shape, cores and connections.

    Shortcuts are dashed. Connections that skip rows are drawn at the side.
    """
    rows = nodes(report)
    ax = axes(ax, ROW * len(rows) + 0.3)
    looked = chip_looks(report)
    for place, node in enumerate(rows):
        look: dict[str, Any] = {"fill": False, "linestyle": ":", "edgecolor": HOST}
        if node.name in looked:
            colour = looked[node.name].colour
            look = {"facecolor": to_rgba(colour, 0.25), "edgecolor": colour}
        corner = (0.0, -place - _HALF)
        form = "round,pad=0,rounding_size=0.03"
        box = FancyBboxPatch(corner, 0.8, 2 * _HALF, form, mutation_aspect=6, **look)
        ax.add_patch(box)
    _label(ax, rows)
    _connect(ax, rows)
    lanes = max((lane for *_, lane in _skips(rows)), default=0)
    ax.set(xlim=(-0.01, 0.83 + _LANE * (lanes + 1)), ylim=(-len(rows) + 0.4, 0.6))
    bare(ax)
    cores = f", {counted(report.cores, 'core')}" if report.cores else ""
    ax.set_title(f"{report.network}: {counted(report.neurons, 'neuron')}{cores}")
    return ax


def _label(ax: Axes, rows: list[DrawnNode]) -> None:
    """Write names on the left and costs on the right, in the largest font that fits."""
    longest = max(len(row.name) + len(row.costs) for row in rows)
    size = min(1.0, 0.73 / longest / _LETTER) * rcParams["font.size"]
    look: dict[str, Any] = {"size": size, "va": "center_baseline"}
    for place, row in enumerate(rows):
        ax.text(0.02, -place, row.name, weight="bold", **look)
        ax.text(0.78, -place, row.costs, ha="right", **look)


def _connect(ax: Axes, rows: list[DrawnNode]) -> None:
    """Draw arrows between rows; those that skip rows go along the side."""
    line = ax.spines["left"].get_edgecolor()
    for place, node in enumerate(rows[1:], start=1):
        if rows[place - 1].name in node.reads:
            _arrow(ax, (0.1, -place + 1 - _HALF), (0.1, -place + _HALF), line)
    for start, stop, is_shortcut, lane in _skips(rows):
        side = 0.82 + _LANE * (lane + 1)
        style = "--" if is_shortcut else "-"
        colour = COLOURS[5] if is_shortcut else line
        above = -start - 0.1
        below = -stop + 0.1
        xs = (0.8, side, side, 0.83)
        ys = (above, above, below, below)
        ax.plot(xs, ys, style, color=colour, linewidth=1)
        _arrow(ax, (0.84, below), (0.8, below), colour)


Point = tuple[float, float]


def _arrow(ax: Axes, start: Point, end: Point, colour: object) -> None:
    look = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "color": colour}
    ax.annotate("", xy=end, xytext=start, arrowprops=look)


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
            # For a new lane, this slice is empty, and the lane is added.
            busy[lane : lane + 1] = [place]
            yield start, place, is_shortcut, lane


Box = tuple[float, float, float, float]
"""The left, bottom, width and height of a box."""


@theme()
def cores(report: Report, ax: Axes | None = None) -> Axes:
    """Draw each core as four bars in the colour of its layer, as on the report's page.

    Raise ValueError if the network has no cores.
    """
    drawn = core_map(report)
    if not drawn["count"]:
        raise ValueError("`target nengo` has no cores to draw")
    unit = WIDTH / drawn["width"]
    ax = axes(ax, unit * drawn["height"] + 0.5)
    frames: list[Box] = []
    bars: defaultdict[str, list[Box]] = defaultdict(list)
    for part in drawn["parts"]:
        x = part["x"]
        y = -part["y"]
        if "text" in part:
            ax.text(x, y, part["text"], size=72 * unit * part["size"])
            continue
        frames.append((x, y - 0.9, 0.9, 0.9))
        for i, share in enumerate(part["use"]):
            bar = (x + 0.05 + 0.2 * i, y - 0.9, 0.175, 0.9 * min(1.0, share))
            bars[part["layer"]].append(bar)
    for name, look in chip_looks(report).items():
        filled = {"facecolor": look.colour, "hatch": look.hatch}
        ax.add_artist(PathPatch(_outline(bars[name]), linewidth=0, **filled))
    edge = ax.spines["left"].get_edgecolor()
    outline = PathPatch(_outline(frames), linewidth=0.6, fill=False, edgecolor=edge)
    ax.add_artist(outline)
    ax.set(xlim=(-0.1, drawn["width"]), ylim=(-drawn["height"], 0))
    ax.set_aspect("equal", anchor="NW")
    bare(ax)
    size = f"{counted(drawn['count'], 'core')} on {counted(report.chips, 'chip')}"
    bars_of = f"bars of a core: {', '.join(COUNTERS)}"
    ax.set_title(f"{report.network}: {size}\n{bars_of}")
    return ax


def _outline(boxes: Sequence[Box]) -> Path:
    """Return one path around all boxes; drawing 5,000 single boxes takes a second."""
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    corners: list[Point] = []
    for x, y, width, height in boxes:
        right = x + width
        top = y + height
        corners += [(x, y), (right, y), (right, top), (x, top), (x, y)]
    return Path(corners, codes * len(boxes))
