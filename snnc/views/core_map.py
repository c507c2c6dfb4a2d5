"""Lay out a picture with a square per core, for pages and for matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

from snnc.results.report import Report
from snnc.text.display import Json
from snnc.views.palette import Look, looks

FEWEST = 16
MOST = 24
"""The minimum and maximum number of cores in a line of the map."""

_LETTERS = 6  # letters of a name that fit above one core
_TITLE, _HEIGHT = 0.6, 1.45  # the heights of a chip's name, and of a line of cores

_Core = tuple[int, str, int, tuple[float, ...]]
"""A core: its chip, its layer, its index in the layer, and its use of `COUNTERS`."""


def _cores(shown: Report) -> Iterator[_Core]:
    """Yield the cores of all layers; on a single chip, its number is 0."""
    for layer in shown.layers:
        number = 0
        for ensemble in layer.ensembles:
            chips = ensemble.chips or (0,) * len(ensemble.blocks)
            for use, chip in zip(ensemble.use, chips, strict=True):
                number += 1
                yield chip, layer.name, number, use


def core_map(shown: Report) -> Json:
    """Return the parts of a picture with a square per core, and one bar per limit.

    A layer's name is above its cores and has the colour of their bars. Text has the
    colour of the page, so the map suits light and dark pages.
    """
    cores = sorted(_cores(shown), key=itemgetter(0))  # in nengo-loihi's order
    width = max(FEWEST, min(MOST, len(cores)))
    looked = chip_looks(shown)
    parts: list[Json] = []
    top = 0.0
    for chip, on_chip in groupby(cores, key=itemgetter(0)):
        if shown.chips > 1:
            name = f"chip {chip + 1}"
            parts.append({"text": name, "size": 0.32, "x": 0, "y": top + 0.4})
            top += _TITLE
        while line := list(islice(on_chip, width)):
            parts += _line(line, top, looked)
            top += _HEIGHT
    return {"count": len(cores), "width": width, "height": top, "parts": parts}


def chip_looks(shown: Report) -> Mapping[str, Look]:
    """Return the look of each layer on the chip."""
    return looks(layer.name for layer in shown.layers if layer.cores)


def _line(
    cores: Sequence[_Core], top: float, looked: Mapping[str, Look]
) -> Iterator[Json]:
    """Yield a line of cores, with each layer's name above its first core."""
    numbered = enumerate(cores)
    for name, run in groupby(numbered, key=lambda each: each[1][1]):
        several = list(run)
        room = _LETTERS * len(several)
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        yield {"text": shown, "size": 0.26, "x": several[0][0], "y": top + 0.3}
        for x, (_, _, number, use) in several:
            colour = looked[name].colour
            yield {
                "layer": name,
                "core": number,
                "colour": colour,
                "use": use,
                "x": x,
                "y": top + 0.4,
            }
