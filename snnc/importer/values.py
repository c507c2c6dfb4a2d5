"""The outputs of Keras layers, and the statements of the spec that compute them.

A value's view maps Keras's axes to the spec's axes, which are channels-last. For each
Keras axis, the view has one group: the spec's axes that form this axis, in order. Axes
of size 1 may be in any group, or in none. Flattening joins groups, `Permute` and
channels-first layouts reorder them, and `Reshape` may split them between axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from snnc.importer.linear import (
    NO_WINDOW,
    Fitted,
    LinearStep,
    Shape,
    Term,
    Terms,
    points,
)
from snnc.language.layers import TrainingProperties
from snnc.operations import OPERATIONS

Group = tuple[int, ...]
View = tuple[Group, ...]


def plain(rank: int, *, is_first: bool = False) -> View:
    """Return the view with channels last or first; ``rank`` counts all axes."""
    view = tuple((axis,) for axis in range(rank))
    return (*view[-1:], *view[:-1]) if is_first else view


Kind = Literal[
    "conv",
    "downsample",
    "dense",
    "avgpool",
    "maxpool",
    "upsample",
    "add",
    "concat",
    "readout",
]
Bias = Literal["on", "off", "neuron"]
NO_TRAINING = TrainingProperties()
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


Units = tuple[Unit, ...]
"""The neurons of each value, which are consecutive channels."""
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
    layer, sources :
        The key of the Keras layer that names it, and the keys of its sources.
    shape :
        The shape of its output, without the batch.
    main, beside :
        The terms of the statement's kernel and of its shortcut.
    window :
        The kernel of a convolution, or the window of a pool; otherwise empty.
    image :
        The image shape of a dense layer's output; empty for a vector.
    repeats :
        How often an upsampling repeats each position along each axis.
    units :
        The neurons of each value; each neuron is a separate filter.
    training :
        The properties for training, except ``l2``: if all kernels share a factor, it
        becomes a property of `train`.
    is_learned :
        Whether the shortcut has weights.
    rewritten :
        The layers that it replaces, for the comment above it in the spec.
    properties :
        The properties of the statement's neurons, such as ``synapse 5 ms``.
    owner :
        The Keras layer that needs the statement, perhaps with a suffix; empty for the
        layer that names it.
    """

    layer: str
    kind: Kind
    sources: tuple[str, ...]
    shape: Shape
    main: Terms = ()
    beside: Terms = ()
    window: Fitted = NO_WINDOW
    groups: int = 1
    image: Shape = ()
    units: Units = RELU
    bias: Bias = "on"
    training: TrainingProperties = NO_TRAINING
    shortcut: str | None = None
    is_learned: bool = False
    l2: float = 0.0
    is_global: bool = False
    repeats: Shape = ()
    rewritten: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    owner: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """The keys of its sources, including its shortcut."""
        return self.sources + (() if self.shortcut is None else (self.shortcut,))

    @property
    def word(self) -> str:
        """The kind of the statement in a spec."""
        if self.window.upscale or self.image:
            return "conv2d_transpose"
        if self.kind == "conv":
            kind = "depthwise" if self.is_depthwise else "conv"
            return f"{kind}{len(self.window.kernel)}d"
        return self.kind

    @property
    def is_path(self) -> bool:
        """Whether the layers that read the statement absorb it."""
        operation = OPERATIONS.get(self.word)
        return operation is not None and operation.is_path

    @property
    def is_depthwise(self) -> bool:
        """Whether the statement is a depthwise convolution in the spec."""
        return self.groups > 1 and self.groups == self.main[0].read[-1]

    @property
    def steps(self) -> tuple[LinearStep, ...]:
        """The steps that contribute to the statement's weights."""
        return tuple(step for term in (*self.main, *self.beside) for step in term.steps)


Drafts = Mapping[str, StatementDraft]
"""Statements by key, in the order of the spec."""


def reads_input(drafts: Drafts, key: str) -> bool:
    """Whether a source is the input or an average of the input."""
    while key and drafts[key].kind == "avgpool":
        key = drafts[key].sources[0]
    return key == INPUT


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a Keras layer.

    Attributes
    ----------
    terms :
        The terms whose sum is the value.
    shape, view :
        The shape without the batch, channels-last, and the Keras axes that these axes
        form. Spatial axes remain separate even if Keras has flattened them.
    parts :
        The values that a concatenation of flat vectors consists of; it has no terms.
    flat_norms :
        Batch norms over a flat vector; the kernel of the next layer includes them.
    is_alone :
        Whether this is the input, possibly with another shape, that no other layer
        reads.
    is_cut :
        Whether a `Reshape` at the end of the model splits the axis of the vector.
    broken :
        Whether the value is unknown because an earlier layer was refused.
    """

    terms: Terms = ()
    shape: Shape = ()
    view: View = ()
    is_positive: bool = False  # never below 0
    parts: tuple[Value, ...] = ()
    flat_norms: tuple[LinearStep, ...] = ()
    is_alone: bool = False
    is_cut: bool = False
    broken: bool = False

    def then(
        self, step: LinearStep, view: View | None = None, *, is_positive: bool = False
    ) -> Value:
        """Return the value after a step, whose shift only the first term adds."""
        more = replace(step, bias=False, is_first=False)
        terms = [term.then(more if at else step) for at, term in enumerate(self.terms)]
        return replace(
            self,
            terms=tuple(terms),
            shape=(*step.places, step.outputs),
            view=view or self.view,
            is_positive=is_positive,
            is_alone=False,
            is_cut=False,
        )

    @property
    def order(self) -> Group:
        """The axes in Keras's memory order."""
        return tuple(axis for group in self.view for axis in group)

    def regrouped(self, target: Shape) -> View | None:
        """Return the view after a `Reshape`, or None if it splits an axis."""
        # Groups leave out axes of size 1, which change no order.
        axes = [axis for axis in self.order if self.shape[axis] > 1]
        groups: list[Group] = []
        for size in target:
            group: list[int] = []
            left = size
            while left > 1:
                if not axes or left % self.shape[axes[0]]:
                    return None
                left //= self.shape[axes[0]]
                group.append(axes.pop(0))
            groups.append(tuple(group))
        return None if axes else tuple(groups)

    @property
    def keras_shape(self) -> Shape:
        """The shape in Keras, without the batch."""
        if self.parts:
            return (sum(prod(part.shape) for part in self.parts),)
        return tuple(prod(self.shape[axis] for axis in group) for group in self.view)

    @property
    def _source(self) -> str | None:
        """The key of the draft or the input whose unchanged output this is."""
        is_one = len(self.terms) == 1 and not self.terms[0].steps
        return self.terms[0].source if is_one else None

    @property
    def spikes(self) -> str | None:
        """The key of the draft whose output this is, or None."""
        # The key of the input is "", and its values are not spikes.
        return None if self.flat_norms else self._source or None

    @property
    def is_input(self) -> bool:
        """Whether the value is the unchanged input."""
        return self._source == INPUT


BROKEN = Value(broken=True)


def side_by_side(values: Sequence[Value], layer: str) -> Value:
    """Return the concatenation of values along their channels."""
    first = values[0]
    terms = list[Term]()
    start = 0
    whole = sum(value.shape[-1] for value in values)
    for value in values:
        channels = value.shape[-1]
        places = points(value.shape)
        step = LinearStep("embed", layer, places, channels, whole, start=start)
        terms += (term.then(step) for term in value.terms)
        start += channels
    positive = all(value.is_positive for value in values)
    return Value(tuple(terms), (*first.shape[:-1], whole), first.view, positive)
