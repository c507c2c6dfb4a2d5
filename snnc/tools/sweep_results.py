"""The variants of a sweep as a table, with the best of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from math import hypot, isfinite, sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Literal, get_args, overload

from snnc.interface.objects import Spec
from snnc.text.display import Json, Tabular
from snnc.text.tables import TextTable, counted, csv_table, human, percent, prose
from snnc.tools import plots
from snnc.tools.pages import footer, picture
from snnc.tools.report.html import Part, document, tables_html
from snnc.tools.report.network import Report
from snnc.views.evaluation import known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEST = "*"
Cost = Literal["energy", "cores"]
Costs = tuple[float, float, tuple[float, ...]]
"""The score of a variant, the standard error of the score, and other costs; lower is
better."""
write_joules = partial(human, unit="J")
write_time = partial(human, unit="s")


@dataclass(frozen=True, eq=False)
class Variant:
    """A variant of a spec: the values of its ``settings`` by path, and its results.

    ``spec`` and ``report`` are None if the values don't form a legal network. There is
    one of ``results`` per seed, as in ``snnc evaluate --format json``. ``problem`` is
    empty if there is none. ``is_best`` says whether the variant is on the Pareto front
    of accuracy, energy and cores.
    """

    settings: dict[str, str]
    spec: Spec | None
    report: Report | None
    results: tuple[Json, ...] = ()
    problem: str = ""
    is_best: bool = False

    @property
    def accuracy(self) -> float | None:
        """The fraction of correct decisions; None without data and for a regression.

        This and the other numbers are means over seeds.
        """
        return self._mean("accuracy")

    @property
    def rmse(self) -> float | None:
        """The root mean square error; None without data and for a classification."""
        return self._mean("rmse")

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the score over seeds; None for a single seed."""
        scores = self._values("accuracy") or self._values("rmse")
        return stdev(scores) if len(scores) > 1 else None

    @property
    def energy(self) -> float | None:
        """The measured or, without data, the maximum energy per example in joules."""
        if self.results:
            return self._mean("energy_joules")
        return None if self.report is None else self.report.energy

    @property
    def example_seconds(self) -> float | None:
        """The estimated time on the chip per example, in seconds.

        It is estimated from counted spikes or, without data, from upper rates.
        """
        if self.results:
            known_times = [r["time"] for r in self.results if r.get("time")]
            seconds = [time["example_seconds"] for time in known_times]
            return fmean(seconds) if seconds else None
        time = None if self.report is None else self.report.time
        return None if time is None else time.example_seconds

    def _values(self, key: str) -> list[float]:
        return [r[key] for r in self.results if r.get(key) is not None]

    def _mean(self, key: str) -> float | None:
        return fmean(values) if (values := self._values(key)) else None

    @property
    def cores(self) -> int | None:
        """The number of cores; None for an illegal network."""
        return None if self.report is None else self.report.cores

    @property
    def weights(self) -> int | None:
        """The number of trained values; None for an illegal network."""
        return None if self.report is None else self.report.weights

    @property
    def score(self) -> float | None:
        """The accuracy, or the error of a regression; None without data."""
        return self.rmse if self.accuracy is None else self.accuracy

    @property
    def classifies(self) -> bool:
        """Whether the score is an accuracy."""
        return self.rmse is None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the accuracy of a single training."""
        if len(self.results) != 1 or not self.results[0].get("accuracy_interval"):
            return None
        low, high = self.results[0]["accuracy_interval"]
        return low, high

    def costs(self, *others: Cost) -> Costs | None:
        """Return the score and other costs, to compare variants; None if unknown."""
        if self.score is None or self.cores is None or not isfinite(self.score):
            return None
        score = -self.score if self.classifies else self.score
        error = (self.deviation or 0.0) / sqrt(len(self.results))
        return score, error, tuple(float(getattr(self, n) or 0) for n in others)


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Tabular, Sequence[Variant]):
    """All variants, in the order of their settings; prints as a table.

    Attributes
    ----------
    spec : Spec
        The original spec.
    variants : tuple of Variant
        All variants, including those with a problem.
    """

    spec: Spec
    variants: tuple[Variant, ...]

    @property
    def front(self) -> tuple[Variant, ...]:
        """The variants that no other variant beats in accuracy, energy and cores."""
        return tuple(variant for variant in self.variants if variant.is_best)

    @property
    def _kind(self) -> str:
        """The name of the scores."""
        return "accuracy" if all(v.classifies for v in self.variants) else "error"

    @property
    def _has_scores(self) -> bool:
        return any(variant.score is not None for variant in self.variants)

    @property
    def _table(self) -> TextTable:
        """One row per variant, in the order of the settings."""
        keys = list(dict.fromkeys(key for v in self.variants for key in v.settings))
        kind, judged = self._kind, self._has_scores
        write = percent if kind == "accuracy" else "{:.4g}".format
        rows = []
        for variant in self.variants:
            # An upper bound next to measured energies would be misleading.
            is_shown = variant.score is not None or not judged
            row = (
                known(variant.cores, str, ""),
                known(variant.weights, str, ""),
                known(variant.energy if is_shown else None, write_joules, ""),
                known(variant.example_seconds if is_shown else None, write_time, ""),
                known(variant.score, write, ""),
                known(variant.deviation, write, ""),
                known(variant.interval, _write_interval, ""),
                BEST if variant.is_best else "",
                variant.problem,
            )
            rows.append((*(variant.settings.get(key, "") for key in keys), *row))
        energy = "energy" if judged else "energy at most"
        costs = ("cores", "weights", energy, "time")
        head = (*costs, kind, "deviation", "interval", "best", "")
        return TextTable.of((*keys, *head), rows, left={*keys, "interval", "best", ""})

    def _sentences(self) -> Iterator[str]:
        """Describe problems, the best variants, and means over seeds."""
        failed = sum(bool(variant.problem) for variant in self.variants)
        lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
        total = counted(len(self.variants), "variant")
        yield f"{self.spec.name}: {total}{lost if failed else ''}"
        if self._has_scores:
            good = f"at least as good in {self._kind}, energy and cores"
            end = f"and better in one of them: {len(self.front)}"
            yield f"{BEST}: no other variant is {good} {end}"
        if any(variant.deviation is not None for variant in self.variants):
            means = "mean and standard deviation over seeds; two means count as equal"
            yield f"{self._kind}: {means} if they differ by less than 2 standard errors"

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc sweep --format json``."""
        return {
            "version": 1,
            "network": self.spec.name,
            "variants": [
                {
                    "settings": {k: parse_setting(x) for k, x in v.settings.items()},
                    "cores": v.cores,
                    "weights": v.weights,
                    "energy_joules": v.energy,
                    "example_seconds": v.example_seconds,
                    "accuracy": v.accuracy,
                    "rmse": v.rmse,
                    "deviation": v.deviation,
                    "seeds": len(v.results),
                    "best": v.is_best,
                    "problem": v.problem or None,
                }
                for v in self.variants
            ],
        }

    def csv(self) -> str:
        """Return the variants as CSV, with one column per setting."""
        records = self._records()
        return csv_table(records[0] if records else (), map(dict.values, records))

    def markdown(self) -> str:
        """Return the table as GitHub Markdown."""
        sentences = map(prose, self._sentences())
        return "\n\n".join([self._table.markdown(), *sentences]) + "\n"

    def html(self) -> str:
        """Return a self-contained page with the table and pictures."""
        name, end = self.spec.name, footer(self.spec.path)
        sections = [
            picture(name, f"Accuracy against {over}", partial(self.plot, over=over))
            for over in get_args(Cost)
            if any(variant.results for variant in self)
        ]
        return document(f"Variants of {name}", self._repr_html_(), sections, end)

    def plot(self, ax: Axes | None = None, *, over: Cost = "energy") -> Axes:
        """Plot accuracy against energy or cores, and connect the Pareto front.

        Raises
        ------
        ValueError
            If no variant was evaluated.
        """
        best = self.front
        if over == "cores":  # these and the score are the only costs
            best = select_best(self.variants, "cores")
        return plots.results.sweep(self.spec.name, self.variants, best, over, ax)

    def __len__(self) -> int:
        return len(self.variants)

    @overload
    def __getitem__(self, index: int) -> Variant: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Variant, ...]: ...
    def __getitem__(self, index: int | slice) -> Variant | tuple[Variant, ...]:
        return self.variants[index]

    def _records(self) -> list[Json]:
        variants = self.as_dict()["variants"]
        return [{**variant.pop("settings"), **variant} for variant in variants]

    def _repr_html_(self) -> str:
        parts: list[Part] = [self._table, *self._sentences()]
        return tables_html(f"Variants of {self.spec.name}", parts)

    def __str__(self) -> str:
        return "\n".join([*self._table.lines(), "", *self._sentences()])

    def __repr__(self) -> str:
        return f"<snnc.Sweep of {self.spec.name}: {counted(len(self), 'variant')}>"


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


def _write_interval(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def select_best(variants: Sequence[Variant], *others: Cost) -> tuple[Variant, ...]:
    """Return the variants on the Pareto front of the score and other costs.

    Scores are treated as equal if they differ by less than 2 standard errors.
    """
    costs = {v: own for v in variants if (own := v.costs(*others)) is not None}
    beaten = {b for a, b in permutations({*costs.values()}, 2) if _is_better(a, b)}
    return tuple(variant for variant, own in costs.items() if own not in beaten)


def _is_better(one: Costs, other: Costs) -> bool:
    """Return whether at least one cost is better and none is worse."""
    (score, error, others), (worse, its_error, its_others) = one, other
    noise, gain = 2 * hypot(error, its_error), worse - score
    if gain < -noise or any(a > b for a, b in zip(others, its_others, strict=True)):
        return False
    return gain > noise or others != its_others
