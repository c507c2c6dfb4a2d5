"""Convert a spec to the logical graph: resolve names, order, defaults and shapes.

The shapes of broken layers, and of layers that read them, are unknown. Unknown shapes
cause no follow-up errors.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from snnc import rules
from snnc.diagnostics import Diagnostic, Diagnostics, Fix
from snnc.ir.device import Profile
from snnc.ir.logical import (
    Convolution,
    InputLayer,
    LogicalLayer,
    LogicalNetwork,
    Loihi,
    MaxPooling,
    Nengo,
    Operation,
    ReadoutLayer,
    Shape,
    Shortcut,
    Timing,
)
from snnc.ir.shapes import window_positions
from snnc.language.model import ValidatedSpec
from snnc.language.property_types import CrossEntropy, MeanSquaredError
from snnc.language.statements import LoihiTarget, TrainSpec
from snnc.language.written import write_list
from snnc.passes.resolve.drafts import (
    Draft,
    KnownNames,
    draft_layers,
    in_order,
    resolve_sources,
)
from snnc.passes.resolve.operations import Operations
from snnc.passes.resolve.settings import Settings
from snnc.passes.resolve.shapes import shortcut_of
from snnc.rules.placement import MaxPoolOffChip, NothingOnChip
from snnc.rules.references import (
    EncoderReadsLayer,
    NothingReads,
    ReadsRawValues,
    encoder_help,
)
from snnc.source import Span


def resolve(
    validated: ValidatedSpec, device: Profile, report: Diagnostics
) -> LogicalNetwork | None:
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
        # A broken `defaults` may have set properties that determine shapes.
        self._of_shapes = report if validated.defaults_sound else Diagnostics()
        self._train = _training(validated)
        self._settings = Settings(validated, self._train.l2, report)
        self._input = self._read_input()
        self._layers: dict[str, LogicalLayer] = {}
        self._reads_raw = False

    def run(self) -> LogicalNetwork | None:
        drafts = draft_layers(self._validated, self._report)
        readout_sources = self._readout_sources(drafts)
        order = in_order(drafts, self._report)
        if order is None:
            return None
        operations = Operations(self._settings, self._input, self._of_shapes)
        for draft in order:
            layer = self._layer(draft, operations)
            if layer is not None:
                self._layers[draft.name] = layer
        self._report_unread(drafts, readout_sources)
        self._report_loss()
        self._report_phases()
        return self._network(drafts, readout_sources)

    def _layer(self, draft: Draft, operations: Operations) -> LogicalLayer | None:
        shapes = self._source_shapes(draft)
        if shapes is None or draft.spec is None:
            return None
        computed = operations.compute(draft, shapes)
        if computed is None:
            return None
        operation, shape = computed
        shortcut: Shortcut | None = None
        if draft.shortcut is not None:
            source_shape = self._shape(draft.shortcut)
            if source_shape is None:
                return None
            shortcut = shortcut_of(draft, shape, source_shape, self._of_shapes)
            if shortcut is None:
                return None
        return LogicalLayer(
            name=draft.name,
            kind=draft.spec.kind,
            operation=operation,
            sources=draft.sources,
            shape=shape,
            spiking=None if _is_still(operation) else self._settings.spiking(draft),
            shortcut=shortcut,
            span=draft.place.span,
            spans=self._settings.spans(draft),
        )

    def _source_shapes(self, draft: Draft) -> list[Shape] | None:
        if not draft.sound or draft.spec is None:
            return None
        if not self._reads_right_things(draft):
            return None
        shapes = [self._shape(source) for source in draft.sources]
        known = [shape for shape in shapes if shape is not None]
        return known if len(known) == len(shapes) else None

    def _shape(self, name: str) -> Shape | None:
        """Return the output shape of the input or a layer; None if unknown."""
        if name == self._input.name:
            return None if name in self._validated.broken else self._input.shape
        layer = self._layers.get(name)
        return None if layer is None else layer.shape

    def _reads_right_things(self, draft: Draft) -> bool:
        raw = self._input.name
        kind = draft.kind
        if kind.startswith("encode"):
            if draft.sources[0] == raw:
                return True
            if draft.sources[0] in self._validated.broken:
                return False
            self._report.add(
                EncoderReadsLayer(
                    span=_source_span(draft, 0),
                    name=draft.name,
                    source=draft.sources[0],
                    input=raw,
                )
            )
            return False
        read = [*draft.sources, draft.shortcut]
        if raw not in read:
            return True
        index = read.index(raw)
        if index < len(draft.sources):
            self._report_raw(_source_span(draft, index), draft.name, kind)
        else:
            self._report_raw(draft.span_of("shortcut"), draft.name, key="shortcut")
        return False

    def _report_raw(
        self, span: Span, name: str, kind: str = "", key: str = "from"
    ) -> None:
        """Report a layer that reads the input; it should read an encoder."""
        encoders = [s for s in self._spec.layers if s and s.kind.startswith("encode")]
        encoder = next((s.name for s in encoders if s.name), None) or ""
        is_source = span.text == self._input.name
        fix = Fix(span, encoder) if encoder and is_source else None
        self._reads_raw = True
        if kind == "maxpool":
            diagnostic: Diagnostic = MaxPoolOffChip(
                span=span,
                name=name,
                what=f"the values of `{self._input.name}`",
                remedy=encoder_help(encoder),
                fix=fix,
            )
        else:
            diagnostic = ReadsRawValues(
                span=span,
                name=name,
                input=self._input.name,
                encoder=encoder,
                key=key,
                fix=fix,
            )
        self._report.add(diagnostic)

    def _readout_sources(self, drafts: tuple[Draft, ...]) -> tuple[str, ...]:
        readout, place = self._spec.readout, self._validated.readout
        known = (self._input.name, *(draft.name for draft in drafts))
        names = KnownNames(self._validated, known[1:])
        if readout.name in self._validated.broken:
            return ()
        if not readout.sources:
            sources: tuple[str, ...] = known[-1:]
        else:
            sources = tuple(
                source
                for source, span in zip(readout.sources, place.sources, strict=True)
                if resolve_sources(source, span, None, names, self._report)
            )
        if self._input.name in sources:
            span = place.sources[0] if place.sources else place.span
            self._report_raw(span, readout.name)
        return sources

    def _report_unread(
        self, drafts: tuple[Draft, ...], readout_sources: tuple[str, ...]
    ) -> None:
        read = set(readout_sources)
        if self._spec.readout.name in self._validated.broken:
            return
        for draft in drafts:
            if draft.spec is None or not draft.sound:
                return
            read.update(draft.sources)
            read.add(draft.shortcut or "")
        for draft in drafts:
            kind = draft.kind
            is_echo = self._reads_raw and kind.startswith("encode")
            if draft.name not in read and not is_echo:
                self._report.add(NothingReads(span=draft.place.span, name=draft.name))
        layers = self._layers.values()
        known = len(layers) == len(drafts) and isinstance(self._target(), Loihi)
        if known and not any(layer.on_chip for layer in layers):
            self._report.add(
                NothingOnChip(span=self._validated.span, name=self._spec.network)
            )

    def _report_loss(self) -> None:
        readout, place = self._spec.readout, self._validated.train
        if readout.classes is not None or readout.name in self._validated.broken:
            return
        loss, weight = self._train.loss, self._train.class_weight
        needs: list[tuple[str, str, str]] = []
        if loss is not None and loss.kind != "mse":
            needs.append(("loss", loss.kind, "`loss mse`"))
        if weight == "balanced":
            needs.append(("class_weight", weight, "`class_weight equal`"))
        for key, value, instead in needs:
            self._report.add(
                rules.values.LossNeedsClasses(
                    span=place.keys.get(key, place.span),
                    what=f"{key} {value}",
                    instead=instead,
                    readout=readout.name,
                    units=readout.units or 1,
                )
            )

    def _report_phases(self) -> None:
        train, place = self._train, self._validated.train
        if {"smooth", "spikes"}.isdisjoint(train.phases):
            span = place.keys.get("phases", place.span)
            phases = write_list(train.phases)
            self._report.add(rules.values.NothingTrains(span=span, phases=phases))

    def _network(
        self, drafts: tuple[Draft, ...], readout_sources: tuple[str, ...]
    ) -> LogicalNetwork:
        spec, validated = self._spec, self._validated
        return LogicalNetwork(
            name=spec.network,
            about=spec.about,
            target=self._target(),
            device=self._device,
            timing=self._timing(),
            input=self._input,
            layers=tuple(
                self._layers[draft.name]
                for draft in drafts
                if draft.name in self._layers
            ),
            readout=self._readout(readout_sources),
            train=self._train,
            span=validated.span,
        )

    def _timing(self) -> Timing:
        timing = self._spec.timing
        steps = round(timing.present / timing.dt)
        place = self._validated.timing
        span = place.keys.get("present") or place.keys.get("dt", place.span)
        return Timing(timing.dt, timing.present, steps, span, place.keys)

    def _target(self) -> Loihi | Nengo:
        target, place = self._spec.target, self._validated.target
        if not isinstance(target, LoihiTarget):
            return Nengo(place.span)
        span = place.keys.get("cores") or place.keys.get("chips", place.span)
        cores = target.cores or self._device.chip.cores * target.chips
        return Loihi(target.chips, cores, target.pop, span)

    def _read_input(self) -> InputLayer:
        spec = self._spec.input
        place = self._validated.input
        return InputLayer(
            spec.name,
            spec.shape,
            *spec.within,
            spec.mapped,
            place.span,
            place.keys.get("shape"),
            place.keys.get("within"),
        )

    def _readout(self, sources: tuple[str, ...]) -> ReadoutLayer:
        spec = self._spec.readout
        labels = spec.classes
        if isinstance(labels, int):
            labels = tuple(str(index) for index in range(labels))
        units = len(labels) if labels is not None else spec.units or 1
        convolution, image = self._readout_image(sources)
        return ReadoutLayer(
            name=spec.name,
            sources=sources,
            units=prod(image) if image else units,
            labels=labels,
            decide=spec.decide,
            synapse=spec.synapse,
            l2=self._train.l2,
            span=self._validated.readout.span,
            spans=self._validated.readout.keys,
            learn=spec.learn,
            convolution=convolution,
            image=image,
        )

    def _readout_image(
        self, sources: tuple[str, ...]
    ) -> tuple[Convolution | None, Shape]:
        """Return a readout's convolution, if it has one, and the output shape."""
        spec = self._spec.readout
        shape = self._shape(sources[0]) if sources else None
        if spec.filters is None or shape is None:
            return None, ()
        rank = len(shape) - 1
        sizes = {
            key: value * rank if len(value) == 1 else value
            for key, value in (("kernel", spec.kernel), ("stride", spec.stride))
        }
        kernel, stride = sizes["kernel"], sizes["stride"]
        fits = rank in (1, 2) and len(kernel) == len(stride) == rank
        out: tuple[int, ...] = ()
        if fits:
            axes = zip(shape, kernel, stride, strict=False)
            out = tuple(window_positions(*axis, spec.padding) for axis in axes)
        if not fits or min(out) < 1:
            self._report.add(
                rules.windows.NoReadoutImage(
                    span=self._validated.readout.span,
                    name=spec.name,
                    kernel=kernel or spec.kernel,
                    stride=stride or spec.stride,
                    source=sources[0],
                    shape=shape,
                )
            )
            return None, ()
        ones = (1,) * rank
        convolution = Convolution(kernel, stride, spec.padding, True, dilation=ones)
        return convolution, (*out, spec.filters)


def _is_still(operation: Operation) -> bool:
    """Return whether each window of a max pool has only one value."""
    return isinstance(operation, MaxPooling) and max(operation.window) == 1


def _training(validated: ValidatedSpec) -> TrainSpec:
    train = validated.spec.train or TrainSpec()
    if train.loss is not None:
        return train
    regression = validated.spec.readout.classes is None
    loss = MeanSquaredError() if regression else CrossEntropy()
    return replace(train, loss=loss)


def _source_span(draft: Draft, index: int) -> Span:
    spans = draft.place.sources
    return spans[index] if index < len(spans) else draft.place.span
