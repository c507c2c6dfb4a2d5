"""Compare the cost and accuracy of variants of a spec: `snnc sweep`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, product
from math import hypot, isfinite, prod, sqrt
from operator import ge, gt, le, lt
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Literal, overload

from snnc import diagnostics
from snnc.language.readers import Phase
from snnc.loihi.profile import DEFAULT
from snnc.syntax.settings import Setting, read_settings, spelt
from snnc.text.arguments import check_count
from snnc.text.display import Json, Tabular
from snnc.text.tables import TextTable, counted, csv_table, human, percent, prose
from snnc.tools import plots
from snnc.tools.evaluate.summary import known
from snnc.tools.opening import FileName, SpecError
from snnc.tools.pages import footer, picture
from snnc.tools.report.html import Part, document, tables_html
from snnc.tools.report.network import Report
from snnc.tools.spec import Spec, as_spec
from snnc.tools.sweep_runs import SweepSettings, VariantJob, data_file, run_variants

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OF_WORDS = "SNN3"
"""Lower codes are about single words and values."""
MOST_VARIANTS = 10_000
BEST = "*"

Costs = tuple[float, float, tuple[float, ...]]
"""The score of a variant, the standard error of the score, and other costs; lower is
better."""


@dataclass(frozen=True, eq=False)
class Variant:
    """A variant of a spec, its costs, and its accuracy.

    Attributes
    ----------
    settings : dict of str
        The values, by path.
    spec : Spec or None
        The spec; None if the values don't form a legal network.
    report : Report or None
        The cores, weights and maximum energy.
    results : tuple of dict
        The results of the evaluations, one per seed, as in ``snnc evaluate --format
        json``.
    problem : str
        The problem with the variant; empty if there is none.
    is_best : bool
        Whether the variant is on the Pareto front of accuracy, energy and cores.
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

    def _values(self, key: str) -> list[float]:
        return [r[key] for r in self.results if r.get(key) is not None]

    def _mean(self, key: str) -> float | None:
        values = self._values(key)
        return fmean(values) if values else None

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

    def costs(self, *others: Literal["energy", "cores"]) -> Costs | None:
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
                known(variant.energy if is_shown else None, _joules, ""),
                known(variant.score, write, ""),
                known(variant.deviation, write, ""),
                known(variant.interval, _write_interval, ""),
                BEST if variant.is_best else "",
                variant.problem,
            )
            rows.append((*(variant.settings.get(key, "") for key in keys), *row))
        energy = "energy" if judged else "energy at most"
        head = ("cores", "weights", energy, kind, "deviation", "interval", "best", "")
        return TextTable.of((*keys, *head), rows, left={*keys, "interval", "best", ""})

    def _sentences(self) -> Iterator[str]:
        """Describe problems, the best variants, and means over seeds."""
        failed = sum(bool(variant.problem) for variant in self.variants)
        lost = f", {failed} of which {'has' if failed == 1 else 'have'} a problem"
        total = counted(len(self.variants), "variant")
        yield f"{self.spec.name}: {total}{lost if failed else ''}"
        if self._has_scores:
            yield (
                f"{BEST}: no other variant is at least as good in {self._kind}, energy "
                f"and cores and better in one of them: {len(self.front)}"
            )
        if any(variant.deviation is not None for variant in self.variants):
            yield (
                f"{self._kind}: mean and standard deviation over seeds; two means "
                "count as equal if they differ by less than 2 standard errors"
            )

    def as_dict(self) -> Json:
        """Return the JSON data of ``snnc sweep --format json``."""
        return {
            "version": 1,
            "network": self.spec.name,
            "variants": [
                {
                    "settings": {
                        k: parse_setting(v) for k, v in variant.settings.items()
                    },
                    "cores": variant.cores,
                    "weights": variant.weights,
                    "energy_joules": variant.energy,
                    "accuracy": variant.accuracy,
                    "rmse": variant.rmse,
                    "deviation": variant.deviation,
                    "seeds": len(variant.results),
                    "best": variant.is_best,
                    "problem": variant.problem or None,
                }
                for variant in self.variants
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
        sections, name = [], self.spec.name
        if any(variant.results for variant in self):
            for over in ("energy", "cores"):
                draw = partial(self.plot, over=over)
                sections.append(picture(name, f"Accuracy against {over}", draw))
        body, end = self._repr_html_(), footer(self.spec.path)
        return document(f"Variants of {name}", body, sections, end)

    def plot(
        self, ax: Axes | None = None, *, over: Literal["energy", "cores"] = "energy"
    ) -> Axes:
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


def sweep(
    spec: Spec | FileName,
    settings: Mapping[str, object] | Sequence[str],
    *,
    where: str | Sequence[str] = (),
    data: FileName | tuple[object, object] | None = None,
    test: FileName | tuple[object, object] | None = None,
    weights: FileName | None = None,
    epochs: int | None = None,
    phases: Sequence[Phase] = ("smooth", "scale"),
    examples: int | None = None,
    seed: int = 0,
    seeds: int = 1,
    output: FileName = "sweep",
    workers: int | None = None,
    dask: str | None = None,
    device: str = DEFAULT,
    progress: bool | None = None,
) -> Sweep:
    """Compare variants of a spec: all combinations of some values.

    Without data, this immediately computes cores, weights and maximum energy. With
    data, each variant is also trained, and evaluated on the exact engine, in its own
    process. Results are stored in a folder and reused.

    Parameters
    ----------
    spec
        A file, or a spec.
    settings
        Values by path, such as ``{"c0.filters": [8, 16], "c1.kernel": [3, 5]}``, or
        texts such as ``"c0.filters=8,16"``. Each value is as in `Spec.replace`; a
        single value needs no list.
    where
        Conditions such as ``"cores <= 4"`` or ``"energy < 2 uJ"`` (maximum energy).
        Variants that don't meet all conditions are neither trained nor evaluated.
    data : file, or x and y
        Training data; a fifth of it, drawn with the seed, is held out for evaluation.
    test : file, or x and y
        Data for evaluation, instead of held-out training data.
    weights
        Weights for evaluating all variants without training, if the settings keep the
        layout.
    epochs
        The number of epochs; by default, that of the spec.
    phases
        The phases of each training, instead of those in the spec. The phase ``spikes``
        takes several times as long as the others.
    examples
        The number of examples for evaluation, drawn with the seed; by default, all.
    seed
        The seed for drawing held-out and evaluated examples. Initial weights depend on
        ``train.seed`` in the spec.
    seeds
        The number of trainings per variant, with ``train.seed`` and the following
        seeds. Accuracy and energy are means over seeds.
    output
        The folder for results, which may contain several sweeps.
    workers
        The number of processes; by default, the number of CPU cores.
    dask
        The address of a Dask cluster to use instead; its workers must have access to
        the folder.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    progress
        Whether to show a progress bar, or lines if a bar can't be shown; by default, a
        bar on terminals and in notebooks.

    Raises
    ------
    SpecError
        If the spec has errors, or a value is wrong in all combinations.
    ValueError
        If a text is not a path with values, a path or value is there twice, there are
        too many variants, or options are incompatible.
    """
    if data is None and (test is not None or weights is not None):
        raise ValueError("test and weights need a sweep with data")
    if test is not None and weights is not None:
        raise ValueError("with weights nothing is trained: give data without test")
    check_count("seeds", seeds, 1)
    if seeds > 1 and (data is None or weights is not None):
        raise ValueError("seeds apply to training: give data, and no weights")
    if seeds > 1 and "train.seed" in {str(s).partition("=")[0] for s in settings}:
        raise ValueError("seeds count from train.seed: do not vary it too")
    base = as_spec(spec, device)
    chosen = _choices(settings)
    conditions = [where] if isinstance(where, str) else where
    limits = [*map(parse_condition, conditions)]
    variants = [_variant(base, combination, limits) for combination in product(*chosen)]
    if data is None:
        return Sweep(base, tuple(variants))
    folder = Path(output).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    tests = None if test is None else data_file(test, folder)
    kept = None if weights is None else Path(weights).absolute()
    options = epochs, tuple(phases), examples, seed
    shared = SweepSettings(folder, data_file(data, folder), tests, kept, *options)
    jobs = [[*_jobs(variant, shared, seeds)] for variant in variants]
    found = run_variants(chain(*jobs), shared, workers, dask, progress)
    judged = []
    for variant, own in zip(variants, jobs, strict=True):
        done = [found[job.name] for job in own]
        results = tuple(result for result in done if not isinstance(result, str))
        problem = next((r for r in done if isinstance(r, str)), variant.problem)
        judged.append(replace(variant, results=results, problem=problem))
    best = {*select_best(judged, "energy", "cores")}
    return Sweep(base, tuple(replace(v, is_best=v in best) for v in judged))


def _jobs(variant: Variant, shared: SweepSettings, seeds: int) -> Iterator[VariantJob]:
    if variant.spec is None or variant.problem:
        return
    if seeds == 1:
        yield shared.job(variant.spec, variant.settings)
        return
    first = variant.spec.train.seed
    for seed in range(first, first + seeds):
        spec = variant.spec.replace(train={"seed": seed})
        yield shared.job(spec, {**variant.settings, "train.seed": str(seed)})


def _choices(
    settings: Mapping[str, object] | Sequence[str],
) -> list[tuple[Setting, ...]]:
    """Parse settings with several values each.

    Raises
    ------
    SpecError
        If a value can't be read.
    """
    report = diagnostics.Diagnostics()
    if isinstance(settings, str) or not isinstance(settings, Iterable):
        raise TypeError("settings are neither values by path nor a list of texts")
    if isinstance(settings, Mapping):
        chosen = []
        for path, values in settings.items():
            key = path.rpartition(".")[2]
            changes: list[Setting] = []
            if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
                values = [values]
            for value in values:
                text = f"{path}={spelt(value, key)}"
                changes += read_settings(text, "sweep", report, several=False)
            chosen.append(tuple(changes))
    else:
        chosen = [read_settings(text, "--set", report) for text in settings]
    if report.errors:
        raise SpecError(report.diagnostics)
    texts = [setting.text for own in chosen for setting in own]
    paths = [own[0].text.partition("=")[0] for own in chosen if own]
    for each, count in chain(Counter(texts).items(), Counter(paths).items()):
        if count > 1:
            raise ValueError(f"{each} is there {count} times: write it once")
    if (variants := prod(map(len, chosen))) > MOST_VARIANTS:
        raise ValueError(
            f"{variants} variants are more than {MOST_VARIANTS}: give fewer values, "
            "or draw some, as Optuna does"
        )
    return chosen


def _variant(
    base: Spec,
    combination: tuple[Setting, ...],
    limits: Sequence[Callable[[Variant], str]],
) -> Variant:
    texts = (setting.text.partition("=") for setting in combination)
    settings = {path: value.strip() for path, _, value in texts}
    try:
        spec = base.with_settings(combination)
        report = spec.report()
    except SpecError as error:
        if any(d.code < _OF_WORDS for d in error.diagnostics):
            raise
        first = next(d for d in error.diagnostics if d.severity == "error")
        return Variant(settings, None, None, problem=first.message)
    variant = Variant(settings, spec, report)
    problem = next(filter(None, (limit(variant) for limit in limits)), "")
    return replace(variant, problem=problem if spec.fits else "does not fit its chip")


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


_joules = partial(human, unit="J")


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

    def break_reason(variant: Variant) -> str:
        found = getattr(variant, name)
        if found is None or _SIGNS[sign](found, limit):
            return ""
        write = _joules if name == "energy" else "{:g}".format
        return f"left out: {name} {write(found)}, not {sign} {write(limit)}"

    return break_reason


_CONDITION = re.compile(
    r"(cores|weights|energy) *(<=|>=|<|>) *([0-9]+(?:\.[0-9]+)?)(?: *([num]?J))?"
)
_JOULES = {"nJ": 1e-9, "uJ": 1e-6, "mJ": 1e-3, "J": 1.0}
_SIGNS = {"<": lt, "<=": le, ">": gt, ">=": ge}


def select_best(
    variants: Sequence[Variant], *others: Literal["energy", "cores"]
) -> tuple[Variant, ...]:
    """Return the variants on the Pareto front of the score and other costs.

    Scores are treated as equal if they differ by less than 2 standard errors.
    """
    costs = [variant.costs(*others) for variant in variants]
    known_costs = {own for own in costs if own is not None}
    return tuple(
        variant
        for variant, own in zip(variants, costs, strict=True)
        if own is not None and not any(_is_better(each, own) for each in known_costs)
    )


def _is_better(one: Costs, other: Costs) -> bool:
    """Return whether at least one cost is better and none is worse."""
    (score, error, others), (worse, its_error, its_others) = one, other
    noise, gain = 2 * hypot(error, its_error), worse - score
    if gain < -noise or any(a > b for a, b in zip(others, its_others, strict=True)):
        return False
    return gain > noise or others != its_others
