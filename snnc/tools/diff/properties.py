"""The properties of layers and statements, under their names in the language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from snnc.ir.logical import LogicalLayer, Loihi, ReadoutLayer
from snnc.ir.properties import layer_properties, model_of
from snnc.language import written
from snnc.language.fields import default, keys_of, written_value
from snnc.language.models import Model, fields_of, key_of
from snnc.syntax.build import quote, word
from snnc.text.tables import dims
from snnc.tools.diff.changes import Changed
from snnc.tools.diff.version import Version


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


def _write_settings(value: Model) -> dict[str, str]:
    """Write all settings of a choice or a statement."""
    return {
        key_of(field): written_value(getattr(value, field.name), field)
        for field in fields_of(type(value)).values()
    }


def _write_choice(value: Model) -> WrittenChoice:
    """Write a loss, an optimizer or a neuron with all settings."""
    settings = _write_settings(value)
    kind = settings.pop("kind")
    return WrittenChoice(kind, {} if kind == "relu" else settings)


def of_layer(layer: LogicalLayer, names: Mapping[str, str]) -> Properties:
    """Return all properties of a layer, including defaults, with the shape last.

    ``names`` contains the new names of other layers, by their names in this spec.
    """
    found = layer_properties(layer)
    if source := found.get("shortcut"):
        found["shortcut"] = names.get(source, source)
    return {
        "kind": layer.kind,
        "from": source_names(layer.sources, names),
        **{
            key: _write_value(layer, key, value)
            for key, value in found.items()
            if value is not None
        },
        "shape": dims(layer.shape),
    }


def _write_value(layer: LogicalLayer, key: str, value: object) -> Written:
    if isinstance(value, Model):
        return _write_choice(value)
    if key == "block" and isinstance(value, tuple):
        return dims(value)
    return written_value(value, fields_of(model_of(layer.kind))[key])


def changes(
    old: Mapping[str, Written], new: Mapping[str, Written]
) -> Iterator[Changed]:
    """Yield the differences in the new order; for equal choices, compare settings."""
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        if (
            isinstance(was, WrittenChoice)
            and isinstance(now, WrittenChoice)
            and was.kind == now.kind
        ):
            yield from changes(was.settings, now.settings)
        elif was != now:
            texts = (None if value is None else str(value) for value in (was, now))
            yield Changed(key, *texts)


TARGET = ("chips", "cores", "pop")
SIZES = ("filters", "kernel", "stride", "multiplier", "factor", "units", "window")
"""Properties that are always shown in a layer's statement."""


def statement(version: Version, layer: LogicalLayer) -> str:
    """Write a layer as a statement with all properties that are not defaults."""
    head = layer.kind if layer.name.startswith(layer.kind) else ""
    head = head or f"{layer.kind} {layer.name}"
    values = of_layer(layer, {})
    usual = inherited(version, values)
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


def source_names(sources: Iterable[str], names: Mapping[str, str]) -> str:
    """Return the sources of a layer, under their new names."""
    return ", ".join(names.get(name, name) for name in sources)


def inherited(version: Version, values: Mapping[str, Written]) -> set[str]:
    """Return the properties of a layer that inherit from `train` or `timing`."""
    usual = {
        "l2": written.number(version.network.train.l2),
        "synapse": written.time(version.spec.timing.synapse),
    }
    return {key for key, value in usual.items() if values.get(key) == value}


def sections(version: Version, names: Mapping[str, str]) -> dict[str, Properties]:
    """Return the statements about the whole network, by kind."""
    network, read = version.network, version.network.input
    target: Properties = {"target": "nengo"}
    if isinstance(network.target, Loihi):
        words = {key: str(getattr(network.target, key)) for key in TARGET}
        target = {"target": "loihi", **words}
    scaled = {} if read.scaled is None else {"as": written.interval(*read.scaled)}
    return {
        "network": {"network": network.name, "about": quote(network.about)},
        "target": target,
        "timing": dict[str, Written](_write_settings(version.spec.timing)),
        "input": {
            "input": read.name,
            "shape": dims(read.shape),
            "in": written.interval(read.low, read.high),
            **scaled,
        },
        "readout": _readout(network.readout, names),
        "train": {
            key: _write_choice(value)
            if isinstance(value, Model)
            else written.plain(value)
            for key, value in vars(network.train).items()
        },
    }


def _readout(readout: ReadoutLayer, names: Mapping[str, str]) -> Properties:
    outputs: Properties = {"units": str(readout.units)}
    if readout.convolution is not None:
        outputs = {
            "filters": str(readout.image[-1]),
            "kernel": written.extents(readout.convolution.kernel),
            "stride": written.extents(readout.convolution.stride),
            "padding": readout.convolution.padding,
        }
    elif readout.labels is not None:
        outputs = {"classes": classes(readout.labels)}
    learn = {} if readout.learn is None else {"learn": _write_choice(readout.learn)}
    return {
        "readout": readout.name,
        "from": source_names(readout.sources, names),
        **outputs,
        "decide": readout.decide,
        "synapse": written.time(readout.synapse),
        **learn,
    }


def classes(labels: tuple[str, ...]) -> str:
    """Write the classes as in a spec: their number, or their names."""
    if labels == tuple(map(str, range(len(labels)))):
        return str(len(labels))
    return written.write_list(map(word, labels))
