"""Find out whether the new network can use weights trained for the old network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from snnc.ir.layout import TensorSpec, input_scale, layout_id, tensors
from snnc.ir.logical import (
    AveragePooling,
    Convolution,
    Dense,
    InputLayer,
    LifNeuron,
    LogicalLayer,
    LogicalNetwork,
    MaxPooling,
    RateCode,
    ReadoutLayer,
    Shape,
    TransposedConvolution,
)
from snnc.ir.shapes import pads
from snnc.language.written import interval, number
from snnc.text.tables import dims
from snnc.tools.diff.changes import (
    Changed,
    TableEntry,
    TensorChange,
    Verdict,
    WeightsChange,
    arrow,
)
from snnc.tools.diff.layers import Matching
from snnc.tools.diff.properties import Version, classes, source_names

Traits = Mapping[str, object]
"""A description of a layer's function; equal functions have equal descriptions."""


def compare_weights(old: Version, new: Version, matching: Matching) -> WeightsChange:
    """Compare the layouts; if they are equal, compare the functions of the layers.

    Weights load if `layout_id` and the scale of the input are equal. The function is
    equal if there are no `causes`.
    """
    before, after = tensors(old.network), tensors(new.network)
    ids = layout_id(before), layout_id(after)
    if ids[0] != ids[1] or not all(map(TensorSpec.takes, after, before)):
        changes, kept = _match_tensors(before, after, matching.names)
        reordered = len(kept) == len(before) == len(after)
        return WeightsChange("incompatible", *ids, changes, kept, reordered)
    why = tuple(causes(old, new, matching))
    verdict: Verdict = "retrain" if why else "valid"
    if input_scale(old.network) != input_scale(new.network):
        verdict = "incompatible"
    return WeightsChange(
        verdict,
        *ids,
        kept=tuple(tensor.name for tensor in after),
        causes=why,
        notes=() if why else tuple(notes(matching)),
    )


def _match_tensors(
    before: tuple[TensorSpec, ...],
    after: tuple[TensorSpec, ...],
    names: Mapping[str, str],
) -> tuple[tuple[TensorChange, ...], tuple[str, ...]]:
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
        *(TensorChange("changed", was[n], now[n]) for n in both if n not in kept),
        *(TensorChange("renamed", was[old], now[new]) for old, new in renamed.items()),
        *(TensorChange("added", tensor, tensor) for tensor in came),
        *(TensorChange("removed", tensor, tensor) for tensor in gone),
    )
    return changes, kept


def causes(old: Version, new: Version, matching: Matching) -> Iterator[TableEntry]:
    """Yield why equal layouts with the same weights compute different functions."""
    before, after = old.network, new.network
    traits = map(_input_traits, (before.input, after.input))
    yield from _differing(after.input.name, *traits)
    for was, now in matching.pairs:
        first = _traits(before, was, matching.names)
        second = _traits(after, now, {})
        yield from _differing(now.name, first, second)
    yield from _of_readout(before.readout, after.readout, matching.names)


def notes(matching: Matching) -> Iterator[TableEntry]:
    """Yield changes that affect spikes, but not the meaning of the weights."""
    by_text: dict[str, list[str]] = {}
    for was, now in matching.pairs:
        for text in _spikes(was, now):
            by_text.setdefault(text, []).append(now.name)
    for text, layers in by_text.items():
        yield TableEntry("~", ", ".join(layers), text=text)


def _spikes(old: LogicalLayer, new: LogicalLayer) -> Iterator[str]:
    if old.spiking is None or new.spiking is None:
        return
    if old.spiking.start != new.spiking.start:
        how = arrow(old.spiking.start, new.spiking.start)
        yield f"start {how}, so that its neurons spike at other steps"
    was, now = old.spiking.rate.high, new.spiking.rate.high
    if was != now:
        yield (
            f"an activation of 1.0 corresponds to {arrow(number(was), number(now))} Hz"
        )


def _differing(name: str, old: Traits, new: Traits) -> Iterator[TableEntry]:
    for key in dict.fromkeys((*old, *new)):
        was, now = (traits.get(key, "none") for traits in (old, new))
        if was != now:
            yield TableEntry("~", name, (Changed(key, str(was), str(now)),))


