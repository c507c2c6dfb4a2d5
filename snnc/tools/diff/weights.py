"""Find out whether the new network can use weights trained for the old network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from snnc.ir import logical
from snnc.ir.layout import input_scale, layout_id, tensors
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Spiking
from snnc.ir.operation import Traits
from snnc.ir.tensor import TensorSpec
from snnc.language.written import interval, number
from snnc.operations.base import traits_of_strides
from snnc.text.display import Json
from snnc.text.tables import dims
from snnc.tools.diff import properties
from snnc.tools.diff.properties import Became, Changed, Matching, SubjectChange, Version

Verdict = Literal["valid", "retrain", "incompatible"]


@dataclass(frozen=True, slots=True)
class WeightsChange:
    """Whether the new network can use weights that were trained for the old network.

    The verdict is ``valid`` if the weights load and have the same meaning, ``retrain``
    if they load, but ``build_model()`` uses them to compute a different function (see
    ``causes``), and ``incompatible`` if they do not load. ``tensors`` have changed, and
    ``kept`` are the names of the others. ``reordered`` says whether only the order of
    the tensors differs. ``notes`` are changes that keep the weights valid.
    """

    verdict: Verdict
    old_id: str
    new_id: str
    tensors: tuple[SubjectChange, ...] = ()
    kept: tuple[str, ...] = ()
    reordered: bool = False
    causes: tuple[SubjectChange, ...] = ()
    notes: tuple[SubjectChange, ...] = ()

    def of(self, became: Became) -> list[SubjectChange]:
        """Return the tensors with a given kind of change."""
        return [tensor for tensor in self.tensors if tensor.became == became]

    def as_dict(self) -> Json:
        """Convert the changes to plain data; all keys are always present."""
        kinds: tuple[Became, ...] = ("added", "removed", "changed", "renamed")
        return {
            "verdict": self.verdict,
            "old_layout_id": self.old_id,
            "new_layout_id": self.new_id,
            **{kind: [tensor.data for tensor in self.of(kind)] for kind in kinds},
            "kept": list(self.kept),
            "reordered": self.reordered,
            "causes": [cause.explain() for cause in self.causes],
            "notes": [note.explain() for note in self.notes],
        }


def compare_weights(old: Version, new: Version, matching: Matching) -> WeightsChange:
    """Compare the layouts; if they are equal, compare the functions of the layers.

    Weights load if `layout_id` and the scale of the input are equal. The function is
    equal if there are no `causes`.
    """
    before, after = tensors(old.network), tensors(new.network)
    ids = layout_id(before), layout_id(after)
    if ids[0] != ids[1] or not all(map(TensorSpec.takes, after, before)):
        changes, kept = match_tensors(before, after, matching.names)
        reordered = len(kept) == len(before) == len(after)
        return WeightsChange("incompatible", *ids, changes, kept, reordered)
    why = tuple(causes(old, new, matching))
    verdict: Verdict = "retrain" if why else "valid"
    if input_scale(old.network) != input_scale(new.network):
        verdict = "incompatible"
    kept = tuple(tensor.name for tensor in after)
    harmless = () if why else tuple(notes(matching))
    return WeightsChange(verdict, *ids, kept=kept, causes=why, notes=harmless)


def match_tensors(
    before: tuple[TensorSpec, ...],
    after: tuple[TensorSpec, ...],
    names: Mapping[str, str],
) -> tuple[tuple[SubjectChange, ...], tuple[str, ...]]:
    """Return the changed tensors, and the names of the kept tensors.

    A tensor is renamed if its layer was renamed and it fits the tensor of that name.
    """
    was = {tensor.name: tensor for tensor in before}
    now = {tensor.name: tensor for tensor in after}
    renamed: dict[str, str] = {}
    for tensor in before:
        layer, _, part = tensor.name.rpartition(".")
        name = f"{names.get(layer, layer)}.{part}"
        if name != tensor.name and name in now and now[name].takes(tensor):
            renamed[tensor.name] = name
    moved = {*renamed, *renamed.values()}
    both = [name for name in now if name in was and name not in moved]
    kept = tuple(name for name in both if now[name].takes(was[name]))
    came = (t for t in after if t.name not in {*both, *renamed.values()})
    gone = (t for t in before if t.name not in {*both, *renamed})
    changes = (
        *(_tensor("changed", was[n], now[n]) for n in both if n not in kept),
        *(_tensor("renamed", was[old], now[new]) for old, new in renamed.items()),
        *(_tensor("added", tensor, tensor) for tensor in came),
        *(_tensor("removed", tensor, tensor) for tensor in gone),
    )
    return changes, kept


def _tensor(became: Became, old: TensorSpec, new: TensorSpec) -> SubjectChange:
    """Return the change of a tensor; an added or removed tensor is both old and new.

    If a changed tensor has ``zeros``, all values must be 0 in the new network.
    """
    was, now = dims(old.shape), dims(new.shape)
    data: Json = {"name": new.name, "shape": new.shape}
    if became == "renamed":
        data = {"old": old.name, "new": new.name, "shape": new.shape}
    elif became == "changed":
        shapes = {"old": old.shape, "new": new.shape}
        data = {"name": new.name, **shapes, "zeros": new.zeros}
        now += " zeros" if new.zeros else ""
    sides = None if became == "added" else was, None if became == "removed" else now
    row, name = Changed("shape", *sides), properties.arrow(old.name, new.name)
    return SubjectChange(became, name, (row,), data=data)


def causes(old: Version, new: Version, matching: Matching) -> Iterator[SubjectChange]:
    """Yield why equal layouts with the same weights compute different functions."""
    before, after = old.network, new.network
    traits = map(_input_traits, (before.input, after.input))
    yield from _differing(after.input.name, *traits)
    for was, now in matching.pairs:
        first = _traits(before, was, matching.names)
        second = _traits(after, now, {})
        yield from _differing(now.name, first, second)
    yield from _of_readout(before.readout, after.readout, matching.names)


def notes(matching: Matching) -> Iterator[SubjectChange]:
    """Yield changes that affect spikes, but not the meaning of the weights."""
    by_text: dict[str, list[str]] = {}
    for was, now in matching.pairs:
        for text in _spikes(was, now):
            by_text.setdefault(text, []).append(now.name)
    for text, layers in by_text.items():
        yield SubjectChange("changed", ", ".join(layers), text=text)


def _spikes(old: LogicalLayer, new: LogicalLayer) -> Iterator[str]:
    if old.spiking is None or new.spiking is None:
        return
    if old.spiking.start != new.spiking.start:
        how = properties.arrow(old.spiking.start, new.spiking.start)
        yield f"start {how}, so that its neurons spike at other steps"
    was, now = number(old.spiking.rate.high), number(new.spiking.rate.high)
    if was != now:
        yield f"an activation of 1.0 corresponds to {properties.arrow(was, now)} Hz"


def _differing(name: str, old: Traits, new: Traits) -> Iterator[SubjectChange]:
    for key in dict.fromkeys((*old, *new)):
        was, now = (traits.get(key, "none") for traits in (old, new))
        if was != now:
            yield SubjectChange("changed", name, (Changed(key, str(was), str(now)),))


def _input_traits(read: logical.InputLayer) -> Traits:
    traits = {"shape": dims(read.shape)}
    low, high = read.scaled or (read.low, read.high)
    if (low, high) != (read.low, read.high):
        traits["scaling"] = f"{interval(read.low, read.high)} as {interval(low, high)}"
    return traits


def _traits(
    network: LogicalNetwork, layer: LogicalLayer, names: Mapping[str, str]
) -> Traits:
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
) -> Iterator[SubjectChange]:
    """Compare the readouts; numbers and names of classes have the same meaning."""
    first = {"reads": properties.source_names(old.sources, names)}
    second = {"reads": properties.source_names(new.sources, {})}
    if old.labels is None or new.labels is None:
        first["outputs"] = "values" if old.labels is None else "classes"
        second["outputs"] = "values" if new.labels is None else "classes"
    elif not any(all(map(str.isdecimal, side)) for side in (old.labels, new.labels)):
        first["outputs"] = properties.classes(old.labels)
        second["outputs"] = properties.classes(new.labels)
    yield from _differing(new.name, first, second)
