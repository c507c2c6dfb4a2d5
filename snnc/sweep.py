"""A table of the variants of a spec, and which of them are the best."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from snnc.text.tables import columns, counted, human

BEST = "*"


@dataclass(frozen=True, slots=True)
class VariantLine:
    """A variant: its settings, what it takes, how good it is, what is wrong with it.

    ``score`` is a share, or an error if not ``classifies``; ``energy`` is in joules.
    """

    settings: Mapping[str, str]
    cores: int | None
    weights: int | None
    energy: float | None
    score: float | None
    interval: tuple[float, float] | None
    classifies: bool
    best: bool
    problem: str


def table(name: str, lines: Sequence[VariantLine]) -> str:
    """Return one row a variant, in the order of the settings, and the best below."""
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))
    judged = any(line.score is not None for line in lines)
    kind = "accuracy" if all(line.classifies for line in lines) else "error"
    energy = "energy" if judged else "energy at most"
    head = (*keys, "cores", "weights", energy, kind, "interval", "best", "")
    rows = [tuple(_cells(line, keys, judged)) for line in lines]
    table_lines = columns(head, rows, left={*keys, "interval", "best", ""})
    return "\n".join([*table_lines, "", *_sentences(name, lines, judged, kind)])


def _cells(line: VariantLine, keys: Sequence[str], judged: bool) -> Iterator[str]:
    yield from (line.settings.get(key, "") for key in keys)
    yield "" if line.cores is None else str(line.cores)
    yield "" if line.weights is None else str(line.weights)
    # Beside what was measured, what is spent at most would mislead.
    known = line.energy is not None and (line.score is not None or not judged)
    yield human(line.energy or 0.0, "J") if known else ""
    if line.score is None:
        yield ""
    else:
        yield f"{100 * line.score:.1f} %" if line.classifies else f"{line.score:.4g}"
    low, high = line.interval or (0.0, 0.0)
    yield f"{100 * low:.1f} to {100 * high:.1f} %" if line.interval else ""
    yield BEST if line.best else ""
    yield line.problem


def _sentences(
    name: str, lines: Sequence[VariantLine], judged: bool, kind: str
) -> Iterator[str]:
    failed = sum(bool(line.problem) for line in lines)
    lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
    yield f"{name}: {counted(len(lines), 'variant')}{lost if failed else ''}"
    if judged:
        best = sum(line.best for line in lines)
        yield (
            f"{BEST}: no other is at least as good in {kind}, energy and cores, and "
            f"better in one: {best}"
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """What a variant has to keep to be trained: cores, weights or joules."""

    name: str
    sign: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read such as ``cores <= 4`` or ``energy < 2 uJ``.

        Raises
        ------
        ValueError
            If it is none.
        """
        match = _CONDITION.fullmatch(text.strip())
        if match is None or bool(match[4]) != (match[1] == "energy"):
            raise ValueError(
                f"where: {text}: write `cores`, `weights` or `energy`, then <, <=, > or"
                " >=, then a number; with energy a unit: `cores <= 4`, `energy < 2 uJ`"
            )
        return cls(match[1], match[2], float(match[3]) * _JOULES.get(match[4], 1.0))

    def broken_by(self, line: VariantLine) -> str:
        """Return why a variant does not keep it; nothing if it does."""
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


Costs = tuple[float, ...]


def front(costs: Sequence[Costs | None]) -> tuple[bool, ...]:
    """Tell which of them no other is better than.

    Parameters
    ----------
    costs
        As many numbers of each, all the better the lower; None for what failed.

    Returns
    -------
    tuple of bool
        True for Pareto-optimal ones; of equal ones, for all.
    """
    known = {own for own in costs if own is not None}
    return tuple(
        own is not None and not any(_is_better(other, own) for other in known)
        for own in costs
    )


def _is_better(one: Costs, other: Costs) -> bool:
    """Whether one is nowhere worse, and somewhere better."""
    pairs = list(zip(one, other, strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
