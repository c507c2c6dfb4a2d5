"""Compare the cost and accuracy of variants of a spec: `snnc sweep`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, product
from math import prod
from pathlib import Path

from snnc import diagnostics
from snnc.diagnostics.spec_error import SpecError
from snnc.interface.objects import Spec, as_spec
from snnc.interface.sweep_options import SweepOptions
from snnc.interface.sweep_runs import SweepSettings, VariantJob, data_file, run_variants
from snnc.loihi.profile import DEFAULT
from snnc.results.sweep import Sweep, Variant, select_best
from snnc.syntax.settings import Setting, read_setting, read_settings, spelt
from snnc.text.arguments import FileName
from snnc.text.display import Json
from snnc.verbs.options import takes
from snnc.verbs.reserve import reserve

_OF_WORDS = "SNN3"
"""Lower codes are about single words and values."""
MOST_VARIANTS = 10_000


@dataclass(frozen=True)
class SweepCall(SweepOptions):
    """What `sweep` takes.

    Parameters
    ----------
    spec
        A file, or a spec.
    settings
        Values by path, such as ``{"c0.filters": [8, 16], "c1.kernel": [3, 5]}``, or
        texts such as ``"c0.filters=8,16"``. Each value is as in `Spec.replace`; a
        single value needs no list.
    device
        The device if ``spec`` is a file: ``loihi1`` or the path of a device file.
    progress
        Whether to show a progress bar, or lines if a bar can't be shown; by default, a
        bar on terminals and in notebooks.
    """

    spec: Spec | FileName
    settings: Mapping[str, object] | Sequence[str]
    device: str = field(default=DEFAULT, kw_only=True)
    progress: bool | None = field(default=None, kw_only=True)


@takes(SweepCall)
def sweep(call: SweepCall) -> Sweep:
    """Compare variants of a spec: all combinations of some values.

    Without data, this immediately computes cores, weights and maximum energy. With
    data, each variant is also trained, and evaluated on the exact engine, in its own
    process. Results are stored in a folder and reused. Accuracy and energy are means
    over seeds.

    Raises
    ------
    SpecError
        If the spec has errors, or a value is wrong in all combinations.
    ValueError
        If a text is not a path with values, a path or value is there twice, there are
        too many variants, options are incompatible, or another sweep is writing the
        results.
    """
    base = as_spec(call.spec, call.device)
    chosen = _choices(call.settings)
    varied = {_split(setting)[0] for setting in chain.from_iterable(chosen)}
    if call.seeds > 1 and "train.seed" in varied:
        raise ValueError("seeds count from train.seed: do not vary it too")
    trials = [_try_out(base, combination) for combination in product(*chosen)]
    source = "" if base.path is None else base.path.as_posix()
    if call.data is None:
        variants = tuple(trial.variant for trial in trials)
        return Sweep(base.name, variants, source)
    holds_out = call.test is None and call.weights is None
    return Sweep(base.name, _evaluate(trials, call), source, holds_out)


def _evaluate(trials: Sequence[_Trial], call: SweepCall) -> tuple[Variant, ...]:
    """Return the variants with results from data, the best ones marked."""
    assert call.data is not None
    folder = Path(call.output).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    shared = SweepSettings(
        folder=folder,
        data=data_file(call.data, folder),
        test=None if call.test is None else data_file(call.test, folder),
        weights=None if call.weights is None else Path(call.weights).absolute(),
        epochs=call.epochs,
        phases=tuple(call.phases),
        examples=call.examples,
        seed=call.seed,
    )
    jobs = [[*_jobs(trial, shared, call.seeds)] for trial in trials]
    with reserve(shared.reserved):
        results = run_variants(
            chain.from_iterable(jobs),
            shared,
            workers=call.workers,
            dask=call.dask,
            progress=call.progress,
        )
    variants = [
        _with_results(trial.variant, its_jobs, results)
        for trial, its_jobs in zip(trials, jobs, strict=True)
    ]
    best = {*select_best(variants, "energy", "cores")}
    return tuple(replace(variant, is_best=variant in best) for variant in variants)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A variant with its spec; None if the values don't form a legal network."""

    variant: Variant
    spec: Spec | None


