"""A network of spikes: on Nengo, and as Loihi computes it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.curve import accuracy, decided, over_time
from benchmarks.study.data import Examples
from benchmarks.study.floats import keras_outputs
from benchmarks.study.packages import Files
from snnc.evaluate.sums import percentile
from snnc.exact import open_engine
from snnc.exact.package import open_package

BUDGET = 2**29  # bytes of counts of spikes that are in memory together
WAYS = ("mean", "last")


def nengo(files: Files, test: Examples) -> dict[str, Any]:
    """Judge by the package's own ``evaluate`` on Nengo, one example after another."""
    found = evaluate_of(files.package).evaluate(test.x, test.y, files.weights, "nengo")
    return {
        "accuracy": found["accuracy"],
        "interval": found["accuracy_interval"],
        "examples": found["examples"],
        "spikes": found["spikes"],
    }


def loihi(files: Files, test: Examples) -> dict[str, Any]:
    """Judge the spikes of nengo-loihi's emulator, one example after another.

    They are those of snnc's exact engine, which computes the same sooner. ``decided``
    is how good each way to decide is, and ``rest`` what examples that begin from rest
    give, as after a reset that nengo-loihi lacks.
    """
    ran = _ran(files, test, "row")
    how = evaluate_of(files.package).DECIDE
    chosen = decided(ran.outputs, how)
    aware = keras_outputs(files, test.x, aware=True).argmax(axis=1)
    seen = ran.seen
    layers = [_layer(files.package, name, seen[name], len(test)) for name in seen]
    rested = decided(_ran(files, test, "rest").outputs, how)
    return {
        **accuracy(chosen, test.y),
        "agreement": float((chosen.argmax(axis=1) == aware).mean()),
        "decided": {
            way: accuracy(decided(ran.outputs, way), test.y)["accuracy"] for way in WAYS
        },
        "rest": accuracy(rested, test.y)["accuracy"],
        "curve": over_time(ran.outputs, test.y, how),
        "spikes": sum(layer["spikes"] for layer in layers),
        "overflows": ran.overflows.tolist(),
        "cores": ran.cores,
        "layers": layers,
    }


@dataclass(frozen=True, slots=True)
class _Ran:
    """Outputs, (examples, steps, units), and how many neurons gave how many spikes."""

    outputs: NDArray[np.float64]
    seen: dict[str, Any]
    overflows: NDArray[np.int64]
    cores: int


def _ran(files: Files, test: Examples, presentation: str) -> _Ran:
    module = open_package(files.package)
    seen: dict[str, Any] = {name: np.zeros(module.STEPS + 1) for name in module.LAYERS}
    rows: list[Any] = []
    overflows = np.zeros(3, np.int64)
    with open_engine(files.package, files.weights) as engine:
        kept = ("counts", "rows")
        for outcome in engine.batches(test.x, presentation, keep=kept, budget=BUDGET):
            rows.append(outcome.rows)
            overflows += outcome.overflows
            for name, counts in outcome.counts.items():
                found = np.bincount(counts.ravel(), minlength=module.STEPS + 1)
                seen[name] = _sum(seen[name], found)
        cores = engine.cores
    return _Ran(np.concatenate(rows), seen, overflows, cores)


def _sum(one: Any, other: Any) -> Any:
    """Add counts; an encoder may fire more often than the longer one has places."""
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def _layer(package: Path, name: str, seen: Any, examples: int) -> dict[str, Any]:
    """Tell how fast a layer fired; ``seen`` counts neurons by their spikes."""
    program = evaluate_of(package)
    budget = program.BUDGETS[name]
    seen = seen.astype(np.int64)
    rate = percentile(seen, budget.percentile) / program.PRESENT
    return {
        "name": name,
        "low": budget.low,
        "high": budget.high,
        "percentile": budget.percentile,
        "rate": rate,
        "holds": bool(budget.holds(rate)),
        "spikes": float(seen @ np.arange(len(seen))) / examples,
    }


def evaluate_of(package: Path) -> ModuleType:
    return importlib.import_module(f"{open_package(package).__package__}.evaluate")
