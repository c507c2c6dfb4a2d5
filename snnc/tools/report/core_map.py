"""Draw the cores of a network as SVG inside a page, without images or scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, islice

from snnc.text.tables import counted, printable
from snnc.tools.report.summary import COUNTERS, Summary, use_of

FEWEST, MOST = 16, 24
"""The minimum and maximum number of cores in a line of the map."""

_LETTERS = 6  # letters of a name that fit above one core
_HEIGHT = 1.45  # the height of a line: the name and the core


@dataclass(frozen=True, slots=True)
class DrawnCore:
    """One core: its layer, its index in the layer, and its use of `COUNTERS`."""

    layer: str
    number: int
    chip: int
    use: tuple[float, ...]

    def describe(self) -> str:
        """Return the tooltip of the core."""
        parts = zip(COUNTERS, self.use, strict=True)
        used = ", ".join(f"{name} {100 * share:.0f} %" for name, share in parts)
        return f"{self.layer}, core {self.number}: {used}"


def cores_of(summary: Summary) -> list[DrawnCore]:
    """Return the cores of all chips, in nengo-loihi's order on each chip."""
    core, drawn = summary.profile.core, []
    for row in summary.rows:
        blocks = [block for ensemble in row.ensembles for block in ensemble.blocks]
        chips = row.chips or (0,) * len(blocks)
        for number, (block, chip) in enumerate(zip(blocks, chips, strict=True), 1):
            drawn.append(DrawnCore(row.name, number, chip, use_of([block], core)))
    return sorted(drawn, key=lambda each: each.chip)


def core_map(summary: Summary) -> str:
    """Return an ``<svg>`` with a square per core, and one bar per limit.

    A layer's name is above its cores and has the colour of their bars. Text has the
    colour of the page, so the map suits light and dark pages.
    """
    cores = cores_of(summary)
    if not cores:
        return ""
    columns = max(FEWEST, min(MOST, len(cores)))
    names = [row.name for row in summary.rows if row.ensembles]
    hues = {name: round(number * 137.508) % 360 for number, name in enumerate(names)}
    parts: list[str] = []
    top = 0.0
    for chip, on_chip in groupby(cores, key=lambda each: each.chip):
        if summary.chips > 1:
            parts.append(_text(0, top + 0.4, f"chip {chip + 1}", 0.32))
            top += 0.6
        while line := list(islice(on_chip, columns)):
            parts += _line(line, top, hues)
            top += _HEIGHT
    label = escape(f"{counted(len(cores), 'core')} of {summary.network.name}")
    return (
        f'<svg class="cores" viewBox="0 0 {columns} {top:.2f}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _line(
    cores: Sequence[DrawnCore], top: float, hues: dict[str, int]
) -> Iterator[str]:
    """Draw a line of cores, with each layer's name above its first core."""
    at = 0
    for name, run in groupby(cores, key=lambda each: each.layer):
        several = list(run)
        room = _LETTERS * len(several)
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        yield _text(at, top + 0.3, shown, 0.26)
        for core in several:
            yield _square(core, at, top + 0.4, hues[name])
            at += 1


def _text(x: float, y: float, text: str, size: float) -> str:
    shown = escape(printable(text))
    return f'<text x="{x}" y="{y:.2f}" font-size="{size}">{shown}</text>'


def _square(core: DrawnCore, x: int, y: float, hue: int) -> str:
    bars = "".join(
        f"M{0.07 + 0.2 * i:.2f} .92v-{0.9 * min(1.0, share):.3f}h.17V.92z"
        for i, share in enumerate(core.use)
    )
    told = escape(core.describe())
    return (
        f'<g transform="translate({x} {y:.2f})"><title>{told}</title>'
        f'<path class="frame" d="M.02.02h.9v.9h-.9z"/>'
        f'<path fill="hsl({hue} 60% 50%)" d="{bars}"/></g>'
    )
