"""An evaluation as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.evaluate.result import OVERFLOWS, Result


def document(result: Result) -> dict[str, Any]:
    """Return what ``snnc evaluate --format json`` prints."""
    found = asdict(result)
    scores = found.pop("score")
    if found.pop("classifies"):
        names = ("accuracy", "accuracy_interval", "keras_accuracy", "agreement")
    else:
        names = ("rmse", "", "keras_rmse", "difference")
    told = zip(names, scores.values(), strict=True)
    found["overflows"] = result.overflows and dict(
        zip(OVERFLOWS, result.overflows, strict=True)
    )
    head = {"version": 1, "network": found.pop("network")}
    return {**head, **{name: value for name, value in told if name}, **found}
