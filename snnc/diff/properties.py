"""The properties of layers and statements, by the words of the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from snnc.diff.changes import Changed
from snnc.diff.version import Version
from snnc.ir.logical import (
    AveragePool,
    Convolution,
    Dense,
    Layer,
    Lif,
    Loihi,
    MaxPool,
    Network,
    Rate,
    Readout,
    Relu,
    Spiking,
)
from snnc.language import written
from snnc.language.models import Model, fields_of, key_of
from snnc.syntax.printer import quoted, word
from snnc.text.tables import dims

INHERITED = ("l2", "synapse")
"""Properties whose usual value is that of `train` or `timing`."""


@dataclass(frozen=True, slots=True)
class WrittenChoice:
    """A choice with settings: ``adam { learning_rate 1e-3 }``."""

    kind: str
    settings: Mapping[str, str]

    def __str__(self) -> str:
        if not self.settings:
            return self.kind
        inner = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        return f"{self.kind} {{ {inner} }}"


Written = str | WrittenChoice
Properties = dict[str, Written]


def _rate(value: Rate) -> str:
    return written.rates(value.low, value.high)


def _neuron(value: Relu | Lif) -> Written:
    if isinstance(value, Relu):
        return WrittenChoice("relu", {})
    settings = {
        "tau_rc": written.time(value.tau_rc),
        "tau_ref": written.time(value.tau_ref),
    }
    return WrittenChoice("lif", settings)


def _chosen(value: Model) -> WrittenChoice:
    """Write a loss or an optimiser with all of its settings."""
    settings = {
        key_of(field): written.plain(getattr(value, field.name))
        for field in fields_of(type(value)).values()
    }
    return WrittenChoice(settings.pop("kind"), settings)


def of_layer(version: Version, layer: Layer, names: Mapping[str, str]) -> Properties:
    """All properties of a layer, with every default, its shape last.

    Parameters
    ----------
    version
        The spec that the layer is part of.
    layer
        The layer.
    names
        What other layers are to be called, by the names that they have.
    """
    written_properties: Properties = {"kind": layer.kind}
    written_properties["from"] = source_names(layer.sources, names)
    written_properties.update(_operation(layer))
    if layer.shortcut is not None:
        written_properties["shortcut"] = names.get(
            layer.shortcut.source, layer.shortcut.source
        )
    if layer.spiking is not None:
        written_properties.update(_spiking(layer, layer.spiking))
    written_properties["shape"] = dims(layer.shape)
    return written_properties


def changes(
    old: Mapping[str, Written], new: Mapping[str, Written]
) -> tuple[Changed, ...]:
    """What differs, in the order of the new; of equal choices only their settings."""
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(c for key in keys for c in _change(key, old.get(key), new.get(key)))


def statement(layer: Layer, values: Mapping[str, Written]) -> str:
    """A layer as a statement, without what every layer says by default."""
    head = layer.kind if layer.name.startswith(layer.kind) else ""
    head = head or f"{layer.kind} {layer.name}"
    size = ("filters", "kernel", "stride", "multiplier", "factor", "units", "window")
    keys = (*size, "shortcut")
    inner = ", ".join(f"{key} {values[key]}" for key in keys if key in values)
    block = f" {{ {inner} }}" if inner else ""
    return f"{head} from {values['from']}{block}"


def _change(key: str, old: Written | None, new: Written | None) -> Iterator[Changed]:
    if (
        isinstance(old, WrittenChoice)
        and isinstance(new, WrittenChoice)
        and old.kind == new.kind
    ):
        yield from changes(old.settings, new.settings)
    elif old != new:
        texts = [None if value is None else str(value) for value in (old, new)]
        yield Changed(key, *texts)


def source_names(sources: Iterable[str], names: Mapping[str, str]) -> str:
    """What is read, by the new names of the old layers."""
    return ", ".join(names.get(name, name) for name in sources)


def _operation(layer: Layer) -> Properties:
    match layer.operation:
        case Convolution() if layer.kind == "downsample":
            return {
                "factor": written.extents(layer.operation.kernel),
                "filters": str(layer.shape[-1]),
                "bias": written.flag(layer.operation.bias),
            }
        case Convolution() if layer.is_encoder:
            return {"filters": str(layer.shape[-1]), **_kernel(layer.operation)}
        case Convolution(depthwise=True, groups=channels, dilation=dilation):
            return {
                **_kernel(layer.operation),
                "dilation": written.extents(dilation),
                "multiplier": str(layer.shape[-1] // channels),
            }
        case Convolution(groups=groups, dilation=dilation):
            return {
                "filters": str(layer.shape[-1]),
                **_kernel(layer.operation),
                "dilation": written.extents(dilation),
                "groups": str(groups),
            }
        case Dense(bias):
            return {"units": str(layer.shape[-1]), "bias": written.flag(bias)}
        case AveragePool(window, stride):
            return {
                "window": written.extents(window),
                "stride": written.extents(stride),
            }
        case MaxPool(window, stride, padding):
            return {
                "window": written.extents(window),
                "stride": written.extents(stride),
                "padding": padding,
            }
    return {}


def _kernel(operation: Convolution) -> Properties:
    return {
        "kernel": written.extents(operation.kernel),
        "stride": written.extents(operation.stride),
        "padding": operation.padding,
        "bias": "neuron" if operation.neuron_bias else written.flag(operation.bias),
    }


def _spiking(layer: Layer, spiking: Spiking) -> Properties:
    written_properties: Properties = {"rate": _rate(spiking.rate)}
    if layer.is_encoder:
        written_properties["start"] = spiking.start
    if layer.kind == "encode rate":
        return written_properties
    if isinstance(layer.operation, MaxPool):
        return written_properties | {"synapse": written.time(spiking.synapse)}
    trained: Properties = {
        "batchnorm": written.flag(spiking.batchnorm),
        "dropout": written.number(spiking.dropout),
    }
    if layer.is_encoder:
        return written_properties | trained
    written_properties["percentile"] = written.number(spiking.rate.percentile)
    written_properties["neuron"] = _neuron(spiking.neuron)
    return (
        written_properties
        | trained
        | {
            "l2": written.number(spiking.l2),
            "place": spiking.place,
            "synapse": written.time(spiking.synapse),
            "block": "auto" if spiking.block is None else dims(spiking.block),
        }
    )


def inherited(version: Version, values: Mapping[str, Written]) -> set[str]:
    """The properties of a layer that are those of `train` or `timing`."""
    usual = {
        "l2": written.number(version.network.train.l2),
        "synapse": written.time(version.spec.timing.synapse),
    }
    return {key for key in INHERITED if values.get(key) == usual[key]}


def sections(version: Version, names: Mapping[str, str]) -> dict[str, Properties]:
    """The statements about the whole network, by their kind."""
    network = version.network
    return {
        "network": {"network": network.name, "about": quoted(network.about)},
        "target": _target(network),
        "timing": {
            "dt": written.time(network.timing.dt),
            "present": written.time(network.timing.present),
            "synapse": written.time(version.spec.timing.synapse),
        },
        "input": _input(network),
        "readout": _readout(network.readout, names),
        "train": _train(network.train),
    }


def _target(network: Network) -> Properties:
    target = network.target
    if not isinstance(target, Loihi):
        return {"target": "nengo"}
    return {
        "target": "loihi",
        "chips": str(target.chips),
        "cores": str(target.cores),
        "pop": str(target.pop),
    }


def _input(network: Network) -> Properties:
    read = network.input
    written_properties: Properties = {
        "input": read.name,
        "shape": dims(read.shape),
        "in": written.interval(read.low, read.high),
    }
    if read.scaled is not None:
        written_properties["as"] = written.interval(*read.scaled)
    return written_properties


def _readout(readout: Readout, names: Mapping[str, str]) -> Properties:
    written_properties: Properties = {
        "readout": readout.name,
        "from": source_names(readout.sources, names),
    }
    if readout.labels is None:
        written_properties["units"] = str(readout.units)
    else:
        written_properties["classes"] = classes(readout.labels)
    written_properties["decide"] = readout.decide
    written_properties["synapse"] = written.time(readout.synapse)
    if readout.learn is not None:
        written_properties["learn"] = _chosen(readout.learn)
    return written_properties


def classes(labels: tuple[str, ...]) -> str:
    """Write the classes as the spec may have: their number, or their names."""
    if labels == tuple(map(str, range(len(labels)))):
        return str(len(labels))
    return f"[{', '.join(map(word, labels))}]"


def _train(train: Model) -> Properties:
    written_properties: Properties = {}
    for key, value in vars(train).items():
        is_choice = isinstance(value, Model)
        written_properties[key] = _chosen(value) if is_choice else written.plain(value)
    return written_properties
