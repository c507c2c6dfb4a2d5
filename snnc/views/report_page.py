"""Write the report as a self-contained page: ``snnc report --format html``."""

from __future__ import annotations

from functools import partial

from snnc.results.diff import Diff
from snnc.results.fit import Fit
from snnc.results.report import LayerReport, Report
from snnc.text.display import to_pre
from snnc.text.tables import counted, dims
from snnc.views.document import PAGE, Heading, Html, Part, Sentence, Title
from snnc.views.html import format_page
from snnc.views.report import fragment
from snnc.views.spec import spec_html

VARIANTS = (
    "Changes after which the network fits or, if it already fits, how far layers could "
    "grow."
)


def report_page(shown: Report, variants: Fit | None, changes: Diff | None) -> str:
    """Return a page about a network, its variants, and its changes."""
    spec = spec_html(shown.spec.text, shown.spec.notation, line_costs(shown))
    # The title of the page; no format shows it, because the report begins with one.
    parts: list[Part] = [Title(f"{shown.network}: cores and activity", frozenset())]
    parts.append(Html(partial(fragment, shown, spec), PAGE))
    if changes is not None:
        parts.append(Heading(f"What changed since {changes.old.source}", PAGE))
        parts.append(Html(partial(to_pre, str(changes)), PAGE))
    if variants is not None:
        parts.append(Heading("Variants", PAGE))
        parts.append(Sentence(VARIANTS, PAGE))
        parts.append(Html(partial(to_pre, str(variants)), PAGE))
    return format_page(parts, shown.spec.path)


def line_costs(shown: Report) -> dict[int, str]:
    """Return the costs of each layer, by the number of its first line."""
    return {
        layer.line: _cost(layer, shown)
        for layer in shown.layers
        if layer.kind != "readout"
    }


def _cost(layer: LayerReport, shown: Report) -> str:
    neurons = "" if layer.neurons is None else counted(layer.neurons, "neuron")
    place = layer.place if layer.cores is None else counted(layer.cores, "core")
    if layer.place == "host" and not shown.on_chip:
        place = ""
    return ", ".join(filter(None, (dims(layer.shape), neurons, place)))
