"""Match the layers of two networks, and find their changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from snnc.ir.logical import LogicalLayer
from snnc.language.fields import keys_of
from snnc.language.layers import SpikingSpec
from snnc.language.properties import NeuronSpec
from snnc.tools.diff import properties
from snnc.tools.diff.changes import Changed, LayerChange
from snnc.tools.diff.properties import Version

AROUND = frozenset((*keys_of(SpikingSpec), *keys_of(NeuronSpec), "start"))
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
    before, after = old.network, new.network
    names = {layer.name: layer.name for layer in before.layers}
    names = {name: name for name in names if name in after.by_name}
    names[before.input.name] = after.input.name
    names[before.readout.name] = after.readout.name
    for ignored in (frozenset[str](), AROUND):
        while renamed := _find_rename(old, new, names, ignored):
            names |= renamed
    kept = {names[x.name]: x for x in before.layers if x.name in names}
    pairs = ((kept[x.name], x) for x in after.layers if x.name in kept)
    return Matching(names, tuple(pairs))


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
    was = properties.of_layer(before, names)
    now = properties.of_layer(after, {})
    for key in properties.inherited(old, was) & properties.inherited(new, now):
        del was[key], now[key]
    return tuple(properties.changes(was, now))


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
        was = before.get(layer.name)
        if was is None:
            row = Changed("added", None, properties.statement(new, layer))
            yield LayerChange("added", *what, (row,))
            continue
        if was.name != layer.name:
            row = Changed("name", was.name, layer.name)
            yield LayerChange("renamed", *what, (row,))
        if changed := differences(old, was, new, layer, names):
            yield LayerChange("changed", *what, changed)
    kept = (x.name for x in old.network.layers if names.get(x.name) in before)
    order = [names[name] for name in kept]
    if order != [*before]:
        row = Changed("order", ", ".join(order), ", ".join(before))
        yield LayerChange("reordered", "", rows=(row,))
