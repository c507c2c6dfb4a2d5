"""The variants of a network as JSON: ``snnc fit --format json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.fit.variants import Offer, Variant

VERSION = 1


def document(offered: Offer) -> dict[str, Any]:
    """The network as it is (null if it does not fit) and its variants."""
    return {
        "version": VERSION,
        "network": offered.name,
        "cores": offered.cores,
        "needed": offered.needed,
        "present": None if offered.present is None else asdict(offered.present),
        "variants": [_variant(variant) for variant in offered.variants],
    }


def _variant(variant: Variant) -> dict[str, Any]:
    changes = [
        {
            "layer": change.layer,
            "key": change.key,
            "value": list(change.value)
            if isinstance(change.value, tuple)
            else change.value,
        }
        for change in variant.changes
    ]
    return {"changes": changes, **asdict(variant.cost), "kept": round(variant.kept, 4)}
