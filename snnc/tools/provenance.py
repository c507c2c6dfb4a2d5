"""Find the origin of a weight file in its metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open

from snnc.runtime.layout import (
    LayoutError,
    Source,
    Weights,
    smooth_hash,
    smooth_path,
)


def source_of(weights: Weights) -> Source | None:
    """Return the origin of weights, if their file contains it.

    Errors that opening the file raises are not caught.
    """
    imported = _metadata(weights).get("source") == "imported"
    return "imported" if imported else None


def smooth_of(weights: Weights) -> Path | None:
    """Return the file with the weights from before the phase `spikes`.

    Return None if ``weights`` is a mapping, or if there was no such phase.

    Raises
    ------
    LayoutError
        If the file is missing or has another hash.
    """
    expected = _metadata(weights).get("smooth_sha256")
    if expected is None or isinstance(weights, Mapping):
        return None
    path = smooth_path(weights)
    if not path.is_file():
        raise LayoutError(f"{path.name} is missing")
    if smooth_hash(weights) != expected:
        raise LayoutError(f"{path.name} is not from the same training")
    return path


def _metadata(weights: Weights) -> Mapping[str, str]:
    if isinstance(weights, Mapping):
        return {}
    with safe_open(os.fspath(weights), framework="numpy") as file:
        return file.metadata() or {}
