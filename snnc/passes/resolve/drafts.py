"""Layer statements with resolved names, and their properties with all defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from graphlib import CycleError
from itertools import chain, count

from snnc import rules
from snnc.diagnostics import Diagnostics, Fix
from snnc.ir.logical import Rate, Spiking, reading_order
from snnc.ir.operation import Operation
from snnc.language import layers
from snnc.language.editions import NEWEST
from snnc.language.keywords import keys_of, otherwise
from snnc.language.model import Place, TrainSpec, ValidatedSpec
from snnc.language.models import StatementModel
from snnc.language.properties import NeuronSpec
from snnc.language.readers import why_no_name
from snnc.operations import OPERATIONS
from snnc.operations.base import ENCODERS, Draft
from snnc.runtime.neurons import MODELS, RELU, NeuronModel, constants_of
from snnc.source import Span
from snnc.text.near import nearest_spelling, only_near

NONE_TO_READ = "add a layer of this name before this line, or name an existing layer"

Drafts = tuple[Draft, ...]


class KnownNames:
    """The names of the input and the layers, and the layers that may read each name."""

    def __init__(self, validated: ValidatedSpec, report: Diagnostics) -> None:
        self._validated = validated
        self._report = report
        self._input = validated.spec.input.name
        names = layer_names(validated)
        self._layers = dict(zip(names, validated.spec.layers, strict=True))
        self.names = (self._input, *names)
        places = zip(names, validated.places, strict=True)
        self._unwritten = frozenset(n for n, place in places if place.name is None)
        # A broken layer may have lost its name, so that any name may be its name.
        self._lacks_one = any(self._layers[name] is None for name in self._unwritten)

    def check(self, name: str, span: Span, reader: str | None) -> bool:
        """Return whether a name exists; otherwise report it.

        Report nothing if a broken layer may define the name. ``reader`` is the layer
        that reads the name, or None for the readout.
        """
        if name in self.names:
            return True
        if self._report.full or self._lacks_one:
            return False
        readable = self.readable_by(reader)
        only = only_near(name, readable)
        problem = rules.references.UnknownLayer(
            span=span,
            name=name,
            near=nearest_spelling(name, readable),
            known=readable,
            advice="" if readable else NONE_TO_READ,
            fix=None if only is None else Fix(span, only),
        )
        self._report.add(problem)
        return False

    def existing(
        self, names: Iterable[str], spans: Iterable[Span], reader: str | None
    ) -> Iterator[str]:
        """Yield the names that exist; report the others."""
        written = zip(names, spans, strict=True)
        return (name for name, span in written if self.check(name, span, reader))

    def drafts(self) -> Iterator[Draft]:
        """Resolve the sources of each valid layer."""
        valid = self._validated
        before = self._input
        rows = zip(self.names[1:], valid.spec.layers, valid.places, strict=True)
        for name, spec, place in rows:
            if spec is not None:
                yield self._draft(name, spec, place, before)
            before = name

    def _draft(
        self, name: str, spec: layers.LayerSpec, place: Place, before: str
    ) -> Draft:
        """Resolve the sources of a layer, by default the statement ``before`` it."""
        valid = self._validated
        sources = tuple(self.existing(spec.sources, place.sources, name))
        sound = len(sources) == len(spec.sources)
        if not spec.sources and not OPERATIONS[spec.kind].joins:
            sources = (before,)
        shortcut = _shortcut_of(spec)
        if shortcut and not self.check(shortcut, key_span(place, "shortcut"), name):
            shortcut = None
            sound = False
        by_precedence = [(spec, place), *self._defaults_of(spec)]
        specs = tuple(each for each, _ in by_precedence)
        spans: dict[str, Span] = {}
        # The first place with a property has precedence, so it must be added last.
        for _, each in reversed(by_precedence):
            spans |= each.keys
        sound = sound and has_right_count(spec)
        return Draft(
            name=name,
            spec=spec,
            place=place,
            sources=sources,
            shortcut=shortcut,
            sound=sound,
            specs=specs,
            spans=spans,
            edition=valid.spec.snn,
        )

    def _defaults_of(
        self, spec: layers.LayerSpec
    ) -> Iterator[tuple[StatementModel, Place]]:
        """Yield the `defaults` that apply to a layer, by precedence."""
        if isinstance(spec, ENCODERS):
            return
        valid = self._validated
        written = list(zip(valid.spec.defaults, valid.defaults, strict=True))[::-1]
        # The defaults for a kind come first, and later statements before earlier ones.
        for scope in (spec.kind, None):
            yield from (each for each in written if each[0].layer == scope)

    def readable_by(self, reader: str | None) -> tuple[str, ...]:
        """Return the names that a layer, or the readout (None), could read.

        Encoders read the input; other layers read layers that do not depend on them.
        """
        spec = self._layers.get(reader or "")
        if isinstance(spec, ENCODERS):
            return (self._input,)
        never = self._unwritten | (set() if reader is None else self._all_after(reader))
        return tuple(
            name for name in self._layers if name not in never and not why_no_name(name)
        )

    def _all_after(self, name: str) -> set[str]:
        """Return a layer and all layers that depend on it."""
        after = {name}
        known = 0
        # Repeat until nothing is added, because a layer may read one further down.
        while known < len(after):
            known = len(after)
            before = self._input
            for reader, spec in self._layers.items():
                sources = (spec and spec.sources) or (before,)
                if not after.isdisjoint((*sources, _shortcut_of(spec))):
                    after.add(reader)
                before = reader
        return after


def _shortcut_of(spec: layers.LayerSpec | None) -> str | None:
    """Return the name of a layer's shortcut; only spiking layers may have one."""
    return getattr(spec, "shortcut", None)


