"""An evaluation as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.evaluate.result import OVERFLOWS, Result


def document(result: Result) -> dict[str, Any]:
    """Return what ``snnc evaluate --format json`` prints.

    The keys are those of the package's ``evaluate.py``, and a few more.
    """
    found = asdict(result)
    scores = found.pop("score")
    if found.pop("classifies"):
        names = ("accuracy", "accuracy_interval", "keras_accuracy", "agreement")
    else:
        names = ("rmse", "", "keras_rmse", "difference")
    told = dict(zip(names, scores.values(), strict=True))
    told.pop("", None)
    moments = found.pop("over_time")
    told[f"{names[0]}_over_time"] = [
        {"steps": moment["steps"], names[0]: moment["value"]} for moment in moments
    ]
    work = found.pop("work") or {"synaptic_operations": None, "energy_joules": None}
    found["overflows"] = result.overflows and dict(
        zip(OVERFLOWS, result.overflows, strict=True)
    )
    head = {"version": 1, "network": found.pop("network")}
    return {**head, **told, **found, **work}
