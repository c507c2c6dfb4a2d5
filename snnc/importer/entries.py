"""Classes and names of serialised layers."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.rules.architectures import MalformedLayer, SameLayerName


def head(entry: Any, layer: str) -> tuple[str, Any]:
    """Return class and configuration of a serialised layer."""
    kind = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not kind:
        raise malformed(layer, "it has no class_name")
    config = entry.get("config")
    listed = isinstance(config, list) and kind == "Sequential"
    if not isinstance(config, dict) and not listed:
        raise malformed(layer, "it has no config")
    return kind, config


def names_of(entries: list[Any]) -> list[str]:
    """Return the names of layers; those without one are named as Keras would."""
    found: list[str] = []
    used: Counter[str] = Counter()
    for number, entry in enumerate(entries):
        kind, config = head(entry, f"layer {number}")
        own = entry.get("name")
        if own is None and isinstance(config, dict):
            own = config.get("name")
        if own is not None and not (isinstance(own, str) and own):
            raise malformed(f"layer {number}", "its name is no text")
        if own is None:
            own = snake(kind)
            used[own] += 1
            own = own if used[own] == 1 else f"{own}_{used[own] - 1}"
        found.append(own)
    refuse_repeats(found)
    return found


def refuse_repeats(names: list[str]) -> None:
    """Refuse a name that two layers have."""
    for name, count in Counter(names).items():
        if count > 1:
            raise RefusedError(SameLayerName(span=NOWHERE, layer=name))


def snake(kind: str) -> str:
    """Return the name that Keras makes of a class (``to_snake_case``)."""
    name = re.sub(r"\W+", "", kind)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def malformed(layer: str, reason: str) -> RefusedError:
    """Refuse a configuration that Keras does not write."""
    return RefusedError(MalformedLayer(span=NOWHERE, layer=layer, reason=reason))
