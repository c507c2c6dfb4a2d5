"""Remember the accuracy of weights in a small file next to them, for `snnc status`."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from snnc.runtime.files import write_file


def record_path(weights: Path) -> Path:
    """Return the path of the record, ``w.evaluation.json`` for ``w.safetensors``."""
    return weights.with_suffix(".evaluation.json")


def record_accuracy(weights: Path, accuracy: float | None) -> None:
    """Write the accuracy of weights; skip folders that can't be written."""
    record = {"weights": _digest(weights), "accuracy": accuracy}
    with suppress(OSError):
        write_file(record_path(weights), json.dumps(record) + "\n")


def recorded_accuracy(weights: Path) -> float | None:
    """Return the accuracy of weights; None if it is unknown or of other weights."""
    try:
        record = json.loads(record_path(weights).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("weights") != _digest(weights):
        return None
    accuracy = record.get("accuracy")
    return accuracy if isinstance(accuracy, float) else None


def _digest(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()
