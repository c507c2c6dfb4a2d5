"""Write the report as a self-contained page: ``snnc report --format html``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.source import DOCUMENTATION
from snnc.text.display import Json
from snnc.text.tables import TextTable, counted, dims, human, printable
from snnc.tools.report import sentences
from snnc.tools.report.summary import COUNTERS, Row, Summary, use_of, weights_of
from snnc.views.html import STYLE_SHEET, table_html
from snnc.views.palette import Look, looks

if TYPE_CHECKING:
    from jinja2 import Template

FULL = 0.9
"""The fraction of a limit above which a bar is coloured."""

COUNTED = {"synapse bits": "synapses", "pop16 in-axons": "in-axons"}
"""The counters of limits whose names differ."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page below the tables; ``html`` is not escaped."""

    title: str
    html: str
    about: str = ""


def document(
    title: str, body: str, sections: Sequence[Section] = (), footer: str = ""
) -> str:
    """Return an HTML page that begins with ``body``, which must be escaped already."""
    return _template("page.html.jinja").render(
        title=title, body=body, sections=sections, footer=footer
    )


def fragment(summary: Summary, spec: str = "") -> str:
    """Return tiles, the spec, a map of the cores, and a table of layers.

    ``spec`` is the HTML of the spec, with costs after its lines.
    """
    network, weights = summary.network, weights_of(summary.network)
    binding = set(_binding(summary))
    *whys, total_why = sentences.reasons(summary)
    return _template("report.html.jinja").render(
        name=network.name,
        about=" ".join((network.about or "").split()),
        device=summary.profile.name if summary.on_chip else "no chip",
        on_chip=summary.on_chip,
        counters=COUNTERS,
        spec=spec,
        cores=core_map(summary),
        rows=[_row(row, summary, binding, weights) for row in summary.rows],
        caption=sentences.example(summary),
        notes=list(sentences.notes(summary)),
        whys=whys,
        total_why=total_why,
        tiles=_tiles(summary, weights.total()),
        terms=f"{DOCUMENTATION}loihi-for-keras-users.html",
    )


Part = TextTable | str
"""A part of a result; a text becomes a paragraph."""


def tables_html(
    title: str,
    parts: Iterable[Part],
    about: str = "",
    tiles: Iterable[Sequence[str]] = (),
) -> str:
    """Return a part of a page: the text ``about``, tiles, then tables and sentences.

    A tile has a name and a value; the text after a comma is smaller.
    """
    return _template("result.html.jinja").render(
        title=title,
        about=about,
        tiles=[(name, *told.partition(", ")[::2]) for name, told in tiles],
        parts=map(_part, parts),
    )


def _part(part: Part) -> str:
    if isinstance(part, TextTable):
        return f'<div class="wide">\n{table_html(part)}\n</div>'
    return f"<p>{escape(printable(part))}</p>"


def line_costs(summary: Summary) -> dict[int, str]:
    """Return the costs of each layer, by the number of its first line."""
    rows = {row.name: row for row in summary.rows}
    return {
        layer.span.first.line: _cost(rows[layer.name], summary)
        for layer in summary.network.layers
    }


def _cost(row: Row, summary: Summary) -> str:
    neurons = "" if row.neurons is None else counted(row.neurons, "neuron")
    place = row.place if row.cores is None else counted(row.cores, "core")
    if row.place == "host" and not summary.on_chip:
        place = ""
    return ", ".join(filter(None, (dims(row.shape), neurons, place)))


def _template(name: str) -> Template:
    import jinja2  # only for pages

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([Path(__file__).parent, STYLE_SHEET.parent]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


def _tiles(summary: Summary, weights: int) -> Iterator[tuple[str, str]]:
    """Yield the tiles at the top of the page: names and values."""
    activity = summary.activity
    yield "neurons", str(summary.neurons)
    yield "weights", str(weights)
    if summary.on_chip:
        yield "cores", str(summary.cores)
        yield "chips", str(summary.chips)
    yield "spikes at most", human(activity.spikes)
    if summary.on_chip:
        yield "synaptic operations at most", human(activity.operations)
        yield "energy at most", human(activity.joules(summary.profile.energy), "J")


def _binding(summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield the layers, with the counters that prevent fewer cores.

    Layers with a single core are omitted.
    """
    for reason in summary.reasons.layers:
        if reason.cores == 1:
            continue
        # A population's name may include a max pool's level.
        if reason.miss is not None:
            limit = reason.miss.violation.limit
            yield reason.miss.layer.partition(".")[0], COUNTED.get(limit, limit)
        elif reason.bound == "compartments":
            yield reason.name.partition(".")[0], "compartments"


def _row(
    row: Row, summary: Summary, binding: set[tuple[str, str]], weights: Counter[str]
) -> Json:
    use = zip(COUNTERS, row.use or (), strict=False)
    return {
        **sentences.row_texts(row, summary),
        "weights": str(weights[row.name] or ""),
        "bars": [
            {
                "percent": f"{100 * part:.0f}",
                "binds": (row.name, counter) in binding,
                "full": part >= FULL,
            }
            for counter, part in use
        ],
    }


FEWEST, MOST = 16, 24
"""The minimum and maximum number of cores in a line of the map."""

_LETTERS = 6  # letters of a name that fit above one core
_TITLE, _HEIGHT = 0.6, 1.45  # the heights of a chip's name, and of a line of cores

_Core = tuple[int, str, int, tuple[float, ...]]
"""A core: its chip, its layer, its index in the layer, and its use of `COUNTERS`."""


def _cores(summary: Summary) -> Iterator[_Core]:
    for row in summary.rows:
        blocks = [block for ensemble in row.ensembles for block in ensemble.blocks]
        chips = row.chips or (0,) * len(blocks)
        for number, (block, chip) in enumerate(zip(blocks, chips, strict=True), 1):
            yield chip, row.name, number, use_of([block], summary.profile.core)


def core_map(summary: Summary) -> Json:
    """Return the parts of a picture with a square per core, and one bar per limit.

    A layer's name is above its cores and has the colour of their bars. Text has the
    colour of the page, so the map suits light and dark pages.
    """
    cores = sorted(_cores(summary), key=itemgetter(0))  # in nengo-loihi's order
    width = max(FEWEST, min(MOST, len(cores)))
    looked = chip_looks(summary)
    parts: list[Json] = []
    top = 0.0
    for chip, on_chip in groupby(cores, key=itemgetter(0)):
        if summary.chips > 1:
            name = f"chip {chip + 1}"
            parts.append({"text": name, "size": 0.32, "x": 0, "y": top + 0.4})
            top += _TITLE
        while line := list(islice(on_chip, width)):
            parts += _line(line, top, looked)
            top += _HEIGHT
    return {"count": len(cores), "width": width, "height": top, "parts": parts}


def chip_looks(summary: Summary) -> Mapping[str, Look]:
    """Return the look of each layer on the chip."""
    return looks(row.name for row in summary.rows if row.cores)


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
            core = {"layer": name, "core": number, "colour": colour, "use": use}
            yield {**core, "x": x, "y": top + 0.4}
