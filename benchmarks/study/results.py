"""The file that holds every number: a list of results of `run.study`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.study.networks import NETWORKS

NAME = "study.json"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return what is known, in the order of `NETWORKS`."""
    path = folder / NAME
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep(folder: Path, found: dict[str, Any]) -> None:
    """Add a network's numbers, or replace the known ones."""
    known = {network["name"]: network for network in read(folder)}
    known[found["name"]] = found
    kept = [known[n.name] for n in NETWORKS if n.name in known]
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_round(kept), indent=1)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8")


def _round(value: Any) -> Any:
    """Keep six digits, enough for each share of 10,000 examples."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _round(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_round(item) for item in value]
    return value
