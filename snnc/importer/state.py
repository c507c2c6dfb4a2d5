"""The state of a conversion: values, drafts of statements, and decisions so far.

A value's view maps Keras's axes to the spec's axes, which are channels-last. For each
Keras axis, the view has one group: the spec's axes that form this axis, in order. Axes
of size 1 may be in any group, or in none. Flattening joins groups, `Permute` and
channels-first layouts reorder them, and `Reshape` may split them between axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Literal

from snnc.importer.linear import LinearStep, Padding, Shape, Term, points
from snnc.importer.model import (
    ImportRequest,
    KerasLayer,
    KerasModel,
    ModelWeights,
    Range,
)
from snnc.rules.imports import LayerRefusal, LayerRefused, OptionRefused
from snnc.rules.shapes import WIDEST_UNSCALED

Group = tuple[int, ...]
View = tuple[Group, ...]


def plain(rank: int) -> View:
    """Return the channels-last view; ``rank`` is the number of all axes."""
    return tuple((axis,) for axis in range(rank))


def channels_first(rank: int) -> View:
    """Return the channels-first view."""
    return ((rank - 1,), *((axis,) for axis in range(rank - 1)))


def order(view: View) -> Group:
    """Return the axes in Keras's memory order."""
    return tuple(axis for group in view for axis in group)


def regrouped(view: View, shape: Shape, target: Shape) -> View | None:
    """Return the view after a `Reshape`, or None if the `Reshape` splits an axis."""
    axes = [axis for axis in order(view) if shape[axis] > 1]
    groups: list[Group] = []
    for size in target:
        group: list[int] = []
        left = size
        while left > 1:
            if not axes or left % shape[axes[0]]:
                return None
            left //= shape[axes[0]]
            group.append(axes.pop(0))
        groups.append(tuple(group))
    return None if axes else tuple(groups)


Kind = Literal[
    "conv", "downsample", "dense", "avgpool", "maxpool", "add", "concat", "readout"
]
Bias = Literal["on", "off", "neuron"]
Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = type[LayerRefusal]
NO_DROPOUT = "not kept, because it does not follow the neurons of one layer"
INPUT = ""
"""The key of the input's encoder."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A neuron that fires at the rate ``relu(factor x + shift)`` for each value x.

    An activation is the sum of the rates of its units, multiplied by their gains.
    """

    factor: float = 1.0
    shift: float = 0.0
    gain: float = 1.0


RELU = (Unit(),)
SIGNED = (Unit(), Unit(-1.0, gain=-1.0))
"""Neurons that keep values of both signs: x is relu(x) - relu(-x)."""
COUNTS = {2: "two", 3: "three", 4: "four", 6: "six"}
"""The numbers of neurons per value, in words."""


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """A statement of the spec, with the Keras layers that it implements.

    Attributes
    ----------
    layer :
        The key of the Keras layer that names it.
    sources :
        The keys of its sources.
    shape :
        The shape of its output, without the batch.
    main, beside :
        The terms of the statement's kernel and of its shortcut.
    kernel, stride, padding, dilation, groups :
        The values in the spec; for a pool, the values of its window.
    before :
        The number of kernel taps that precede each axis at the first position.
    skip :
        The number of first positions along each axis that no statement reads.
    upscale :
        The strides of a transposed convolution; empty for any other statement.
    image :
        The image shape of a dense layer's output; empty for a vector.
    units :
        The neurons of each value; each neuron is a separate filter.
    is_learned :
        Whether the shortcut has weights.
    rewritten :
        The layers that it replaces, for the comment above it in the spec.
    properties :
        The properties of the statement's neurons, such as ``synapse 5 ms``.
    """

    layer: str
    kind: Kind
    sources: tuple[str, ...]
    shape: Shape
    main: tuple[Term, ...] = ()
    beside: tuple[Term, ...] = ()
    kernel: Shape = ()
    stride: Shape = ()
    padding: Padding = "valid"
    dilation: Shape = ()
    before: Shape = ()
    skip: Shape = ()
    groups: int = 1
    upscale: Shape = ()
    image: Shape = ()
    units: tuple[Unit, ...] = RELU
    bias: Bias = "on"
    batchnorm: bool = False
    shortcut: str | None = None
    is_learned: bool = False
    dropout: float = 0.0
    l2: float = 0.0
    is_global: bool = False
    rewritten: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The kind of the statement in a spec."""
        if self.upscale or self.image:
            return "conv2d_transpose"
        if self.kind == "conv":
            kind = "depthwise" if self.is_depthwise else "conv"
            return f"{kind}{len(self.kernel)}d"
        return self.kind

    @property
    def is_depthwise(self) -> bool:
        """Whether the statement is a depthwise convolution in the spec."""
        return self.groups > 1 and self.groups == self.main[0].read[-1]

    @property
    def extent(self) -> Shape:
        """The number of positions that the kernel covers along each axis."""
        if not self.dilation:
            return self.kernel
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((taps - 1) * step + 1 for taps, step in pairs)

    @property
    def steps(self) -> tuple[LinearStep, ...]:
        """The steps that contribute to the statement's weights."""
        return tuple(step for term in (*self.main, *self.beside) for step in term.steps)


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a Keras layer.

    Attributes
    ----------
    terms :
        The terms whose sum is the value.
    shape :
        The shape without the batch, channels-last. Spatial axes remain separate even
        if Keras has flattened them.
    view :
        The Keras axes that these axes form.
    is_positive :
        Whether the value is never below 0.
    parts :
        The values that a concatenation of flat vectors consists of; it has no terms.
    flat :
        Batch norms over a flat vector; the kernel of the next layer includes them.
    is_alone :
        Whether this is the input, possibly with another shape, that no other layer
        reads.
    broken :
        Whether the value is unknown because an earlier layer was refused.
    """

    terms: tuple[Term, ...] = ()
    shape: Shape = ()
    view: View = ()
    is_positive: bool = False
    parts: tuple[Value, ...] = ()
    flat: tuple[LinearStep, ...] = ()
    is_alone: bool = False
    broken: bool = False

    def then(
        self, step: LinearStep, view: View | None = None, is_positive: bool = False
    ) -> Value:
        """Return the value after a step, whose shift only the first term adds."""
        more = replace(step, bias=False, is_first=False)
        steps = [more if number else step for number in range(len(self.terms))]
        pairs = zip(self.terms, steps, strict=True)
        return replace(
            self,
            terms=tuple(term.then(own) for term, own in pairs),
            shape=(*(window.places for window in step.windows), step.given),
            view=view or self.view,
            is_positive=is_positive,
            is_alone=False,
        )

    @property
    def keras_shape(self) -> Shape:
        """The shape in Keras, without the batch."""
        if self.parts:
            return (sum(prod(part.shape) for part in self.parts),)
        return tuple(prod(self.shape[axis] for axis in group) for group in self.view)

    @property
    def spikes(self) -> str | None:
        """The key of the draft whose output this is, or None."""
        if len(self.terms) != 1 or self.terms[0].steps or self.is_input or self.flat:
            return None
        return self.terms[0].source

    @property
    def is_input(self) -> bool:
        """Whether the value is the unchanged input."""
        return (
            len(self.terms) == 1
            and not self.terms[0].steps
            and self.terms[0].source == INPUT
        )


BROKEN = Value(broken=True)


def side_by_side(values: Sequence[Value], layer: str) -> Value:
    """Return the concatenation of values along their channels."""
    first, terms, start = values[0], list[Term](), 0
    whole = sum(value.shape[-1] for value in values)
    for value in values:
        own, places = value.shape[-1], points(value.shape)
        step = LinearStep("embed", layer, places, own, whole, start=start)
        terms += (term.then(step) for term in value.terms)
        start += own
    positive = all(value.is_positive for value in values)
    return Value(tuple(terms), (*first.shape[:-1], whole), first.view, positive)


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the explanation.

    Attributes
    ----------
    layer :
        The layer's name in Keras.
    option :
        One of the layer's options and its value, such as ``padding same``; empty for
        the layer as a whole.
    verdict :
        ``kept``: the option means the same in the spec. ``training``: the option only
        matters in training. ``rewritten``: it is replaced. ``refused``: it prevents the
        import.
    why :
        The reason, as a phrase.
    remedy :
        What the user can do, as a command if possible; empty if nothing is needed.
    rule :
        The kind of diagnostic that reports a refusal.
    """

    layer: str
    option: str
    verdict: Verdict
    why: str = ""
    remedy: str = ""
    rule: Rule = LayerRefused


