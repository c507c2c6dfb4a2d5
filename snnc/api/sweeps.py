"""Compare variants of a spec: `snnc sweep` in Python."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from snnc import diagnostics
from snnc.api.display import Displayed
from snnc.api.problems import SpecError
from snnc.api.reports import Report
from snnc.api.runs import SweepSettings, data_file, run_variants
from snnc.api.specs import FileName, Spec, as_spec
from snnc.loihi.profile import DEFAULT
from snnc.sweep import Condition, VariantLine, front, table
from snnc.syntax.settings import Setting, read_settings, spelt
from snnc.text.tables import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OF_WORDS = "SNN3"
"""Lower codes concern single words and values."""


@dataclass(frozen=True, eq=False)
class Variant:
    """A spec with other values, its costs, and its accuracy.

    Attributes
    ----------
    settings : dict of str
        The values, by their paths.
    spec : Spec or None
        None if no network is legal with these.
    report : Report or None
        Cores, weights, and energy at most.
    result : dict or None
        The evaluation, as in ``snnc evaluate --format json``.
    problem : str
        The problem with it; empty without one.
    is_best : bool
        Whether it is on the Pareto front of accuracy, energy and cores.
    """

    settings: dict[str, str]
    spec: Spec | None
    report: Report | None
    result: dict[str, Any] | None = None
    problem: str = ""
    is_best: bool = False

    @property
    def accuracy(self) -> float | None:
        """The share of right decisions; None without data and in a regression."""
        return None if self.result is None else self.result.get("accuracy")

    @property
    def rmse(self) -> float | None:
        """The root mean square error; None without data and in a classification."""
        return None if self.result is None else self.result.get("rmse")

    @property
    def energy(self) -> float | None:
        """Joules per example: as measured, or an upper bound."""
        if self.result is not None:
            joules: float | None = self.result["energy_joules"]
            return joules
        return None if self.report is None else self.report.energy

    @property
    def cores(self) -> int | None:
        """The number of cores; None if no network is legal."""
        return None if self.report is None else self.report.cores

    def _line(self) -> VariantLine:
        result = self.result or {}
        interval = result.get("accuracy_interval")
        return VariantLine(
            self.settings,
            self.cores,
            None if self.report is None else self.report.weights,
            self.energy,
            self.rmse if self.accuracy is None else self.accuracy,
            None if interval is None else (interval[0], interval[1]),
            self.rmse is None,
            self.is_best,
            self.problem,
        )

    def _costs(self) -> tuple[float, float, float] | None:
        score = self.rmse if self.accuracy is None else -self.accuracy
        if score is None or self.cores is None or not math.isfinite(score):
            return None
        return score, self.energy or 0.0, float(self.cores)


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Displayed, Sequence[Variant]):
    """All variants, in the order of their settings; prints as a table.

    Attributes
    ----------
    spec : Spec
        The original spec.
    variants : tuple of Variant
        Also those with a problem.
    """

    spec: Spec
    variants: tuple[Variant, ...]

    @property
    def front(self) -> tuple[Variant, ...]:
        """The variants that no other one beats in accuracy, energy and cores."""
        return tuple(variant for variant in self.variants if variant.is_best)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``snnc sweep --format json`` prints."""
        return {
            "version": 1,
            "network": self.spec.name,
            "variants": [
                {
                    "settings": variant.settings,
                    "cores": variant.cores,
                    "weights": variant.report and variant.report.weights,
                    "energy_joules": variant.energy,
                    "accuracy": variant.accuracy,
                    "rmse": variant.rmse,
                    "best": variant.is_best,
                    "problem": variant.problem or None,
                }
                for variant in self.variants
            ],
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw accuracy over energy, cores by size, the Pareto front connected.

        Raises
        ------
        ValueError
            If nothing was evaluated.
        """
        from snnc.api.pictures import drawn
        from snnc.plots.results import sweep

        lines = [variant._line() for variant in self.variants]
        return drawn(sweep, self.spec.name, lines, ax=ax)

    def __len__(self) -> int:
        return len(self.variants)

    @overload
    def __getitem__(self, index: int) -> Variant: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Variant, ...]: ...
    def __getitem__(self, index: int | slice) -> Variant | tuple[Variant, ...]:
        return self.variants[index]

    def __str__(self) -> str:
        return table(self.spec.name, [variant._line() for variant in self.variants])

    def __repr__(self) -> str:
        return f"<snnc.Sweep of {self.spec.name}: {counted(len(self), 'variant')}>"


def sweep(
    spec: Spec | FileName,
    settings: Mapping[str, Any] | Sequence[str],
    *,
    where: str | Sequence[str] = (),
    data: FileName | tuple[Any, Any] | None = None,
    test: FileName | tuple[Any, Any] | None = None,
    weights: FileName | None = None,
    epochs: int | None = None,
    phases: Sequence[str] = ("smooth", "scale"),
    examples: int | None = None,
    seed: int = 0,
    output: FileName = "sweep",
    workers: int | None = None,
    dask: str | None = None,
    device: str = DEFAULT,
    progress: bool | None = None,
) -> Sweep:
    """Compare variants of a spec: all combinations of some values.

    Without data, this computes cores, weights and maximum energy at once. With data,
    each variant is trained, and evaluated on the exact engine, in its own process;
    results are kept in a folder and not computed again.

    Parameters
    ----------
    spec
        A file, or a spec.
    settings
        Values by path, such as ``{"c0.filters": [8, 16], "c1.kernel": [3, 5]}``, each
        as in `Spec.replace`; a single one needs no list. Or texts such as
        ``"c0.filters=8,16"``.
    where
        Conditions such as ``"cores <= 4"`` or ``"energy < 2 uJ"`` (the maximum):
        variants that fail them are neither trained nor evaluated.
    data : file, or x and y
        Training data; a fifth, drawn by the seed, is held out to evaluate on.
    test : file, or x and y
        Data to evaluate on instead.
    weights
        Evaluate on all data with these, and do not train: for settings that keep the
        layout.
    epochs
        By default the spec's.
    phases
        The phases of each training, instead of the spec's. The phase ``spikes`` takes
        several times as long as the others.
    examples
        Evaluate on only this many, drawn by the seed.
    seed
        Draws the examples to hold out and to evaluate. The spec's ``train.seed`` draws
        the first weights.
    output
        The folder of results; it may hold several sweeps.
    workers
        The number of processes; by default the number of processors.
    dask
        The address of a Dask cluster to use instead, whose workers see the folder.
    device
        The device to compile a file for: ``loihi1``, or a device's file.
    progress
        Whether to show a bar, or print a line per variant where a bar can't be shown;
        by default a bar on terminals and in notebooks.

    Raises
    ------
    SpecError
        If the spec has errors, or a value is wrong with any of the others.
    ValueError
        If a text is not a path with values, or options have no effect together.
    """
    if data is None and (test is not None or weights is not None):
        raise ValueError("test and weights are for a sweep with data")
    if test is not None and weights is not None:
        raise ValueError("with weights nothing is trained: give data without test")
    base = as_spec(spec, device)
    chosen = _choices(settings)
    limits = [
        Condition.parse(t) for t in ([where] if isinstance(where, str) else where)
    ]
    variants = [_variant(base, combination, limits) for combination in product(*chosen)]
    if data is None:
        return Sweep(base, tuple(variants))
    folder = Path(output).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    shared = SweepSettings(
        folder,
        data_file(data, folder),
        None if test is None else data_file(test, folder),
        None if weights is None else Path(weights).absolute(),
        epochs,
        tuple(phases),
        examples,
        seed,
    )
    jobs = {
        i: shared.job(v.spec, v.settings)
        for i, v in enumerate(variants)
        if v.spec and not v.problem
    }
    found = run_variants(jobs.values(), shared, workers, dask, progress)
    for i, job in jobs.items():
        result = found[job.name]
        known = {"problem": result} if isinstance(result, str) else {"result": result}
        variants[i] = replace(variants[i], **known)
    best = front([variant._costs() for variant in variants])
    pairs = zip(variants, best, strict=True)
    return Sweep(base, tuple(replace(v, is_best=b) for v, b in pairs))


def _choices(
    settings: Mapping[str, Any] | Sequence[str],
) -> list[tuple[Setting, ...]]:
    """Parse settings with several values each.

    Raises
    ------
    SpecError
        If a value can't be read.
    """
    report = diagnostics.Report()
    chosen = []
    if isinstance(settings, str) or not isinstance(settings, Iterable):
        raise TypeError("settings are neither values by path nor a list of texts")
    if isinstance(settings, Mapping):
        for path, values in settings.items():
            key = path.rpartition(".")[2]
            own: list[Setting] = []
            for value in _several(values):
                text = f"{path}={spelt(value, key)}"
                own += read_settings(text, "sweep", report, several=False)
            chosen.append(tuple(own))
    else:
        chosen = [read_settings(text, "--set", report) for text in settings]
    if report.errors:
        raise SpecError(report.diagnostics)
    return chosen


def _several(values: Any) -> Iterable[Any]:
    """Return the values of a setting; a single value may be given without a list."""
    is_one = isinstance(values, str | Mapping) or not isinstance(values, Iterable)
    return [values] if is_one else values


def _variant(
    base: Spec, combination: tuple[Setting, ...], limits: Sequence[Condition]
) -> Variant:
    settings = {}
    for setting in combination:
        path, _, value = setting.text.partition("=")
        settings[path] = value.strip()
    try:
        spec = base.with_settings(combination)
        report = spec.report()
    except SpecError as error:
        if any(d.code < _OF_WORDS for d in error.diagnostics):
            raise
        first = next(d for d in error.diagnostics if d.severity == "error")
        return Variant(settings, None, None, problem=first.message)
    variant = Variant(settings, spec, report)
    broken = (limit.broken_by(variant._line()) for limit in limits)
    problem = next(filter(None, broken), "")
    return replace(variant, problem=problem if spec.fits else "does not fit its chip")