def _input_traits(read: InputLayer) -> Traits:
    traits = {"shape": dims(read.shape)}
    low, high = read.scaled or (read.low, read.high)
    if (low, high) != (read.low, read.high):
        traits["scaling"] = f"{interval(read.low, read.high)} as {interval(low, high)}"
    return traits


def _traits(
    network: LogicalNetwork, layer: LogicalLayer, names: Mapping[str, str]
) -> Traits:
    traits: dict[str, object] = {"reads": source_names(layer.sources, names)}
    traits |= _operation(network, layer)
    if layer.shortcut is not None:
        traits["shortcut"] = source_names([layer.shortcut.source], names)
        stride = layer.shortcut.stride
        if stride:
            traits["stride of the shortcut"] = dims(_effective(stride, layer.shape))
    if layer.spiking is not None:
        traits["neurons"] = _curve(network, layer)
    return traits


def _operation(network: LogicalNetwork, layer: LogicalLayer) -> Traits:
    operation = layer.operation
    match operation:
        case Dense():
            return {}
        case RateCode(scale, signed):
            return {"divided by": number(scale), "both signs": signed}
        case TransposedConvolution(stride=stride, padding=padding):
            return {"stride": dims(stride), "padding": padding}
        case Convolution() | AveragePooling() | MaxPooling():
            traits: dict[str, object] = {}
        case _:
            return {"joined by": layer.kind}
    if not isinstance(operation, Convolution):
        traits["window"] = dims(operation.window)
    traits["stride"] = dims(_effective(operation.stride, layer.shape))
    if not isinstance(operation, AveragePooling):
        traits["zeros around"] = _pads(network, layer, operation)
    if isinstance(operation, Convolution):
        extent = operation.extent
        traits["dilation"] = dims(_effective(operation.dilation, extent))
        traits["groups"] = operation.groups
    return traits


def _effective(stride: Shape, shape: Shape) -> Shape:
    """Return a stride; use 1 for axes with a single position."""
    return tuple(1 if n == 1 else s for s, n in zip(stride, shape, strict=False))


def _pads(
    network: LogicalNetwork, layer: LogicalLayer, operation: Convolution | MaxPooling
) -> str:
    """Write the zeros before and after each axis, as ``0+1 x 1+1``."""
    if operation.padding == "valid":
        return "none"
    sizes = network.shape_of(layer.sources[0])
    extent = operation.window if isinstance(operation, MaxPooling) else operation.extent
    axes = zip(sizes, extent, operation.stride, strict=False)
    around = [pads(*axis, operation.padding) for axis in axes]
    if not any(pad > 0 for both in around for pad in both):
        return "none"
    return " x ".join(f"{before}+{max(behind, 0)}" for before, behind in around)


def _curve(network: LogicalNetwork, layer: LogicalLayer) -> str:
    """Describe the neurons' response curve in ``build_model()``."""
    spiking = layer.spiking
    if spiking is None or layer.kind == "encode rate":
        return "relu"
    high = number(spiking.rate.high)
    if layer.is_encoder:
        clip = 1 / (network.timing.dt * spiking.rate.high)
        return f"relu clipped at {clip:.6g}"
    if isinstance(spiking.neuron, LifNeuron):
        neuron = spiking.neuron
        taus = f"tau_rc {1000 * neuron.tau_rc:g} ms, tau_ref {1000 * neuron.tau_ref:g}"
        return f"lif with {taus} ms, 1.0 at {high} Hz"
    return "relu"


def _of_readout(
    old: ReadoutLayer, new: ReadoutLayer, names: Mapping[str, str]
) -> Iterator[TableEntry]:
    first = {"reads": source_names(old.sources, names)}
    second = {"reads": source_names(new.sources, {})}
    if old.labels is None or new.labels is None:
        first["outputs"] = "values" if old.labels is None else "classes"
        second["outputs"] = "values" if new.labels is None else "classes"
    elif _are_names(old.labels) and _are_names(new.labels):
        first["outputs"] = classes(old.labels)
        second["outputs"] = classes(new.labels)
    yield from _differing(new.name, first, second)


def _are_names(labels: tuple[str, ...]) -> bool:
    """Return whether the classes have names instead of numbers."""
    return not all(map(str.isdecimal, labels))
