"""The properties of layers and statements, under their names in the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi, ReadoutLayer
from snnc.ir.properties import layer_properties, model_of
from snnc.language import written
from snnc.language.fields import default, keys_of, written_value
from snnc.language.models import Model, fields_of, key_of
from snnc.language.property_types import NeuronSpec
from snnc.syntax.build import quote, word
from snnc.text.tables import dims
from snnc.tools.diff.changes import Changed
from snnc.tools.diff.version import Version

INHERITED = ("l2", "synapse")
"""Properties whose default is in `train` or `timing`."""


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


def _neuron(value: NeuronSpec) -> Written:
    return WrittenChoice("relu", {}) if value.kind == "relu" else _write_choice(value)


def _write_choice(value: Model) -> WrittenChoice:
    """Write a loss, an optimizer or a neuron with all settings."""
    settings = {
        key_of(field): written_value(getattr(value, field.name), field)
        for field in fields_of(type(value)).values()
    }
    return WrittenChoice(settings.pop("kind"), settings)


def of_layer(
    version: Version, layer: LogicalLayer, names: Mapping[str, str]
) -> Properties:
    """Return all properties of a layer, including defaults, with the shape last.

    Parameters
    ----------
    version
        The spec that contains the layer.
    layer
        The layer.
    names
        The new names of other layers, by their names in this spec.
    """
    found = layer_properties(layer)
    if found.get("shortcut") is None:
        found.pop("shortcut", None)
    else:
        found["shortcut"] = names.get(found["shortcut"], found["shortcut"])
    return {
        "kind": layer.kind,
        "from": source_names(layer.sources, names),
        **{key: _write_value(layer, key, value) for key, value in found.items()},
        "shape": dims(layer.shape),
    }


def _write_value(layer: LogicalLayer, key: str, value: object) -> Written:
    if isinstance(value, NeuronSpec):
        return _neuron(value)
    if key == "block" and isinstance(value, tuple):
        return dims(value)
    return written_value(value, fields_of(model_of(layer.kind))[key])


def changes(
    old: Mapping[str, Written], new: Mapping[str, Written]
) -> tuple[Changed, ...]:
    """Return the differences in the new order; for equal choices, compare settings."""
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(c for key in keys for c in _change(key, old.get(key), new.get(key)))


SIZES = ("filters", "kernel", "stride", "multiplier", "factor", "units", "window")
"""Properties that are always shown in a layer's statement."""


def statement(version: Version, layer: LogicalLayer) -> str:
    """Write a layer as a statement with all properties that are not defaults."""
    head = layer.kind if layer.name.startswith(layer.kind) else ""
    head = head or f"{layer.kind} {layer.name}"
    values = of_layer(version, layer, {})
    usual = inherited_keys(version, values)
    model = model_of(layer.kind)
    found = fields_of(model)
    said = [
        f"{key} {value}"
        for key, value in values.items()
        if key in SIZES
        or (key in keys_of(model).keys() - usual and str(value) != default(found[key]))
    ]
    block = f" {{ {', '.join(said)} }}" if said else ""
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
    """Return the sources of a layer, under their new names."""
    return ", ".join(names.get(name, name) for name in sources)


def inherited_keys(version: Version, values: Mapping[str, Written]) -> set[str]:
    """Return the properties of a layer that inherit from `train` or `timing`."""
    usual = {
        "l2": written.number(version.network.train.l2),
        "synapse": written.time(version.spec.timing.synapse),
    }
    return {key for key in INHERITED if values.get(key) == usual[key]}


def sections(version: Version, names: Mapping[str, str]) -> dict[str, Properties]:
    """Return the statements about the whole network, by kind."""
    network = version.network
    return {
        "network": {"network": network.name, "about": quote(network.about)},
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


def _target(network: LogicalNetwork) -> Properties:
    target = network.target
    if not isinstance(target, Loihi):
        return {"target": "nengo"}
    return {
        "target": "loihi",
        "chips": str(target.chips),
        "cores": str(target.cores),
        "pop": str(target.pop),
    }


def _input(network: LogicalNetwork) -> Properties:
    read = network.input
    written_properties: Properties = {
        "input": read.name,
        "shape": dims(read.shape),
        "in": written.interval(read.low, read.high),
    }
    if read.scaled is not None:
        written_properties["as"] = written.interval(*read.scaled)
    return written_properties


def _readout(readout: ReadoutLayer, names: Mapping[str, str]) -> Properties:
    written_properties: Properties = {
        "readout": readout.name,
        "from": source_names(readout.sources, names),
    }
    if readout.convolution is not None:
        written_properties["filters"] = str(readout.image[-1])
        written_properties["kernel"] = written.extents(readout.convolution.kernel)
        written_properties["stride"] = written.extents(readout.convolution.stride)
        written_properties["padding"] = readout.convolution.padding
    elif readout.labels is None:
        written_properties["units"] = str(readout.units)
    else:
        written_properties["classes"] = classes(readout.labels)
    written_properties["decide"] = readout.decide
    written_properties["synapse"] = written.time(readout.synapse)
    if readout.learn is not None:
        written_properties["learn"] = _write_choice(readout.learn)
    return written_properties


def classes(labels: tuple[str, ...]) -> str:
    """Write the classes as in a spec: their number, or their names."""
    if labels == tuple(map(str, range(len(labels)))):
        return str(len(labels))
    return f"[{', '.join(map(word, labels))}]"


def _train(train: Model) -> Properties:
    written_properties: Properties = {}
    for key, value in vars(train).items():
        is_choice = isinstance(value, Model)
        written_properties[key] = (
            _write_choice(value) if is_choice else written.plain(value)
        )
    return written_properties
