"""Convert a spec to the logical graph: resolve names, order, defaults and shapes.

The shapes of broken layers, and of layers that read them, are unknown. Unknown shapes
cause no follow-up errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.ir import logical
from snnc.ir.device import Profile
from snnc.ir.logical import Loihi
from snnc.ir.operation import Operation
from snnc.ir.shapes import Shape, window_positions
from snnc.language.model import LoihiTarget, TrainSpec, ValidatedSpec
from snnc.language.properties import CrossEntropy, MeanSquaredError
from snnc.language.written import write_list
from snnc.operations import OPERATIONS
from snnc.operations.base import ENCODERS, Draft, Sizes, UnsoundError
from snnc.operations.convolution import undilated
from snnc.operations.dense import Dense
from snnc.passes.resolve.drafts import (
    Drafts,
    KnownNames,
    has_right_count,
    in_order,
    key_span,
    spiking_of,
)
from snnc.passes.resolve.shortcuts import shortcut_of
from snnc.passes.resolve.sources import find_source_problems
from snnc.source import Span


def resolve(
    validated: ValidatedSpec, device: Profile, report: Diagnostics
) -> logical.LogicalNetwork | None:
    """Return the logical graph of a spec; None if layers form a cycle.

    If there are errors, the graph contains only the valid layers.
    """
    return _Resolution(validated, device, report).run()


class _Resolution:
    def __init__(
        self, validated: ValidatedSpec, device: Profile, report: Diagnostics
    ) -> None:
        self._validated = validated
        self._device = device
        self._spec = validated.spec
        self._report = report
        spec = validated.spec.input
        place = validated.parts["input"]
        low, high = spec.within
        self._input = logical.InputLayer(
            name=spec.name,
            shape=spec.shape,
            low=low,
            high=high,
            scaled=spec.mapped,
            span=place.span,
            spans=place.keys,
        )
        self._train = validated.spec.train or TrainSpec()
        if self._train.loss is None:
            is_regression = validated.spec.readout.classes is None
            loss = MeanSquaredError() if is_regression else CrossEntropy()
            self._train = replace(self._train, loss=loss)
        self._layers: dict[str, logical.LogicalLayer] = {}
        self._shapes: dict[str, Shape] = {}  # the known output shapes
        if spec.name not in validated.broken:
            self._shapes[spec.name] = spec.shape
        self._reads_raw = False

    def run(self) -> logical.LogicalNetwork | None:
        known = KnownNames(self._validated, self._report)
        drafts = tuple(known.drafts())
        readout_sources = self._readout_sources(known)
        order = in_order(drafts, self._report)
        if order is None:
            self._find_source_problems(drafts, known)
            return None
        # A broken `defaults` may have set properties that determine shapes.
        sound = self._validated.defaults_sound
        sizes = Sizes(self._input, self._report if sound else Diagnostics())
        for draft in order:
            if draft.sound and self._check_sources(draft):
                self._add_layer(draft, sizes)
        self._find_source_problems(drafts, known)
        if self._is_sound(drafts):
            self._report.add(*self._find_unread(drafts, readout_sources))
            self._report.add(*self._find_empty_chip(drafts))
        self._report.add(*self._find_wrong_training())
        return self._network(drafts, readout_sources)

    def _add_layer(self, draft: Draft, sizes: Sizes) -> None:
        known = [self._shapes[name] for name in draft.sources if name in self._shapes]
        # A shape is unknown after an error, which was reported.
        if len(known) < len(draft.sources):
            return
        shortcut: logical.Shortcut | None = None
        try:
            operation, shape = OPERATIONS[draft.kind].from_draft(draft, known, sizes)
            if draft.shortcut is not None:
                if draft.shortcut not in self._shapes:
                    return
                source_shape = self._shapes[draft.shortcut]
                shortcut = shortcut_of(draft, shape, source_shape, sizes)
        except UnsoundError:
            return
        # Later checks of ranks need to know the layers that read nothing but the input.
        if draft.is_encoder or operation.is_pool:
            sizes.add_raw(draft)
        synapse = self._spec.timing.synapse
        self._shapes[draft.name] = shape
        self._layers[draft.name] = logical.LogicalLayer(
            name=draft.name,
            kind=draft.kind,
            operation=operation,
            sources=draft.sources,
            shape=shape,
            spiking=spiking_of(draft, operation, self._train, synapse),
            shortcut=shortcut,
            span=draft.place.span,
            spans=draft.spans,
        )

    def _check_sources(self, draft: Draft) -> bool:
        """Return whether a layer may read its sources; report a wrong source.

        Encoders read the input, and other layers read layers.
        """
        # Without a `from`, the problem is at the statement.
        spans = draft.place.sources or (draft.place.span,)
        if draft.is_encoder:
            return self._check_encoder(draft, spans[0])
        raw = self._input.name
        if raw in draft.sources:
            span = spans[draft.sources.index(raw)]
            self._report_raw(span, draft.name, draft.kind)
            return False
        if raw == draft.shortcut:
            self._report_raw(draft.span_of("shortcut"), draft.name, key="shortcut")
            return False
        return True

    def _check_encoder(self, draft: Draft, span: Span) -> bool:
        """Return whether an encoder reads the input; report another source."""
        source = draft.sources[0]
        raw = self._input.name
        if source == raw:
            return True
        # What a broken statement means is unknown, and its error was reported.
        if source not in self._validated.broken:
            problem = rules.references.EncoderReadsLayer(
                span=span,
                name=draft.name,
                source=source,
                input=raw,
                others_read=self._is_named_by_others(source, draft.name),
            )
            self._report.add(problem)
        return False

    def _is_named_by_others(self, source: str, reader: str) -> bool:
        """Return whether another statement names a layer in its `from`."""
        statements = (*self._spec.layers, self._spec.readout)
        named = {
            name
            for statement in statements
            if statement is not None and statement.name != reader
            for name in statement.sources
        }
        return source in named

    def _report_raw(
        self, span: Span, name: str, kind: str = "", key: str = "from"
    ) -> None:
        """Report a layer that reads the input; it should read an encoder."""
        # Without a `from`, the span is the statement's, and no word can be replaced.
        encoders = (s.name for s in self._spec.layers if isinstance(s, ENCODERS))
        encoder = next(filter(None, encoders), "")
        raw = self._input.name
        values: dict[str, Any] = {
            "span": span,
            "name": name,
            "advice": rules.references.encoder_help(encoder, key),
            "fix": Fix(span, encoder) if encoder and span.text == raw else None,
        }
        self._reads_raw = True
        if kind and OPERATIONS[kind].compares:
            what = f"the values of `{raw}`"
            self._report.add(rules.placement.MaxPoolOffChip(what=what, **values))
        else:
            self._report.add(rules.references.ReadsRawValues(input=raw, **values))

    def _readout_sources(self, known: KnownNames) -> tuple[str, ...]:
        readout = self._spec.readout
        place = self._validated.parts["readout"]
        if readout.name in self._validated.broken:
            return ()
        sources = tuple(known.existing(readout.sources, place.sources, None))
        if not readout.sources:
            # Like a layer, a readout reads the statement before it.
            sources = known.names[-1:]
        if self._input.name in sources:
            span = place.sources[0] if place.sources else place.span
            self._report_raw(span, readout.name)
        return sources

    def _find_source_problems(self, drafts: Drafts, known: KnownNames) -> None:
        """Report layers that read too many or too few layers."""
        for draft in drafts:
            if has_right_count(draft.spec):
                continue
            readable = known.readable_by(draft.name)
            self._report.add(*find_source_problems(draft, readable, self._shapes))

    def _find_unread(
        self, drafts: Drafts, readout_sources: tuple[str, ...]
    ) -> Iterator[Diagnostic]:
        """Yield layers that nothing reads."""
        read = {*readout_sources, *(draft.shortcut for draft in drafts)}
        read = read.union(*(draft.sources for draft in drafts))
        for draft in drafts:
            # A layer that reads the input by mistake may be the missing reader.
            is_echo = self._reads_raw and draft.is_encoder
            if draft.name not in read and not is_echo:
                yield rules.references.NothingReads.at(draft)

    def _is_sound(self, drafts: Drafts) -> bool:
        """Return whether no layer, and not the readout, has an error."""
        if self._spec.readout.name in self._validated.broken:
            return False
        is_complete = len(drafts) == len(self._spec.layers)
        return is_complete and all(draft.sound for draft in drafts)

    def _find_empty_chip(self, drafts: Drafts) -> Iterator[Diagnostic]:
        layers = self._layers.values()
        if len(layers) < len(drafts) or not isinstance(self._target(), Loihi):
            return
        if not any(layer.on_chip for layer in layers):
            yield rules.placement.NothingOnChip(
                span=self._validated.span,
                name=self._spec.network,
                moved=_first_moved(layers),
            )

    def _find_wrong_training(self) -> Iterator[Diagnostic]:
        """Yield a loss or a weight that needs classes, and phases without training."""
        train = self._train
        readout = self._spec.readout
        place = self._validated.parts["train"]
        values: tuple[tuple[str, str, str], ...] = ()
        if readout.classes is None and readout.name not in self._validated.broken:
            values = (
                ("loss", train.loss.kind if train.loss else "mse", "mse"),
                ("class_weight", train.class_weight, "equal"),
            )
        for key, value, instead in values:
            if value != instead:
                yield rules.statements.LossNeedsClasses(
                    span=key_span(place, key),
                    what=f"{key} {value}",
                    instead=f"`{key} {instead}`",
                    readout=readout.name,
                    units=readout.units or 1,
                )
        if {"smooth", "spikes"}.isdisjoint(train.phases):
            span = key_span(place, "phases")
            phases = write_list(train.phases)
            yield rules.statements.NothingTrains(span=span, phases=phases)

    def _network(
        self, drafts: Drafts, readout_sources: tuple[str, ...]
    ) -> logical.LogicalNetwork:
        spec = self._spec
        validated = self._validated
        timing = spec.timing
        place = validated.parts["timing"]
        # A rule reports a `present` that is not a whole number of steps.
        steps = round(timing.present / timing.dt)
        span = key_span(place, "present", "dt")
        return logical.LogicalNetwork(
            name=spec.network,
            about=spec.about,
            target=self._target(),
            device=self._device,
            timing=logical.Timing(timing.dt, timing.present, steps, span, place.keys),
            input=self._input,
            layers=tuple(
                self._layers[d.name] for d in drafts if d.name in self._layers
            ),
            readout=self._readout(readout_sources),
            train=self._train,
            span=validated.span,
        )

    def _target(self) -> Loihi | logical.Nengo:
        target = self._spec.target
        place = self._validated.parts["target"]
        if not isinstance(target, LoihiTarget):
            return logical.Nengo(place.span)
        cores = target.cores or self._device.chip.cores * target.chips
        span = key_span(place, "cores", "chips")
        return Loihi(target.chips, cores, target.pop, span)

    def _readout(self, sources: tuple[str, ...]) -> logical.ReadoutLayer:
        spec = self._spec.readout
        labels = spec.classes
        if isinstance(labels, int):
            labels = tuple(str(index) for index in range(labels))
        units = len(labels) if labels is not None else spec.units or 1
        operation, image = self._readout_operation(sources)
        return logical.ReadoutLayer(
            name=spec.name,
            sources=sources,
            units=prod(image) if image else units,
            labels=labels,
            decide=spec.decide,
            synapse=spec.synapse,
            operation=operation,
            span=self._validated.parts["readout"].span,
            spans=self._validated.parts["readout"].keys,
            learn=spec.learn,
            image=image,
        )

    def _readout_operation(self, sources: tuple[str, ...]) -> tuple[Operation, Shape]:
        """Return a readout's operation, and the image if it is a convolution."""
        spec = self._spec.readout
        shape = self._shapes.get(sources[0]) if sources else None
        if spec.filters is None or shape is None:
            # A shape is unknown only after an error, and then a matrix needs none.
            return Dense(bias=True), ()
        rank = len(shape) - 1
        kernel = _for_each_axis(spec.kernel, rank)
        stride = _for_each_axis(spec.stride, rank)
        fits = rank in (1, 2) and len(kernel) == len(stride) == rank
        axes = zip(shape, kernel, stride, strict=False)
        out = tuple(window_positions(n, k, s, spec.padding) for n, k, s in axes)
        if not fits or min(out) < 1:
            problem = rules.windows.NoReadoutImage(
                span=self._validated.parts["readout"].span,
                name=spec.name,
                kernel=kernel or spec.kernel,
                stride=stride or spec.stride,
                source=sources[0],
                shape=shape,
                fits=fits,
            )
            self._report.add(problem)
            return Dense(bias=True), ()
        convolution = undilated(kernel, stride, spec.padding, bias=True)
        return convolution, (*out, spec.filters)


def _for_each_axis(size: Shape, rank: int) -> Shape:
    return size * rank if len(size) == 1 else size


def _first_moved(layers: Iterable[logical.LogicalLayer]) -> str:
    """Return the name of the first layer with `place host`, if any."""
    written = (each.name for each in layers if each.spiking and "place" in each.spans)
    return next(written, "")