def _with_results(
    variant: Variant, jobs: Iterable[VariantJob], found: Mapping[str, Json | str]
) -> Variant:
    done = [found[job.name] for job in jobs]
    results = tuple(result for result in done if not isinstance(result, str))
    problems = [result for result in done if isinstance(result, str)]
    if problems:
        variant = replace(variant, problem=problems[0])
    return variant.with_results(results)


def _jobs(trial: _Trial, shared: SweepSettings, seeds: int) -> Iterator[VariantJob]:
    """Yield the runs of a variant: one, or one per seed."""
    settings = trial.variant.settings
    if trial.spec is None or trial.variant.problem:
        return
    if seeds == 1:
        yield shared.job(trial.spec, settings)
        return
    first = trial.spec.train.seed
    for seed in range(first, first + seeds):
        spec = trial.spec.replace(train={"seed": seed})
        yield shared.job(spec, {**settings, "train.seed": str(seed)})


def _choices(
    settings: Mapping[str, object] | Sequence[str],
) -> list[tuple[Setting, ...]]:
    """Parse settings with several values each; raise SpecError if one can't be read."""
    if isinstance(settings, str) or not isinstance(settings, Iterable):
        raise TypeError("settings are neither values by path nor a list of texts")
    report = diagnostics.Diagnostics()
    if isinstance(settings, Mapping):
        chosen = [
            _read_values(path, values, report) for path, values in settings.items()
        ]
    else:
        chosen = [read_settings(text, "--set", report) for text in settings]
    if report.errors:
        raise SpecError(report.diagnostics)
    _refuse_repeated(setting.text for setting in chain.from_iterable(chosen))
    _refuse_repeated(_split(values[0])[0] for values in filter(None, chosen))
    variants = prod(map(len, chosen))
    if variants > MOST_VARIANTS:
        advice = "give fewer values, or draw some, as Optuna does"
        raise ValueError(f"{variants} variants are more than {MOST_VARIANTS}: {advice}")
    return chosen


def _read_values(
    path: str, values: object, report: diagnostics.Diagnostics
) -> tuple[Setting, ...]:
    """Parse the values of a path; a single value needs no list."""
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        values = [values]
    key = path.rpartition(".")[2]
    texts = (f"{path}={spelt(value, key)}" for value in values)
    settings = (read_setting(text, "sweep", report) for text in texts)
    return tuple(setting for setting in settings if setting is not None)


def _refuse_repeated(texts: Iterable[str]) -> None:
    for text, count in Counter(texts).items():
        if count > 1:
            raise ValueError(f"{text} is there {count} times: write it once")


def _split(setting: Setting) -> tuple[str, str]:
    """Return the path and the value of a setting."""
    path, _, value = setting.text.partition("=")
    return path, value.strip()


def _try_out(base: Spec, combination: tuple[Setting, ...]) -> _Trial:
    settings = dict(map(_split, combination))
    try:
        spec = base.with_settings(combination)
        report = spec.report()
    except SpecError as error:
        # A wrong word is wrong in all variants; other errors depend on the combination.
        if any(d.code < _OF_WORDS for d in error.diagnostics):
            raise
        first = next(d for d in error.diagnostics if d.severity == "error")
        return _Trial(Variant(settings, problem=first.message), None)
    variant = Variant(
        settings=settings,
        cores=report.cores,
        weights=report.weights,
        energy=report.energy,
        example_seconds=report.time.example_seconds if report.time else None,
        problem="" if spec.fits else "does not fit its chip",
        diagnostics=spec.diagnostics,
    )
    return _Trial(variant, spec)
