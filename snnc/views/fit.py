"""The document of the variants that fit a number of cores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from snnc.results.fit import Fit, FitVariant
from snnc.rules.times import time
from snnc.text.display import Json
from snnc.text.tables import TextTable, counted
from snnc.views.chip_time import time_sentences
from snnc.views.document import HTML, Items, Part, Table, Title

if TYPE_CHECKING:
    from snnc.fitting.trials import VariantCost

COLUMNS = ("change", "cores", "neurons", "weights", "keeps")
KEEPS = "keeps: neurons and weights as a fraction of the spec's (geometric mean)"
TRIED = "tried: fewer filters or a larger stride in one layer"
OTHERS = "other options: a smaller input, more chips, or both changes in several layers"
SHORTER = "a shorter `synapse`, a higher `rate` or fewer layers shorten this delay"


def document(fit: Fit) -> Iterator[Part]:
    """Yield a table with one row per variant, and sentences about them."""
    yield Title(f"{fit.network} on {counted(fit.cores, 'core')}", HTML)
    rows = []
    if fit.present is not None:
        rows.append(_row("none: it fits", fit.present, 1.0))
    for variant in fit.variants[: len(fit.variants) - fit.hidden]:
        rows.append(_row(changes_text(variant), variant.cost, variant.kept))
    if rows:
        yield Table(TextTable.of(COLUMNS, rows, COLUMNS[:1]))
    fits_somehow = fit.variants or fit.fits
    yield Items(tuple(_offered(fit) if fits_somehow else _refused(fit)))


def _row(changes: str, cost: VariantCost, kept: float) -> tuple[str, ...]:
    return (changes, *map(str, astuple(cost)), f"{100 * kept:.0f} %")


def changes_text(variant: FitVariant) -> str:
    """Write the changes of a variant as in a spec."""
    by_layer: dict[str, list[str]] = {}
    for change in variant.changes:
        more = " or more" if change == variant.open_end else ""
        by_layer.setdefault(change.layer, []).append(f"{change.text}{more}")
    return "; ".join(f"{name}: {', '.join(texts)}" for name, texts in by_layer.items())


def _offered(fit: Fit) -> Iterator[str]:
    """Describe the variants, and the costs of the unchanged network."""
    variants = counted(len(fit.variants), "variant")
    more = f" ({fit.hidden} more with --all)" if fit.hidden else ""
    cores = counted(fit.cores, "core")
    yield f"{fit.network}: {variants} on at most {cores}{more}{_needs(fit)}"
    yield from _untried(fit)
    if fit.variants and fit.target:
        yield f"the numbers hold with `{fit.target}` in `target loihi`"
    if fit.variants:
        yield KEEPS
    yield from _delay(fit)
    yield from time_sentences(fit.time)


def _refused(fit: Fit) -> Iterator[str]:
    """Explain that no variant fits, and what else would help."""
    change = "no change that was tried" if fit.untried else "no change"
    cores = counted(fit.cores, "core")
    what = f"{change} of filters or stride fits on {cores}"
    yield f"{fit.network}: {what}{_needs(fit)}"
    yield from _untried(fit)
    yield TRIED
    yield OTHERS
    yield f"most neurons: {', '.join(fit.largest)}"
    yield from _delay(fit)


def _needs(fit: Fit) -> str:
    return "" if fit.needed is None else f"; unchanged, it takes {fit.needed}"


def _untried(fit: Fit) -> Iterator[str]:
    if fit.untried:
        few = "" if fit.untried == fit.layers else ", those with the fewest neurons"
        layers = f"{fit.untried} of {fit.layers} layers{few}"
        yield f"not tried, to save time: {layers}"


def _delay(fit: Fit) -> Iterator[str]:
    """Describe the delay of the unchanged network, and what shortens it."""
    seconds = time(round(fit.delay, 4))
    yield f"the network responds after {seconds}: {fit.delay_causes}"
    yield SHORTER


def records(fit: Fit) -> list[Json]:
    """Return a row per variant."""
    return [
        {"change": changes_text(v), **asdict(v.cost), "kept": v.kept}
        for v in fit.variants
    ]
