"""Layer statements with resolved sources, and the names that layers can read."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count

from snnc.diagnostics import Diagnostics, Fix
from snnc.language.layers import (
    AveragePoolSpec,
    ConvEncoderSpec,
    JoinSpec,
    LayerSpec,
    RateEncoderSpec,
    SpikingSpec,
)
from snnc.language.model import Place, ValidatedSpec
from snnc.language.names import why_no_name
from snnc.rules.references import (
    Cycle,
    RepeatedSource,
    TooFewSources,
    TooManySources,
    UnknownLayer,
)
from snnc.source import Span
from snnc.text.near import closest, only_near


class KnownNames:
    """The names of the input and the layers, and the layers that may read each name.

    Parameters
    ----------
    validated
        The spec.
    names
        The name of each layer, in order.
    """

    def __init__(self, validated: ValidatedSpec, names: Sequence[str]) -> None:
        self._input = validated.spec.input.name
        self._layers = dict(zip(names, validated.spec.layers, strict=True))
        self.names = (self._input, *names)
        places = zip(names, validated.places, strict=True)
        self._unwritten = frozenset(n for n, place in places if place.name is None)
        self.lacks_one = any(self._layers[name] is None for name in self._unwritten)
        """Whether a broken layer has lost its name, so that any name may be its
        name."""

    def readable_by(self, reader: str | None) -> tuple[str, ...]:
        """Return the names that a layer, or the readout (None), could read.

        Encoders read the input; other layers read layers that do not depend on them.
        """
        spec = self._layers.get(reader or "")
        if isinstance(spec, (ConvEncoderSpec, RateEncoderSpec)):
            return (self._input,)
        after = set() if reader is None else self._all_after(reader)
        never = after | self._unwritten
        return tuple(
            name for name in self._layers if name not in never and not why_no_name(name)
        )

    def _all_after(self, name: str) -> set[str]:
        """Return a layer and all layers that depend on it."""
        after = {name}
        waiting = [name]
        while waiting:
            readers = self._readers.get(waiting.pop(), set()) - after
            after |= readers
            waiting += readers
        return after

    @cached_property
    def _readers(self) -> dict[str, set[str]]:
        readers: dict[str, set[str]] = {}
        for reader, read in self._reads():
            for name in read:
                readers.setdefault(name, set()).add(reader)
        return readers

    def _reads(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the name of each layer and the names that it reads."""
        before = self._input
        for name, spec in self._layers.items():
            sources = () if spec is None else spec.sources
            yield name, (*(sources or (before,)), *_shortcut(spec))
            before = name


def _shortcut(spec: LayerSpec | None) -> tuple[str, ...]:
    shortcut = spec.shortcut if isinstance(spec, SpikingSpec) else None
    return () if shortcut is None else (shortcut,)


@dataclass(frozen=True, slots=True)
class Draft:
    """A layer statement with resolved names and an unknown shape.

    ``spec`` is None for a broken statement, which other layers may read by name.
    ``sources`` and ``shortcut`` contain only existing names; ``sound`` is set if all
    names exist.
    """

    name: str
    spec: LayerSpec | None
    place: Place
    sources: tuple[str, ...]
    shortcut: str | None
    sound: bool

    @property
    def kind(self) -> str:
        """The kind of the layer; empty for a broken statement."""
        return self.spec.kind if self.spec else ""

    def span_of(self, key: str) -> Span:
        """Return the position of a property, or of the statement."""
        return self.place.keys.get(key, self.place.span)


def draft_layers(validated: ValidatedSpec, report: Diagnostics) -> tuple[Draft, ...]:
    """Name every layer and resolve its sources."""
    names = _names(validated)
    known = KnownNames(validated, names)
    drafts = []
    before = validated.spec.input.name
    for name, spec, place in zip(
        names, validated.spec.layers, validated.places, strict=True
    ):
        drafts.append(_draft(name, spec, place, before, known, report))
        before = name
    return tuple(drafts)


