"""Match the layers of two networks, and find their changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from snnc.ir.logical import LogicalLayer
from snnc.tools.diff import properties
from snnc.tools.diff.changes import Changed, LayerChange
from snnc.tools.diff.properties import Properties
from snnc.tools.diff.version import Version

AROUND = frozenset(
    [
        "rate",
        "percentile",
        "neuron",
        "tau_rc",
        "tau_ref",
        "batchnorm",
        "dropout",
        "l2",
        "place",
        "synapse",
        "block",
        "start",
    ]
)
"""Properties that don't define a layer: those that `defaults` may set for all neurons,
and an encoder's `start`."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The correspondence between old and new layers.

    Attributes
    ----------
    names
        The new name of every old layer that has a counterpart; includes the input and
        the readout.
    pairs
        The layers that both networks have, in the order of the new spec.
    """

    names: dict[str, str]
    pairs: tuple[tuple[LogicalLayer, LogicalLayer], ...]


def match(old: Version, new: Version) -> Matching:
    """Match layers by name, then by all properties, then by their main properties.

    The main properties exclude those that `defaults` may set for all neurons. So a
    renamed layer is matched even if its rate also changed.
    """
    names = _same_names(old, new)
    for ignored in (frozenset[str](), AROUND):
        while renamed := _find_rename(old, new, names, ignored):
            names |= renamed
    kept = (layer for layer in old.network.layers if layer.name in names)
    before = {names[layer.name]: layer for layer in kept}
    pairs = [(before[x.name], x) for x in new.network.layers if x.name in before]
    return Matching(names, tuple(pairs))


def _same_names(old: Version, new: Version) -> dict[str, str]:
    kept = {layer.name for layer in new.network.layers}
    names = {x.name: x.name for x in old.network.layers if x.name in kept}
    names[old.network.input.name] = new.network.input.name
    names[old.network.readout.name] = new.network.readout.name
    return names


def _find_rename(
    old: Version, new: Version, names: dict[str, str], ignored: frozenset[str]
) -> dict[str, str]:
    """Find another pair of layers with the same properties."""
    taken = set(names.values())
    left = [layer for layer in old.network.layers if layer.name not in names]
    for layer in new.network.layers:
        if layer.name in taken:
            continue
        for candidate in left:
            changes = differences(old, candidate, new, layer, names)
            if all(change.key in ignored for change in changes):
                return {candidate.name: layer.name}
    return {}


def differences(
    old: Version,
    before: LogicalLayer,
    new: Version,
    after: LogicalLayer,
    names: dict[str, str],
) -> tuple[Changed, ...]:
    """Return the properties that differ and are not inherited on both sides."""
    was = properties.of_layer(old, before, names)
    now = properties.of_layer(new, after, {})
    both = properties.inherited_keys(old, was) & properties.inherited_keys(new, now)
    return properties.changes(_without(was, both), _without(now, both))


def _without(found_properties: Properties, keys: set[str]) -> Properties:
    return {key: value for key, value in found_properties.items() if key not in keys}


def layer_changes(
    old: Version, new: Version, matching: Matching
) -> Iterator[LayerChange]:
    """Yield the changes of every layer, in the order of the new spec."""
    names = matching.names
    before = {after.name: layer for layer, after in matching.pairs}
    for layer in old.network.layers:
        if layer.name not in names:
            row = Changed("removed", properties.statement(old, layer), None)
            yield LayerChange("removed", layer.name, layer.kind, layer.shape, (row,))
    for layer in new.network.layers:
        what = layer.name, layer.kind, layer.shape
        if layer.name not in before:
            row = Changed("added", None, properties.statement(new, layer))
            yield LayerChange("added", *what, (row,))
            continue
        was = before[layer.name]
        if was.name != layer.name:
            yield LayerChange(
                "renamed", *what, (Changed("name", was.name, layer.name),)
            )
        if changed := differences(old, was, new, layer, names):
            yield LayerChange("changed", *what, changed)
    yield from _report_order(old, matching)


def _report_order(old: Version, matching: Matching) -> Iterator[LayerChange]:
    now = [after.name for _, after in matching.pairs]
    stayed = {was.name for was, _ in matching.pairs}
    order = [x.name for x in old.network.layers if x.name in stayed]
    was = [matching.names[name] for name in order]
    if was != now:
        yield LayerChange(
            "reordered", "", rows=(Changed("order", ", ".join(was), ", ".join(now)),)
        )
