"""The variants of a sweep, with the best of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import permutations
from math import hypot, isfinite, sqrt
from operator import gt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from snnc.results.base import WRITERS, Result, renamed
from snnc.text.display import Json
from snnc.text.intervals import interval_of_mean
from snnc.text.tables import counted, csv_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from snnc.diagnostics import Diagnostic

Cost = Literal["energy", "cores"]


class Costs(NamedTuple):
    """The score of a variant, its standard error, and other costs; lower is better."""

    score: float
    error: float
    others: tuple[float, ...]


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


def parse_settings(settings: Mapping[str, str]) -> dict[str, Any]:
    """Convert the values of settings to JSON values."""
    return {path: parse_setting(text) for path, text in settings.items()}


@dataclass(frozen=True, eq=False)
class Variant:
    """A variant of a spec: the values of its ``settings`` by path, and its results.

    Attributes
    ----------
    settings : mapping
        The values by path, as texts.
    cores, weights : int or None
        The number of cores and of trained values; None for an illegal network.
    energy : float or None
        The measured or, without data, the maximum energy per example in joules.
    example_seconds : float or None
        The time on the chip per example, in seconds, estimated from counted spikes or,
        without data, from upper rates.
    accuracy, rmse : float or None
        The fraction of correct decisions, or the root mean square error of a
        regression. These and other numbers are means over seeds.
    deviation : float or None
        The standard deviation of the score over seeds; None for a single seed.
    seeds : int
        The number of trainings that were evaluated.
    is_best : bool
        Whether no other variant beats it in accuracy, energy and cores.
    problem : str
        Empty if there is none.
    interval : tuple of float, or None
        The 95 % interval of the score for other examples and other seeds; of a single
        training, for other examples.
    results : tuple of dict
        The result of each seed, as in ``snnc evaluate --format json``.
    diagnostics : tuple of Diagnostic
        Internal: the warnings of the spec.
    """

    _omitted = ("interval", "results", "diagnostics")

    settings: Mapping[str, str] = field(metadata={"write": parse_settings})
    cores: int | None = None
    weights: int | None = None
    energy: float | None = field(default=None, metadata=renamed("energy_joules"))
    example_seconds: float | None = None
    accuracy: float | None = None
    rmse: float | None = None
    deviation: float | None = None
    seeds: int = 0
    is_best: bool = field(default=False, metadata=renamed("best"))
    problem: str = field(default="", metadata={"write": lambda text: text or None})
    interval: tuple[float, float] | None = None
    results: tuple[Json, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def score(self) -> float | None:
        """The accuracy, or the error of a regression; None without data."""
        return self.rmse if self.accuracy is None else self.accuracy

    @property
    def classifies(self) -> bool:
        """Whether the score is an accuracy."""
        return self.rmse is None

    def with_results(self, results: tuple[Json, ...]) -> Variant:
        """Return the variant with the results of its seeds, and their means."""
        if not results:
            return self
        scores = _values(results, "accuracy") or _values(results, "rmse")
        times = [result["time"] for result in results if result.get("time")]
        bounds = _values(results, "accuracy_interval") or _values(
            results, "rmse_interval"
        )
        interval = None
        if len(bounds) == len(results):
            interval = interval_of_mean(scores, bounds)
        return replace(
            self,
            energy=_mean(_values(results, "energy_joules")),
            example_seconds=_mean([time["example_seconds"] for time in times]),
            accuracy=_mean(_values(results, "accuracy")),
            rmse=_mean(_values(results, "rmse")),
            deviation=stdev(scores) if len(scores) > 1 else None,
            seeds=len(results),
            interval=interval,
            results=results,
        )

    def costs(self, *others: Cost) -> Costs | None:
        """Return the score and other costs, to compare variants; None if unknown."""
        if self.score is None or self.cores is None or not isfinite(self.score):
            return None
        score = -self.score if self.classifies else self.score
        error = (self.deviation or 0.0) / sqrt(self.seeds)
        values = tuple(float(getattr(self, name) or 0) for name in others)
        return Costs(score, error, values)


def _values(results: Sequence[Json], key: str) -> list[Any]:
    return [result[key] for result in results if result.get(key) is not None]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Result, Sequence[Variant]):
    """All variants, in the order of their settings; prints as a table.

    Attributes
    ----------
    network : str
        The name of the original network.
    variants : tuple of Variant
        All variants, including those with a problem.
    source : str
        The file of the original spec; empty without a file.
    holds_out : bool
        Internal: whether the examples that chose the best variants also gave their
        scores.
    """

    _omitted = ("source", "holds_out")

    _internal = frozenset(("holds_out",))

    network: str
    variants: tuple[Variant, ...]
    source: str = ""
    holds_out: bool = False

    @property
    def front(self) -> tuple[Variant, ...]:
        """The variants that no other variant beats in accuracy, energy and cores."""
        return tuple(variant for variant in self.variants if variant.is_best)

    def csv(self) -> str:
        """Return the variants as CSV, with one column per setting."""
        rows = WRITERS["records"](self)
        return csv_table(rows[0] if rows else (), map(dict.values, rows))

    def html(self) -> str:
        """Return a self-contained page with the table and pictures."""
        return self._written("page")

    def plot(self, ax: Axes | None = None, *, over: Cost = "energy") -> Axes:
        """Plot accuracy against energy or cores, and connect the Pareto front.

        Raises
        ------
        ValueError
            If no variant was evaluated.
        """
        return self._drawn("sweep", self, over, ax)

    def __len__(self) -> int:
        return len(self.variants)

    @overload
    def __getitem__(self, index: int) -> Variant: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Variant, ...]: ...
    def __getitem__(self, index: int | slice) -> Variant | tuple[Variant, ...]:
        return self.variants[index]

    def __repr__(self) -> str:
        return f"<snnc.Sweep of {self.network}: {counted(len(self), 'variant')}>"


def select_best(variants: Sequence[Variant], *others: Cost) -> tuple[Variant, ...]:
    """Return the variants on the Pareto front of the score and other costs.

    Scores are treated as equal if they differ by less than 2 standard errors.
    """
    costs = {variant: variant.costs(*others) for variant in variants}
    # A sweep has up to 10,000 variants, so equal costs are compared only once.
    known = {cost for cost in costs.values() if cost is not None}
    beaten = {
        worse for better, worse in permutations(known, 2) if _is_better(better, worse)
    }
    front = known - beaten
    return tuple(variant for variant, cost in costs.items() if cost in front)


def _is_better(one: Costs, other: Costs) -> bool:
    """Return whether at least one cost is better and none is worse."""
    # Variants are trained on few seeds, so a smaller difference may be chance.
    noise = 2 * hypot(one.error, other.error)
    gain = other.score - one.score
    if gain < -noise or any(map(gt, one.others, other.others)):
        return False
    return gain > noise or one.others != other.others
