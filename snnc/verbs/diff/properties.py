"""The two sides of a comparison, their properties, and the changes of their layers.

Changes are rows of a table. Properties have their names in the language, and their
values are written as in a spec (``8``, ``3x3``, ``20..250 Hz``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from snnc.diagnostics import Diagnostic, Diagnostics, Severity
from snnc.driver import compile_spec
from snnc.ir.device import Profile
from snnc.ir.logical import LogicalLayer, LogicalNetwork, Loihi, ReadoutLayer
from snnc.ir.mapped import MappedNetwork
from snnc.ir.properties import layer_properties, model_of
from snnc.language import written
from snnc.language.keywords import default, keys_of, written_value
from snnc.language.layers import SpikingSpec
from snnc.language.model import NetworkSpec, TrainSpec
from snnc.language.models import Model, fields_of, key_of
from snnc.language.properties import NeuronSpec
from snnc.passes import Compilation
from snnc.results.diff import (
    Changed,
    ChangedLayer,
    LayerChange,
    RenamedLayer,
    ReorderedLayers,
    WholeLayer,
)
from snnc.syntax.build import quote, word
from snnc.syntax.revisions import read_spec
from snnc.text.tables import dims


@dataclass(frozen=True, slots=True)
class Version:
    """A valid network and its mapping; ``refusal`` says why it does not fit."""

    source: str
    spec: NetworkSpec
    network: LogicalNetwork
    mapped: MappedNetwork | None
    refusal: Diagnostic | None


def read_version(
    name: str, report: Diagnostics, device: Profile | None
) -> Version | None:
    """Compile a spec's file or revision (``git:REV:PATH``) for comparison.

    If the spec has errors, return None and report them. A network that does not fit on
    its chip can be compared too, so that a change that makes it fit can be reviewed
    (decision 010). A name that is not a valid revision raises ValueError.
    """
    problems = Diagnostics()
    source = read_spec(name, problems)
    compilation = (
        None if source is None else compile_spec(source, problems, "place", device)
    )
    version = None if compilation is None else version_of(compilation, problems)
    if version is None:
        report.extend(problems)
    return version


def version_of(compilation: Compilation, report: Diagnostics) -> Version | None:
    """Return a compiled spec as a version; None if the spec has errors."""
    if compilation.spec is None or compilation.lowered is None:
        return None
    refusals = (d for d in report.diagnostics if d.severity is Severity.ERROR)
    return Version(
        source=compilation.source.name,
        spec=compilation.spec.spec,
        network=compilation.lowered.network,
        mapped=compilation.mapped,
        refusal=next(refusals, None),
    )


Settings = dict[str, str]
Written = str | Settings
"""A value as in a spec; a choice (``adam { ... }``) is its ``kind`` and settings."""
Properties = dict[str, Written]


def _write_settings(value: Model) -> Settings:
    """Write all settings of a choice or a statement."""
    written = {
        key_of(field): written_value(getattr(value, field.name), field)
        for field in fields_of(type(value)).values()
    }
    # The time constants of `NeuronSpec` have no meaning for relu.
    return {"kind": "relu"} if written.get("kind") == "relu" else written


def _text(value: Written | None) -> str | None:
    """Write a choice as a word with its settings in braces; None has no text."""
    if value is None or isinstance(value, str):
        return value
    settings = [f"{key} {text}" for key, text in value.items() if key != "kind"]
    return value["kind"] + (f" {{ {', '.join(settings)} }}" if settings else "")


def of_layer(layer: LogicalLayer, names: Mapping[str, str]) -> Properties:
    """Return all properties of a layer, including defaults, with the shape last.

    ``names`` contains the new names of other layers, by their names in this spec.
    """
    settings = layer_properties(layer)
    if source := settings.get("shortcut"):
        settings["shortcut"] = names.get(source, source)
    return {
        "kind": layer.kind,
        "from": source_names(layer.sources, names),
        **{
            key: _write_value(layer, key, value)
            for key, value in settings.items()
            if value is not None
        },
        "shape": dims(layer.shape),
    }


def _write_value(layer: LogicalLayer, key: str, value: object) -> Written:
    if isinstance(value, Model):
        return _write_settings(value)
    if key == "block" and isinstance(value, tuple):
        return dims(value)
    return written_value(value, fields_of(model_of(layer.kind))[key])


def changes(
    old: Mapping[str, Written], new: Mapping[str, Written]
) -> Iterator[Changed]:
    """Yield the differences in the new order; for equal choices, compare settings."""
    for key in dict.fromkeys((*new, *old)):
        was = old.get(key)
        now = new.get(key)
        if (
            isinstance(was, dict)
            and isinstance(now, dict)
            and was["kind"] == now["kind"]
        ):
            yield from changes(was, now)
        elif was != now:
            yield Changed(key, _text(was), _text(now))


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
    fields = fields_of(model)
    not_inherited = keys_of(model).keys() - usual
    settings = [
        f"{key} {value}"
        for key, value in zip(values, map(_text, values.values()), strict=True)
        if key in SIZES
        or (key in not_inherited and value != default(fields[key], version.spec.snn))
    ]
    block = f" {{ {', '.join(settings)} }}" if settings else ""
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
    network = version.network
    read = network.input
    target: Properties = {"target": "nengo"}
    if isinstance(network.target, Loihi):
        words = {key: str(getattr(network.target, key)) for key in TARGET}
        target = {"target": "loihi", **words}
    source: Properties = {"input": read.name, "shape": dims(read.shape)}
    source["in"] = written.interval(read.low, read.high)
    if read.scaled is not None:
        source["as"] = written.interval(*read.scaled)
    return {
        "network": {"network": network.name, "about": quote(network.about)},
        "target": target,
        "timing": {**_write_settings(version.spec.timing)},
        "input": source,
        "readout": _readout(network.readout, names),
        "train": _training(network.train),
    }


def _training(train: TrainSpec) -> Properties:
    """Return the settings of training that have a value."""
    settings: Properties = {}
    for key, value in vars(train).items():
        if isinstance(value, Model):
            settings[key] = _write_settings(value)
        else:
            settings[key] = written.plain(value)
    return settings


def _readout(readout: ReadoutLayer, names: Mapping[str, str]) -> Properties:
    """Return the settings of the readout: its units, filters or classes."""
    outputs: Properties = {"units": str(readout.units)}
    sliding = readout.operation.sliding
    if sliding is not None:
        outputs = {
            "filters": str(readout.image[-1]),
            "kernel": written.extents(sliding.size),
            "stride": written.extents(sliding.stride),
            "padding": sliding.padding,
        }
    elif readout.labels is not None:
        outputs = {"classes": classes(readout.labels)}
    learn = {} if readout.learn is None else {"learn": _write_settings(readout.learn)}
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


AROUND = frozenset((*keys_of(SpikingSpec), *keys_of(NeuronSpec), "start"))
"""Properties that don't define a layer: those that `defaults` may set for all neurons,
and an encoder's `start`."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The correspondence between old and new layers.

    ``names`` has the new name of every old layer that has a counterpart, and of the
    input and the readout. ``pairs`` are the layers of both networks, in the new order.
    """

    names: dict[str, str]
    pairs: tuple[tuple[LogicalLayer, LogicalLayer], ...]


def match(old: Version, new: Version) -> Matching:
    """Match layers by name, then by all properties, then by those not in `AROUND`.

    So a renamed layer is matched even if its rate also changed, as git matches renamed
    files (decision 010).
    """
    before = old.network
    after = new.network
    names = {x.name: x.name for x in before.layers if x.name in after.by_name}
    names[before.input.name] = after.input.name
    names[before.readout.name] = after.readout.name
    for ignored in (frozenset[str](), AROUND):
        for layer in after.layers:
            if layer.name not in names.values():
                _match_alike(old, new, layer, names, ignored)
    old_layers = {names[x.name]: x for x in before.layers if x.name in names}
    pairs = ((old_layers[x.name], x) for x in after.layers if x.name in old_layers)
    return Matching(names, tuple(pairs))


def _match_alike(
    old: Version,
    new: Version,
    layer: LogicalLayer,
    names: dict[str, str],
    ignored: frozenset[str],
) -> None:
    """Match a new layer with the first old one that differs only in ``ignored``."""
    for candidate in old.network.layers:
        if candidate.name not in names:
            changed = differences(old, candidate, new, layer, names)
            if ignored.issuperset(row.key for row in changed):
                names[candidate.name] = layer.name
                return


def differences(
    old: Version,
    before: LogicalLayer,
    new: Version,
    after: LogicalLayer,
    names: dict[str, str],
) -> tuple[Changed, ...]:
    """Return the properties that differ and are not inherited on both sides."""
    was = of_layer(before, names)
    now = of_layer(after, {})
    # A change of `train` or `timing` is shown there, and not again for each layer.
    for key in inherited(old, was) & inherited(new, now):
        del was[key], now[key]
    return tuple(changes(was, now))


def layer_changes(
    old: Version, new: Version, matching: Matching
) -> Iterator[LayerChange]:
    """Yield the changes of every layer, in the order of the new spec."""
    names = matching.names
    before = {after.name: layer for layer, after in matching.pairs}
    for layer in old.network.layers:
        if layer.name not in names:
            yield _whole("removed", old, layer)
    for layer in new.network.layers:
        was = before.get(layer.name)
        if was is None:
            yield _whole("added", new, layer)
        else:
            yield from _matched(old, was, new, layer, names)
    new_names = (names.get(layer.name) for layer in old.network.layers)
    old_order = tuple(name for name in new_names if name in before)
    new_order = tuple(before)
    if old_order != new_order:
        yield ReorderedLayers(old_order, new_order)


def _matched(
    old: Version,
    before: LogicalLayer,
    new: Version,
    after: LogicalLayer,
    names: dict[str, str],
) -> Iterator[LayerChange]:
    """Yield the changes of a layer that both networks have."""
    if before.name != after.name:
        yield RenamedLayer(before.name, after.name, after.kind)
    rows = differences(old, before, new, after, names)
    if rows:
        yield ChangedLayer(after.name, after.kind, rows)


def _whole(
    change: Literal["added", "removed"], version: Version, layer: LogicalLayer
) -> WholeLayer:
    """Return an added or removed layer with its statement."""
    definition = statement(version, layer)
    return WholeLayer(change, layer.name, layer.kind, layer.shape, definition)
