"""Write a table of a spec's variants, and find the best ones."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import hypot
from typing import TYPE_CHECKING

from snnc.text.tables import TextTable, code, counted, human, percent, prose
from snnc.text.tables import table as markdown_table
from snnc.tools.evaluate.summary import known

if TYPE_CHECKING:
    from snnc.tools.sweep import Variant

BEST = "*"


def tabulate(lines: Sequence[Variant]) -> TextTable:
    """Return a table with one row per variant, in the order of the settings."""
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))
    kind, judged = _kind(lines), _is_judged(lines)
    write = percent if kind == "accuracy" else "{:.4g}".format
    energy = "energy" if judged else "energy at most"
    rows = []
    for line in lines:
        # An upper bound next to measured energies would be misleading.
        joules = line.energy if line.score is not None or not judged else None
        row = (
            known(line.cores, str, ""),
            known(line.weights, str, ""),
            known(joules, partial(human, unit="J"), ""),
            known(line.score, write, ""),
            known(line.deviation, write, ""),
            known(line.interval, _write_interval, ""),
            BEST if line.is_best else "",
            line.problem,
        )
        rows.append((*(line.settings.get(key, "") for key in keys), *row))
    head = ("cores", "weights", energy, kind, "deviation", "interval", "best", "")
    return TextTable.of((*keys, *head), rows, left={*keys, "interval", "best", ""})


def markdown(name: str, lines: Sequence[Variant]) -> str:
    """Return the table as GitHub Markdown."""
    head, *rows = tabulate(lines).rows
    settings = {key for line in lines for key in line.settings}
    writes = [code if name in settings else prose for name in head]
    shown = [tuple(w(c) for w, c in zip(writes, row, strict=True)) for row in rows]
    table = "\n".join(markdown_table(tuple(head), shown))
    return "\n\n".join([table, *map(prose, sentences(name, lines))]) + "\n"


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


def _is_judged(lines: Sequence[Variant]) -> bool:
    return any(line.score is not None for line in lines)


def _kind(lines: Sequence[Variant]) -> str:
    return "accuracy" if all(line.classifies for line in lines) else "error"


def _write_interval(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def sentences(name: str, lines: Sequence[Variant]) -> Iterator[str]:
    """Describe problems, the best variants, and means over seeds."""
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


def parse_condition(text: str) -> Callable[[Variant], str]:
    """Parse a condition such as ``cores <= 4`` or ``energy < 2 uJ``.

    Returns
    -------
    function
        Returns why a variant does not meet the condition; empty if it does.

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
    name, sign, limit = match[1], match[2], float(match[3]) * _JOULES.get(match[4], 1)

    def break_reason(line: Variant) -> str:
        found = getattr(line, name)
        if found is None or _SIGNS[sign](found, limit):
            return ""
        write = partial(human, unit="J") if name == "energy" else "{:g}".format
        return f"left out: {name} {write(found)}, not {sign} {write(limit)}"

    return break_reason


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
    is_worse = any(a > b for a, b in zip(one.others, other.others, strict=True))
    if gain < -noise or is_worse:
        return False
    return gain > noise or one.others != other.others
