"""The statements of a spec in the making, and what Keras's layers are of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from snnc.importer.linear import LinearStep, Shape, Term
from snnc.importer.views import View

Kind = Literal[
    "conv", "downsample", "dense", "avgpool", "maxpool", "add", "concat", "readout"
]
Bias = Literal["on", "off", "neuron"]
INPUT = ""
"""The key of what encodes the input."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A neuron that fires ``relu(factor x + shift)`` of each value x."""

    factor: float = 1.0
    shift: float = 0.0


RELU = (Unit(),)
SIGNED = (Unit(), Unit(-1.0))
"""What keeps values of both signs: x is relu(x) - relu(-x)."""


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """A statement of the spec, and the Keras layers that it is made of.

    Attributes
    ----------
    layer :
        The Keras layer that it is named after; its key.
    sources :
        Keys of what it reads.
    shape :
        That of its output, without the batch.
    main, beside :
        What it reads by its kernel, and by its shortcut; each term's source is one of
        ``reads``, or of what the shortcut's join is of.
    reads :
        The sources whose channels the kernel has side by side.
    kernel, stride, padding, dilation, groups :
        As the spec has them; of a pool the window.
    before :
        How many of the kernel's taps lie before each axis.
    skip :
        How many of its places, along each axis, nothing reads before those that count.
    units :
        The neurons of each value; a value's neurons are a filter apart.
    is_learned :
        Whether the shortcut has weights.
    rewritten :
        What it stands for, told above it in the spec.
    properties :
        Of its neurons, as the spec has them, such as ``synapse 5 ms``.
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
    def is_depthwise(self) -> bool:
        """Whether the spec has it as a layer of each channel by itself."""
        return self.groups > 1 and self.groups == self.main[0].read[-1]

    @property
    def extent(self) -> Shape:
        """How many places the kernel covers along each axis."""
        if not self.dilation:
            return self.kernel
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((taps - 1) * step + 1 for taps, step in pairs)

    @property
    def steps(self) -> tuple[LinearStep, ...]:
        """All that its weights are made of."""
        return tuple(step for term in (*self.main, *self.beside) for step in term.steps)


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a Keras layer.

    Attributes
    ----------
    terms :
        What it is the sum of.
    shape :
        Without the batch, channels last, spatial axes kept where Keras has flattened
        them.
    view :
        How Keras sees these axes.
    is_positive :
        Whether it is never below 0.
    parts, flat :
        Of flat vectors side by side: the values, which then has no terms; and batch
        norms over a flat vector, which its reader takes.
    is_alone :
        Whether it is the input, and nothing else reads what led to it.
    broken :
        Whether it can't be known, for something before it was refused.
    """

    terms: tuple[Term, ...] = ()
    shape: Shape = ()
    view: View = ()
    is_positive: bool = False
    parts: tuple[Value, ...] = ()
    flat: tuple[LinearStep, ...] = ()
    is_alone: bool = False
    broken: bool = False

    @property
    def spikes(self) -> str | None:
        """The key of the draft that fires just this, or None."""
        if len(self.terms) != 1 or self.terms[0].steps or self.is_input or self.flat:
            return None
        return self.terms[0].source

    @property
    def is_input(self) -> bool:
        """Whether it is the input's values, unchanged."""
        return (
            len(self.terms) == 1
            and not self.terms[0].steps
            and self.terms[0].source == INPUT
        )


BROKEN = Value(broken=True)