class RefusedLayerError(Exception):
    """Raised if a layer can't be imported.

    The arguments are attributes of its `Decision`. Without a remedy, the caller gives
    general advice. If another layer is the cause, ``layer`` is its name.
    """

    def __init__(
        self,
        why: str,
        remedy: str = "",
        option: str = "",
        rule: Rule = LayerRefused,
        layer: str = "",
    ) -> None:
        super().__init__(why)
        self.remedy, self.option, self.rule, self.layer = remedy, option, rule, layer


NORMS = ("BatchNormalization", "SyncBatchNormalization")
SHAPING = (
    "Flatten", "Reshape", "Permute", "Dropout", "GaussianNoise", "GaussianDropout",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "ActivityRegularization",
)  # fmt: skip
"""Layers that do not change values in inference."""
ENDING = ("Activation", "Softmax", "ReLU", "LeakyReLU", "Flatten", "Reshape")
"""Layers that keep the order of a vector's values."""


@dataclass(eq=False, repr=False)
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
    curves :
        For each activation that is approximated, the largest error.
    encoder :
        The draft that becomes ``encode conv``; None for ``encode rate``.
    size :
        The readout's property: ``classes 10`` or ``units 1``.
    notes :
        Sentences about the remaining work on the host.
    """

    model: KerasModel
    request: ImportRequest
    weights: ModelWeights | None = None
    decisions: list[Decision] = field(default_factory=list)
    drafts: dict[str, StatementDraft] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    scaling: tuple[float, float] = (1.0, 0.0)
    is_embedded: bool = False
    input_shape: Shape = ()
    finals: dict[str, str] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    l2: dict[str, float] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    kept: dict[tuple[Term, ...], Value] = field(default_factory=dict)
    stands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    curves: dict[str, float] = field(default_factory=dict)
    encoder: str | None = None
    size: str = ""
    notes: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _pools: dict[tuple[str, str], str] = field(default_factory=dict)
    _joins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
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
        key = (source, mean.layer)
        if key not in self._pools:
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
            self._pools[key] = draft.layer
        return self._pools[key]

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
        if error.option and rule is LayerRefused:
            rule = OptionRefused
        self.state.decide(
            Decision(self.name, error.option, "refused", str(error), remedy, rule)
        )
        return BROKEN


def _clean(value: float) -> float:
    """Round a number that is nearly a short one, such as 255 * 0.003921569 to 1.0."""
    near = round(value, 6)
    return near if abs(near - value) < 1e-6 else value
