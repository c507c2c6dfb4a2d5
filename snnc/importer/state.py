"""The state of a conversion: the values, drafts and decisions so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

from snnc.importer.decisions import (
    Decision,
    RefusedLayerError,
    Topic,
    Verdict,
)
from snnc.importer.linear import Fitted, LinearStep, Shape, Term
from snnc.importer.model import ImportRequest, KerasLayer, KerasModel, ModelWeights
from snnc.importer.values import BROKEN, INPUT, StatementDraft, Value, View, plain
from snnc.rules.imports import LayerRefused, OptionRefused
from snnc.rules.shapes import WIDEST_UNSCALED

NORMS = ("BatchNormalization", "SyncBatchNormalization")
SHAPING = (
    "Flatten", "Reshape", "Permute", "Dropout", "GaussianNoise", "GaussianDropout",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "ActivityRegularization",
)  # fmt: skip
"""Layers that do not change values in inference."""
ENDING = ("Activation", "Softmax", "ReLU", "LeakyReLU", "Flatten", "Reshape")
"""Layers that keep the order of a vector's values."""


@dataclass(frozen=True, slots=True)
class SpecInput:
    """The input of the spec.

    Attributes
    ----------
    requested :
        The range that the user gives for the values of the input, or None.
    shape :
        Its shape, channels last; empty until the reader of the input sets it.
    factor, offset :
        Those of each `Rescaling` of the input.
    is_embedded :
        Whether the host looks up the values.
    parts :
        The number of channels of each input of the model, if it has several.
    """

    requested: tuple[float, float] | None
    shape: Shape = ()
    factor: float = 1.0
    offset: float = 0.0
    is_embedded: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def given(self) -> tuple[float, float]:
        """The range of the input's values."""
        if self.requested is not None:
            return self.requested
        if self.is_embedded:
            return (-1.0, 1.0)
        # 8-bit images are divided by 255, or by 127.5.
        return (0.0, 255.0) if 0 < self.factor <= 1 / 64 else (0.0, 1.0)

    @property
    def seen(self) -> tuple[float, float]:
        """The range after a `Rescaling`, the encoder's input."""
        low, high = self.given
        return self._rescaled(low), self._rescaled(high)

    def _rescaled(self, value: float) -> float:
        return _clean(value * self.factor + self.offset)

    @property
    def divisor(self) -> float:
        """The divisor for wide input ranges, by which kernels are multiplied."""
        low, high = self.seen
        is_wide = self.given == self.seen and high - low > WIDEST_UNSCALED
        return max(abs(low), abs(high)) if is_wide else 1.0

    @property
    def encoded(self) -> tuple[float, float]:
        """The range of the encoded values, which is `as` in the spec."""
        low, high = self.seen
        return _clean(low / self.divisor), _clean(high / self.divisor)

    @property
    def is_plain(self) -> bool:
        """Whether an encoder outputs the unchanged values."""
        low, high = self.encoded
        return self.divisor == 1 and low >= 0 and high == 1


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a spec, which are known after all layers were read.

    Attributes
    ----------
    encoder :
        The draft that becomes ``encode conv``, or None for ``encode rate``.
    size :
        The readout's property: ``classes 10`` or ``units 1``.
    notes :
        Sentences about the remaining work on the host.
    """

    encoder: str | None
    size: str
    notes: tuple[str, ...] = ()


@dataclass(eq=False, repr=False)
class ConversionState:
    """The drafts, values and decisions so far.

    Attributes
    ----------
    weights :
        None if they are unknown, or if the spec does not depend on them (see
        `snnc.importer.read`).
    drafts, values :
        The drafts by key, in the order of the spec, and the outputs of Keras layers.
    input :
        What is known of the input so far.
    finals :
        For each output, the activation that the host computes, such as ``softmax``.
    inputs :
        The inputs that a layer reads or the model outputs.
    refused :
        The layers that were refused.
    done :
        Norms that an earlier layer has absorbed.
    kept :
        The neurons that keep the sum of terms, by these terms.
    mean :
        The mean at which a variational autoencoder was cut; empty for other models.
    """

    model: KerasModel
    request: ImportRequest
    weights: ModelWeights | None = None
    decisions: list[Decision] = field(default_factory=list)
    drafts: dict[str, StatementDraft] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    finals: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    kept: dict[tuple[Term, ...], Value] = field(default_factory=dict)
    mean: str = ""
    _told: set[str] = field(default_factory=set)
    _pools: dict[tuple[str, str], str] = field(default_factory=dict)
    _joins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.input = SpecInput(self.request.values)
        self.layers = {
            x.name: CurrentLayer(
                x.name, x.kind, x.options, x.reads, x.shares, state=self
            )
            for x in self.model.layers
        }
        self.readers: dict[str, list[str]] = {name: [] for name in self.layers}
        for layer in self.model.layers:
            for name in layer.reads:
                self.readers[name].append(layer.name)
        ends = self.model.outputs
        self.inputs = [n for n in self.model.inputs if self.readers[n] or n in ends]

    def decide(self, decision: Decision) -> None:
        """Record a decision."""
        self.decisions.append(decision)
        if not decision.option:
            self._told.add(decision.layer)
        if decision.verdict == "refused":
            self.refused.add(decision.layer)

    def tell(self, name: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        if name not in self._told:
            self.decide(Decision(name, "", verdict, why))

    def is_read_once(self, name: str) -> bool:
        """Whether one layer reads a value that the model does not output."""
        return len(self.readers[name]) == 1 and name not in self.model.outputs

    def output_of(
        self, layer: KerasLayer, kinds: tuple[str, ...] = SHAPING
    ) -> str | None:
        """Return the output that follows a layer after only these kinds, or None."""
        name = layer.name
        for after in self.followers(name):
            named = after.options.get("activation")
            is_linear = after.kind == "Activation" and named in ("linear", None)
            if not is_linear and after.kind not in kinds:
                break
            name = after.name
        is_output = not self.readers[name] and name in self.model.outputs
        return name if is_output else None

    def followers(self, name: str) -> Iterator[CurrentLayer]:
        """Yield the layers after a layer, while only one layer reads each value."""
        while self.is_read_once(name):
            after = self.layers[self.readers[name][0]]
            yield after
            name = after.name

    def rectified(
        self, layer: KerasLayer
    ) -> tuple[tuple[CurrentLayer, ...], CurrentLayer] | None:
        """Return the norms and the ReLU that follow a layer, or None.

        The result is also None if another layer reads the values in between. A maximum
        commutes with all these layers if no norm changes a sign.
        """
        norms: list[CurrentLayer] = []
        for after in self.followers(layer.name):
            options = after.options
            bends = ("max_value", "negative_slope", "threshold")
            is_plain = not any(options.get(bend) for bend in bends)
            named = after.kind == "Activation" and options.get("activation") == "relu"
            if named or (after.kind in ("ReLU", "Neurons") and is_plain):
                return tuple(norms), after
            if after.kind in NORMS and self.is_rising(after):
                norms.append(after)
            elif after.kind not in ("Dropout", "SpatialDropout1D", "SpatialDropout2D"):
                return None
        return None

    def is_rising(self, norm: KerasLayer) -> bool:
        """Whether all factors of a norm are at least 0, or unknown."""
        if self.weights is None:
            return True
        gamma: Any = self.weights.of(norm.name).get("gamma")
        return gamma is None or bool((gamma >= 0).all())

    def free(self, name: str) -> str:
        """Return a key that no draft and no other layer uses."""
        numbered = (f"{name}_{number}" for number in count(1))
        unused = (key for key in numbered if key not in self.layers)
        return next(key for key in chain([name], unused) if key not in self.drafts)

    def add(self, draft: StatementDraft, view: View = ()) -> Value:
        """Add or replace a draft, and return its output."""
        self.drafts[draft.layer] = draft
        term = Term(draft.layer, draft.shape)
        axes = view or plain(len(draft.shape))
        return Value((term,), draft.shape, axes, is_positive=True)

    def pool(self, source: str, mean: LinearStep) -> str:
        """Return the key of the `avgpool` of a source."""
        windows = mean.windows
        draft = StatementDraft(
            layer=mean.layer,
            kind="avgpool",
            sources=(source,),
            shape=(*mean.places, mean.read),
            window=Fitted(
                kernel=tuple(window.taps for window in windows),
                stride=tuple(window.stride for window in windows),
            ),
            is_global=all(w.taps == w.size and w.places == 1 for w in windows),
            rewritten=mean.replaces,
        )
        return self._add_once(draft)

    def upsampling(self, source: str, step: LinearStep) -> str:
        """Return the key of the `upsample` of a source."""
        draft = StatementDraft(
            layer=step.layer,
            kind="upsample",
            sources=(source,),
            shape=(*step.places, step.read),
            repeats=step.repeats,
            owner=step.layer,
        )
        return self._add_once(draft)

    def _add_once(self, draft: StatementDraft) -> str:
        """Return the key of a draft with one source; a layer may need several."""
        key = (draft.sources[0], draft.layer)
        if key not in self._pools:
            self._pools[key] = self.free(draft.layer)
            self.add(replace(draft, layer=self._pools[key]))
        return self._pools[key]

    def is_even(self, key: str) -> bool:
        """Whether the windows of an average divide its input; true for others."""
        draft = self.drafts.get(key)
        if draft is None or draft.kind != "avgpool":
            return True
        (source,) = draft.sources
        read = self.drafts[source].shape if source else self.input.shape
        sizes = zip(read[:-1], draft.window.kernel, strict=True)
        is_whole = all(size % taps == 0 for size, taps in sizes)
        return is_whole and draft.window.kernel == draft.window.stride

    def join(self, owner: str, sources: tuple[str, ...], shape: Shape) -> str:
        """Return the key of the `concat` of sources; it may extend another `concat`."""
        if sources not in self._joins:
            stops = range(len(sources) - 1, 1, -1)
            shared = next((n for n in stops if sources[:n] in self._joins), 0)
            first = (self._joins[sources[:shared]],) if shared else ()
            key = self.free(f"{owner}_reads")
            joined = (*first, *sources[shared:])
            draft = StatementDraft(key, "concat", joined, shape, owner=owner)
            self.add(draft)
            self._joins[sources] = key
        return self._joins[sources]

    def reads_input(self, key: str) -> bool:
        """Whether a source is the input or an average of the input."""
        while key and self.drafts[key].kind == "avgpool":
            key = self.drafts[key].sources[0]
        return key == INPUT


@dataclass(frozen=True, slots=True)
class CurrentLayer(KerasLayer):
    """A layer that is being read, with the state of the conversion.

    Its methods record decisions on it.
    """

    state: ConversionState = field(kw_only=True)

    @property
    def source(self) -> Value:
        """The input of a layer with one input."""
        return self.state.values[self.reads[0]]

    @property
    def is_read_alone(self) -> bool:
        """Whether no other layer reads the layer's first source."""
        return bool(self.reads) and self.state.is_read_once(self.reads[0])

    def keep(self, why: str = "", option: str = "", topic: Topic | None = None) -> None:
        """Record what means the same in the spec."""
        self.state.decide(Decision(self.name, option, "kept", why, topic=topic))

    def train(self, why: str, option: str = "", topic: Topic | None = None) -> None:
        """Record something that only training uses."""
        self.state.decide(Decision(self.name, option, "training", why, topic=topic))

    def rewrite(self, why: str, option: str = "", topic: Topic | None = None) -> None:
        """Record what the spec replaces."""
        self.state.decide(Decision(self.name, option, "rewritten", why, topic=topic))

    def refuse(self, error: RefusedLayerError, advice: str = "") -> Value:
        """Record a refusal; the returned value prevents refusals of later layers."""
        rule = error.rule
        if error.option and rule is LayerRefused:
            rule = OptionRefused
        remedy = error.remedy or advice
        self.state.decide(
            Decision(self.name, error.option, "refused", str(error), remedy, rule)
        )
        return BROKEN


def _clean(value: float) -> float:
    """Round a number that is nearly a short one, such as 255 * 0.003921569 to 1.0."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-6 else value
