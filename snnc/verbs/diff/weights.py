"""Find out whether the new network can use weights trained for the old network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict

from snnc.ir import logical
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Spiking
from snnc.ir.operation import Traits
from snnc.ir.tensor import TensorSpec
from snnc.language.written import interval, number
from snnc.operations.base import traits_of_strides
from snnc.results.diff import (
    Cause,
    Changed,
    ChangedTensor,
    Note,
    RenamedTensor,
    TensorChanges,
    TensorShape,
    Verdict,
    WeightsChange,
    arrow,
)
from snnc.text.tables import dims
from snnc.verbs.diff import properties
from snnc.verbs.diff.properties import Matching, Version


def compare_weights(old: Version, new: Version, matching: Matching) -> WeightsChange:
    """Compare the layouts; if they are equal, compare the functions of the layers.

    Weights load if `layout_id` and the scale of the input are equal. The function is
    equal if there are no `causes`.
    """
    before = tensors(old.network)
    after = tensors(new.network)
    old_id = layout_id(before)
    new_id = layout_id(after)
    if old_id != new_id or not all(map(TensorSpec.takes, after, before)):
        changes = match_tensors(before, after, matching.names)
        reordered = len(changes.kept) == len(before) == len(after)
        return WeightsChange("incompatible", old_id, new_id, changes, reordered)
    why = tuple(causes(old, new, matching))
    verdict: Verdict = "retrain" if why else "valid"
    # The scale is not part of the layout, but weight files of another one don't load.
    if input_scale(old.network) != input_scale(new.network):
        verdict = "incompatible"
    return WeightsChange(
        verdict=verdict,
        old_id=old_id,
        new_id=new_id,
        tensors=TensorChanges(kept=tuple(tensor.name for tensor in after)),
        causes=why,
        notes=() if why else tuple(notes(matching)),
    )


def match_tensors(
    before: tuple[TensorSpec, ...],
    after: tuple[TensorSpec, ...],
    names: Mapping[str, str],
) -> TensorChanges:
    """Return the tensors that differ, and the names of those that are kept.

    A tensor is renamed if its layer was renamed and it fits the tensor of that name.
    """
    was = {tensor.name: tensor for tensor in before}
    now = {tensor.name: tensor for tensor in after}
    new_names = _renamed(before, now, names)
    moved = {*new_names, *new_names.values()}
    both = [name for name in now if name in was and name not in moved]
    kept = []
    changed = []
    for name in both:
        old = was[name]
        new = now[name]
        if new.takes(old):
            kept.append(name)
        else:
            changed.append(ChangedTensor(name, old.shape, new.shape, new.zeros))
    renamed = [
        RenamedTensor(old_name, name, now[name].shape)
        for old_name, name in new_names.items()
    ]
    return TensorChanges(
        added=_shapes(after, {*both, *new_names.values()}),
        removed=_shapes(before, {*both, *new_names}),
        changed=tuple(changed),
        renamed=tuple(renamed),
        kept=tuple(kept),
    )


def _renamed(
    before: Iterable[TensorSpec],
    now: Mapping[str, TensorSpec],
    names: Mapping[str, str],
) -> dict[str, str]:
    """Return the new names of tensors whose layers were renamed, by their old names."""
    renamed = {}
    for tensor in before:
        layer, _, part = tensor.name.rpartition(".")
        name = f"{names.get(layer, layer)}.{part}"
        if name != tensor.name and name in now and now[name].takes(tensor):
            renamed[tensor.name] = name
    return renamed


def _shapes(
    tensors: tuple[TensorSpec, ...], others: Collection[str]
) -> tuple[TensorShape, ...]:
    """Return the shapes of the tensors whose names are not among the ``others``."""
    return tuple(
        TensorShape(tensor.name, tensor.shape)
        for tensor in tensors
        if tensor.name not in others
    )


def causes(old: Version, new: Version, matching: Matching) -> Iterator[Cause]:
    """Yield why equal layouts with the same weights compute different functions."""
    before = old.network
    after = new.network
    old_traits = _input_traits(before.input)
    new_traits = _input_traits(after.input)
    yield from _differing(after.input.name, old_traits, new_traits)
    for was, now in matching.pairs:
        old_traits = _traits(before, was, matching.names)
        new_traits = _traits(after, now, {})
        yield from _differing(now.name, old_traits, new_traits)
    yield from _of_readout(before.readout, after.readout, matching.names)


def notes(matching: Matching) -> Iterator[Note]:
    """Yield changes that affect spikes, but not the meaning of the weights."""
    by_text: dict[str, list[str]] = {}
    for was, now in matching.pairs:
        for text in _spikes(was, now):
            by_text.setdefault(text, []).append(now.name)
    for text, layers in by_text.items():
        yield Note(tuple(layers), text)


def _spikes(old: LogicalLayer, new: LogicalLayer) -> Iterator[str]:
    if old.spiking is None or new.spiking is None:
        return
    if old.spiking.start != new.spiking.start:
        how = arrow(old.spiking.start, new.spiking.start)
        yield f"start {how}, so that its neurons spike at other steps"
    was = number(old.spiking.rate.high)
    now = number(new.spiking.rate.high)
    if was != now:
        yield f"an activation of 1.0 corresponds to {arrow(was, now)} Hz"


def _differing(name: str, old: Traits, new: Traits) -> Iterator[Cause]:
    for key in dict.fromkeys((*old, *new)):
        was = old.get(key, "none")
        now = new.get(key, "none")
        if was != now:
            yield Cause(name, Changed(key, str(was), str(now)))


def _input_traits(read: logical.InputLayer) -> Traits:
    traits = {"shape": dims(read.shape)}
    low, high = read.scaled or (read.low, read.high)
    if (low, high) != (read.low, read.high):
        traits["scaling"] = f"{interval(read.low, read.high)} as {interval(low, high)}"
    return traits


def _traits(
    network: LogicalNetwork, layer: LogicalLayer, names: Mapping[str, str]
) -> Traits:
    """Return what determines the function of a layer with given weights."""
    reads = properties.source_names(layer.sources, names)
    read = network.shape_of(layer.sources[0])
    traits = {"reads": reads, **layer.operation.traits(read, layer.shape)}
    if layer.shortcut is not None:
        traits["shortcut"] = properties.source_names([layer.shortcut.source], names)
        operation = layer.shortcut.operation
        if operation is not None and operation.sliding is not None:
            strides = traits_of_strides(operation.sliding.stride, layer.shape)
            traits["stride of the shortcut"] = strides
    if layer.spiking is not None:
        traits["neurons"] = _curve(network, layer, layer.spiking)
    return traits


def _curve(network: LogicalNetwork, layer: LogicalLayer, spiking: Spiking) -> str:
    """Describe the neurons' response curve in ``build_model()``."""
    # Activations are relative to the upper rate, so only a curve that is not linear and
    # the clipping of an encoder depend on it (decision 010).
    high = spiking.rate.high
    neuron = spiking.neuron
    if layer.kind == "encode conv":
        return f"relu clipped at {1 / (network.timing.dt * high):.6g}"
    if neuron.is_linear:
        return neuron.name
    constants = [f"{key} {1000 * value:g} ms" for key, value in asdict(neuron).items()]
    return f"{neuron.name} with {', '.join(constants)}, 1.0 at {number(high)} Hz"


def _of_readout(
    old: logical.ReadoutLayer, new: logical.ReadoutLayer, names: Mapping[str, str]
) -> Iterator[Cause]:
    """Compare the sources and the meaning of the outputs of two readouts."""
    first = {"reads": properties.source_names(old.sources, names)}
    second = {"reads": properties.source_names(new.sources, {})}
    if old.labels is None or new.labels is None:
        first["outputs"] = "values" if old.labels is None else "classes"
        second["outputs"] = "values" if new.labels is None else "classes"
    # Names instead of `classes 10` give the same outputs a name, so they compute the
    # same function.
    elif not _are_numbers(old.labels) and not _are_numbers(new.labels):
        first["outputs"] = properties.classes(old.labels)
        second["outputs"] = properties.classes(new.labels)
    yield from _differing(new.name, first, second)


def _are_numbers(labels: Iterable[str]) -> bool:
    """Return whether classes have only numbers, as in ``classes 10``."""
    return all(map(str.isdecimal, labels))
