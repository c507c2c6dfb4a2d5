"""Write a table of a spec's variants, and find the best ones."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Any

from snnc.text.tables import (
    Row,
    TextTable,
    code,
    counted,
    csv_table,
    human,
    percent,
    prose,
    without_empty,
)
from snnc.text.tables import table as markdown_table
from snnc.tools.report.html import tables_html

if TYPE_CHECKING:
    from snnc.tools.sweep import Variant

BEST = "*"


def table(name: str, lines: Sequence[Variant]) -> str:
    """Return one row per variant, in the order of the settings, then the best."""
    return "\n".join([*_table(lines).lines(), "", *_sentences(name, lines)])


def _table(lines: Sequence[Variant]) -> TextTable:
    keys, head, rows = _rows(lines)
    return TextTable.of(head, rows, left={*keys, "interval", "best", ""})


def markdown(name: str, lines: Sequence[Variant]) -> str:
    """Return the table as GitHub Markdown."""
    keys, head, rows = _rows(lines)
    head, rows = without_empty(head, rows)
    shown = [
        tuple(
            code(c) if h in keys else prose(c) for h, c in zip(head, row, strict=True)
        )
        for row in rows
    ]
    blocks = [
        "\n".join(markdown_table(head, shown)),
        *map(prose, _sentences(name, lines)),
    ]
    return "\n\n".join(blocks) + "\n"


def title(name: str) -> str:
    """Return the title of a sweep's page."""
    return f"Variants of {name}"


def html_table(name: str, lines: Sequence[Variant]) -> str:
    """Return the table as HTML, with its style sheet."""
    return tables_html(title(name), [_table(lines), *_sentences(name, lines)])


def csv_text(variants: Sequence[Mapping[str, Any]]) -> str:
    """Convert variants from `Sweep.as_dict` to CSV, with one column per setting."""
    keys = list(dict.fromkeys(key for v in variants for key in v["settings"]))
    others = [key for key in variants[0] if key != "settings"] if variants else []
    rows = (
        [*(v["settings"].get(key, "") for key in keys), *(v[k] for k in others)]
        for v in variants
    )
    return csv_table([*keys, *others], rows)


def parse_setting(text: str) -> int | float | bool | str | None:
    """Convert the value of a setting to a JSON value; None for the default."""
    if not text:
        return None
    if text in ("on", "off"):
        return text == "on"
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _rows(lines: Sequence[Variant]) -> tuple[list[str], Row, list[Row]]:
    """Return the names of settings, the header, and one row per variant."""
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))
    judged = _is_judged(lines)
    energy = "energy" if judged else "energy at most"
    score = (_kind(lines), "deviation", "interval", "best", "")
    head = (*keys, "cores", "weights", energy, *score)
    return keys, head, [tuple(_cells(line, keys, judged)) for line in lines]


def _is_judged(lines: Sequence[Variant]) -> bool:
    return any(line.score is not None for line in lines)


def _kind(lines: Sequence[Variant]) -> str:
    return "accuracy" if all(line.classifies for line in lines) else "error"


def _cells(line: Variant, keys: Sequence[str], judged: bool) -> Iterator[str]:
    yield from (line.settings.get(key, "") for key in keys)
    yield "" if line.cores is None else str(line.cores)
    yield "" if line.weights is None else str(line.weights)
    # An upper bound next to measured energies would be misleading.
    known = line.energy is not None and (line.score is not None or not judged)
    yield human(line.energy or 0.0, "J") if known else ""
    yield _score(line.score, line.classifies)
    yield _score(line.deviation, line.classifies)
    low, high = line.interval or (0.0, 0.0)
    yield f"{100 * low:.1f} to {100 * high:.1f} %" if line.interval else ""
    yield BEST if line.is_best else ""
    yield line.problem


def _score(value: float | None, classifies: bool) -> str:
    if value is None:
        return ""
    return percent(value) if classifies else f"{value:.4g}"


def _sentences(name: str, lines: Sequence[Variant]) -> Iterator[str]:
    failed = sum(bool(line.problem) for line in lines)
    lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
    yield f"{name}: {counted(len(lines), 'variant')}{lost if failed else ''}"
    if _is_judged(lines):
        best = sum(line.is_best for line in lines)
        yield (
            f"{BEST}: no other variant is at least as good in {_kind(lines)}, energy "
            f"and cores and better in one of them: {best}"
        )
    if any(line.deviation is not None for line in lines):
        yield (
            f"{_kind(lines)}: mean and standard deviation over seeds; two means count "
            "as equal if they differ by less than 2 standard errors"
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """A limit on cores, weights or energy that a variant must meet to be trained."""

    name: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Parse a condition such as ``cores <= 4`` or ``energy < 2 uJ``.

        Raises
        ------
        ValueError
            If the text is not a condition.
        """
        match = _CONDITION.fullmatch(text.strip())
        if match is None or bool(match[4]) != (match[1] == "energy"):
            raise ValueError(
                f"where: {text}: write `cores`, `weights` or `energy`, then <, <=, > or"
                " >=, then a number; with energy a unit: `cores <= 4`, `energy < 2 uJ`"
            )
        return cls(match[1], match[2], float(match[3]) * _JOULES.get(match[4], 1.0))

    def broken_by(self, line: Variant) -> str:
        """Return why a variant exceeds the limit; empty if it does not."""
        found = getattr(line, self.name)
        if found is None or _SIGNS[self.sign](found, self.limit):
            return ""
        unit = "J" if self.name == "energy" else ""
        limit = human(self.limit, unit) if unit else f"{self.limit:g}"
        value = human(found, unit) if unit else f"{found:g}"
        return f"left out: {self.name} {value}, not {self.sign} {limit}"


_CONDITION = re.compile(
    r"(cores|weights|energy) *(<=|>=|<|>) *([0-9]+(?:\.[0-9]+)?)(?: *([num]?J))?"
)
_JOULES = {"nJ": 1e-9, "uJ": 1e-6, "mJ": 1e-3, "J": 1.0}
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class VariantCosts:
    """The costs of a variant: its score, then other costs; lower is better.

    ``error`` is the standard error of the score; 0 for a single training.
    """

    score: float
    others: tuple[float, ...]
    error: float = 0.0


def front(costs: Sequence[VariantCosts | None]) -> tuple[bool, ...]:
    """Return for each variant whether it is Pareto-optimal.

    Scores are treated as equal if they differ by less than 2 standard errors.

    Parameters
    ----------
    costs
        The costs of each variant; None for a failed variant.

    Returns
    -------
    tuple of bool
        True for each Pareto-optimal variant, including ties.
    """
    known = {own for own in costs if own is not None}
    return tuple(
        own is not None and not any(_is_better(other, own) for other in known)
        for own in costs
    )


def _is_better(one: VariantCosts, other: VariantCosts) -> bool:
    """Return whether at least one cost is better and none is worse."""
    noise = 2 * hypot(one.error, other.error)
    gain = other.score - one.score
    pairs = list(zip(one.others, other.others, strict=True))
    better = gain > noise or any(a < b for a, b in pairs)
    return gain >= -noise and all(a <= b for a, b in pairs) and better
