"""Identities: of a weight layout, and of a spec."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from snnc.layout.tensors import Tensor

if TYPE_CHECKING:
    from snnc.spec.model import Spec

DIGITS = 16


def layout_id(tensors: Iterable[Tensor]) -> str:
    """Return the identity of a layout: 16 hexadecimal digits.

    It depends on names, shapes, dtypes and axes alone, in order, so that a change
    of a rate, a loss or a block shape leaves trained weights valid. A bias that
    has to be zeros is held to that by its values.
    """
    rows = [asdict(tensor) for tensor in tensors]
    for row in rows:
        del row["zeros"]
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()[:DIGITS]


def spec_hash(spec: Spec) -> str:
    """Return the SHA-256 of the canonical spec, which has no comments or layout."""
    data = spec.model_dump(mode="json")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
