"""The document of a network's cores and costs: tables for texts, and a page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from snnc.diagnostics.diagnostic_text import render
from snnc.results.base import to_json
from snnc.results.report import COUNTERS, LayerReport, Report
from snnc.source import DOCUMENTATION
from snnc.text.display import Json, to_pre
from snnc.text.tables import TextTable, cell, counted, dims, human, joules
from snnc.views.chip_time import time_sentences
from snnc.views.core_map import core_map
from snnc.views.document import (
    HTML,
    MARKDOWN,
    WORDS,
    Html,
    Items,
    Part,
    Sentence,
    Table,
    Title,
)

LAYERS = ("layer", "kind", "shape", "neurons", "cores", "block", "bound by")
USE = ("layer", *COUNTERS, "spikes", "operations", "energy")
WHY = "Why layers don't take fewer cores"
LEFT = {"layer", "kind", "shape", "bound by"}
FULL = 0.9
"""The fraction of a limit above which a bar is coloured."""


def document(report: Report) -> Iterator[Part]:
    """Yield the costs and the activity of each layer, and sentences about totals."""
    yield Title(f"`{report.network}`", MARKDOWN)
    if report.spec.about:
        yield Sentence(report.spec.about, MARKDOWN)
    rows = [row_texts(layer, report) for layer in report.layers]
    yield Table(_table(LAYERS, rows), WORDS)
    # The table of activity has no folded layers, and no readout on the host.
    active = [layer for layer in report.layers if layer.spikes is not None]
    rows = [row_texts(layer, report) for layer in active]
    yield Table(_table(USE, rows), WORDS, caption=caption(report))
    yield Items(tuple(totals(report)), WORDS)
    if report.why is not None:
        yield Items(tuple(reasons(report)), WORDS, caption=f"{WHY}:")
    yield Html(partial(fragment, report), HTML)


def _table(head: tuple[str, ...], rows: list[dict[str, str]]) -> TextTable:
    cells = [tuple(row[name] for name in head) for row in rows]
    return TextTable.of(head, cells, LEFT)


def row_texts(layer: LayerReport, report: Report) -> dict[str, str]:
    """Return the texts of a layer's row; only layers on the chip have costs."""
    texts = {
        "layer": layer.name,
        "kind": layer.kind,
        "shape": dims(layer.shape),
        "neurons": cell(layer.neurons),
        "cores": cell(layer.cores),
        "block": dims(layer.block or ()),
        "bound by": layer.bound_by or "",
        **dict.fromkeys(COUNTERS, ""),
        "spikes": cell(layer.spikes, human),
        "operations": cell(layer.synaptic_operations, human),
        "energy": cell(layer.energy_joules, joules),
    }
    if layer.place == "folded":
        texts["neurons"] = layer.place
    if layer.place == "host" and report.on_chip:
        texts["cores"] = layer.place
    for counter, part in zip(COUNTERS, layer.use or (), strict=False):
        texts[counter] = f"{100 * part:.0f} %"
    return texts


def reasons(report: Report) -> Iterator[str]:
    """Yield one sentence per layer on the chip, then one about the whole mapping."""
    for layer in report.layers:
        yield from layer.reasons
    yield report.notes.total


def caption(report: Report) -> str:
    """Explain the numbers in the second table."""
    if report.on_chip:
        return f"Fullest core of each layer, and {example(report)}:"
    return f"{example(report).capitalize()}:"


def example(report: Report) -> str:
    """Describe the example for which spikes, operations and energy are counted."""
    present = f"{1000 * report.present_seconds:g} ms"
    return f"upper bounds for an example of {present} (all neurons at upper rates)"


def totals(report: Report) -> Iterator[str]:
    """Describe the size of the network and, on a chip, its maximum activity."""
    where = ", without a chip to fit on"
    if report.on_chip:
        cores = counted(report.cores, "core")
        where = f" on {cores} of {counted(report.chips, 'chip')}"
    yield f"{report.network}: {counted(report.neurons, 'neuron')}{where}"
    yield from notes(report, has_tiles=False)


def notes(report: Report, *, has_tiles: bool) -> Iterator[str]:
    """Describe what the tables don't show; tiles show the maximum activity."""
    yield from report.notes.placement
    yield from _energy(report, has_tiles=has_tiles)
    yield from time_sentences(report.time)
    yield from report.notes.traffic
    yield from report.notes.pools


def _energy(report: Report, *, has_tiles: bool) -> Iterator[str]:
    if report.costs is None:
        return
    idle = joules(report.costs.idle_energy_joules)
    idle = f"{idle} if nothing spikes (cores only, lowest cost per event)"
    if has_tiles:
        yield f"energy per example: {idle}"
        return
    operations = human(report.operations)
    spikes = human(report.spikes)
    yield f"per example, at most: {spikes} spikes, {operations} synaptic operations"
    yield f"energy per example, at most: {joules(report.energy)}; {idle}"


def fragment(shown: Report, spec: str = "") -> str:
    """Return tiles, problems, the spec, a map of the cores, and a table of layers.

    ``spec`` is the HTML of the spec, with costs after its lines.
    """
    from snnc.views.html import page_template  # only for pages

    *whys, total_why = reasons(shown)
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
        caption=example(shown),
        notes=list(notes(shown, has_tiles=True)),
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
        **row_texts(layer, shown),
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


def records(report: Report) -> Any:
    """Return a row per layer that is not folded."""
    return to_json(report)["layers"]
