"""Drafts of a spec's statements, and decisions on the layers that they implement.

A draft also has the positions of Keras axes in its value. A view maps Keras's axes to
the spec's axes, which are channels-last. For each Keras axis, the view has one group:
the spec's axes that form this axis, in order. Axes of size 1 may be in any group, or in
none. Flattening joins groups, `Permute` and channels-first layouts reorder them, and
`Reshape` may split them between axes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from snnc.importer.linear import LinearStep, Shape, Term

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
Rule = Literal["layer", "option", "activation", "maxpool", "input", "inputs", "foreign"]
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
COUNTS = {2: "two", 3: "three"}
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
        The terms of the statement's kernel and of its shortcut. Each term's source is
        in ``reads`` or is one of the sources that the shortcut joins.
    reads :
        The sources whose channels the kernel reads, in this order.
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
    reads: tuple[str, ...] = ()
    kernel: Shape = ()
    stride: Shape = ()
    padding: Literal["valid", "same", "causal"] = "valid"
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
    rule: Rule = "layer"


class RefusedLayerError(Exception):
    """Raised if a layer can't be imported.

    The arguments are attributes of its `Decision`. Without a remedy, the caller gives
    general advice.
    """

    def __init__(
        self, why: str, remedy: str = "", option: str = "", rule: Rule = "layer"
    ) -> None:
        super().__init__(why)
        self.remedy, self.option, self.rule = remedy, option, rule