def layer_names(validated: ValidatedSpec) -> list[str]:
    """Return each layer's name: the written name, or a default word with a number."""
    spec = validated.spec
    taken = {spec.input.name, spec.readout.name} | set(validated.broken)
    taken |= {layer.name for layer in spec.layers if layer and layer.name}
    free: dict[str, Iterator[str]] = {}
    names = []
    for layer, place in zip(spec.layers, validated.places, strict=True):
        if layer is None:
            # The statement is broken, so only its place in the text is known.
            written = place.name.text if place.name else None
            word = "layer"
        else:
            written = layer.name
            # The kind `encode conv` gives the name `encode` (decision 002).
            word = layer.kind.split()[0]
        if written is None and word not in free:
            free[word] = _free(word, taken)
        names.append(written or next(free[word]))
    return names


def _free(word: str, taken: Collection[str]) -> Iterator[str]:
    numbered = (f"{word}_{number}" for number in count(2))
    return (name for name in chain((word,), numbered) if name not in taken)


def key_span(place: Place, *keys: str) -> Span:
    """Return the span of the first key that is written, or else of the head."""
    return next((place.keys[key] for key in keys if key in place.keys), place.span)


def has_right_count(spec: layers.LayerSpec) -> bool:
    """Return whether a layer names as many layers as its kind reads."""
    if OPERATIONS[spec.kind].joins:
        return len(set(spec.sources)) == len(spec.sources) >= 2
    return len(spec.sources) <= 1


def in_order(drafts: Drafts, report: Diagnostics) -> Drafts | None:
    """Sort drafts so that each comes after its sources; return None for a cycle."""
    by_name = {draft.name: draft for draft in drafts}
    reads = {d.name: [n for n in (*d.sources, d.shortcut) if n] for d in drafts}
    try:
        return tuple(by_name[name] for name in reading_order(reads))
    except CycleError as error:
        # `graphlib` lists each name before the one that reads it.
        circle = tuple(reversed(error.args[1]))
        first = min(circle, key=lambda name: by_name[name].place.span.start)
        problem = rules.references.Cycle(
            span=by_name[first].place.span,
            first=first,
            circle=" reads ".join(f"`{name}`" for name in circle),
        )
        report.add(problem)
        return None


# The percentile for the range of an encoder or a max pool, which equals that of layers.
PERCENTILE: float = otherwise(layers.SpikingSpec, "percentile", NEWEST)


def spiking_of(
    draft: Draft, operation: Operation, train: TrainSpec, synapse: float
) -> Spiking | None:
    """Return the spiking properties of a layer; None for layers without neurons.

    ``synapse`` is the value in `timing`. The neurons of encoders and max pools are
    always `relu`.
    """
    if not operation.has_neurons:
        return None
    low, high = draft.get("rate")
    if operation.compares:
        # Equal values cause no spikes, so a max pool has no lower rate (decision 028).
        low = 0.0
    percentile = draft.get("percentile", PERCENTILE)
    block = draft.get("block", "auto")
    return Spiking(
        neuron=_neurons_of(draft.get("neuron")),
        rate=Rate(low, high, percentile),
        training=_training_of(draft, train),
        place="host" if draft.is_encoder else draft.get("place", "chip"),
        synapse=0.0 if draft.is_encoder else draft.get("synapse", synapse),
        block=None if block == "auto" else block,
        start=draft.get("start", "rest"),
    )


def _training_of(draft: Draft, train: TrainSpec) -> layers.TrainingProperties:
    """Return a layer's properties for training, by default those in `train`."""
    model = layers.TrainingProperties
    keys = keys_of(model)
    usual = {k: getattr(train, k, otherwise(model, k, NEWEST)) for k in keys}
    return model(**{key: draft.get(key, usual[key]) for key in keys})


def _neurons_of(spec: NeuronSpec | None) -> NeuronModel:
    """Return the neurons of a layer; ``spec`` is None if the layer can't choose."""
    if spec is None:
        return RELU
    constants = {name: getattr(spec, name) for name in constants_of(spec.kind)}
    return MODELS[spec.kind](**constants)
