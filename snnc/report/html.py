"""Write the report as one self-contained page: ``snnc report --format html``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.loihi.why import Reason
from snnc.report.sentences import (
    bounds,
    example,
    maxima_alternatives,
    maxima_notes,
    sentence,
    total,
    totals,
)
from snnc.report.summary import COUNTERS, Row, Summary
from snnc.source import DOCUMENTATION
from snnc.text.tables import dims, human, printable

if TYPE_CHECKING:
    from jinja2 import Template

FULL = 0.9
"""The share of a limit from which a bar is coloured."""

COUNTED = {"synapse bits": "synapses", "pop16 in-axons": "in-axons"}
"""The counters of limits that have other names."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page below the tables; ``html`` is not escaped."""

    title: str
    html: str
    about: str = ""


def page(summary: Summary, sections: Sequence[Section] = (), footer: str = "") -> str:
    """Return a page with the tables, one bar per counter, and the limits of layers.

    Parameters
    ----------
    summary
        The costs and the activity of the network.
    sections, footer
        Further parts below the tables.
    """
    title = f"{summary.network.name}: cores and activity"
    return document(title, fragment(summary), sections, footer)


def document(title: str, body: str, sections: Sequence[Section], footer: str) -> str:
    """Return an HTML page that begins with ``body``, which is not escaped."""
    from markupsafe import Markup

    return _template("page.html.jinja").render(
        title=title,
        body=Markup(body),
        sections=[replace(s, html=Markup(s.html)) for s in sections],
        footer=footer,
    )


def style() -> str:
    """Return the style sheet, for pages without a report."""
    return (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def fragment(summary: Summary) -> str:
    """Return the page as a part of another one, such as a notebook."""
    return _template("report.html.jinja").render(_values(summary))


def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)


def _values(summary: Summary) -> dict[str, Any]:
    network = summary.network
    reasons = [reason for row in summary.rows for reason in row.reasons]
    core = summary.profile.core
    return {
        "name": network.name,
        "about": " ".join((network.about or "").split()),
        "device": summary.profile.name if summary.on_chip else "no chip",
        "on_chip": summary.on_chip,
        "counters": COUNTERS,
        "rows": [_row(row, summary, set(_binding(reasons))) for row in summary.rows],
        "caption": example(summary),
        "totals": [*totals(summary), *maxima_notes(summary)],
        "whys": [
            *(sentence(reason, core) for reason in reasons),
            *maxima_alternatives(summary),
        ],
        "total_why": total(summary.reasons, network.name) if reasons else "",
        "tiles": list(_tiles(summary)),
        "terms": f"{DOCUMENTATION}loihi-for-keras-users.html",
    }


def _tiles(summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield the tiles at the top of the page: names and values."""
    activity = summary.activity
    yield "neurons", str(summary.neurons)
    if summary.on_chip:
        yield "cores", str(summary.cores)
        yield "chips", str(summary.chips)
    yield "spikes at most", human(activity.spikes)
    if summary.on_chip:
        yield "synaptic operations at most", human(activity.operations)
        yield "energy at most", human(activity.joules(summary.profile.energy), "J")


def _binding(reasons: list[Reason]) -> Iterator[tuple[str, str]]:
    """Yield layers and counters that prevent fewer cores.

    A layer with one core has no such counter.
    """
    for reason in reasons:
        if reason.cores == 1:
            continue
        if reason.miss is not None:
            limit = reason.miss.violation.limit
            yield _layer_of(reason.miss.layer), COUNTED.get(limit, limit)
        elif reason.bound == "compartments":
            yield _layer_of(reason.name), "compartments"


def _row(row: Row, summary: Summary, binding: set[tuple[str, str]]) -> dict[str, Any]:
    use = zip(COUNTERS, row.use or (), strict=False)
    activity, chip = row.activity, row.cores is not None
    energy = summary.profile.energy
    return {
        "name": row.name,
        "kind": row.kind,
        "shape": dims(row.shape),
        "neurons": "" if row.neurons is None else str(row.neurons),
        "place": row.place if summary.on_chip or row.place == "folded" else "",
        "cores": str(row.cores) if chip else "",
        "block": dims(row.block or ()),
        "bound": bounds(row.reasons),
        "bars": [
            {
                "percent": f"{100 * part:.0f}",
                "binds": (row.name, counter) in binding,
                "full": (row.name, counter) in binding and part >= FULL,
            }
            for counter, part in use
        ],
        "spikes": human(activity.spikes) if activity is not None else "",
        "operations": human(activity.operations) if activity and chip else "",
        "energy": human(activity.joules(energy), "J") if activity and chip else "",
    }


def _layer_of(population: str) -> str:
    """Return the layer of a population; the name of a max pool's includes its level."""
    return population.partition(".")[0]
