"""The state of a conversion, which visits the layers in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from snnc.importer.draft import (
    BROKEN,
    INPUT,
    Decision,
    RefusedLayerError,
    StatementDraft,
    Value,
    Verdict,
)
from snnc.importer.linear import LinearStep, Shape, Term
from snnc.importer.model import (
    ImportRequest,
    KerasLayer,
    KerasModel,
    ModelWeights,
    Range,
)
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


class ConversionState:
    """The drafts, values and decisions so far.

    Attributes
    ----------
    decisions :
        All lines of the explanation, in the order in which they were made.
    drafts :
        The drafts by key, in the order of the spec.
    values :
        The output of each Keras layer.
    scaling :
        The input's factor and offset.
    input_shape :
        The shape of the spec's input, channels last.
    finals :
        For each output, the activation that the host computes, such as ``softmax``.
    inputs :
        The inputs that a layer reads or the model outputs.
    parts :
        If there are several inputs, the number of channels of each, in order.
    cut :
        Each `Reshape` at the end of the model that splits the axis of a vector.
    l2 :
        For each layer, the factor of its kernel's penalty.
    weights :
        The model's weights; None if they are unknown, or if the spec does not depend
        on them (see `snnc.importer.read`).
    refused :
        The layers that prevent the import.
    done :
        Norms that an earlier layer has absorbed.
    kept :
        The neurons that keep the sum of terms, by these terms.
    stands :
        The layer that each average replaces at the user's request.
    encoder :
        The draft that becomes ``encode conv``; None for ``encode rate``.
    size :
        The readout's property: ``classes 10`` or ``units 1``.
    notes :
        Sentences about the remaining work on the host.
    """

    def __init__(
        self,
        model: KerasModel,
        request: ImportRequest,
        weights: ModelWeights | None = None,
    ) -> None:
        self.decisions: list[Decision] = []
        self._told: set[str] = set()
        self.refused: set[str] = set()
        self.model = model
        self.weights = weights
        self.request = request
        self.drafts: dict[str, StatementDraft] = {}
        self.values: dict[str, Value] = {}
        self.scaling = (1.0, 0.0)
        self.is_embedded = False
        self.input_shape: Shape = ()
        self.finals: dict[str, str] = {}
        self.l2: dict[str, float] = {}
        self.layers = {
            x.name: CurrentLayer(
                x.name, x.kind, x.options, x.reads, x.shares, state=self
            )
            for x in model.layers
        }
        self.readers: dict[str, list[str]] = {name: [] for name in self.layers}
        for layer in model.layers:
            for name in layer.reads:
                self.readers[name].append(layer.name)
        ends = model.outputs
        self.inputs = [n for n in model.inputs if self.readers[n] or n in ends]
        self.parts: dict[str, int] = {}
        self.cut: set[str] = set()
        self.stands: dict[str, tuple[str, ...]] = {}
        self._pools: dict[tuple[str, str], str] = {}
        self.done: set[str] = set()
        self.kept: dict[tuple[Term, ...], Value] = {}
        self._joins: dict[tuple[str, ...], str] = {}
        self.encoder: str | None = None
        self.size = ""
        self.notes: list[str] = []

    @property
    def given(self) -> Range:
        """The range of the input's values."""
        if self.request.values is not None:
            return self.request.values
        if self.is_embedded:
            return (-1.0, 1.0)
        # 8-bit images are divided by 255, or by 127.5.
        return (0.0, 255.0) if 0 < self.scaling[0] <= 1 / 64 else (0.0, 1.0)

    @property
    def seen(self) -> Range:
        """The range after a `Rescaling`, the encoder's input."""
        scale, offset = self.scaling
        low, high = (_clean(value * scale + offset) for value in self.given)
        return low, high

    @property
    def divisor(self) -> float:
        """The divisor for wide input ranges, by which kernels are multiplied."""
        low, high = self.seen
        is_wide = self.given == self.seen and high - low > WIDEST_UNSCALED
        return max(abs(low), abs(high)) if is_wide else 1.0

    @property
    def encoded(self) -> Range:
        """The range of the encoded values, which is `as` in the spec."""
        low, high = self.seen
        return _clean(low / self.divisor), _clean(high / self.divisor)

    @property
    def is_plain_input(self) -> bool:
        """Whether an encoder outputs the unchanged values."""
        low, high = self.encoded
        return self.divisor == 1 and low >= 0 and high == 1

    def decide(self, decision: Decision) -> None:
        self.decisions.append(decision)
        if not decision.option:
            self._told.add(decision.layer)
        if decision.verdict == "refused":
            self.refused.add(decision.layer)

    def tell(self, name: str, verdict: Verdict, why: str) -> None:
        """Record the verdict on a whole layer, unless there is one already."""
        if name not in self._told:
            self.decide(Decision(name, "", verdict, why))

    def become(self, name: str, why: str) -> None:
        """Replace the reason for keeping or rewriting a layer with a more exact one."""
        for place, d in enumerate(self.decisions):
            if (d.layer, d.option) == (name, "") and d.verdict in ("kept", "rewritten"):
                self.decisions[place] = replace(d, why=why)

    def lose(self, name: str, option: str, why: str) -> None:
        """Change an option's verdict to ``training``."""
        for place, d in enumerate(self.decisions):
            if d.layer == name and d.option.startswith(option):
                self.decisions[place] = replace(d, verdict="training", why=why)

    def is_read_once(self, name: str) -> bool:
        return len(self.readers[name]) == 1 and name not in self.model.outputs

    def output_of(
        self, layer: KerasLayer, kinds: tuple[str, ...] = SHAPING
    ) -> str | None:
        """Return the output that follows a layer after only these kinds, or None."""
        name = layer.name
        while self.is_read_once(name):
            after = self._reader_of(name)
            named = after.options.get("activation")
            is_linear = after.kind == "Activation" and named in ("linear", None)
            if not is_linear and after.kind not in kinds:
                break
            name = after.name
        is_output = not self.readers[name] and name in self.model.outputs
        return name if is_output else None

    def _reader_of(self, name: str) -> CurrentLayer:
        return self.layers[self.readers[name][0]]

    def rectified(
        self, layer: KerasLayer
    ) -> tuple[tuple[CurrentLayer, ...], CurrentLayer] | None:
        """Return the norms and the ReLU that follow a layer, or None.

        The result is also None if another layer reads the values in between. A maximum
        commutes with all these layers if no norm changes a sign.
        """
        norms: list[CurrentLayer] = []
        name = layer.name
        while self.is_read_once(name):
            after = self._reader_of(name)
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
            name = after.name
        return None

    def is_rising(self, norm: KerasLayer) -> bool:
        """Whether all factors of a norm are at least 0, or unknown."""
        if self.weights is None:
            return True
        gamma: Any = self.weights.of(norm.name).get("gamma")
        return gamma is None or bool((gamma >= 0).all())

    def free(self, name: str) -> str:
        """Return a key that no draft and no other layer uses."""
        key, number = name, 1
        while key in self.drafts or (key != name and key in self.layers):
            key, number = f"{name}_{number}", number + 1
        return key

    def add(self, draft: StatementDraft) -> None:
        self.drafts[draft.layer] = draft

    def change(self, key: str, **changes: Any) -> None:
        self.drafts[key] = replace(self.drafts[key], **changes)

    def pool(self, source: str, mean: LinearStep) -> str:
        """Return the key of the `avgpool` of a source."""
        if (source, mean.layer) not in self._pools:
            windows = mean.windows
            draft = StatementDraft(
                layer=self.free(mean.layer),
                kind="avgpool",
                sources=(source,),
                shape=(*(window.places for window in windows), mean.read),
                kernel=tuple(window.taps for window in windows),
                stride=tuple(window.stride for window in windows),
                is_global=all(w.taps == w.size and w.places == 1 for w in windows),
                rewritten=self.stands.get(mean.layer, ()),
            )
            self.add(draft)
            self._pools[source, mean.layer] = draft.layer
        return self._pools[source, mean.layer]

    def is_even(self, key: str) -> bool:
        """Whether the windows of an average divide its input; true for others."""
        draft = self.drafts.get(key)
        if draft is None or draft.kind != "avgpool":
            return True
        (source,) = draft.sources
        read = self.drafts[source].shape if source else self.input_shape
        sizes = zip(read[:-1], draft.kernel, strict=True)
        is_whole = all(size % taps == 0 for size, taps in sizes)
        return is_whole and draft.kernel == draft.stride

    def join(self, owner: str, sources: tuple[str, ...], shape: Shape) -> str:
        """Return the key of the `concat` of sources; it may extend another `concat`."""
        if sources not in self._joins:
            stops = range(len(sources) - 1, 1, -1)
            begun = next((n for n in stops if sources[:n] in self._joins), 0)
            first = (self._joins[sources[:begun]],) if begun else ()
            key = self.free(f"{owner}_reads")
            self.add(StatementDraft(key, "concat", (*first, *sources[begun:]), shape))
            self._joins[sources] = key
        return self._joins[sources]

    def tell_draft(self, draft: StatementDraft) -> None:
        """Record a verdict on each layer that a statement includes."""
        for step in draft.steps:
            if step.op == "norm" or step.is_kernel:
                self.tell(step.layer, *self._verdict(step, draft))

    def _verdict(self, step: LinearStep, draft: StatementDraft) -> tuple[Verdict, str]:
        """Return the verdict on a layer that a statement includes, and the reason."""
        if step.op == "norm":
            if draft.batchnorm and step is draft.main[0].steps[-1]:
                why = f"as `batchnorm on` of `{draft.layer}`, folded with the weights"
                return "kept", why
            how = "; retraining has no batch norm there"
            if self.layers[step.layer].kind == "Normalization":
                how = ", using its weights"
            return "rewritten", f"folded into the kernels that read this layer{how}"
        if step.layer != draft.layer:
            if any(step in term.steps for term in draft.beside):
                return "rewritten", (
                    f"the learned `shortcut` of `{draft.layer}`, into which its bias "
                    "and batch norm are folded"
                )
            return "rewritten", (
                "its kernel is multiplied into the kernel of "
                f"`{draft.layer}`; retraining may use all weights of the product"
            )
        if step.op == "separable":
            return "rewritten", (
                "its two kernels are multiplied into one kernel, which the chip "
                "stores in full; retraining may use all of its weights"
            )
        if step.op == "kernel" and step.order:
            how = "with `kernel 1`, since the layer reads pixels"
            return "rewritten", f"`{draft.word}` {how}"
        return "kept", f"`{draft.word}`"

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

    def keep(self, why: str = "", option: str = "") -> None:
        self.state.decide(Decision(self.name, option, "kept", why))

    def train(self, why: str, option: str = "") -> None:
        """Record something that only training uses."""
        self.state.decide(Decision(self.name, option, "training", why))

    def rewrite(self, why: str, option: str = "") -> None:
        self.state.decide(Decision(self.name, option, "rewritten", why))

    def refuse(self, error: RefusedLayerError, advice: str = "") -> Value:
        """Record a refusal; the returned value prevents refusals of later layers."""
        rule, remedy = error.rule, error.remedy or advice
        rule = "option" if error.option and rule == "layer" else rule
        self.state.decide(
            Decision(self.name, error.option, "refused", str(error), remedy, rule)
        )
        return BROKEN


def _clean(value: float) -> float:
    """Round a number that is nearly a short one, such as 255 * 0.003921569 to 1.0."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-6 else value