def resolve_sources(
    name: str, span: Span, reader: str | None, known: KnownNames, report: Diagnostics
) -> bool:
    """Return whether a name exists; otherwise report it.

    Report nothing if a broken layer may define the name.

    ``reader`` is the layer that reads the name, or None for the readout.
    """
    if name in known.names:
        return True
    if report.full or known.lacks_one:
        return False
    readable = known.readable_by(reader)
    only = only_near(name, readable)
    report.add(
        UnknownLayer(
            span=span,
            name=name,
            near=closest(name, readable),
            known=readable,
            fix=None if only is None else Fix(span, only),
        )
    )
    return False


def in_order(
    drafts: tuple[Draft, ...], report: Diagnostics
) -> tuple[Draft, ...] | None:
    """Sort drafts so that each comes after its sources; return None for a cycle."""
    by_name = {draft.name: draft for draft in drafts}
    graph = {draft.name: _reads(draft, by_name) for draft in drafts}
    try:
        order = tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        circle = tuple(reversed(error.args[1]))
        first = min(circle, key=lambda name: by_name[name].place.span.start)
        report.add(
            Cycle(
                span=by_name[first].place.span,
                first=first,
                circle=" reads ".join(f"`{name}`" for name in circle),
            )
        )
        return None
    return tuple(by_name[name] for name in order)


def _reads(draft: Draft, by_name: Mapping[str, Draft]) -> list[str]:
    names = (*draft.sources, draft.shortcut)
    return [name for name in names if name is not None and name in by_name]


def _draft(
    name: str,
    spec: LayerSpec | None,
    place: Place,
    before: str,
    known: KnownNames,
    report: Diagnostics,
) -> Draft:
    if spec is None:
        return Draft(name, None, place, (), None, sound=False)
    written = tuple(zip(spec.sources, place.sources, strict=True))
    sources = tuple(
        s for s, span in written if resolve_sources(s, span, name, known, report)
    )
    sound = len(sources) == len(written)
    if not written and not isinstance(spec, JoinSpec):
        sources = (before,)
    shortcut = spec.shortcut if isinstance(spec, SpikingSpec) else None
    if shortcut is not None:
        span = place.keys.get("shortcut", place.span)
        if not resolve_sources(shortcut, span, name, known, report):
            shortcut, sound = None, False
    sound = _count_sources(name, spec, place, report) and sound
    return Draft(name, spec, place, sources, shortcut, sound)


def _count_sources(
    name: str, spec: LayerSpec, place: Place, report: Diagnostics
) -> bool:
    count = len(spec.sources)
    if isinstance(spec, JoinSpec):
        if count < 2:
            report.add(
                TooFewSources(span=place.span, kind=spec.kind, name=name, count=count)
            )
            return False
        return _distinct(spec, place, report)
    if count > 1:
        report.add(
            TooManySources(
                span=place.sources[1].to(place.sources[-1]),
                name=name,
                kind=spec.kind,
                count=count,
                sources=", ".join(spec.sources),
            )
        )
    return count <= 1


def _distinct(spec: JoinSpec, place: Place, report: Diagnostics) -> bool:
    seen = set[str]()
    for source, span in zip(spec.sources, place.sources, strict=True):
        if source in seen:
            report.add(RepeatedSource(span=span, kind=spec.kind, source=source))
        seen.add(source)
    return len(seen) == len(spec.sources)


def _names(validated: ValidatedSpec) -> list[str]:
    """Return each layer's name: the written name, or a default word with a number."""
    spec = validated.spec
    taken = {spec.input.name, spec.readout.name} | set(validated.broken)
    taken |= {layer.name for layer in spec.layers if layer and layer.name}
    free: dict[str, Iterator[str]] = {}
    names = []
    for layer, place in zip(spec.layers, validated.places, strict=True):
        if layer is not None and layer.name:
            names.append(layer.name)
            continue
        if layer is None and place.name is not None:
            names.append(place.name.text)
            continue
        word = _word(layer)
        names.append(next(free.setdefault(word, _free(word, taken))))
    return names


def _word(layer: LayerSpec | None) -> str:
    """Return the word from which an unnamed layer gets its name."""
    if isinstance(layer, (ConvEncoderSpec, RateEncoderSpec)):
        return "encode"
    if isinstance(layer, (AveragePoolSpec, JoinSpec)):
        return layer.kind
    return "layer"


def _free(word: str, taken: Collection[str]) -> Iterator[str]:
    numbered = (f"{word}_{number}" for number in count(2))
    return (name for name in chain((word,), numbered) if name not in taken)
