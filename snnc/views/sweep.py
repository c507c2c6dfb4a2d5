"""The document of a sweep: a table of the variants, and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import get_args

from snnc.results.base import to_json
from snnc.results.sweep import Cost, Sweep, Variant
from snnc.text.display import Json
from snnc.text.tables import TextTable, cell, counted, human, joules
from snnc.views.document import HTML, Figure, Part, Sentence, Table, Title
from snnc.views.evaluation import score_writer

BEST = "*"


def document(sweep: Sweep) -> Iterator[Part]:
    """Yield one row per variant, in the order of the settings, and what they mean."""
    yield Title(f"Variants of {sweep.network}", HTML)
    has_scores = any(variant.score is not None for variant in sweep)
    yield Table(_table(sweep, has_scores=has_scores))
    for sentence in _sentences(sweep, has_scores=has_scores):
        yield Sentence(sentence)
    if any(variant.results for variant in sweep):
        for over in get_args(Cost):
            title = f"Accuracy against {over}"
            yield Figure(title, sweep.network, partial(sweep.plot, over=over))


def _table(sweep: Sweep, *, has_scores: bool) -> TextTable:
    kind = _kind(sweep)
    keys = list(dict.fromkeys(key for variant in sweep for key in variant.settings))
    rows = []
    for variant in sweep:
        settings = [variant.settings.get(key, "") for key in keys]
        rows.append((*settings, *_row(variant, kind, has_scores=has_scores)))
    energy = "energy" if has_scores else "energy at most"
    costs = ("cores", "weights", energy, "time")
    head = (*keys, *costs, kind, "deviation", "interval", "best", "")
    return TextTable.of(head, rows, left={*keys, "interval", "best", ""})


def _row(variant: Variant, kind: str, *, has_scores: bool) -> tuple[str, ...]:
    write = score_writer(classes=kind == "accuracy")
    # An upper bound next to measured energies would be misleading.
    is_shown = variant.score is not None or not has_scores
    interval = ""
    if variant.interval is not None:
        low, high = variant.interval
        interval = f"{low:.4g} to {high:.4g}"
        if kind == "accuracy":
            interval = f"{100 * low:.1f} to {100 * high:.1f} %"
    return (
        cell(variant.cores),
        cell(variant.weights),
        cell(variant.energy if is_shown else None, joules),
        cell(variant.example_seconds if is_shown else None, partial(human, unit="s")),
        cell(variant.score, write),
        cell(variant.deviation, write),
        interval,
        BEST if variant.is_best else "",
        variant.problem,
    )


def _kind(sweep: Sweep) -> str:
    """Return the name of the scores."""
    return "accuracy" if all(variant.classifies for variant in sweep) else "error"


def _sentences(sweep: Sweep, *, has_scores: bool) -> Iterator[str]:
    """Describe problems, the best variants, and means over seeds."""
    failed = sum(bool(variant.problem) for variant in sweep)
    lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
    total = counted(len(sweep), "variant")
    yield f"{sweep.network}: {total}{lost if failed else ''}"
    kind = _kind(sweep)
    if has_scores:
        good = f"at least as good in {kind}, energy and cores"
        end = f"and better in one of them: {len(sweep.front)}"
        yield f"{BEST}: no other variant is {good} {end}"
    if any(variant.deviation is not None for variant in sweep):
        means = "mean and standard deviation over seeds; two means count as equal"
        yield f"{kind}: {means} if they differ by less than 2 standard errors"
        yield "interval: 95 %, for other examples and other seeds"
    if has_scores and sweep.holds_out:
        yield (
            f"the held-out fifth of the data gives each {kind} and chooses the best "
            "variants, which therefore look better than they are: `--test` measures on "
            "other data"
        )


def records(sweep: Sweep) -> list[Json]:
    """Return a row per variant, with a column per setting."""
    variants = [to_json(variant) for variant in sweep]
    return [{**variant.pop("settings"), **variant} for variant in variants]
