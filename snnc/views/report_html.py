"""The part of a page that shows a report: tiles, a map of the cores, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from snnc.diagnostics.diagnostic_text import render
from snnc.results.report import COUNTERS, LayerReport, Report
from snnc.source import DOCUMENTATION
from snnc.text.display import Json, to_pre
from snnc.text.tables import human, joules
from snnc.views import report
from snnc.views.core_map import core_map
from snnc.views.document import HTML, Html, Part

FULL = 0.9
"""The fraction of a limit above which a bar is coloured."""


def document(shown: Report) -> Iterator[Part]:
    """Yield the texts of the report, and its page."""
    yield from report.document(shown)
    yield Html(partial(fragment, shown), HTML)


def fragment(shown: Report, spec: str = "") -> str:
    """Return tiles, problems, the spec, a map of the cores, and a table of layers.

    ``spec`` is the HTML of the spec, with costs after its lines.
    """
    from snnc.views.html import page_template  # only for pages

    *whys, total_why = report.reasons(shown)
    problems = render(shown.diagnostics, colour=True)
    return page_template("report.html.jinja").render(
        name=shown.network,
        about=shown.spec.about,
        device=shown.device if shown.on_chip else "no chip",
        on_chip=shown.on_chip,
        counters=COUNTERS,
        problems=problems and to_pre(problems, wrap=True),
        spec=spec,
        cores=core_map(shown),
        rows=[_row(layer, shown) for layer in shown.layers],
        caption=report.example(shown),
        notes=list(report.notes(shown, has_tiles=True)),
        whys=whys,
        total_why=total_why,
        tiles=_tiles(shown),
        terms=f"{DOCUMENTATION}loihi-for-keras-users.html",
    )


def _tiles(shown: Report) -> Iterator[tuple[str, str]]:
    """Yield the tiles at the top of the page: names and values."""
    yield "neurons", str(shown.neurons)
    yield "weights", str(shown.weights)
    if shown.on_chip:
        yield "cores", str(shown.cores)
        yield "chips", str(shown.chips)
    yield "spikes at most", human(shown.spikes)
    if shown.on_chip:
        yield "synaptic operations at most", human(shown.operations)
        yield "energy at most", joules(shown.energy)


def _row(layer: LayerReport, shown: Report) -> Json:
    use = zip(COUNTERS, layer.use or (), strict=False)
    return {
        **report.row_texts(layer, shown),
        "weights": str(layer.weights or ""),
        "bars": [
            {
                "percent": f"{100 * part:.0f}",
                "binds": counter in layer.limited_by,
                "full": part >= FULL,
            }
            for counter, part in use
        ],
    }
